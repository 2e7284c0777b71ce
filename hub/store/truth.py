"""Rows of truth sessions. Every function but `branches` wants a connection from
`branches_transaction`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from hub.store.pool import Database
from hub.store.queries import load_queries
from hub.store.scoring import Queued

_SQL = load_queries("truth")
_Row = TypeVar("_Row")
TruthConnection: TypeAlias = Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class PlaceRow:
    branch_id: str
    branch_vi: str
    branch_en: str
    counter_id: str
    zone: str
    number: int


@dataclass(frozen=True, slots=True)
class SessionRow:
    branch_id: str
    session_id: UUID
    counter_id: str
    number: int | None
    kind: str
    script: str | None
    dialect: str
    noise: str
    watched: list[str]
    observer: UUID
    started_at: datetime
    ended_at: datetime | None
    state: str
    matched_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedRow(SessionRow):
    login: str | None
    ticks: int


@dataclass(frozen=True, slots=True)
class TickRow:
    tick_id: UUID
    what: str
    name: str
    role: str
    tablet_at: datetime
    at: datetime
    clock_error_s: float


@dataclass(frozen=True, slots=True)
class FlaggedRow:
    interaction_id: UUID
    rule_id: str
    rule_version: int


@dataclass(frozen=True, slots=True)
class MatchRow:
    what: str
    name: str
    role: str
    rule_version: int | None
    outcome: str
    reason: str | None
    later_s: float | None


@dataclass(frozen=True, slots=True)
class CountRow:
    what: str
    name: str
    role: str
    rule_version: int | None
    dialect: str
    noise: str
    found: int
    missed: int
    false_alarms: int
    left_out: int


@dataclass(frozen=True, slots=True)
class ReasonRow:
    reason: str
    left_out: int


@dataclass(frozen=True, slots=True)
class HeldRow:
    ended: int
    waiting: int
    open: int
    observed_s: float
    matched_at: datetime | None


def branches(database: Database) -> list[str]:
    """Of the whole city."""
    with database.transaction() as connection:
        return [row[0] for row in connection.execute(_SQL["branches"]).fetchall()]


def places(connection: TruthConnection) -> list[PlaceRow]:
    return _all(connection, PlaceRow, "counters", {})


def may_observe(connection: TruthConnection, observer: UUID, branch_id: str) -> bool:
    values = {"observer": observer, "branch_id": branch_id}
    return connection.execute(_SQL["may_observe"], values).fetchone() is not None


def start(
    connection: TruthConnection,
    *,
    branch_id: str,
    session_id: UUID,
    counter_id: str,
    kind: str,
    script: str | None,
    dialect: str,
    noise: str,
    watched: Sequence[str],
    observer: UUID,
    started_at: datetime,
) -> bool:
    """False: a session is open at the counter already."""
    values = {
        "branch_id": branch_id,
        "session_id": session_id,
        "counter_id": counter_id,
        "session_kind": kind,
        "script": script,
        "dialect": dialect,
        "noise": noise,
        "watched": list(watched),
        "observer": observer,
        "started_at": started_at,
    }
    return connection.execute(_SQL["start"], values).fetchone() is not None


def session(connection: TruthConnection, session_id: UUID) -> SessionRow | None:
    found = _all(connection, SessionRow, "session", {"session_id": session_id})
    return found[0] if found else None


def lock(connection: TruthConnection, row: SessionRow) -> None:
    connection.execute(_SQL["lock_session"], _key(row))


def sessions(connection: TruthConnection, limit: int, only: UUID | None = None) -> list[ListedRow]:
    """The latest first; `only`: this one, if it is seen."""
    return _all(connection, ListedRow, "sessions", {"limit": limit, "only": only})


def add_tick(
    connection: TruthConnection, row: SessionRow, tick: TickRow, received_at: datetime
) -> bool:
    """False: it is there already."""
    given = asdict(tick)
    values = {**_key(row), **given, "tick_what": given["what"], "received_at": received_at}
    return connection.execute(_SQL["add_tick"], values).rowcount == 1


def undo_tick(connection: TruthConnection, row: SessionRow, tick_id: UUID, at: datetime) -> bool:
    """False: it is not there, or has been taken back already."""
    values = {**_key(row), "tick_id": tick_id, "received_at": at}
    return connection.execute(_SQL["undo_tick"], values).rowcount == 1


def ticks(connection: TruthConnection, row: SessionRow) -> list[TickRow]:
    return _all(connection, TickRow, "ticks", _key(row))


def finish(
    connection: TruthConnection, row: SessionRow, state: str, ended_at: datetime | None
) -> None:
    values = {**_key(row), "session_state": state, "session_end": ended_at}
    connection.execute(_SQL["finish"], values)


def touch(connection: TruthConnection, row: SessionRow) -> None:
    connection.execute(_SQL["touch"], _key(row))


def due(
    connection: TruthConnection, *, settled_before: datetime, day_ago: datetime, late: timedelta
) -> list[SessionRow]:
    """Locked until the transaction ends; another matcher's are passed over."""
    values = {"settled_before": settled_before, "day_ago": day_ago, "late_for": late}
    return _all(connection, SessionRow, "due", values)


def interactions_between(
    connection: TruthConnection, row: SessionRow, from_at: datetime, to_at: datetime
) -> list[Queued]:
    values = {**_key(row), "counter_id": row.counter_id, "from_at": from_at, "to_at": to_at}
    found = connection.execute(_SQL["interactions_between"], values).fetchall()
    return [Queued(row.branch_id, *key) for key in found]


def flags_between(
    connection: TruthConnection, row: SessionRow, from_at: datetime, to_at: datetime
) -> list[FlaggedRow]:
    values = {**_key(row), "counter_id": row.counter_id, "from_at": from_at, "to_at": to_at}
    return _all(connection, FlaggedRow, "flags_between", values)


def heard_between(
    connection: TruthConnection,
    row: SessionRow,
    from_at: datetime,
    to_at: datetime,
    least: float,
) -> list[datetime]:
    """Starts of the windows of ten seconds of which at least this share was heard."""
    values = {
        **_key(row),
        "counter_id": row.counter_id,
        "from_at": from_at,
        "to_at": to_at,
        "least": least,
    }
    return [one[0] for one in connection.execute(_SQL["heard_between"], values).fetchall()]


def put_matches(
    connection: TruthConnection, row: SessionRow, matches: Sequence[MatchRow], at: datetime
) -> None:
    """In the place of those that were there."""
    connection.execute(_SQL["forget_matches"], _key(row))
    values = [
        {
            **_key(row),
            "match_no": number,
            "match_what": match.what,
            "name": match.name,
            "role": match.role,
            "match_version": match.rule_version,
            "match_outcome": match.outcome,
            "match_reason": match.reason,
            "later_s": match.later_s,
        }
        for number, match in enumerate(matches, start=1)
    ]
    if values:
        with connection.cursor() as cursor:
            cursor.executemany(_SQL["add_match"], values)
    connection.execute(_SQL["mark_matched"], {**_key(row), "at": at})


def counts(connection: TruthConnection, since: datetime) -> list[CountRow]:
    """Of ended sessions that started since, over the branches that the transaction sees."""
    return _all(connection, CountRow, "counts", {"since": since})


def reasons(connection: TruthConnection, since: datetime) -> list[ReasonRow]:
    return _all(connection, ReasonRow, "reasons", {"since": since})


def held(connection: TruthConnection, since: datetime) -> HeldRow:
    return _all(connection, HeldRow, "held", {"since": since})[0]


def _key(row: SessionRow) -> dict[str, Any]:
    return {"branch_id": row.branch_id, "session_id": row.session_id}


def _all(
    connection: TruthConnection, row_type: type[_Row], query: str, values: dict[str, Any]
) -> list[_Row]:
    with connection.cursor(row_factory=class_row(row_type)) as cursor:
        return cursor.execute(_SQL[query], values).fetchall()
