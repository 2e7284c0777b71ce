"""The table of docs/store.md, written from benchmarks/results/pages.json: `python -m
benchmarks.pages.page`.
"""

import re

from benchmarks.machine import ROOT, Result, read

PAGE = ROOT / "docs" / "store.md"
_MARKS = ("<!-- pages -->\n", "<!-- end of pages -->")


def table(found: Result) -> str:
    """A line a query: CPU, median and p95 at the largest size, p95 at the smaller ones."""
    shares = [name for name in found.figures[0].peers if name.startswith("p95 at ")]
    head = ["page", "who asks", "CPU", "median", "p95", *shares, "goal"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for figure in found.figures:
        name, _, person = figure.name.removeprefix("p95, ").rpartition(", ")
        cells = [name, person, _ms(figure.peers.get("CPU"))]
        cells += [_ms(figure.peers["median"]), _ms(figure.value)]
        cells += [_ms(figure.peers.get(share)) for share in shares]
        cells.append("met" if figure.met else "**missed**")
        lines.append(f"| {' | '.join(cells)} |")
    load = found.machine.get("load_before")
    notes = [f"- {note}" for note in found.notes]
    return "\n".join(
        [
            (
                f"Commit {found.commit}, {found.machine['cores']} cores of {found.machine['cpu']}, load "
                f"{load} when it began; milliseconds."
            ),
            "",
            *lines,
            "",
            *notes,
            "",
        ]
    )


def write_page(found: Result) -> None:
    begin, end = _MARKS
    text = PAGE.read_text("utf-8")
    made = re.sub(
        f"{re.escape(begin)}.*?{re.escape(end)}",
        lambda _: f"{begin}{table(found)}{end}",
        text,
        flags=re.DOTALL,
    )
    PAGE.write_text(made, "utf-8")


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


if __name__ == "__main__":
    write_page(read("pages"))
