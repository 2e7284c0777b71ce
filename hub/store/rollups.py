"""Figures over days, weeks and months, from what the rollups keep.

`figures` answers for any range of days: n, mean, standard deviation and percentiles by counter,
zone, day, hour or clerk. docs/store.md tells what is kept, in which bins, and how far a
percentile may be off. Every function wants a connection from `branches_transaction`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, cached_property
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from psycopg import Connection, sql
from psycopg.rows import TupleRow, class_row, dict_row

from hub.store import histogram
from hub.store.histogram import Percentile, Sums
from hub.store.queries import load_queries

_SQL = load_queries("rollups")
RollupConnection: TypeAlias = Connection[TupleRow]
By = Literal["counter", "zone", "day", "hour", "staff"]


class _Cells(NamedTuple):
    table: str
    keys: tuple[str, ...]
    """What tells the cells apart that are asked for, in the order of the answer."""
    day: str = "day"


_SORTED = ("branch_id", "variant", "day", "hour", "counter_id", "staff_id", "zone")
"""As the tables' keys have them, after the measure."""
_BY: dict[By, _Cells] = {
    "counter": _Cells("rollups", ("branch_id", "counter_id", "zone", "variant")),
    "zone": _Cells("rollups", ("branch_id", "zone", "variant")),
    "day": _Cells("rollups", ("branch_id", "zone", "day", "variant")),
    "hour": _Cells("hour_rollups", ("branch_id", "zone", "hour", "variant"), "month"),
    "staff": _Cells("staff_rollups", ("branch_id", "staff_id", "zone", "variant")),
}
SHOWN_FROM = 20
"""Interactions under which a counter's or a clerk's figure is shown to nobody."""


@dataclass(frozen=True, slots=True)
class Measure:
    measure: str
    unit: str
    step: Decimal
    """What one step of the stored whole numbers is worth, in the unit."""
    by_staff: bool
    edges: tuple[int, ...] | None
    """Of its bins, in steps; None for what is counted and not measured."""


@dataclass(frozen=True)
class Figure:
    """One measure in one cell. What the cell is not told apart by is None."""

    measure: Measure
    variant: str
    """Rubric and version of a score, category and role of a hit, rule and outcome of a flag."""
    sums: Sums
    branch_id: str
    zone: str
    counter_id: str | None = None
    staff_id: str | None = None
    day: date | None = None
    hour: int | None = None

    @property
    def n(self) -> int:
        return self.sums.n

    @property
    def total(self) -> float:
        """In the unit; for what is counted, how many there were."""
        return float(self.sums.total * self.measure.step)

    @cached_property
    def mean(self) -> float | None:
        return histogram.mean(self.sums, self.measure.step)

    @cached_property
    def standard_deviation(self) -> float | None:
        return histogram.standard_deviation(self.sums, self.measure.step)

    def percentile(self, share: float) -> Percentile | None:
        """0.95 for p95, with the bounds it certainly lies in; None where nothing was measured
        or the measure has no bins.
        """
        if self.measure.edges is None or self.sums.bins is None:
            return None
        return histogram.percentile(self.sums, self.measure.edges, self.measure.step, share)


@dataclass(frozen=True, slots=True)
class ActivityHour:
    """Sums over the windows of one hour; cs are hundredths of a second, `..._n` the windows in
    which the sensor gave a valid value.
    """

    branch_id: str
    counter_id: str
    hour_at: datetime
    windows: int
    in_interaction_cs: int
    staff_speech_n: int
    staff_speech_cs: int
    citizen_speech_n: int
    citizen_speech_cs: int
    unknown_speech_n: int
    unknown_speech_cs: int
    overlap_n: int
    overlap_cs: int
    citizen_present_n: int
    citizen_present_cs: int
    staff_present_n: int
    staff_present_cs: int
    audio_coverage_thousandths: int
    video_coverage_thousandths: int


def measures(connection: RollupConnection) -> dict[str, Measure]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["measures"]).fetchall()
    return {
        row["measure"]: Measure(**row | {"edges": row["edges"] and tuple(row["edges"])})
        for row in rows
    }


def figures(
    connection: RollupConnection,
    by: By,
    measure: Measure,
    from_day: date,
    to_day: date,
    *,
    least: int,
    zone: str | None = None,
    percentiles: bool = True,
) -> list[Figure]:
    """Cells with at least `least` values, in the order of their keys; days are Hanoi's, both
    included. By hour, the whole months that the range touches.

    SHOWN_FROM is the `least` of pages; 1 shows everything and is for sums of cells alone.
    Without percentiles it is asked and answered about twice as fast.
    """
    values = {
        "measure": measure.measure,
        "from_day": from_day.replace(day=1) if by == "hour" else from_day,
        "to_day": to_day,
        "zone": zone,
    }
    bins = len(measure.edges) - 1 if percentiles and measure.edges is not None else 0
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_asked(by, bins), values).fetchall()
    rows.sort(key=lambda row: [row[key] for key in _BY[by].keys])
    found = []
    for row in rows:
        bins = row.pop("bins")
        kept = Sums(
            row.pop("n"),
            row.pop("total"),
            int(row.pop("squares")),
            None if bins is None else tuple(bins),
        )
        if kept.n >= least:
            found.append(Figure(measure=measure, sums=kept, **row))
    return found


@cache
def _asked(by: By, bins: int) -> sql.Composed:
    """The question for cells with so many bins; 0: without them."""
    cells = _BY[by]
    each = (sql.SQL("sum(r.bins[{}])").format(number) for number in range(1, bins + 1))
    summed = sql.SQL("ARRAY[{}]").format(sql.SQL(", ").join(each)) if bins else sql.SQL("NULL")
    return sql.SQL(_SQL["figures"]).format(
        table=sql.Identifier(cells.table),
        keys=sql.SQL(", ").join(map(sql.Identifier, sorted(cells.keys, key=_SORTED.index))),
        day=sql.Identifier(cells.day),
        bins=summed,
    )


def activity(
    connection: RollupConnection, from_day: date, to_day: date, counter_id: str | None = None
) -> list[ActivityHour]:
    values = {"from_day": from_day, "to_day": to_day, "counter_id": counter_id}
    with connection.cursor(row_factory=class_row(ActivityHour)) as cursor:
        return cursor.execute(_SQL["activity_by_hour"], values).fetchall()


def refresh(
    connection: RollupConnection,
    branch_id: str,
    interactions: Sequence[tuple[str, datetime, UUID]],
) -> bool:
    """Counter, time and id of each: brings the rollups to what the rows say, in the transaction
    that changed them.

    False: somebody is at work on the branch's rollups for more than 2 s, or a row cannot be
    read. The worker does it later, because every change stands in its queue as well.
    """
    row = connection.execute(
        _SQL["refresh"],
        {
            "branch_id": branch_id,
            "counter_ids": [counter for counter, _, _ in interactions],
            "ats": [at for _, at, _ in interactions],
            "interaction_ids": [interaction for _, _, interaction in interactions],
        },
    ).fetchone()
    assert row is not None
    return bool(row[0])
