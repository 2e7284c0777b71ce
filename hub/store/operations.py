"""Figures of the store for those who run the hub."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from hub.store.pool import Database
from hub.store.queries import load_queries

_SQL = load_queries("operations")


@dataclass(frozen=True, slots=True)
class Backlog:
    due: int
    oldest_s: float
    aside: int
    """Set aside because it could not be scored; tried again later."""


@dataclass(frozen=True, slots=True)
class FleetRow:
    """`health`: the device's last health payload; `age_s`: how old it is by the database's clock."""

    device_id: str
    status: str | None
    health: Mapping[str, Any] | None
    age_s: float | None


def statements_under_way(database: Database, application: str) -> int:
    """Of connections that carry this application name and the caller's own role."""
    return int(_value(database, "statements_under_way", application=application))


def streams_with_gaps(database: Database) -> int:
    """Takes the roles ingest or app."""
    return int(_value(database, "streams_with_gaps"))


def partitions_until(database: Database) -> datetime | None:
    """None where there are no partitions yet."""
    found: datetime | None = _value(database, "partitions_until")
    return found


def scoring_backlog(database: Database) -> Backlog:
    """Takes the role worker."""
    with (
        database.transaction() as connection,
        connection.cursor(row_factory=class_row(Backlog)) as cursor,
    ):
        row = cursor.execute(_SQL["scoring_backlog"]).fetchone()
    assert row is not None
    return row


def fleet(database: Database) -> list[FleetRow]:
    """Of every branch. Takes the roles app or migrator."""
    with database.transaction() as connection:
        branches = [str(row[0]) for row in connection.execute(_SQL["all_branches"])]
    with (
        database.branches_transaction(branches) as connection,
        connection.cursor(row_factory=class_row(FleetRow)) as cursor,
    ):
        return cursor.execute(_SQL["fleet"]).fetchall()


def _value(database: Database, query: str, **values: Any) -> Any:
    with database.transaction() as connection:
        row = connection.execute(_SQL[query], values).fetchone()
    assert row is not None
    return row[0]
