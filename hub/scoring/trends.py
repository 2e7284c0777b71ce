"""Weekly shares of interactions with a flag, with limits that say what is change and what noise.

A p'-chart: Laney, "Improved control charts for attributes", Quality Engineering 14 (2002),
531-537. The limits of an ordinary p-chart take every interaction for a throw of the same coin; at a
counter, weeks differ by more than that (other services, other clerks), and nearly every week would
stand out. Laney measures how much more from week to week and widens the limits by it. They are
never made narrower than the coin's. Signals are three of the four rules of Western Electric's
Statistical Quality Control Handbook (1956); the fourth (four of five beyond one sigma) would
add more false alarms than a branch can look into.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import sqrt
from typing import Literal

SHOWN_FROM = 20
"""Interactions of a week under which it is no point of the chart."""
LEAST_WEEKS = 8
"""Points before the newest one under which nothing is said of it."""
_MEAN_RANGE = 1.128
"""Mean difference of two draws from the same normal distribution, in its sigmas (d2 of 2)."""
_RUN = 8
Signal = Literal["beyond_limit", "two_of_three", "run"]


@dataclass(frozen=True, slots=True)
class Week:
    """Of one counter and rule."""

    monday: date
    interactions: int
    flagged: int

    @property
    def share(self) -> float:
        return self.flagged / self.interactions


@dataclass(frozen=True, slots=True)
class Point:
    week: Week
    low: float
    high: float
    """Three sigmas of a week with so many interactions, within 0 to 1."""
    signals: tuple[Signal, ...]
    """Why it is more than noise; more of them where it is more than one."""


@dataclass(frozen=True, slots=True)
class Chart:
    centre: float
    spread: float
    """By how much weeks differ more than by chance alone: 1 is chance."""
    points: Sequence[Point]

    @property
    def changed(self) -> bool:
        """The newest week."""
        return bool(self.points and self.points[-1].signals)


def chart(weeks: Sequence[Week]) -> Chart | None:
    """In the order of time. The limits come from all weeks but the newest, so that it cannot
    hide itself. None where fewer than LEAST_WEEKS before it have SHOWN_FROM interactions, or
    where a share of none or all of them leaves nothing to vary.
    """
    kept = [week for week in weeks if week.interactions >= SHOWN_FROM]
    base = kept[:-1]
    if len(base) < LEAST_WEEKS:
        return None
    centre = sum(week.flagged for week in base) / sum(week.interactions for week in base)
    if not 0 < centre < 1:
        return None
    distances = [(week.share - centre) / _sigma(centre, week) for week in base]
    ranges = [abs(after - before) for before, after in pairwise(distances)]
    spread = max(1.0, sum(ranges) / len(ranges) / _MEAN_RANGE)
    apart = [(week.share - centre) / (_sigma(centre, week) * spread) for week in kept]
    return Chart(
        centre,
        spread,
        [
            Point(
                week,
                max(0.0, centre - 3 * spread * _sigma(centre, week)),
                min(1.0, centre + 3 * spread * _sigma(centre, week)),
                _signals(apart[: number + 1]),
            )
            for number, week in enumerate(kept)
        ],
    )


def _sigma(centre: float, week: Week) -> float:
    return sqrt(centre * (1 - centre) / week.interactions)


def _signals(apart: Sequence[float]) -> tuple[Signal, ...]:
    """Of the last one; `apart`: how many sigmas from the centre, in the order of time."""
    found: list[Signal] = []
    if abs(apart[-1]) > 3:
        found.append("beyond_limit")
    for side in (1.0, -1.0):
        here = [side * one for one in apart]
        # The newest is one of the two: else it is the week before that stood out.
        if here[-1] > 2 and sum(one > 2 for one in here[-3:]) >= 2:
            found.append("two_of_three")
        if len(here) >= _RUN and all(one > 0 for one in here[-_RUN:]):
            found.append("run")
    return tuple(found)
