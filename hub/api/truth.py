"""What the tablet at a counter sends, and what became of it. There is no field for words."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from hub.api.deps import InServices, InSpeech, SignedIn, own_rows
from hub.store.truth import TickRow
from hub.truth import sessions
from hub.web import urls
from hub.web.truth_contexts import TruthReport
from hub.web.views.truth import DAYS, report

router = APIRouter()
_Milliseconds = Annotated[int, Field(ge=0, le=4_102_444_800_000)]
"""Since 1970, until 2100."""
_Offset = Annotated[int, Field(ge=-315_360_000_000, le=315_360_000_000)]
"""How far the hub's clock is ahead of the tablet's, as the tablet estimated it; a tablet may
believe in a wrong year."""


class Tick(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: UUID
    what: Literal["category", "rule"]
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    role: Literal["staff", "citizen", "none"]
    tablet_ms: _Milliseconds
    offset_ms: _Offset
    error_ms: int = Field(ge=0, le=600_000)


class Ended(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tablet_ms: _Milliseconds
    offset_ms: _Offset


class Batch(BaseModel):
    """What waits on the tablet, in order. Sent again, nothing changes."""

    model_config = ConfigDict(extra="forbid")

    ticks: list[Tick] = Field(default=[], max_length=sessions.MOST_TICKS)
    undone: list[UUID] = Field(default=[], max_length=sessions.MOST_TICKS)
    ended: Ended | None = None


class Taken(BaseModel):
    taken: list[UUID]
    """Stored now or before."""
    refused: list[UUID]
    """Never to be stored: of another time, or not watched in this session."""
    state: str


class HubClock(BaseModel):
    now_ms: int


@router.get(f"{urls.API}/truth/clock", name="api.truth.clock")
def clock(services: InServices, _session: SignedIn) -> HubClock:
    """The hub's time, from which a tablet estimates its own clock's offset."""
    return HubClock(now_ms=round(services.settings.now().timestamp() * 1000))


@router.post(f"{urls.API}/truth/sessions/{{session_id}}/ticks", name="api.truth.ticks")
def ticks(session_id: UUID, batch: Batch, services: InServices, session: SignedIn) -> Taken:
    """Needs the X-CSRF-Token header (see /api/v1/me)."""
    now = services.settings.now()
    with own_rows(services, session) as connection:
        sent = sessions.take(
            connection,
            session_id,
            session.user_id,
            [_row(tick) for tick in batch.ticks],
            batch.undone,
            now,
        )
        if batch.ended is not None:
            ended_at = _at(batch.ended.tablet_ms + batch.ended.offset_ms)
            sessions.end(connection, session_id, session.user_id, ended_at, now)
        state = sessions.find(connection, session_id).state
    return Taken(taken=list(sent.taken), refused=list(sent.refused), state=state)


@router.get(f"{urls.API}/truth/report", name="api.truth.report")
def truth_report(
    services: InServices,
    session: SignedIn,
    speech: InSpeech,
    days: Annotated[int, Query(ge=1, le=1830)] = DAYS,
) -> TruthReport:
    """Precision and recall by rule and kind of phrase, all together, by dialect and by noise."""
    with own_rows(services, session) as connection:
        return report(connection, services.rulebook, speech, services.settings.now(), days)


def _row(tick: Tick) -> TickRow:
    return TickRow(
        tick_id=tick.id,
        what=tick.what,
        name=tick.name,
        role=tick.role,
        tablet_at=_at(tick.tablet_ms),
        at=_at(tick.tablet_ms + tick.offset_ms),
        clock_error_s=tick.error_ms / 1000,
    )


def _at(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
