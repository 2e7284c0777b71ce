"""Deletes what the erasure list names, for good. Takes a Database of hailong_migrator."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow

from hub.store.pool import Database
from hub.store.queries import load_queries

_SQL = load_queries("erasures")
# What hangs on an interaction goes before it.
_OF_INTERACTION = (
    "delete_reviews",
    "delete_flags",
    "delete_scores",
    "delete_ratings",
    "delete_turns",
    "delete_queued",
    "delete_taps",
    "delete_interaction",
)
_OF_SNAPSHOTS = ("delete_alert_visits", "delete_alert_events", "delete_alerts", "delete_snapshot")
_OF_STAFF = (
    "delete_rollups",
    "unname_contributions",
    "unname_interactions",
    "delete_assignments",
    "delete_accounts",
    "delete_staff",
)


@dataclass(frozen=True, slots=True)
class Erasure:
    number: int
    """In the list, from 1."""
    kind: str
    """interaction or staff."""
    subject: str
    """An interaction's id, or a pseudonym."""
    at: datetime


def apply(database: Database, erasures: Iterable[Erasure]) -> int:
    """Rows deleted or unnamed. Each erasure is one transaction; applied again it changes nothing.

    What it names is refused from then on, whoever sends it. An interaction's share of the rollups
    is subtracted by the next `rollup_queue.roll_up`.
    """
    return sum(_apply(database, erasure) for erasure in erasures)


def _apply(database: Database, erasure: Erasure) -> int:
    values = asdict(erasure)
    with database.transaction() as connection:
        connection.execute(_SQL["note"], values)
        if erasure.kind == "staff":
            connection.execute(_SQL["lock_rollups"])
            return sum(connection.execute(_SQL[query], values).rowcount for query in _OF_STAFF)
        deleted = sum(
            connection.execute(_SQL[query], key).rowcount
            for key in _keys(connection, erasure)
            for query in _OF_INTERACTION
        )
        return deleted + sum(
            connection.execute(_SQL[query], values).rowcount for query in _OF_SNAPSHOTS
        )


def _keys(
    connection: psycopg.Connection[TupleRow], erasure: Erasure
) -> list[dict[str, str | datetime]]:
    rows = connection.execute(_SQL["find_interaction"], asdict(erasure)).fetchall()
    names = ("branch_id", "counter_id", "at", "interaction_id")
    return [dict(zip(names, row, strict=True)) for row in rows]
