"""Interaction, facts and rubric -> two figures with parts and a 90 % interval. Pure.

The index. Write, for item i, w for its weight in the index (the part's weight / 100 times the
item's share of the part), c for its coverage, m for its points (0 to 100), n for the part's
neutral and e for its measurement error (90 %, points). The index is

    I = sum w (c m + (1 - c) n)

and a part, which groups items of one neutral, is p = c m + (1 - c) n again, with c and m the
means of its items by share, and by share and coverage. Less coverage of an item moves that
item only towards its neutral, and a part whose items are seen alike likewise. Where a part's
items differ, losing a good one lowers the part by what it had lifted it over its neutral.

The interval. Of the seen share the truth lies within the measurement error; it cannot leave
[0, 100], so the error is cut there: up = min(e, 100 - m), down = min(e, m). Errors of
different items are taken as independent and combined by their squares. Of the unseen share
nothing is known, so it may be anything from 0 to 100:

    high = sum w (c m + (1 - c) 100) + sqrt(sum (w c up)^2)
    low  = sum w c m                 - sqrt(sum (w c down)^2)

By triangle inequality the root is at most sum w c up, so low and high stay within [0, 100]
without clipping, and low <= I <= high. With E the root, dE/dc = (w up)^2 c / E <= w up, since
w c up <= E. Hence

    d high / dc <= w (m + up - 100) <= 0     less coverage never lowers the upper bound
    d low  / dc >= w (m - down)     >= 0     and never raises the lower one,

so the interval never narrows. It covers at least 90 %: the unseen share alone is covered
wholly. e does not depend on c. Where an item rests on words, e is the rubric's error divided
by the mean confidence of the transcripts that were read (1 at most).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from hub.scoring.facts import Facts
from hub.scoring.heard import TEXT_COVERAGE, transcription_confidence
from hub.scoring.quantities import QUANTITIES, coverage_of
from hub.scoring.rubrics import FigureName, Item, Rubric, RubricPart
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Role

LEAST_COVERED = 0.5
"""Share of the weight under which there is no figure."""
_ROUNDING = 1e-9
NotScored = Literal["not_enough_measured"]


@dataclass(frozen=True, slots=True)
class ScoredItem:
    measures: str
    quantity: float | None
    """As measured, in the unit of its name; None: missing."""
    points: float | None
    """0 to 100."""
    coverage: float
    error: float
    weight: float
    """Of 100, of the whole figure."""


@dataclass(frozen=True, slots=True)
class Part:
    id: str
    title_vi: str
    title_en: str
    weight: float
    """Of 100."""
    measured: float | None
    """0 to 100, of the seen share alone; None where nothing was seen."""
    neutral: float
    coverage: float
    value: float
    """coverage * measured + (1 - coverage) * neutral."""
    contribution: float
    """weight / 100 * value: points of the index."""
    items: tuple[ScoredItem, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    name: FigureName
    value: float | None
    """0 to 100; the sum of the contributions."""
    low: float | None
    high: float | None
    coverage: float
    """Share of the weight that was measured."""
    parts: tuple[Part, ...]
    reason: NotScored | None
    """Why there is no value; None where there is one."""


@dataclass(frozen=True, slots=True)
class Scores:
    rubric: str
    rubric_version: int
    experience: Figure
    counter_part: Figure
    calibrated: bool = False
    """Whether the index has been fitted to ratings by citizens. Pages say so."""

    @property
    def figures(self) -> tuple[Figure, Figure]:
        return self.experience, self.counter_part


def score(interaction: InteractionPayload, facts: Facts, rubric: Rubric) -> Scores:
    def figure(name: FigureName) -> Figure:
        return _figure(name, [_part(p, interaction, facts) for p in rubric.parts[name]])

    return Scores(rubric.id, rubric.version, figure("experience"), figure("counter_part"))


def _part(part: RubricPart, interaction: InteractionPayload, facts: Facts) -> Part:
    items = tuple(_item(item, part.weight, interaction, facts) for item in part.items)
    shares = [(item.share, scored) for item, scored in zip(part.items, items, strict=True)]
    coverage = sum(share * scored.coverage for share, scored in shares)
    seen = sum(share * scored.coverage * (scored.points or 0.0) for share, scored in shares)
    value = seen + (1 - coverage) * part.neutral
    return Part(
        id=part.id,
        title_vi=part.title_vi,
        title_en=part.title_en,
        weight=part.weight,
        measured=seen / coverage if coverage > 0 else None,
        neutral=part.neutral,
        coverage=coverage,
        value=value,
        contribution=part.weight / 100 * value,
        items=items,
    )


def _item(
    item: Item, part_weight: float, interaction: InteractionPayload, facts: Facts
) -> ScoredItem:
    quantity = QUANTITIES[item.measures].of(interaction, facts)
    coverage = 0.0
    if quantity is not None:
        coverage = item.coverage_at_most
        for name in item.coverage:
            coverage *= coverage_of(interaction, name)
    return ScoredItem(
        measures=item.measures,
        quantity=quantity,
        points=None if quantity is None else item.points(quantity),
        coverage=coverage,
        error=_error(item, interaction),
        weight=part_weight * item.share,
    )


def _error(item: Item, interaction: InteractionPayload) -> float:
    error = item.error
    for role, name in TEXT_COVERAGE.items():
        if name in item.coverage:
            # Transcripts under .4 are not read at all; the floor is for other producers.
            error /= max(0.1, _confidence(interaction, role))
    return min(100.0, error)


def _confidence(interaction: InteractionPayload, role: Role) -> float:
    return transcription_confidence(interaction, role)


def _figure(name: FigureName, parts: list[Part]) -> Figure:
    coverage = sum(part.weight * part.coverage for part in parts) / 100
    if coverage < LEAST_COVERED - _ROUNDING:
        return Figure(name, None, None, None, coverage, tuple(parts), "not_enough_measured")
    value = sum(part.contribution for part in parts)
    items = [item for part in parts for item in part.items]
    low, high = _interval(items)
    # Rounding of the sums must not put the value outside by an epsilon.
    return Figure(
        name, value, max(0.0, min(low, value)), min(100.0, max(high, value)), coverage,
        tuple(parts), None,
    )  # fmt: skip


def _interval(items: list[ScoredItem]) -> tuple[float, float]:
    seen = sum(i.weight / 100 * i.coverage * (i.points or 0.0) for i in items)
    unseen = sum(i.weight * (1 - i.coverage) for i in items)
    up = _combined(items, lambda item, points: min(item.error, 100 - points))
    down = _combined(items, lambda item, points: min(item.error, points))
    return seen - down, seen + unseen + up


def _combined(items: list[ScoredItem], error: Callable[[ScoredItem, float], float]) -> float:
    return sqrt(
        sum(
            (item.weight / 100 * item.coverage * error(item, item.points)) ** 2
            for item in items
            if item.points is not None
        )
    )
