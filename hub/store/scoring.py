"""The scoring queue, and what scoring reads and writes."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, dict_row

from hub.store.pool import Database
from hub.store.queries import load_queries

_SQL = load_queries("scoring")
ScoringConnection: TypeAlias = Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class Queued:
    """The key of an interaction that waits, within a branch."""

    branch_id: str
    counter_id: str
    at: datetime
    interaction_id: UUID


@dataclass(frozen=True, slots=True)
class StoredInteraction:
    """Of one claimed key; numbers and enumerated facts, as plain values."""

    key: Queued
    zone: str
    columns: Mapping[str, Any]
    turns: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ScoreRow:
    figure: str
    rubric: str
    rubric_version: int
    value: float | None
    low: float | None
    high: float | None
    coverage: float
    parts: Sequence[Mapping[str, Any]]
    calibration_no: int | None = None


@dataclass(frozen=True, slots=True)
class FlagRow:
    flag_id: UUID
    rule_id: str
    rule_version: int
    kind: str
    severity: int
    role: str
    evidence: Sequence[Mapping[str, Any]]
    coverage: float
    held: str | None = None
    """Why it is shown as less than its rule asks: silent, stopped, unknown or budget."""
    sampled: bool = False
    """Of a stopped rule, reviewed all the same."""
    reviewer: str = "branch"
    """Who decides on it: the branch, or the city's QA."""


Wait = Callable[[float], bool]
"""Seconds to wait at most -> whether something was queued."""


@contextmanager
def wake_ups(database: Database) -> Iterator[Wait]:
    """Listens on one connection of the pool for as long as the block lasts."""
    with database.transaction() as connection:
        connection.execute(_SQL["listen"])
        connection.commit()

        def wait(timeout_s: float) -> bool:
            return any(True for _ in connection.notifies(timeout=timeout_s, stop_after=1))

        try:
            yield wait
        finally:
            if not connection.closed:
                # Committed here: an error on its way out would roll it back.
                connection.rollback()
                connection.execute(_SQL["unlisten"])
                connection.commit()


def branches_waiting(database: Database) -> list[str]:
    with database.transaction() as connection:
        return [str(row[0]) for row in connection.execute(_SQL["branches_waiting"])]


def claim(connection: ScoringConnection, branch_id: str, limit: int) -> list[Queued]:
    """Locked until the transaction ends; other workers pass them over."""
    values = {"branch_id": branch_id, "limit": limit}
    return [Queued(branch_id, *row) for row in connection.execute(_SQL["claim"], values)]


def claim_one(connection: ScoringConnection, key: Queued) -> bool:
    """False where another worker has it or it has been done meanwhile."""
    return connection.execute(_SQL["claim_one"], asdict(key)).fetchone() is not None


def load(connection: ScoringConnection, keys: Sequence[Queued]) -> list[StoredInteraction]:
    """Those of one branch that are still there."""
    if not keys:
        return []
    by_id = {key.interaction_id: key for key in keys}
    values = {
        "branch_id": keys[0].branch_id,
        "counter_ids": [key.counter_id for key in keys],
        "ats": [key.at for key in keys],
        "interaction_ids": [key.interaction_id for key in keys],
    }
    turns: dict[UUID, list[Mapping[str, Any]]] = {}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(_SQL["turns"], values):
            turns.setdefault(row.pop("interaction_id"), []).append(row)
        found = cursor.execute(_SQL["interactions"], values).fetchall()
    return [
        StoredInteraction(
            by_id[row["interaction_id"]],
            row.pop("zone"),
            row,
            turns.get(row["interaction_id"], []),
        )
        for row in found
    ]


def write(
    connection: ScoringConnection,
    key: Queued,
    scores: Sequence[ScoreRow],
    flags: Sequence[FlagRow],
    now: datetime,
) -> None:
    """Replaces what was known of this interaction; decided flags stay as they are."""
    place = asdict(key)
    for score in scores:
        values = place | asdict(score) | {"parts": json.dumps(score.parts), "scored_at": now}
        connection.execute(_SQL["put_score"], values)
    for flag in flags:
        values = place | asdict(flag) | {"evidence": json.dumps(flag.evidence), "raised_at": now}
        connection.execute(_SQL["put_flag"], values)
    raised = [flag.flag_id for flag in flags]
    connection.execute(_SQL["withdraw_flags"], place | {"flag_ids": raised})


def done(connection: ScoringConnection, key: Queued) -> None:
    connection.execute(_SQL["done"], asdict(key))


def set_aside(connection: ScoringConnection, key: Queued, for_s: float) -> None:
    connection.execute(_SQL["set_aside"], asdict(key) | {"for_s": for_s})
