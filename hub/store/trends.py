"""Weekly counts of flags. Wants a connection from `branches_transaction`."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from hub.store.queries import load_queries

_SQL = load_queries("trends")
TrendConnection: TypeAlias = Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class WeekRow:
    branch_id: str
    counter_id: str
    monday: date
    rule_id: str
    """Empty: all interactions."""
    n: int


def weeks(connection: TrendConnection, from_day: date, to_day: date) -> list[WeekRow]:
    """Both days included; whole weeks are the caller's matter."""
    with connection.cursor(row_factory=class_row(WeekRow)) as cursor:
        return cursor.execute(_SQL["weeks"], {"from_day": from_day, "to_day": to_day}).fetchall()
