"""What a migration does to tables that are there already, measured when it was written.

`python -m hub.store.schema_dump` replays all migrations and writes what each one locked, rewrote,
indexed or changed into migrations/effects.json; a test compares it with a fresh replay. So `hailong
hub migrate --plan` need not try anything on the live database: it adds the sizes there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from hub.store.migrate import Migration, waiting
from hub.store.pool import Database
from hub.store.queries import load_queries

EFFECTS_FILE = Path(__file__).with_name("migrations") / "effects.json"
_SQL = load_queries("migrate")
_Connection = psycopg.Connection[TupleRow]
# Weakest first; the last two kinds keep readers out, those from ShareLock on writers.
_MODES = (
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
_BYTES_A_SECOND = 50_000_000
"""A cautious guess at rewriting or indexing."""


_LONG_S = 10.0
"""Ingest that waits for longer is better stopped: its transactions would end by their timeout."""


@dataclass(frozen=True, slots=True)
class Effect:
    table: str
    lock: str
    """PostgreSQL's name of the strongest lock, held to the migration's end."""
    rewrites: bool = False
    indexes: bool = False
    changes: bool = False
    """Inserts, updates or deletes rows."""

    @property
    def stops(self) -> str:
        """Whom the lock keeps waiting."""
        if self.lock == "AccessExclusiveLock":
            return "readers and writers"
        return "writers" if self.lock in _MODES[2:] else "nobody"


@dataclass(frozen=True, slots=True)
class Planned:
    """One effect on this very database."""

    effect: Effect
    rows: int
    """Estimated by the server's statistics."""
    bytes: int
    ingest_writes: bool

    @property
    def seconds(self) -> float:
        does = self.effect
        works = does.rewrites or does.indexes or does.changes
        return self.bytes / _BYTES_A_SECOND if works else 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    migration: str
    effects: tuple[Planned, ...]

    @property
    def ingest_waits_s(self) -> float:
        """All locks are held to the end, so one long work keeps ingest waiting on every table."""
        blocked = any(p.ingest_writes and p.effect.stops != "nobody" for p in self.effects)
        return sum(p.seconds for p in self.effects) if blocked else 0.0


class Recorder:
    """Observers for `migrate`: what each migration did to tables that were there before it. For a
    database of their own: they make partitions, to see whether those are rewritten.
    """

    def __init__(self) -> None:
        self.effects: dict[str, list[Effect]] = {}
        self._tables: dict[int, tuple[str, str, int]] = {}

    def before(self, _migration: Migration, connection: _Connection) -> None:
        if connection.execute(_SQL["can_make_partitions"]).fetchone() == (True,):
            connection.execute(_SQL["make_partitions"])
        self._tables = _tables(connection)

    def after(self, migration: Migration, connection: _Connection) -> None:
        now = _tables(connection)
        locks: dict[int, set[str]] = {}
        for relation, mode in connection.execute(_SQL["locks"]):
            if relation in self._tables and mode in _MODES:
                locks.setdefault(relation, set()).add(mode)
        self.effects[migration.name] = sorted(
            (
                Effect(
                    table,
                    max(locks[oid], key=_MODES.index),
                    rewrites=oid in now and now[oid][1] != node,
                    indexes=oid in now and now[oid][2] > indexes,
                    changes="RowExclusiveLock" in locks[oid],
                )
                for oid, (table, node, indexes) in self._tables.items()
                if oid in locks
            ),
            key=lambda effect: effect.table,
        )

    def text(self) -> str:
        plain = {name: [asdict(e) for e in effects] for name, effects in self.effects.items()}
        return json.dumps(plain, indent=1) + "\n"


def read_effects() -> dict[str, list[Effect]]:
    text = (resources.files("hub.store") / "migrations" / "effects.json").read_text("utf-8")
    return {name: [Effect(**e) for e in effects] for name, effects in json.loads(text).items()}


def plan(
    database: Database,
    migrations: Sequence[Migration] | None = None,
    effects: Mapping[str, Sequence[Effect]] | None = None,
) -> list[Plan]:
    """What `migrate` would do here. Takes hailong_migrator; changes nothing and locks nothing."""
    known = read_effects() if effects is None else effects
    pending = waiting(database, migrations)
    with database.transaction() as connection:
        sizes = {
            table: (int(rows), int(size), bool(ingest))
            for table, rows, size, ingest in connection.execute(_SQL["sizes"])
        }
    return [
        Plan(
            migration.name,
            tuple(
                Planned(effect, *sizes.get(effect.table, (0, 0, False)))
                for effect in known.get(migration.name, ())
            ),
        )
        for migration in pending
    ]


def _tables(connection: _Connection) -> dict[int, tuple[str, str, int]]:
    return {
        oid: (table, node, indexes)
        for oid, table, node, indexes in connection.execute(_SQL["tables"])
    }


def plan_text(plans: Sequence[Plan]) -> str:
    """For an operator: a line for each table that a migration touches."""
    if not plans:
        return "the schema is up to date; nothing would be done"
    lines: list[str] = []
    for each in plans:
        lines.append(f"{each.migration}: {_ingest(each)}")
        if not each.effects:
            lines.append("  touches no table that is there already")
        for planned in each.effects:
            does = planned.effect
            work = [
                word
                for word, is_so in (
                    ("rewrites it", does.rewrites),
                    ("builds an index", does.indexes),
                    ("changes rows", does.changes),
                )
                if is_so
            ]
            lines.append(
                f"  {does.table}: about {planned.rows} rows, {planned.bytes / 1e6:.1f} MB; "
                f"{', '.join(work) or 'its definition alone'}; {does.lock} keeps {does.stops} "
                f"waiting"
            )
    lines.append(
        f"{len(plans)} to apply, each in one transaction; a lock that is not free within 2 s is "
        "tried again, so that nobody waits behind it for longer. Make a backup first"
    )
    return "\n".join(lines)


def _ingest(each: Plan) -> str:
    if each.ingest_waits_s >= _LONG_S:
        return (
            f"ingest would wait about {each.ingest_waits_s:.0f} s; stop it first "
            "(the broker and the devices keep what comes)"
        )
    return "ingest may go on"
