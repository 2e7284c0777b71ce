"""`python -m benchmarks.judge`: judgement beside its goals.

Each subject is a module: speed, calibration, fairness, scenarios. Writes benchmarks/results/judge.json, the
reliability diagram and the table of docs/score.md. About six CPU-minutes; `--only` takes one
subject, and writes nothing.
"""

import argparse
import sys
from collections.abc import Callable

from benchmarks.judge import calibration, fairness, scenarios, speed
from benchmarks.judge.page import put_fairness
from benchmarks.machine import Figure, describe, read, result, show, write
from benchmarks.plots import reliability

Measured = tuple[list[Figure], list[str]]


def _speed(*, keep: bool) -> Measured:
    del keep
    return speed.figures(), []


def _calibration(*, keep: bool) -> Measured:
    figures, notes, first = calibration.measure()
    if keep:
        reliability(
            "judge-reliability",
            "Simulated ratings: predicted and pressed",
            [(b.predicted, b.rated.value, b.rated.low, b.rated.high) for b in first.reliability],
        )
    return figures, notes


def _fairness(*, keep: bool) -> Measured:
    found = fairness.compare()
    if keep:
        put_fairness(found)
    return fairness.figures(found), fairness.notes(found)


def _scenarios(*, keep: bool) -> Measured:
    del keep
    judged = scenarios.played()
    return scenarios.figures(judged), scenarios.notes(judged)


SUBJECTS: dict[str, Callable[..., Measured]] = {
    "speed": _speed,
    "calibration": _calibration,
    "fairness": _fairness,
    "scenarios": _scenarios,
}


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judge", description=__doc__)
    parser.add_argument("--only", choices=sorted(SUBJECTS), help="one subject; nothing is written")
    only = parser.parse_args(words).only
    machine = describe()
    figures: list[Figure] = []
    notes: list[str] = []
    for name, measure in SUBJECTS.items():
        if only in {None, name}:
            print(f"{name} ...", file=sys.stderr)
            more, told = measure(keep=only is None)
            figures += more
            notes += told
    if only:
        show(result(figures, machine=machine, notes=notes))
        return
    write("judge", figures, machine=machine, notes=notes)
    show(read("judge"))


if __name__ == "__main__":
    main(sys.argv[1:])
