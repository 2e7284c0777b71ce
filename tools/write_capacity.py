"""Writes the capacity table of docs/operations.md from benchmarks/results/*.json.

python -m tools.write_capacity            # make capacity
python -m tools.write_capacity --check    # exit code 1 when it is not current
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "operations.md"
RESULTS = ROOT / "benchmarks" / "results"
BEGIN, END = "<!-- capacity -->", "<!-- /capacity -->"
EDGE = ("busy counter", "mixed counter", "quiet counter")
"""Of a device's figures, those that say how many counters it carries."""


def table(results: Path = RESULTS) -> str:
    """Markdown; what was not measured yet is said."""
    lines = []
    for name, about, chosen in (("hub", "the hub", None), ("edge", "a device", EDGE)):
        file = results / f"{name}.json"
        if not file.is_file():
            lines.append(f"Of {about} nothing is measured yet (`make bench-{name}`).")
            continue
        data = json.loads(file.read_text("utf-8"))
        machine = data["machine"]
        lines.append(
            f"Of {about}, on {machine['cores']} cores ({machine['cpu']}), "
            f"{machine['memory_gb']:.0f} GB, {data['date'][:10]}:"
        )
        rows = [f for f in data["figures"] if chosen is None or f["name"] in chosen]
        lines.append("\n".join(["| figure | measured | goal |", "|---|---|---|", *map(_row, rows)]))
    return "\n\n".join(lines)


def _row(figure: dict[str, Any]) -> str:
    unit = f" {figure['unit']}" if figure["unit"] else ""
    measured = "not measured" if figure["value"] is None else f"{figure['value']:,g}{unit}"
    goal = figure["goal"]
    way = "at least" if figure["better"] == "higher" else "at most"
    return f"| {figure['name']} | {measured} | {'' if goal is None else f'{way} {goal:,g}'} |"


def filled(page: str, results: Path = RESULTS) -> str:
    before, rest = page.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    return f"{before}{BEGIN}\n{table(results)}\n{END}{after}"


def main() -> int:
    page = PAGE.read_text("utf-8")
    current = filled(page)
    if "--check" in sys.argv[1:]:
        if page != current:
            print("docs/operations.md: the capacity table is not current; run make capacity")
        return int(page != current)
    PAGE.write_text(current, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
