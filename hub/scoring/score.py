"""Interaction, facts and rubric -> two figures with parts and a 90 % interval. Pure.

hub/scoring/arithmetic.py has the formulas and why they keep their promises. An error does not
depend on coverage; where a quantity rests on words it is the rubric's, divided by the mean
confidence of the transcripts that were read.
"""

from dataclasses import dataclass, replace
from math import sqrt
from typing import Literal

from hub.scoring.arithmetic import Seen, Value, part_value, total
from hub.scoring.calibration import Applied, Calibration, calibrated
from hub.scoring.facts import Facts
from hub.scoring.heard import TEXT_COVERAGE, transcription_confidence
from hub.scoring.quantities import QUANTITIES, coverage_of
from hub.scoring.rubrics import FigureName, Rubric, RubricPart
from schemas.interaction import InteractionPayload

LEAST_COVERED = 0.5
"""Share of the weight under which there is no figure."""
ROUNDING = 1e-9
LEAST_CONFIDENCE = 0.1
"""Transcripts under .4 are not read at all; this floor is for other producers."""
NotScored = Literal["not_enough_measured"]


@dataclass(frozen=True, slots=True)
class ScoredItem:
    measures: str
    quantity: float | None
    """As measured, in the unit of its name; None: missing."""
    points: float | None
    """0 to 100."""
    error: float
    weight: float
    """Of 100, of the whole figure."""


@dataclass(frozen=True, slots=True)
class Part:
    id: str
    group: str
    """Of rubrics.GROUPS."""
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
    calibration: Applied | None = None
    """What ratings by citizens added; its bar is a contribution, too. None: not calibrated."""


@dataclass(frozen=True, slots=True)
class Scores:
    rubric: str
    rubric_version: int
    experience: Figure
    counter_part: Figure

    @property
    def figures(self) -> tuple[Figure, Figure]:
        return self.experience, self.counter_part

    @property
    def calibrated(self) -> bool:
        """Whether the experience has been fitted to ratings by citizens. Pages say so."""
        return self.experience.calibration is not None


def score(
    interaction: InteractionPayload,
    facts: Facts,
    rubric: Rubric,
    calibration: Calibration | None = None,
) -> Scores:
    """`calibration` is left out where it was not fitted to figures of this rubric."""
    experience, counter_part = (
        _figure(name, rubric.parts[name], interaction, facts)
        for name in ("experience", "counter_part")
    )
    if calibration is not None and calibration.fits(rubric.id, rubric.version):
        experience = with_calibration(experience, calibration)
    return Scores(rubric.id, rubric.version, experience, counter_part)


def with_calibration(figure: Figure, calibration: Calibration) -> Figure:
    """The figure with its named bar and the interval that ratings gave it."""
    if figure.value is None or figure.low is None or figure.high is None:
        return figure
    value, low, high = calibrated(calibration, figure.value, figure.low, figure.high)
    bar = value - figure.value
    return replace(
        figure,
        value=value,
        low=min(low, value),
        high=max(high, value),
        calibration=Applied(
            calibration.number,
            calibration.ratings,
            calibration.until,
            bar,
            (figure.value, figure.low, figure.high),
        ),
    )


def _figure(
    name: FigureName,
    rubric_parts: tuple[RubricPart, ...],
    interaction: InteractionPayload,
    facts: Facts,
) -> Figure:
    seen: list[Seen[float]] = []
    quantities: list[list[float | None]] = []
    for part in rubric_parts:
        found = [QUANTITIES[item.measures].of(interaction, facts) for item in part.items]
        quantities.append(found)
        seen.append(_seen(part, found, interaction))
    values = [part_value(part) for part in seen]
    summed = total(seen, values, min, sqrt, 0.0)
    parts = tuple(
        _part(*of_part) for of_part in zip(rubric_parts, seen, values, quantities, strict=True)
    )
    return figure_of(name, summed.value, summed.low, summed.high, summed.coverage, parts)


def figure_of(
    name: FigureName,
    value: float,
    low: float,
    high: float,
    coverage: float,
    parts: tuple[Part, ...],
) -> Figure:
    if coverage < LEAST_COVERED - ROUNDING:
        return Figure(name, None, None, None, coverage, parts, "not_enough_measured")
    return Figure(name, value, low, high, coverage, parts, None)


def _seen(
    part: RubricPart, quantities: list[float | None], interaction: InteractionPayload
) -> Seen[float]:
    coverage = 0.0
    if None not in quantities:
        coverage = part.coverage_at_most
        for name in part.coverage:
            coverage = coverage * coverage_of(interaction, name)
    divisor = _confidence(part, interaction)
    return Seen(
        weight=part.weight,
        neutral=part.neutral,
        coverage=coverage,
        points=[
            0.0 if quantity is None else item.points(quantity)
            for item, quantity in zip(part.items, quantities, strict=True)
        ],
        shares=[item.share for item in part.items],
        errors=[min(100.0, item.error / divisor) for item in part.items],
    )


def _confidence(part: RubricPart, interaction: InteractionPayload) -> float:
    divisor = 1.0
    for role, name in TEXT_COVERAGE.items():
        if name in part.coverage:
            divisor = divisor * max(LEAST_CONFIDENCE, transcription_confidence(interaction, role))
    return divisor


def _part(
    part: RubricPart, seen: Seen[float], value: Value[float], quantities: list[float | None]
) -> Part:
    return Part(
        id=part.id,
        group=part.group,
        title_vi=part.title_vi,
        title_en=part.title_en,
        weight=part.weight,
        measured=value.measured if seen.coverage > 0 else None,
        neutral=part.neutral,
        coverage=seen.coverage,
        value=value.value,
        contribution=value.contribution,
        items=tuple(
            ScoredItem(
                item.measures,
                quantity,
                None if quantity is None else points,
                error,
                part.weight * item.share,
            )
            for item, quantity, points, error in zip(
                part.items, quantities, seen.points, seen.errors, strict=True
            )
        ),
    )
