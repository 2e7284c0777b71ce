"""The channels' outbox: what each is to be told, and how that went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row

from hub.store.pool import Database
from hub.store.queries import load_queries

_SQL = load_queries("alert_sendings")
SendingState = Literal["waiting", "sent", "failed"]


@dataclass(frozen=True, slots=True)
class Claimed:
    event_no: int
    attempts: int
    """This one included."""
    branch_id: str
    branch_vi: str
    branch_en: str
    counter_id: str
    number: int | None
    rule_id: str
    flag_id: UUID
    raised_at: datetime


def all_branches(database: Database) -> list[str]:
    with database.transaction() as connection:
        return [str(row[0]) for row in connection.execute(_SQL["branches"])]


def claim(
    database: Database,
    channel: str,
    branches: Sequence[str],
    *,
    now: datetime,
    since: datetime,
    until: datetime,
    limit: int,
) -> list[Claimed]:
    """Plans what is new `since` then, and takes what is due, one attempt counted. It is nobody
    else's before `until`.
    """
    values = {"channel": channel, "now": now, "since": since, "until": until, "limit": limit}
    with database.branches_transaction(branches) as connection:
        connection.execute(_SQL["queue_new"], values)
        with connection.cursor(row_factory=class_row(Claimed)) as cursor:
            return cursor.execute(_SQL["claim"], values).fetchall()


def record(
    database: Database,
    channel: str,
    claimed: Claimed,
    state: SendingState,
    *,
    now: datetime,
    next_at: datetime,
    fault: str | None,
) -> None:
    values = {
        "channel": channel,
        "event_no": claimed.event_no,
        "state": state,
        "now": now,
        "next_at": next_at,
        "fault": fault,
    }
    with database.branches_transaction([claimed.branch_id]) as connection:
        connection.execute(_SQL["record"], values)


def next_at(database: Database, channel: str, branches: Sequence[str]) -> datetime | None:
    with database.branches_transaction(branches) as connection:
        row = connection.execute(_SQL["next_at"], {"channel": channel}).fetchone()
    found: datetime | None = row[0] if row is not None else None
    return found
