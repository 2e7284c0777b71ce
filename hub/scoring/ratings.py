"""Ratings by citizens: which of them say something about the visit, and which only about how they
were collected.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from hub.store.ratings import RatingRow

BURST = 3
"""So many at one place within BURST_S are pressed by one hand, until somebody shows otherwise."""
BURST_S = 60.0
LeftOut = Literal["solicited", "burst", "repeated"]


@dataclass(frozen=True, slots=True)
class Marked:
    rating: RatingRow
    left_out: LeftOut | None


def marked(ratings: Sequence[RatingRow], asked_for: frozenset[object]) -> list[Marked]:
    """Every rating once, in order of time. `asked_for` are interactions in which staff asked for a
    rating. A visit counts once, by its last rating.
    """
    found: list[Marked] = []
    bursts = _bursts(ratings)
    seen: set[object] = set()
    for rating in sorted(ratings, key=_order, reverse=True):
        names = {rating.visit_id, *rating.interaction_ids} - {None}
        mark: LeftOut | None = None
        if rating.solicited or not asked_for.isdisjoint(rating.interaction_ids):
            mark = "solicited"
        elif rating.rating_id in bursts:
            mark = "burst"
        elif names & seen:
            mark = "repeated"
        if mark is None:
            seen |= names
        found.append(Marked(rating, mark))
    return found[::-1]


def _bursts(ratings: Sequence[RatingRow]) -> set[object]:
    places: dict[tuple[str, str | None, str], list[RatingRow]] = defaultdict(list)
    for rating in sorted(ratings, key=_order):
        places[rating.branch_id, rating.counter_id, rating.channel].append(rating)
    found: set[object] = set()
    for pressed in places.values():
        for start, last in enumerate(pressed[BURST - 1 :]):
            if last.at - pressed[start].at <= timedelta(seconds=BURST_S):
                found |= {rating.rating_id for rating in pressed[start : start + BURST]}
    return found


def _order(rating: RatingRow) -> tuple[object, ...]:
    return rating.at, rating.rating_id
