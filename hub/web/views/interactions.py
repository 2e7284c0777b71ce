"""The list of interactions, newest first, a page at a time."""

import base64
import binascii
from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID

from hub.auth.permissions import UserRole
from hub.store import pages
from hub.store.pages import InteractionListRow, PageConnection
from hub.web.contexts import (
    CounterChoice,
    FigureBrief,
    InteractionFilter,
    InteractionItem,
    InteractionList,
    Measured,
)
from hub.web.i18n import HANOI

PAGE: Final = 30


def interaction_list(
    connection: PageConnection,
    role: UserRole,
    chosen: InteractionFilter,
    before: str | None,
    now: datetime,
) -> InteractionList:
    from_at = to_at = None
    if chosen.day:
        from_at = datetime.combine(chosen.day, time(), HANOI)
        to_at = from_at + timedelta(days=1)
    rows = pages.interactions(
        connection,
        branch_id=chosen.branch,
        counter_id=chosen.counter,
        from_at=from_at,
        to_at=to_at,
        flagged=chosen.flagged,
        before=position(before),
        figure=figure_for(role),
        limit=PAGE + 1,
    )
    counters = pages.counters(connection, day_start=now, week_start=now)
    return InteractionList(
        figure=figure_for(role),
        items=[item(row) for row in rows[:PAGE]],
        chosen=chosen,
        counters=[CounterChoice(c.branch_id, c.counter_id, c.number, c.zone) for c in counters],
        next=cursor(rows[PAGE - 1]) if len(rows) > PAGE else None,
    )


def figure_for(role: UserRole) -> str:
    """The counter's part is the only figure held against a clerk, so it is the clerk's."""
    return "counter_part" if role is UserRole.CLERK else "experience"


def cursor(row: InteractionListRow) -> str:
    """The key of a row, as a short text for an address."""
    microseconds = round((row.at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    raw = microseconds.to_bytes(8, "big", signed=True) + row.interaction_id.bytes
    return base64.urlsafe_b64encode(raw).decode()


def position(text: str | None) -> tuple[datetime, UUID] | None:
    """The key in a cursor; what is no cursor of ours is the first page."""
    try:
        raw = base64.urlsafe_b64decode(text or "")
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            microseconds=int.from_bytes(raw[:8], "big", signed=True)
        )
    except (binascii.Error, ValueError, OverflowError):
        return None
    return (at, UUID(bytes=raw[8:])) if len(raw) == 24 else None


def item(row: InteractionListRow) -> InteractionItem:
    return InteractionItem(
        interaction_id=row.interaction_id,
        branch_id=row.branch_id,
        counter_id=row.counter_id,
        number=row.number,
        zone=row.zone,
        at=row.at,
        handling_s=row.handling_s,
        boundary_uncertain=row.boundary_uncertain,
        index=FigureBrief(
            state=measured(row.scored_at, row.figure_value),
            value=row.figure_value,
            low=row.figure_low,
            high=row.figure_high,
            calibrated=row.figure_calibrated is True,
        ),
        audio_coverage=row.coverage["audio"],
        video_coverage=row.coverage["video"],
        live=row.live,
        review=row.review,
        trend=row.trend,
        open=row.open,
    )


def measured(scored_at: datetime | None, value: float | None) -> Measured:
    if scored_at is None:
        return "waiting"
    return "not_enough" if value is None else "scored"
