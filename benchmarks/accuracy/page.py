"""The tables of docs/measurements.md, made of the result file, so that page and file agree."""

import re
from collections.abc import Mapping, Sequence

from benchmarks.accuracy.report import FAULTS, FULL, WANTED
from benchmarks.machine import ROOT, Result

PAGE = ROOT / "docs" / "measurements.md"
_MARKS = re.compile(r"(<!-- accuracy: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_IN_AXES = (
    "turn edges, median error",
    "turns with role, F1",
    "interruptions, F1",
    "dead air, error of its seconds",
    "dead air spans, F1",
    "raised voice, precision",
    "raised voice, recall",
    "interaction edges within 3 s",
    "talk_time_s, error",
    "overlap_s, error",
    "response_gap_s, median error",
    "syllables_per_minute, error",
)


def put_tables(result: Result) -> None:
    """Between the marks of the page; the rest of it stays."""
    PAGE.write_text(with_tables(PAGE.read_text("utf-8"), result), "utf-8")


def with_tables(page: str, result: Result) -> str:
    made = tables(result)
    return _MARKS.sub(lambda m: f"{m[1]}{made[m[2]]}\n{m[3]}", page)


def tables(result: Result) -> dict[str, str]:
    values = {figure.name: figure.value for figure in result.figures}
    base = {w.name: values[w.name] for w in WANTED}

    def room(name: str) -> Mapping[str, float | None]:
        return base if name == "base" else {w.name: values[f"{name}: {w.name}"] for w in WANTED}

    def axis(rooms: Mapping[str, str], more: Sequence[str] = ()) -> str:
        columns = {label: room(name) for label, name in rooms.items()}
        rows = [
            [_named(name), *(_text(found[name], name) for found in columns.values())]
            for name in (*_IN_AXES, *more)
        ]
        return _table(["", *columns], rows)

    snr = {x: f"SNR {x:g} dB" for x in FULL.snr_db} | {15.0: "base"}
    bleed = {x: f"bleed {x:g} dB" for x in FULL.bleed_db} | {-20.0: "base"}
    misread = {0.0: "base"} | {100 * x: f"misread {100 * x:g} %" for x in FULL.misread}
    others = {"base": "base", "made voices": "made voices", "real voices": "real voices"}
    others["sound alone"] = "sound alone"
    neighbour = {"none": "base"} | {f"{x:g} dB": f"neighbour {x:g} dB" for x in FULL.neighbour_db}
    return {
        "goals": _goals(result),
        "faults": _faults(result),
        "snr": axis({f"{x:g} dB": name for x, name in sorted(snr.items())}),
        "bleed": axis({f"{x:g} dB": name for x, name in sorted(bleed.items(), reverse=True)}),
        "words": axis({f"{x:g} % misread": name for x, name in misread.items()}),
        "others": axis(others),
        "neighbour": axis(neighbour, ["raised voice that nobody raised"]),
    }


def _goals(result: Result) -> str:
    peers = sorted({peer for figure in result.figures for peer in figure.peers})
    by_name = {figure.name: figure for figure in result.figures}
    rows = []
    for wanted in WANTED:
        figure = by_name[wanted.name]
        goal = ""
        if figure.goal is not None:
            sign = "≤" if figure.better == "lower" else "≥"
            goal = f"{sign} {figure.goal:g}: {'met' if figure.met else '**missed**'}"
        rows.append(
            [
                _named(wanted.name),
                _text(figure.value, wanted.name),
                _interval(result, wanted.name),
                goal,
                *(_text(figure.peers.get(peer), wanted.name) for peer in peers),
            ]
        )
    return _table(["", "measured", "95 % interval", "goal", *peers], rows)


def _faults(result: Result) -> str:
    by_name = {figure.name: figure for figure in result.figures}
    rows = []
    for name in FAULTS:
        figure = by_name[f"raised voice, {name}: seconds"]
        goal = "0: met" if figure.met else "0: **missed**"
        rows.append([name, _text(figure.value, "s"), goal])
    return _table(["citizen's microphone", "raised voice, s", "goal"], rows)


def _interval(result: Result, name: str) -> str:
    start = f"{name}: 95 % interval "
    found = next((note for note in result.notes if note.startswith(start)), None)
    return "" if found is None else found.removeprefix(start)


def _named(name: str) -> str:
    unit = next(w.unit for w in WANTED if w.name == name)
    return f"{name}, {unit}" if unit else name


def _text(value: float | None, name: str) -> str:
    if value is None:
        return "none"
    return f"{value:.1f}" if _is_percent(name) else f"{value:.3g}"


def _is_percent(name: str) -> bool:
    return any(w.name == name and w.unit == "%" for w in WANTED)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
