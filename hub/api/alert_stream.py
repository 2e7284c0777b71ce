"""Server-sent events for the supervisor's page: that an alert is new, changed or ended.

An event holds ids alone; the page then asks for its list. A reader that comes again says what it
heard last (Last-Event-ID) and is told what came since.
"""

import json
import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from hub.api.deps import SESSION_COOKIE, InServices, Services, SignedIn, cookie_name, own_rows
from hub.api.errors import TooManyRequestsError
from hub.auth import sessions
from hub.auth.sessions import Session
from hub.store import alert_pages
from hub.store.alert_pages import EventRow
from hub.store.errors import StoreError
from hub.web import urls

router = APIRouter()
MOST = 100
"""Events told at once to who comes again; the list says it all anyway."""
_RETRY_MS = 3000
Number = Annotated[str | None, Query(max_length=20, pattern=r"^[0-9]+$")]


@router.get(urls.ALERT_EVENTS, name="page.alerts.events", include_in_schema=False)
async def events(
    request: Request,
    services: InServices,
    session: SignedIn,
    last: Number = None,
    last_event_id: Annotated[str | None, Header(max_length=20, pattern=r"^[0-9]+$")] = None,
) -> StreamingResponse:
    """`last`: as Last-Event-ID, for a page that opens its stream anew."""
    token = request.cookies.get(cookie_name(request, SESSION_COOKIE), "")
    heard = last_event_id or last
    if services.feed.full:
        raise TooManyRequestsError("too many streams are open; the page looks for itself meanwhile")
    return StreamingResponse(
        _told(services, session, token, int(heard) if heard else None),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _told(
    services: Services,
    session: Session,
    token: str,
    heard: int | None,
) -> AsyncIterator[str]:
    limits = services.feed.limits
    # Here and not before: what is never begun is never ended either.
    subscription = services.feed.subscribe(session.user_id, session.branches)
    if subscription is None:
        return
    until_s = time.monotonic() + limits.lifetime_s
    try:
        yield f"retry: {_RETRY_MS}\n\n"
        newest = await anyio.to_thread.run_sync(_newest, services, session)
        # A number from before a restore is none to wait for.
        last = newest if heard is None else min(heard, newest)
        yield _event("hello", last, "{}")
        while not subscription.ended and (left_s := until_s - time.monotonic()) > 0:
            rows = await anyio.to_thread.run_sync(_read, services, session, token, last)
            if rows is None:
                return
            for row in rows:
                last = row.event_no
                said = json.dumps({"what": row.what, "flag_id": str(row.flag_id)})
                yield _event("alert", last, said)
            if not rows:
                yield "event: beat\ndata: {}\n\n"
            await subscription.wait(min(limits.beat_s, left_s))
    finally:
        services.feed.unsubscribe(subscription)


def _event(name: str, number: int, data: str) -> str:
    return f"id: {number}\nevent: {name}\ndata: {data}\n\n"


def _newest(services: Services, session: Session) -> int:
    try:
        with own_rows(services, session) as connection:
            return alert_pages.newest_event(connection)
    except StoreError:
        return 0


def _read(services: Services, session: Session, token: str, last: int) -> Sequence[EventRow] | None:
    """None when the session has ended; nothing while the database is away."""
    try:
        found = sessions.find(services.database, services.settings.limits, token, by_person=False)
        if found is None or found.branches != session.branches or found.role != session.role:
            return None
        with own_rows(services, session) as connection:
            return alert_pages.events_after(connection, last, MOST)
    except StoreError:
        return ()
