"""What did not come as it should: by device and stream, and what was refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from hub.store.queries import load_queries

_SQL = load_queries("fleet")
FleetConnection: TypeAlias = Connection[TupleRow]
LIMIT = 500


@dataclass(frozen=True, slots=True)
class GapRow:
    branch_id: str
    counter_id: str
    number: int | None
    device_id: str
    stream: str
    missing: int
    """Sequences below the highest seen that neither came nor were told as lost."""
    missing_ranges: list[list[int]]
    """The first 20, both ends included."""
    late: int
    doubled: int
    rejected: int
    dropped: int
    settled: int
    """Sequences of the whole stream that the hub has done with."""
    captured_at: datetime | None
    updated_at: datetime

    @property
    def sound(self) -> bool:
        return not (self.missing or self.late or self.doubled or self.rejected or self.dropped)


@dataclass(frozen=True, slots=True)
class RefusedRow:
    branch_id: str
    device_id: str
    reason: str
    messages: int


def gaps(
    connection: FleetConnection, since: datetime, *, whole: bool = False, limit: int = LIMIT
) -> list[GapRow]:
    """Of the branches that the transaction sees, worst first. `whole`: sound streams, too."""
    with connection.cursor(row_factory=class_row(GapRow)) as cursor:
        return cursor.execute(
            _SQL["gaps"], {"since": since, "whole": whole, "limit": limit}
        ).fetchall()


def refused(connection: FleetConnection, since: datetime, limit: int = LIMIT) -> list[RefusedRow]:
    with connection.cursor(row_factory=class_row(RefusedRow)) as cursor:
        return cursor.execute(_SQL["refused"], {"since": since, "limit": limit}).fetchall()
