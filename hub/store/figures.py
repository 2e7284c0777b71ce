"""Which rubrics and which calibration figures are made by; what `calibrate` reads and stores."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

import psycopg
from psycopg.rows import TupleRow, class_row

from hub.store.queries import load_queries

_SQL = load_queries("figures")
_Connection: TypeAlias = psycopg.Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class RubricRow:
    rubric: str
    rubric_version: int
    digest: str
    body: str


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    calibration_no: int
    knots: Sequence[Sequence[float]]
    margin: float
    ratings: int
    until_day: date
    rubrics: Sequence[Sequence[Any]]


def register(connection: _Connection, row: RubricRow) -> str:
    """The digest that this version stands for: the row's own, or another's that came before."""
    values = asdict(row)
    connection.execute(_SQL["register"], values)
    found = connection.execute(_SQL["registered"], values).fetchone()
    assert found is not None
    return str(found[0])


def take_up(connection: _Connection, row: RubricRow, now: datetime) -> bool:
    """Whether this version was not in force before."""
    return connection.execute(_SQL["take_up"], asdict(row) | {"now": now}).rowcount > 0


def calibration(connection: _Connection) -> CalibrationRow | None:
    with connection.cursor(row_factory=class_row(CalibrationRow)) as cursor:
        return cursor.execute(_SQL["calibration"]).fetchone()
