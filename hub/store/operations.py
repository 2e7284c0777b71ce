"""Figures of the store for those who run the hub."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from psycopg.rows import class_row

from hub.store.migrate import load_migrations
from hub.store.pool import Database
from hub.store.queries import load_queries

_SQL = load_queries("operations")
T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Server:
    version: int
    """As PostgreSQL counts: 180000 is 18.0."""
    now_s: float
    standby: bool
    size_bytes: int
    synchronous_commit: str
    fsync: str
    full_page_writes: str
    autovacuum: str
    data_checksums: str
    max_connections: int
    connections: int


@dataclass(frozen=True, slots=True)
class Standbys:
    standbys: int
    lag_s: float | None


def server(database: Database) -> Server:
    return _one(database, Server, "server")


def standbys(database: Database) -> Standbys:
    return _one(database, Standbys, "standbys")


def data_directory(database: Database) -> str | None:
    """None where the role may not know."""
    with database.transaction() as connection:
        row = connection.execute(_SQL["data_directory"]).fetchone()
    return str(row[0]) if row and row[0] else None


def neglected_tables(database: Database, least: int = 100_000) -> list[str]:
    """Of which over a fifth of the rows, and `least` rows, are dead."""
    with database.transaction() as connection:
        rows = connection.execute(_SQL["neglected_tables"], {"least": least}).fetchall()
    return [str(row[0]) for row in rows]


def pending_migrations(database: Database) -> list[str]:
    """Of this program's. Takes the role migrator."""
    with database.transaction() as connection:
        applied = {str(row[0]) for row in connection.execute(_SQL["applied_migrations"])}
    return [one.name for one in load_migrations() if one.name not in applied]


def statements_under_way(database: Database, application: str) -> int:
    """Of connections that carry this application name and the caller's own role."""
    return int(_value(database, "statements_under_way", application=application))


def streams_with_gaps(database: Database) -> int:
    """Takes the role ingest, which sees the streams of every branch."""
    return int(_value(database, "streams_with_gaps"))


def partitions_until(database: Database) -> datetime | None:
    """None where there are no partitions yet."""
    found: datetime | None = _value(database, "partitions_until")
    return found


def scoring_backlog(database: Database) -> Backlog:
    """Takes the role worker."""
    return _one(database, Backlog, "scoring_backlog")


def fleet(database: Database) -> list[FleetRow]:
    """Of every branch. Takes the roles app or migrator."""
    with database.transaction() as connection:
        branches = [str(row[0]) for row in connection.execute(_SQL["all_branches"])]
    with (
        database.branches_transaction(branches) as connection,
        connection.cursor(row_factory=class_row(FleetRow)) as cursor,
    ):
        return cursor.execute(_SQL["fleet"]).fetchall()


def _one(database: Database, kind: type[T], query: str) -> T:
    with (
        database.transaction() as connection,
        connection.cursor(row_factory=class_row(kind)) as cursor,
    ):
        row = cursor.execute(_SQL[query]).fetchone()
    assert row is not None
    return row


def _value(database: Database, query: str, **values: Any) -> Any:
    with database.transaction() as connection:
        row = connection.execute(_SQL[query], values).fetchone()
    assert row is not None
    return row[0]
