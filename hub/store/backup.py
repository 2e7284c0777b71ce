"""What backups and restores ask of the database: a snapshot with its counts, an empty target,
and the mark that keeps ingest shut until the erasures were replayed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from hub.store.errors import ErasuresPendingError, MigrationError
from hub.store.pool import Database
from hub.store.queries import load_queries

_SQL = load_queries("backup")
_Connection = psycopg.Connection[TupleRow]

WITHOUT_ROWS = "hailong.sessions"
"""Its table is in a backup, its rows are not."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    name: str
    server_version: int
    """As PostgreSQL numbers it: 180000 is 18.0."""
    migrations: tuple[tuple[str, str], ...]
    """Name and SHA-256, in order."""
    rows: Mapping[str, int]
    """By table; partitions count in the table they belong to."""
    erased: int
    """Number of the last erasure that this database knows."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A restore whose erasures were not replayed."""

    backup: str
    entries: int
    sha256: str
    """Of the erasure list's last line when the backup was made."""


@contextmanager
def snapshot(database: Database) -> Iterator[Snapshot]:
    """Holds still what pg_dump reads. `database` signs in as hailong_backup.

    Raises MigrationError on a schema from before there were backups.
    """
    with database.transaction() as connection:
        connection.execute(_SQL["begin_snapshot"])
        connection.execute(_SQL["hold"])
        connection.execute(_SQL["patient"])
        if connection.execute(_SQL["knows_erasures"]).fetchone() != (True,):
            raise MigrationError(
                f"{database.address} has no schema, or one from before there were backups; run "
                "`hailong hub migrate` first"
            )
        name = connection.execute(_SQL["export_snapshot"]).fetchone()
        assert name is not None
        applied = connection.execute(_SQL["applied"]).fetchall()
        erased = connection.execute(_SQL["erased"]).fetchone()
        assert erased is not None
        yield Snapshot(
            str(name[0]),
            connection.info.server_version,
            tuple((str(n), str(sha256)) for n, sha256 in applied),
            _counts(connection),
            int(erased[0]),
        )


def count_rows(database: Database) -> dict[str, int]:
    with database.transaction() as connection:
        connection.execute(_SQL["patient"])
        return _counts(connection)


def server_version(database: Database) -> int:
    with database.transaction() as connection:
        return connection.info.server_version


def occupied_by(database: Database) -> str | None:
    """A schema or table that stands in the way of a restore; None in an empty database."""
    with database.transaction() as connection:
        row = connection.execute(_SQL["occupied"]).fetchone()
    return None if row is None else str(row[0])


def mark_restored(database: Database, pending: Pending) -> None:
    """Before the first row comes. `database` signs in as hailong_migrator."""
    with database.transaction() as connection:
        connection.execute(_SQL["create_restores"])
        connection.execute(_SQL["grant_restores"])
        connection.execute(
            _SQL["mark_restored"],
            {"backup": pending.backup, "entries": pending.entries, "sha256": pending.sha256},
        )


def pending_restores(database: Database) -> list[Pending]:
    with database.transaction() as connection:
        if connection.execute(_SQL["has_restores"]).fetchone() == (False,):
            return []
        return [Pending(*row) for row in connection.execute(_SQL["pending"])]


def mark_replayed(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(_SQL["mark_replayed"])


def refuse_unreplayed(database: Database) -> None:
    """Raises ErasuresPendingError on a database that would bring back what was erased."""
    found = pending_restores(database)
    if found:
        raise ErasuresPendingError(
            f"{database.address} was restored from {found[0].backup} and its erasures were not "
            "replayed; run `hailong hub erasures replay`. Nothing is taken in before"
        )


def _counts(connection: _Connection) -> dict[str, int]:
    found: dict[str, int] = {}
    for schema, table in connection.execute(_SQL["tables"]).fetchall():
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
        row = connection.execute(query).fetchone()
        assert row is not None
        found[f"{schema}.{table}"] = int(row[0])
    return found
