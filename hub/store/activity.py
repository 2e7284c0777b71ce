"""The seam under `activity`: native daily partitions, or TimescaleDB where the server has it.

    store = activity_store(migrator)
    store.prepare(worker, from_at, to_at)
    write(connection)                      # in ingest's transaction, after its COPY
    store.drop_before(migrator, day)

Nothing else knows which of the two it is. Programs read and write the view hailong.activity, on
either: TimescaleDB allows no columnstore on tables with row security, so the table lies in a
schema that the programs cannot enter.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol, cast

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from hub.store.errors import MigrationError
from hub.store.pool import Database
from hub.store.queries import load_queries

log = logging.getLogger(__name__)

_SQL = load_queries("activity")
_SCHEMA = "hailong_private"
_Connection = psycopg.Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class ActivitySize:
    bytes: int
    """With indexes."""
    days: int
    """Partitions or chunks, a day each; native ones may be empty yet."""


class ActivityStore(Protocol):
    """What differs. `prepare` takes the roles ingest, worker or migrator, the others migrator."""

    @property
    def name(self) -> str: ...

    def prepare(self, database: Database, from_at: datetime, to_at: datetime) -> int:
        """Makes what writing between these times needs; returns how many parts were made."""

    def drop_before(self, database: Database, before: date) -> int:
        """Deletes whole days (UTC) before this one at once; returns how many. Their rollups
        stay.
        """

    def oldest(self, database: Database) -> datetime | None:
        """Of all windows of all branches; None where there is none."""

    def size(self, database: Database) -> ActivitySize: ...


def write(connection: _Connection) -> None:
    """What lies in pg_temp.incoming_activity, in ingest's transaction. Idempotent."""
    connection.execute(_SQL["write"])
    connection.execute(_SQL["mark"])


def activity_store(database: Database) -> ActivityStore:
    """By how the table is kept on this server."""
    with database.transaction() as connection:
        form = _form(connection)
    if form.native:
        return NativeActivity()
    if form.timescale is None:
        raise MigrationError(
            f"{database.address}: hailong_private.activity is neither partitioned nor a "
            "hypertable; expected one of them. Run `hailong hub migrate`"
        )
    return TimescaleActivity(form.timescale)


def adopt_timescale(database: Database) -> bool:
    """Makes the table a hypertable where the server has TimescaleDB and it is none yet.

    Takes the role migrator; part of `hailong hub migrate`. In one transaction, which locks the
    table while its rows are copied: better done before there are many. True when it was done.
    """
    with database.transaction() as connection:
        form = _form(connection)
        if not form.native or form.timescale is None:
            return False
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SET LOCAL client_min_messages = error")
        connection.execute(_SQL["lock"])
        if not _form(connection).native:
            return False  # another starter was faster
        schema = form.timescale
        connection.execute(_SQL["set_aside_native"])
        connection.execute(_filled("make_hypertable", timescale=schema))
        taken = connection.execute(_SQL["take_over"]).rowcount
        expected = _value(connection.execute(_SQL["count_native"]))
        if taken != expected:
            raise MigrationError(
                f"{database.address}: took over {taken} windows of {expected}; nothing was changed"
            )
        connection.execute(_SQL["look_at_hypertable"])
        connection.execute(_SQL["drop_native"])
        if form.columnstore:
            connection.execute(_SQL["enable_columnstore"])
            connection.execute(_filled("columnstore_policy", timescale=schema))
    log.info("%s: activity is a hypertable now, %d windows taken over", database.address, taken)
    return True


@dataclass(frozen=True, slots=True)
class NativeActivity:
    """Daily partitions of PostgreSQL's own."""

    @property
    def name(self) -> str:
        return "native"

    def prepare(self, database: Database, from_at: datetime, to_at: datetime) -> int:
        return _ensure(database, from_at, to_at)

    def drop_before(self, database: Database, before: date) -> int:
        limit = _midnight(before)
        with database.transaction() as connection:
            connection.execute(_SQL["close"], {"before": limit})
            connection.execute(_SQL["forget_counts"], {"before": limit})
            old = [
                name for name, end_at in connection.execute(_SQL["partitions"]) if end_at <= limit
            ]
            for name in old:
                connection.execute(_filled("drop_partition", part=(_SCHEMA, name)))
        return len(old)

    def oldest(self, database: Database) -> datetime | None:
        with database.transaction() as connection:
            parts = [(_SCHEMA, row[0]) for row in connection.execute(_SQL["partitions"])]
            return _oldest_of(connection, parts)

    def size(self, database: Database) -> ActivitySize:
        with database.transaction() as connection:
            row = connection.execute(_SQL["native_size"]).fetchone()
        assert row is not None
        return ActivitySize(*row)


@dataclass(frozen=True, slots=True)
class TimescaleActivity:
    """A hypertable with daily chunks; in columns after a week where its licence has them."""

    schema: str
    """Where the extension's functions are."""

    @property
    def name(self) -> str:
        return "timescale"

    def prepare(self, database: Database, from_at: datetime, to_at: datetime) -> int:
        """Chunks are made by the first row that needs one."""
        return _ensure(database, from_at, to_at)

    def drop_before(self, database: Database, before: date) -> int:
        limit = _midnight(before)
        with database.transaction() as connection:
            connection.execute(_SQL["close"], {"before": limit})
            connection.execute(_SQL["forget_counts"], {"before": limit})
            done = connection.execute(
                _filled("drop_chunks", timescale=self.schema), {"before": limit}
            )
            return int(_value(done))

    def oldest(self, database: Database) -> datetime | None:
        with database.transaction() as connection:
            parts = [(row[0], row[1]) for row in connection.execute(_SQL["chunks"])]
            return _oldest_of(connection, parts)

    def size(self, database: Database) -> ActivitySize:
        with database.transaction() as connection:
            days = len(connection.execute(_SQL["chunks"]).fetchall())
            size = _value(connection.execute(_filled("hypertable_size", timescale=self.schema)))
        return ActivitySize(int(size), days)


@dataclass(frozen=True, slots=True)
class _Form:
    native: bool
    timescale: str | None
    columnstore: bool


def _form(connection: _Connection) -> _Form:
    row = connection.execute(_SQL["form"]).fetchone()
    assert row is not None
    return _Form(*row)


def _ensure(database: Database, from_at: datetime, to_at: datetime) -> int:
    with database.transaction() as connection:
        made = connection.execute(_SQL["ensure"], {"from_at": from_at, "to_at": to_at})
        return int(_value(made))


def _oldest_of(connection: _Connection, parts: list[tuple[str, str]]) -> datetime | None:
    """Parts in the order of time: the first that holds anything holds the oldest."""
    for part in parts:
        found = _value(connection.execute(_filled("oldest_in", part=part)))
        if found is not None:
            return cast("datetime", found)
    return None


def _filled(query: str, **names: str | tuple[str, str]) -> sql.Composed:
    """The catalogue's own names, quoted; never anything from outside."""
    return sql.SQL(_SQL[query]).format(
        **{
            key: sql.Identifier(name) if isinstance(name, str) else sql.Identifier(*name)
            for key, name in names.items()
        }
    )


def _value(cursor: psycopg.Cursor[TupleRow]) -> Any:
    row = cursor.fetchone()
    assert row is not None
    return row[0]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
