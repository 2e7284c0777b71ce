"""Simulated visits with known satisfaction: who answers depends on what is seen, or on what is not.

The truth: satisfaction rises with the index, has a mood of its day and a wide spread of its own;
stars are cut from it. Numbers are made up; what is tried is whether the fit finds them again.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

import numpy as np

from hub.scoring.calibrate import Visit

FIRST_DAY = date(2026, 1, 5)
ZONES = ("intake", "result", "advice", "fee")
Answering = Literal["observed", "hidden"]
HIDDEN_ODDS = 2.5
"""How much more readily the most satisfied answer than the least, where it is hidden."""


@dataclass(frozen=True, slots=True)
class Simulated:
    visits: list[Visit]
    """As the program meets them: stars only of those who answered."""
    stars: list[int]
    """What each would have pressed."""


def simulate(answering: Answering, days: int, visits_a_day: int, seed: int) -> Simulated:
    chance = np.random.default_rng(seed)
    count = days * visits_a_day
    day = np.repeat(np.arange(days), visits_a_day)
    zone = chance.integers(len(ZONES), size=count)
    hour = chance.integers(8, 17, size=count)
    coverage = chance.uniform(0.6, 1.0, count)
    handling_s = np.exp(chance.normal(6.0, 0.6, count))
    good = np.clip(chance.normal(70, 13, count) - 2 * (hour == 11) + 2 * (zone == 1), 5, 98)
    width = 4 + 12 * (1 - coverage)
    value = np.clip(good + chance.normal(0, 3, count), 0, 100)
    satisfaction = 8 + 0.85 * good + chance.normal(0, 4, days)[day] + chance.normal(0, 16, count)
    stars = 1 + np.digitize(satisfaction, (22, 40, 55, 75))
    odds = -1.6 + 0.03 * (value - 70) + 0.5 * (zone == 2) - 0.6 * (hour == 11)
    odds += 0.4 * (coverage - 0.8)
    if answering == "hidden":
        odds += np.log(HIDDEN_ODDS) * ((stars - 1) / 4 - 0.6)
    answers = chance.random(count) < 1 / (1 + np.exp(-odds))
    visits = [
        Visit(
            day=FIRST_DAY + timedelta(days=int(day[n])),
            zone=ZONES[zone[n]],
            hour=int(hour[n]),
            handling_s=float(handling_s[n]),
            value=float(value[n]),
            low=float(max(0.0, value[n] - width[n])),
            high=float(min(100.0, value[n] + width[n])),
            coverage=float(coverage[n]),
            stars=int(stars[n]) if answers[n] else None,
        )
        for n in range(count)
    ]
    return Simulated(visits, stars.tolist())


def split(found: Simulated, days: int) -> tuple[Simulated, Simulated]:
    """The first `days`, and those after them."""
    until = FIRST_DAY + timedelta(days=days)
    before = [n for n, visit in enumerate(found.visits) if visit.day < until]
    after = [n for n, visit in enumerate(found.visits) if visit.day >= until]
    first, second = (
        Simulated([found.visits[n] for n in part], [found.stars[n] for n in part])
        for part in (before, after)
    )
    return first, second


def unrated(visits: list[Visit]) -> list[Visit]:
    return [replace(visit, stars=None) for visit in visits]
