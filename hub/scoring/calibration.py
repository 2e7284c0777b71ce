"""A calibration: how the experience index relates to what citizens themselves said. Pure.

Fitting one is calibrate.py's work; here is only what every score needs of it, with the standard
library alone. The mapping is a rising line through knots. The interval's ends are mapped by it and
moved outwards by one margin, which was chosen on days that the fit had not seen so that 9 of 10
ratings lie inside. Since the mapping never falls, an end that less coverage has moved outwards
stays outwards: the promises of arithmetic.py hold after calibration, too.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

CALIBRATION_BAR = "calibration"
"""The id of its bar among the parts of a figure."""


@dataclass(frozen=True, slots=True)
class Calibration:
    number: int
    """Its version; 0 before it is stored."""
    knots: tuple[tuple[float, float], ...]
    """(index as measured, index as rated), both 0 to 100, rising."""
    margin: float
    """Points added outwards to both mapped ends of the interval."""
    ratings: int
    """How many it was fitted to."""
    until: date
    """The last day of these ratings."""
    rubrics: tuple[tuple[str, int], ...]
    """Rubric and version of the figures it was fitted to; it says nothing of others."""

    def fits(self, rubric: str, version: int) -> bool:
        return (rubric, version) in self.rubrics


@dataclass(frozen=True, slots=True)
class Applied:
    number: int
    ratings: int
    until: date
    contribution: float
    """Points of the index that the calibration added (or took): its named bar."""
    before: tuple[float, float, float]
    """The index as measured and its interval."""


def mapped(knots: Sequence[tuple[float, float]], index: float) -> float:
    """Straight between the knots and level beyond them."""
    place = bisect_left(knots, (index, float("-inf")))
    if place == 0:
        return knots[0][1]
    if place == len(knots):
        return knots[-1][1]
    (x0, y0), (x1, y1) = knots[place - 1], knots[place]
    return y0 + (y1 - y0) * ((index - x0) / (x1 - x0))


def calibrated(
    calibration: Calibration, value: float, low: float, high: float
) -> tuple[float, float, float]:
    """The index as rated and its 90 % interval, which is of the rating of one such visit."""
    return (
        mapped(calibration.knots, value),
        max(0.0, mapped(calibration.knots, low) - calibration.margin),
        min(100.0, mapped(calibration.knots, high) + calibration.margin),
    )
