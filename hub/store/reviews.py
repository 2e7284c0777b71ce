"""Rows of decisions. Every function wants a connection from `branches_transaction`."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from hub.store import rollups
from hub.store.queries import load_queries

_SQL = load_queries("reviews")
ReviewConnection: TypeAlias = Connection[TupleRow]


@dataclass(frozen=True, slots=True)
class FlagState:
    branch_id: str
    counter_id: str
    at: datetime
    flag_id: UUID
    interaction_id: UUID
    state: str
    reviewer: str
    """Who decides: the branch, or the city's QA."""
    last_review_no: int


@dataclass(frozen=True, slots=True)
class ReviewRow:
    flag_id: UUID
    review_no: int
    outcome: str
    ground: str
    decided_by: UUID
    decided_at: datetime


def find_flag(connection: ReviewConnection, flag_id: UUID) -> FlagState | None:
    with connection.cursor(row_factory=class_row(FlagState)) as cursor:
        return cursor.execute(_SQL["flag"], {"flag_id": flag_id}).fetchone()


def lock_flag(connection: ReviewConnection, flag: FlagState) -> bool:
    """Until the transaction ends; False where this role or person may not decide."""
    return connection.execute(_SQL["lock_flag"], asdict(flag)).fetchone() is not None


def may_decide(connection: ReviewConnection, user_id: UUID, flag: FlagState) -> bool:
    values = asdict(flag) | {"user_id": user_id}
    return connection.execute(_SQL["may_decide"], values).fetchone() is not None


def add_review(
    connection: ReviewConnection,
    flag: FlagState,
    *,
    review_no: int,
    outcome: str,
    ground: str,
    decided_by: UUID,
    bulk: bool = False,
) -> ReviewRow | None:
    """Also takes the flag out of the queue and corrects the rollups; None where the number is
    taken.
    """
    values = {
        **asdict(flag),
        "review_no": review_no,
        "outcome": outcome,
        "ground": ground,
        "decided_by": decided_by,
        "bulk": bulk,
    }
    with connection.cursor(row_factory=class_row(ReviewRow)) as cursor:
        added = cursor.execute(_SQL["add_review"], values).fetchone()
    if added is not None:
        connection.execute(_SQL["mark_decided"], asdict(flag))
        rollups.refresh(
            connection, flag.branch_id, [(flag.counter_id, flag.at, flag.interaction_id)]
        )
    return added


def history(connection: ReviewConnection, flag_id: UUID) -> list[ReviewRow]:
    with connection.cursor(row_factory=class_row(ReviewRow)) as cursor:
        return cursor.execute(_SQL["history"], {"flag_id": flag_id}).fetchall()
