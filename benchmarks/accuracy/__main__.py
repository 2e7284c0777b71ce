"""`python -m benchmarks.accuracy`: every measurement against known truth.

Writes benchmarks/results/accuracy.json, the plots, and the tables of docs/measurements.md.
About 20 CPU-minutes; `--short` takes one conversation of each kind, less than a minute, and
writes nothing.
"""

import argparse
import sys

from benchmarks.accuracy.page import put_tables
from benchmarks.accuracy.plot import plot
from benchmarks.accuracy.report import FULL, SHORT, measure
from benchmarks.machine import describe, read, result, show, write


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a small part; nothing is written")
    short = parser.parse_args(words).short
    machine = describe()
    report = measure(SHORT if short else FULL, lambda text: print(text, file=sys.stderr))
    scored = report.scores["base"]
    hours = sum(s.media_s for s in scored) / 3600
    counted = f"{len(scored)} conversations, {hours:.1f} h, in the room of the goals; "
    notes = [*report.notes, counted + f"{report.cpu_s / 60:.0f} CPU-minutes in all"]
    if short:
        show(result(report.figures(), machine=machine, notes=notes))
        return
    notes += [
        f"{name}: 95 % interval {low:.3g} to {high:.3g}"
        for name, (low, high) in report.intervals().items()
    ]
    write("accuracy", report.figures(), machine=machine, notes=notes)
    plot(report)
    put_tables(read("accuracy"))
    show(read("accuracy"))


if __name__ == "__main__":
    main(sys.argv[1:])
