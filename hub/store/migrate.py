"""Forward-only migrations: hub/store/migrations/NNNN_name.sql, each in one transaction.

schema.sql is the state after all of them; hub/store/schema_dump.py writes it.

A migration loses no row unless it says so. In its first comment it may declare

    -- keeps: hailong.old -> hailong.new, hailong.other
    -- loses: hailong.gone

`keeps` is counted before and after and must be equal; a table that is emptied, rewritten,
dropped, or that rows are deleted from, must stand under one of the two. Nothing else is counted,
so that a migration of a small table costs nothing on a big database.
"""

import hashlib
import logging
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources

import psycopg
from psycopg.rows import TupleRow

from hub.store.activity import adopt_timescale
from hub.store.errors import MigrationError, TransactionConflictError
from hub.store.migrate_rows import Declared, RowGuard, declared_rows
from hub.store.pool import Database

log = logging.getLogger(__name__)

_FILE = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_LOCK = 7_201_002
_TABLE = """
CREATE TABLE IF NOT EXISTS public.hailong_migrations (
    name text PRIMARY KEY,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)"""
_LOCK_TIMEOUT_S = 2.0
"""A migration that waits for a lock makes everybody after it wait: it steps back and tries
again, so that ingest stands still for this long at most."""
_PATIENCE_S = 600.0
_PAUSE_S = (0.5, 5.0)

Connection = psycopg.Connection[TupleRow]
Observer = Callable[["Migration", Connection], None]
"""Called before a migration's commit; see hub/store/migrate_plan.py."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def rows(self) -> Declared:
        return declared_rows(self.name, self.text)


def load_migrations() -> list[Migration]:
    """The program's migrations in order; their numbers run from 1 without a gap."""
    folder = resources.files("hub.store") / "migrations"
    found = sorted(
        (
            Migration(entry.name, entry.read_text(encoding="utf-8"))
            for entry in folder.iterdir()
            if _FILE.fullmatch(entry.name)
        ),
        key=lambda m: m.name,
    )
    for number, migration in enumerate(found, start=1):
        if int(migration.name[:4]) != number:
            raise MigrationError(
                f"migration {migration.name} breaks the numbering; expected {number:04d}_..."
            )
    return found


def migrate(
    database: Database,
    migrations: Sequence[Migration] | None = None,
    *,
    patience_s: float = _PATIENCE_S,
    before: Observer | None = None,
    after: Observer | None = None,
) -> list[str]:
    """Applies what is missing and returns its names. `database` signs in as hailong_migrator.

    Raises MigrationError when an applied migration's text was changed, when the database is
    ahead of this program, when rows were lost that the migration does not name, or when a lock
    could not be had for `patience_s`. Two starters at once wait for each other; killed in the
    middle, it goes on with the migration that was not committed. Where the server has
    TimescaleDB, `activity` becomes a hypertable.
    """
    known = load_migrations() if migrations is None else list(migrations)
    applied: list[str] = []
    while (name := _patiently(database, known, patience_s, before, after)) is not None:
        log.info("migration %s applied to %s", name, database.address)
        applied.append(name)
    # Not a migration: it depends on the server, which may get the extension later.
    if adopt_timescale(database):
        applied.append("activity as a hypertable")
    return applied


def waiting(database: Database, migrations: Sequence[Migration] | None = None) -> list[Migration]:
    """Those that `migrate` would apply. Changes nothing; raises as `migrate` does."""
    known = load_migrations() if migrations is None else list(migrations)
    with database.transaction() as connection:
        there = connection.execute(
            "SELECT to_regclass('public.hailong_migrations') IS NOT NULL"
        ).fetchone()
        done = _check_applied(connection, known, database.address) if there == (True,) else 0
    return known[done:]


def _patiently(
    database: Database,
    known: Sequence[Migration],
    patience_s: float,
    before: Observer | None,
    after: Observer | None,
) -> str | None:
    deadline_s = time.monotonic() + patience_s
    pause_s = _PAUSE_S[0]
    while True:
        try:
            return _apply_next(database, known, before, after)
        except TransactionConflictError as error:
            if time.monotonic() >= deadline_s:
                raise MigrationError(
                    f"a lock could not be had for {patience_s:.0f} s; nothing of this migration "
                    "was done. Try at a quieter hour, or stop what holds it: `hailong hub migrate "
                    "--plan` names the tables"
                ) from error
            log.warning("%s: a table is in use (%s); trying again", database.address, error)
        time.sleep(random.uniform(0.5, 1.0) * pause_s)  # noqa: S311 - no secret
        pause_s = min(_PAUSE_S[1], pause_s * 2)


def _apply_next(
    database: Database,
    known: Sequence[Migration],
    before: Observer | None,
    after: Observer | None,
) -> str | None:
    with database.transaction() as connection:
        # A migration may have much to move, and another starter's is waited for to its end.
        connection.execute("SET LOCAL statement_timeout = 0")
        # The server notices a starter that was killed, and lets the next one in.
        connection.execute("SET LOCAL client_connection_check_interval = '2s'")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute("SET LOCAL client_min_messages = warning")
        connection.execute(_TABLE)
        done = _check_applied(connection, known, database.address)
        if done == len(known):
            return None
        migration = known[done]
        connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT_S * 1000:.0f}ms'")
        if before is not None:
            before(migration, connection)
        guard = RowGuard(connection, migration.name, migration.rows)
        # Names its schema everywhere; what a function body leaves out must not be found by
        # accident of who migrates.
        connection.execute("SET LOCAL search_path = pg_catalog")
        connection.execute(migration.text)
        guard.check()
        if after is not None:
            after(migration, connection)
        connection.execute(
            "INSERT INTO public.hailong_migrations (name, sha256) VALUES (%s, %s)",
            (migration.name, migration.sha256),
        )
        return migration.name


def _check_applied(connection: Connection, known: Sequence[Migration], address: str) -> int:
    """How many of the known migrations are applied."""
    rows = connection.execute(
        "SELECT name, sha256 FROM public.hailong_migrations ORDER BY name"
    ).fetchall()
    for number, (name, sha256) in enumerate(rows):
        if number >= len(known):
            raise MigrationError(
                f"{address} has migration {name}, which this program does not know; it is "
                "newer. Run the newer program: migrations do not go back"
            )
        expected = known[number]
        if (name, sha256) != (expected.name, expected.sha256):
            raise MigrationError(
                f"{address} applied {name} with sha256 {sha256[:12]}; this program has "
                f"{expected.name} with {expected.sha256[:12]}. An applied migration is never "
                "changed: restore its text and write a further one"
            )
    return len(rows)
