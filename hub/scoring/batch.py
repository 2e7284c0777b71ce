"""Many interactions at once: the same figures as score.py gives, to the last bit, by numpy.

    table = read_table(rubric, cases)          # quantities, coverage and confidence as columns
    found = score_table(table, rubric)         # both figures of all rows
    found.at(3)                                # == score(*cases[3], rubric)

Rows of one rubric. The arithmetic is arithmetic.py's own; what is written again here is only how a
curve is read, and a test compares both by generated interactions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hub.scoring.arithmetic import Seen, Total, Value, part_value, total
from hub.scoring.calibration import Calibration
from hub.scoring.facts import Facts
from hub.scoring.heard import TEXT_COVERAGE, transcription_confidence
from hub.scoring.quantities import QUANTITIES, Read, coverage_of
from hub.scoring.rubrics import FIGURES, FigureName, Item, Rubric, RubricPart
from hub.scoring.score import (
    LEAST_CONFIDENCE,
    Figure,
    Part,
    ScoredItem,
    Scores,
    figure_of,
    with_calibration,
)
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Role

Column: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    rows: int
    quantities: Mapping[str, Column]
    """By name of quantities.QUANTITIES; NaN: missing."""
    coverage: Mapping[str, Column]
    """By name of quantities.COVERAGES."""
    confidence: Mapping[str, Column]
    """Of transcripts, by the coverage that rests on them."""


@dataclass(frozen=True, slots=True)
class _Figures:
    seen: Sequence[Seen[Column]]
    values: Sequence[Value[Column]]
    total: Total[Column]


@dataclass(frozen=True, slots=True)
class Batch:
    rubric: Rubric
    table: Table
    figures: Mapping[FigureName, _Figures]
    calibration: Calibration | None = None

    def at(self, row: int) -> Scores:
        """One row as score.py gives it."""
        experience, counter_part = (self._figure(name, row) for name in FIGURES)
        calibration = self.calibration
        if calibration is not None and calibration.fits(self.rubric.id, self.rubric.version):
            experience = with_calibration(experience, calibration)
        return Scores(self.rubric.id, self.rubric.version, experience, counter_part)

    def _figure(self, name: FigureName, row: int) -> Figure:
        found = self.figures[name]
        parts = tuple(
            self._part(part, seen, value, row)
            for part, seen, value in zip(
                self.rubric.parts[name], found.seen, found.values, strict=True
            )
        )
        summed = found.total
        return figure_of(
            name,
            float(summed.value[row]),
            float(summed.low[row]),
            float(summed.high[row]),
            float(summed.coverage[row]),
            parts,
        )

    def _part(self, part: RubricPart, seen: Seen[Column], value: Value[Column], row: int) -> Part:
        coverage = float(seen.coverage[row])
        return Part(
            id=part.id,
            group=part.group,
            title_vi=part.title_vi,
            title_en=part.title_en,
            weight=part.weight,
            measured=float(value.measured[row]) if coverage > 0 else None,
            neutral=part.neutral,
            coverage=coverage,
            value=float(value.value[row]),
            contribution=float(value.contribution[row]),
            items=tuple(
                self._item(part, item, points, errors, row)
                for item, points, errors in zip(part.items, seen.points, seen.errors, strict=True)
            ),
        )

    def _item(
        self, part: RubricPart, item: Item, points: Column, errors: Column, row: int
    ) -> ScoredItem:
        quantity = float(self.table.quantities[item.measures][row])
        missing = quantity != quantity  # noqa: PLR0124 - only NaN is unlike itself
        return ScoredItem(
            item.measures,
            None if missing else quantity,
            None if missing else float(points[row]),
            float(errors[row]),
            part.weight * item.share,
        )


def read_table(rubric: Rubric, cases: Sequence[tuple[InteractionPayload, Facts]]) -> Table:
    """What the rubric asks of each interaction."""
    parts = [part for name in FIGURES for part in rubric.parts[name]]
    measures = sorted({item.measures for part in parts for item in part.items})
    names = sorted({name for part in parts for name in part.coverage})
    texts = {name: role for role, name in TEXT_COVERAGE.items() if name in names}
    # Interaction by interaction: each is looked through once for all that is asked of it.
    reads = [QUANTITIES[name].of for name in measures]
    rows = [_asked(case, reads, names, texts.values()) for case in cases]
    width = len(measures) + len(names) + len(texts)
    columns = iter(np.array(rows, np.float64).reshape(len(cases), width).T.copy())
    return Table(
        rows=len(cases),
        quantities={name: next(columns) for name in measures},
        coverage={name: next(columns) for name in names},
        confidence={name: next(columns) for name in texts},
    )


def _asked(
    case: tuple[InteractionPayload, Facts],
    reads: Sequence[Read],
    names: Sequence[str],
    texts: Iterable[Role],
) -> list[float]:
    interaction, facts = case
    found = [read(interaction, facts) for read in reads]
    return [
        *(np.nan if quantity is None else quantity for quantity in found),
        *(coverage_of(interaction, name) for name in names),
        *(transcription_confidence(interaction, role) for role in texts),
    ]


def score_table(table: Table, rubric: Rubric, calibration: Calibration | None = None) -> Batch:
    return Batch(
        rubric,
        table,
        {name: _figures(rubric.parts[name], table) for name in FIGURES},
        calibration,
    )


def _figures(parts: Sequence[RubricPart], table: Table) -> _Figures:
    seen = [_seen(part, table) for part in parts]
    values = [part_value(part) for part in seen]
    zero = np.zeros(table.rows)
    return _Figures(seen, values, total(seen, values, np.minimum, np.sqrt, zero))


def _seen(part: RubricPart, table: Table) -> Seen[Column]:
    quantities = [table.quantities[item.measures] for item in part.items]
    missing = np.zeros(table.rows, bool)
    for quantity in quantities:
        missing |= np.isnan(quantity)
    coverage = np.full(table.rows, part.coverage_at_most)
    for name in part.coverage:
        coverage = coverage * table.coverage[name]
    divisor = np.ones(table.rows)
    for name in TEXT_COVERAGE.values():
        if name in part.coverage:
            divisor = divisor * np.maximum(LEAST_CONFIDENCE, table.confidence[name])
    return Seen(
        weight=part.weight,
        neutral=part.neutral,
        coverage=np.where(missing, 0.0, coverage),
        points=[
            _points(item, quantity) for item, quantity in zip(part.items, quantities, strict=True)
        ],
        shares=[item.share for item in part.items],
        errors=[np.minimum(100.0, item.error / divisor) for item in part.items],
    )


def _points(item: Item, quantity: Column) -> Column:
    """As Item.points, step for step; a missing quantity has none."""
    (first_x, first_y), *rest = item.curve
    points = np.full(len(quantity), rest[-1][1])
    # From the last stretch to the first, so that the first one that holds is the one that stays.
    stretches = list(zip(item.curve, rest, strict=False))
    for (x0, y0), (x1, y1) in reversed(stretches):
        points = np.where(quantity <= x1, y0 + (y1 - y0) * (quantity - x0) / (x1 - x0), points)
    points = np.where(quantity <= first_x, first_y, points)
    return np.where(np.isnan(quantity), 0.0, points)
