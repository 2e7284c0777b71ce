"""Alerts as the pages show them. Every function wants a connection from `branches_transaction`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row

from hub.store.pages import PageConnection
from hub.store.queries import load_queries

_SQL = load_queries("alert_pages")


@dataclass(frozen=True, slots=True)
class AlertRow:
    branch_id: str
    counter_id: str
    flag_id: UUID
    interaction_id: UUID
    rule_id: str
    severity: int
    state: str
    ended_as: str | None
    raised_at: datetime
    snapshot_at: datetime
    changed_at: datetime
    number: int | None
    zone: str | None


@dataclass(frozen=True, slots=True)
class VisitRow:
    flag_id: UUID
    seen_at: datetime
    seen_by: UUID
    login: str


@dataclass(frozen=True, slots=True)
class EventRow:
    event_no: int
    flag_id: UUID
    what: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    channel: str
    failed: int


def alerts(
    connection: PageConnection,
    *,
    live_since: datetime,
    open_since: datetime,
    ended_since: datetime,
    limit: int,
) -> list[AlertRow]:
    """Those that are live first, then the newest. What goes on is shown from `open_since` on,
    what has ended from `ended_since` on.
    """
    values = {
        "live_since": live_since,
        "open_since": open_since,
        "ended_since": ended_since,
        "limit": limit,
    }
    with connection.cursor(row_factory=class_row(AlertRow)) as cursor:
        return cursor.execute(_SQL["alerts"], values).fetchall()


def visits(connection: PageConnection, flag_ids: Sequence[UUID]) -> list[VisitRow]:
    with connection.cursor(row_factory=class_row(VisitRow)) as cursor:
        return cursor.execute(_SQL["visits"], {"flag_ids": list(flag_ids)}).fetchall()


def add_visit(connection: PageConnection, flag_id: UUID, person: UUID, at: datetime) -> bool:
    """False where no such alert is among those that one may see. A second time changes nothing."""
    values = {"flag_id": flag_id, "user_id": person, "now": at}
    if connection.execute(_SQL["known"], values).fetchone() is None:
        return False
    connection.execute(_SQL["add_visit"], values)
    return True


def newest_event(connection: PageConnection) -> int:
    """0 before the first."""
    row = connection.execute(_SQL["newest_event"]).fetchone()
    return int(row[0]) if row is not None else 0


def events_after(connection: PageConnection, event_no: int, limit: int) -> list[EventRow]:
    values = {"event_no": event_no, "limit": limit}
    with connection.cursor(row_factory=class_row(EventRow)) as cursor:
        return cursor.execute(_SQL["events_after"], values).fetchall()


def failures(connection: PageConnection, since: datetime) -> list[FailureRow]:
    """Channels that could not be told of something."""
    with connection.cursor(row_factory=class_row(FailureRow)) as cursor:
        return cursor.execute(_SQL["failures"], {"since": since}).fetchall()
