"""Plots of results as SVG: text stays text, and the same figures give the same file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.machine import ROOT

PLOTS = ROOT / "benchmarks" / "plots"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "hailong",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
}
_COLOURS = ("#2b6f77", "#d08c3c", "#8a4f7d", "#9aa5ab", "#4f6d33", "#b5494b")
_INCHES = (7.2, 4.0)
_MARKED = 8
"""So few points are marked, each with its tick."""


def stacked(
    name: str,
    title: str,
    unit: str,
    bars: Mapping[str, Mapping[str, float]],
    goals: Mapping[str, float],
) -> Path:
    """One bar for each of `bars`, its parts on each other; a goal is a line across its bar."""
    with mpl.rc_context(_STYLE):
        figure, axes = _axes(title, "", unit)
        names = list(bars)
        parts = list(dict.fromkeys(part for bar in bars.values() for part in bar))
        bottom = [0.0] * len(names)
        for part, colour in zip(parts, _COLOURS, strict=False):
            heights = [max(0.0, bars[bar].get(part, 0.0)) for bar in names]
            axes.bar(names, heights, 0.55, bottom=bottom, label=part, color=colour)
            bottom = [low + height for low, height in zip(bottom, heights, strict=True)]
        for index, bar in enumerate(names):
            axes.annotate(
                f"{bottom[index]:.3g}",
                (index, bottom[index]),
                (0, 3),
                textcoords="offset points",
                ha="center",
            )
            if bar in goals:
                label = None if axes.get_lines() else "goal"
                axes.plot(
                    [index - 0.38, index + 0.38], [goals[bar]] * 2, "k--", lw=1.2, label=label
                )
        return _saved(figure, axes, name)


def lines(
    name: str,
    title: str,
    x_label: str,
    y_label: str,
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    goal: float | None = None,
    from_zero: bool = True,
) -> Path:
    with mpl.rc_context(_STYLE):
        figure, axes = _axes(title, x_label, y_label)
        for (label, points), colour in zip(series.items(), _COLOURS, strict=False):
            mark = "o" if len(points) <= _MARKED else None
            axes.plot(
                [x for x, _ in points],
                [y for _, y in points],
                marker=mark,
                label=label,
                color=colour,
            )
        if goal is not None:
            axes.axhline(goal, color="black", ls="--", lw=1.2, label="goal")
        highest = max(y for points in series.values() for _, y in points)
        if from_zero:
            axes.set_ylim(0, 1.1 * max(highest, goal or 0.0))
        xs = sorted({x for points in series.values() for x, _ in points})
        if from_zero and len(xs) <= _MARKED:
            axes.set_xticks(xs)
        return _saved(figure, axes, name)


def reliability(name: str, title: str, bins: Sequence[tuple[float, float, float, float]]) -> Path:
    """`bins`: what was predicted, what was found, and the ends of its interval; 0 to 100."""
    with mpl.rc_context(_STYLE):
        figure, axes = _axes(title, "predicted", "rated")
        axes.plot([0, 100], [0, 100], "k--", lw=1.2, label="as predicted")
        axes.errorbar(
            [x for x, *_ in bins],
            [y for _, y, *_ in bins],
            yerr=[[y - low for _, y, low, _ in bins], [high - y for _, y, _, high in bins]],
            marker="o",
            ls="",
            color=_COLOURS[0],
            label="visits, 90 % interval",
        )
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 100)
        return _saved(figure, axes, name)


def _axes(title: str, x_label: str, y_label: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=_INCHES, layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    return figure, axes


def _saved(figure: Figure, axes: Axes, name: str) -> Path:
    axes.legend(frameon=False)
    PLOTS.mkdir(parents=True, exist_ok=True)
    path = PLOTS / f"{name}.svg"
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    return path
