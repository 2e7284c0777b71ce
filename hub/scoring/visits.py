"""Ratings and stored figures -> visits for calibrate.fit. Pure.

An interaction that no rating names is a visit of its own: of those without a ticket nobody knows
which belong together.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from uuid import UUID

from hub.scoring.calibrate import Visit
from hub.scoring.ratings import LeftOut, marked
from hub.store.ratings import RatingRow, ScoredRow
from hub.store.tables import HANOI

REASONS: dict[LeftOut, str] = {
    "solicited": "asked for by staff",
    "burst": "pressed in bursts",
    "repeated": "of a visit that was rated again",
}
WITHOUT_VISIT = "without a visit"
NOT_SCORED = "of a visit without a figure"


@dataclass(frozen=True, slots=True)
class Gathered:
    visits: list[Visit]
    left_out: dict[str, int]
    """How many ratings were left out, by reason."""
    rubrics: tuple[tuple[str, int], ...]
    """Of the figures that ratings stand beside."""


def gather(
    scored: Sequence[ScoredRow], ratings: Sequence[RatingRow], asked_for: Collection[UUID]
) -> Gathered:
    by_id = {row.interaction_id: row for row in scored}
    left_out: Counter[str] = Counter()
    rated: list[tuple[list[ScoredRow], int]] = []
    taken: set[UUID] = set()
    for one in marked(ratings, frozenset(asked_for)):
        rating = one.rating
        if one.left_out is not None:
            left_out[REASONS[one.left_out]] += 1
        elif not rating.interaction_ids:
            left_out[WITHOUT_VISIT] += 1
        else:
            rows = [by_id[i] for i in rating.interaction_ids if i in by_id]
            rows = [row for row in rows if row.branch_id == rating.branch_id]
            if rows:
                rated.append((rows, rating.stars))
                taken |= {row.interaction_id for row in rows}
            else:
                left_out[NOT_SCORED] += 1
    visits = [_visit(rows, stars) for rows, stars in rated]
    visits += [_visit([row], None) for row in scored if row.interaction_id not in taken]
    rubrics = {(row.rubric, row.rubric_version) for rows, _ in rated for row in rows}
    return Gathered(visits, dict(left_out), tuple(sorted(rubrics)))


def _visit(rows: Sequence[ScoredRow], stars: int | None) -> Visit:
    last = max(rows, key=lambda row: row.at)
    at: datetime = last.at.astimezone(HANOI)
    return Visit(
        day=at.date(),
        zone=last.zone,
        hour=at.hour,
        handling_s=fmean(row.handling_s for row in rows),
        value=fmean(row.value for row in rows),
        low=fmean(row.low for row in rows),
        high=fmean(row.high for row in rows),
        coverage=fmean(row.coverage for row in rows),
        stars=stars,
    )
