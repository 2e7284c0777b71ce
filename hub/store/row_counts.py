"""Kept counts of rows (docs/store.md) against the rows themselves. Takes a Database that signs in as
hailong_migrator.

Nothing waits for either: both see everything as of one moment.
"""

from dataclasses import dataclass
from datetime import date

from psycopg.rows import class_row

from hub.store.pool import Database
from hub.store.queries import load_queries

_SQL = load_queries("row_counts")


@dataclass(frozen=True, slots=True)
class CountFault:
    """A count that is not what the rows say."""

    branch_id: str
    kept_in: str
    part: date
    """First day of the partition, in UTC."""
    variant: str
    kept: int
    expected: int

    def __str__(self) -> str:
        what = " ".join([self.kept_in, self.branch_id, f"from {self.part}", self.variant]).rstrip()
        return f"rows of {what}: got {self.kept}, expected {self.expected}"


def faults(database: Database) -> list[CountFault]:
    """Counts every row: minutes for a city."""
    with (
        database.transaction() as connection,
        connection.cursor(row_factory=class_row(CountFault)) as cursor,
    ):
        connection.execute(_SQL["no_timeout"])
        return cursor.execute(_SQL["faults"]).fetchall()


def correct(database: Database) -> int:
    """Makes the counts what the rows say; returns how many were wrong."""
    with database.transaction() as connection:
        connection.execute(_SQL["no_timeout"])
        return connection.execute(_SQL["correct"]).rowcount
