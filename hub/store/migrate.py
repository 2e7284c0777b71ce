"""Forward-only migrations: hub/store/migrations/NNNN_name.sql, each in one transaction.

schema.sql is the state after all of them; hub/store/schema_dump.py writes it.
"""

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import psycopg
from psycopg.rows import TupleRow

from hub.store.activity import adopt_timescale
from hub.store.errors import MigrationError
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


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


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


def migrate(database: Database, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Applies what is missing and returns its names. `database` signs in as hailong_migrator.

    Raises MigrationError when an applied migration's text was changed, or when the database
    is ahead of this program. Two starters at once wait for each other. Where the server has
    TimescaleDB, `activity` becomes a hypertable.
    """
    known = load_migrations() if migrations is None else list(migrations)
    applied: list[str] = []
    while (name := _apply_next(database, known)) is not None:
        log.info("migration %s applied to %s", name, database.address)
        applied.append(name)
    # Not a migration: it depends on the server, which may get the extension later.
    if adopt_timescale(database):
        applied.append("activity as a hypertable")
    return applied


def _apply_next(database: Database, known: Sequence[Migration]) -> str | None:
    with database.transaction() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        # A migration may have much to move.
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SET LOCAL client_min_messages = warning")
        connection.execute(_TABLE)
        done = _check_applied(connection, known, database.address)
        if done == len(known):
            return None
        migration = known[done]
        # Names its schema everywhere; what a function body leaves out must not be found by
        # accident of who migrates.
        connection.execute("SET LOCAL search_path = pg_catalog")
        connection.execute(migration.text)
        connection.execute(
            "INSERT INTO public.hailong_migrations (name, sha256) VALUES (%s, %s)",
            (migration.name, migration.sha256),
        )
        return migration.name


def _check_applied(
    connection: psycopg.Connection[TupleRow], known: Sequence[Migration], address: str
) -> int:
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
