"""The machine that measured, the form of a result file, and the table of goals and figures.

    write("edge", [Figure("busy counter", 0.31, "CPU-s/s", goal=0.35)], notes=["..."])
    show(read("edge"))

A result file, `benchmarks/results/NAME.json`, holds {date, commit, machine, figures, notes};
a figure {name, value, unit, goal, better, peers}. It holds numbers and names, never words
that somebody spoke.
"""

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
_DIGITS = 4
"""Significant digits that are kept; more would be noise."""


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float | None
    """None: it could not be measured; the notes say why."""
    unit: str
    goal: float | None = None
    better: Literal["higher", "lower"] = "lower"
    peers: Mapping[str, float] = field(default_factory=dict)
    """The same figure of other programs, or of other settings of ours, by name."""

    @property
    def met(self) -> bool | None:
        """None where there is no goal. What was not measured is missed."""
        if self.goal is None:
            return None
        if self.value is None:
            return False
        return self.value <= self.goal if self.better == "lower" else self.value >= self.goal


@dataclass(frozen=True, slots=True)
class Result:
    date: str
    commit: str
    machine: Mapping[str, Any]
    figures: Sequence[Figure]
    notes: Sequence[str] = ()


def describe() -> dict[str, Any]:
    """Cores are those that this process may use; the load is of the minute before."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_before": round(os.getloadavg()[0], 2),
    }


def result(
    figures: Iterable[Figure],
    *,
    machine: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> Result:
    """`machine`: of `describe()` before the run, so that the load is that of the others."""
    return Result(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=_commit(),
        machine=dict(describe() if machine is None else machine),
        figures=[_rounded(figure) for figure in figures],
        notes=list(notes),
    )


def write(
    name: str,
    figures: Iterable[Figure],
    *,
    machine: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
    folder: Path = RESULTS,
) -> Path:
    """Arguments as of `result`. Returns the file."""
    made = result(figures, machine=machine, notes=notes)
    path = folder / f"{name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(made), ensure_ascii=False, indent=1) + "\n")
    return path


def read(name: str, folder: Path = RESULTS) -> Result:
    """Raises KeyError, TypeError or ValueError where the file is not of the form."""
    raw = json.loads((folder / f"{name}.json").read_text())
    figures = [Figure(**figure) for figure in raw.pop("figures")]
    return Result(**raw, figures=figures)


def show(found: Result) -> None:
    """Goal beside figure, missed ones too, and the peers under it."""
    machine = found.machine
    print(f"{found.date}, commit {found.commit}, {machine['cores']} cores of {machine['cpu']}")
    width = max((len(figure.name) for figure in found.figures), default=0)
    for figure in found.figures:
        print(f"{figure.name:<{width}}  {_text(figure.value):>9} {figure.unit:<12} {_goal(figure)}")
        for peer, value in figure.peers.items():
            print(
                f"{'  ' + peer:<{width}}  {_text(value):>9} {figure.unit:<12} {_ratio(figure, value)}"
            )
    judged = [figure for figure in found.figures if figure.met is not None]
    print(f"{sum(bool(figure.met) for figure in judged)} of {len(judged)} goals met")
    for note in found.notes:
        print(f"note: {note}")


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    sign = "<=" if figure.better == "lower" else ">="
    return f"goal {sign} {_text(figure.goal)}: {'met' if figure.met else 'MISSED'}"


def _ratio(figure: Figure, peer: float) -> str:
    if not figure.value or figure.value < 0:
        return ""
    return f"{peer / figure.value:.2f} times ours"


def _text(value: float | None) -> str:
    return "no figure" if value is None else f"{value:.{_DIGITS}g}"


def _rounded(figure: Figure) -> Figure:
    def cut(value: float) -> float:
        return float(f"{value:.{_DIGITS}g}")

    return Figure(
        figure.name,
        None if figure.value is None else cut(figure.value),
        figure.unit,
        figure.goal,
        figure.better,
        {name: cut(value) for name, value in figure.peers.items()},
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _commit() -> str:
    """Short; a + where the working tree differs."""
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + ("+" if changed else "")


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
