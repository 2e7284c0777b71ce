"""How rules stand, what of a day's budget is spent, and what was decided on their flags.

Every function but `branches` and `figures` wants a connection from `branches_transaction`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from hub.store.queries import load_queries
from hub.store.scoring import Queued

_SQL = load_queries("standings")
_Row = TypeVar("_Row")
StandingConnection: TypeAlias = Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class StandingRow:
    branch_id: str
    rule_id: str
    rule_version: int
    standing_no: int
    standing: str
    reason: str
    since: datetime
    silent_until: datetime | None = None
    seed: bytes | None = None
    counted_from: datetime | None = None
    decided: int = 0
    with_ground: int = 0
    founded: int = 0
    """Decisions that it was judged by."""
    pooled: bool = False
    set_by: str | None = None


@dataclass(frozen=True, slots=True)
class TallyRow:
    branch_id: str
    rule_id: str
    rule_version: int
    decided: int
    with_ground: int
    founded: int
    bulk: int


@dataclass(frozen=True, slots=True)
class FigureRow:
    rule_id: str
    rule_version: int
    decided: int
    with_ground: int
    founded: int
    bulk: int
    branches: int
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class BudgetRow:
    branch_id: str
    day: date
    rule_id: str
    used: int
    held: int
    trend_since: datetime | None
    trend_reason: str | None


@dataclass(frozen=True, slots=True)
class RaisedRow:
    branch_id: str
    rule_id: str
    rule_version: int
    raised: int
    shown: int
    over_budget: int
    sampled: int


def branches(connection: StandingConnection) -> list[str]:
    return [str(row[0]) for row in connection.execute(_SQL["branches"])]


def standings(connection: StandingConnection) -> list[StandingRow]:
    """The one that holds, of each version of each rule at each branch."""
    return _all(connection, StandingRow, "standings", {})


def latest(connection: StandingConnection, branch_id: str, limit: int) -> list[StandingRow]:
    """The newest entries of a branch, without those of a first use."""
    return _all(connection, StandingRow, "latest", {"branch_id": branch_id, "limit": limit})


def add_standing(connection: StandingConnection, row: StandingRow) -> bool:
    """False where another has written an entry of this number."""
    return connection.execute(_SQL["add_standing"], asdict(row)).fetchone() is not None


def tallies(
    connection: StandingConnection,
    *,
    rule_id: str | None = None,
    since: datetime | None = None,
) -> list[TallyRow]:
    """The latest decision of each flag raised since then; a clerk's, of the own interactions."""
    limited = connection.execute(_SQL["visible_staff"]).fetchone() != ("*",)
    if limited or since is not None:
        values = {"rule_id": rule_id, "since": since}
        return _all(connection, TallyRow, "tallies_since", values)
    return _all(connection, TallyRow, "tallies", {"rule_id": rule_id})


def put_figure(connection: StandingConnection, row: FigureRow) -> None:
    connection.execute(_SQL["put_figure"], asdict(row))


def figures(connection: StandingConnection) -> list[FigureRow]:
    return _all(connection, FigureRow, "figures", {})


def known_flags(connection: StandingConnection, key: Queued, flag_ids: Sequence[UUID]) -> set[UUID]:
    values = {
        "branch_id": key.branch_id,
        "counter_id": key.counter_id,
        "at": key.at,
        "flag_ids": list(flag_ids),
    }
    return {row[0] for row in connection.execute(_SQL["known_flags"], values)}


def lock_branch(connection: StandingConnection, branch_id: str) -> None:
    """Waits for another worker's transaction."""
    connection.execute(_SQL["lock_branch"], {"branch_id": branch_id})


def budget(connection: StandingConnection, day: date) -> list[BudgetRow]:
    return _all(connection, BudgetRow, "budget", {"day": day})


def spend(connection: StandingConnection, row: BudgetRow) -> None:
    """Adds `used` and `held` to what is there."""
    connection.execute(_SQL["spend"], asdict(row))


def raised(connection: StandingConnection, since: datetime) -> list[RaisedRow]:
    return _all(connection, RaisedRow, "raised", {"since": since})


def _all(
    connection: StandingConnection, row_type: type[_Row], query: str, values: dict[str, Any]
) -> list[_Row]:
    with connection.cursor(row_factory=class_row(row_type)) as cursor:
        return cursor.execute(_SQL[query], values).fetchall()
