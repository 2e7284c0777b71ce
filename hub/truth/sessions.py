"""Truth sessions as the tablet's page and its sender use them.

Every function wants a connection from `branches_transaction`, so that row security says which
counters there are. Nothing here takes a sentence: what can be told is a word of a list and a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from hub.store import truth as store
from hub.store.truth import SessionRow, TickRow, TruthConnection
from hub.truth.errors import (
    ChoiceError,
    CounterTakenError,
    NotObserverError,
    SessionNotFoundError,
    SessionOverError,
)
from hub.truth.scripts import packaged_scripts, script_named
from hub.truth.watched import GROUPS, SPOKEN, things

KINDS: Final = ("observer", "script")
DIALECTS: Final = ("north", "central", "south", "mixed")
NOISES: Final = ("quiet", "ordinary", "loud")
SLACK: Final = timedelta(seconds=60)
"""What clocks may disagree by before a time is refused."""
LATEST: Final = timedelta(days=2)
"""After a session's end: a tablet that was offline sends what it kept."""
MOST_TICKS: Final = 200
"""Of one request."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is chosen before a session starts."""

    branch_id: str
    counter_id: str
    kind: str
    script: str | None
    dialect: str
    noise: str
    watched: Sequence[str]
    clerk_told: bool
    citizens_told: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of what a tablet sent. All ids may be forgotten there."""

    taken: Sequence[UUID]
    """Stored now or before."""
    refused: Sequence[UUID]
    """Never to be stored: a time outside the session, or a thing that it does not watch."""


def start(connection: TruthConnection, plan: Plan, observer: UUID, now: datetime) -> UUID:
    """Raises ChoiceError, NotObserverError or CounterTakenError."""
    if not (plan.clerk_told and plan.citizens_told):
        raise ChoiceError(
            "a truth session starts with notice: tell the clerk and show the sign to citizens, "
            "then confirm both"
        )
    watched = _watched(plan)
    if not store.may_observe(connection, observer, plan.branch_id):
        raise NotObserverError("only QA and supervisors of the branch hold truth sessions there")
    if (plan.branch_id, plan.counter_id) not in {
        (place.branch_id, place.counter_id) for place in store.places(connection)
    }:
        raise ChoiceError("no such counter in the branches that you see; choose one of the list")
    session_id = uuid4()
    script = script_named(plan.script)
    if not store.start(
        connection,
        branch_id=plan.branch_id,
        session_id=session_id,
        counter_id=plan.counter_id,
        kind=plan.kind,
        script=plan.script,
        dialect=script.dialect if script else plan.dialect,
        noise=plan.noise,
        watched=watched,
        observer=observer,
        started_at=now,
    ):
        raise CounterTakenError("a session is open at this counter already; end it first")
    return session_id


def find(connection: TruthConnection, session_id: UUID) -> SessionRow:
    """Raises SessionNotFoundError."""
    row = store.session(connection, session_id)
    if row is None:
        raise SessionNotFoundError("no such truth session in the branches that you see")
    return row


def take(
    connection: TruthConnection,
    session_id: UUID,
    observer: UUID,
    ticks: Sequence[TickRow],
    undone: Sequence[UUID],
    now: datetime,
) -> Sent:
    """Sent again, nothing changes. Raises SessionNotFoundError, NotObserverError, SessionOverError."""
    row = _own(connection, session_id, observer)
    if row.state == "void" or (row.ended_at is not None and now > row.ended_at + LATEST):
        raise SessionOverError("this session takes no more ticks; start another one")
    known = {
        (one.what, one.name, one.role)
        for one in things(group for group in row.watched if group in GROUPS)
    }
    last_at = now if row.ended_at is None else min(now, row.ended_at)
    taken, refused, changed = [], [], False
    for tick in ticks:
        if (
            tick.what,
            tick.name,
            tick.role,
        ) not in known or not row.started_at - SLACK <= tick.at <= last_at + SLACK:
            refused.append(tick.tick_id)
            continue
        changed |= store.add_tick(connection, row, tick, now)
        taken.append(tick.tick_id)
    for tick_id in undone:
        changed |= store.undo_tick(connection, row, tick_id, now)
    if changed and row.state == "ended":
        store.touch(connection, row)
    return Sent(taken, refused)


def end(
    connection: TruthConnection,
    session_id: UUID,
    observer: UUID,
    ended_at: datetime | None,
    now: datetime,
) -> None:
    """`ended_at`: by the tablet, on the hub's clock; None: at its last tick, because nobody knows
    how long somebody looked on. Without a tick it is void. Ended again, nothing changes.
    """
    row = _own(connection, session_id, observer)
    if row.state != "open":
        return
    if ended_at is None:
        ticks = store.ticks(connection, row)
        ended_at = ticks[-1].at if ticks else None
    if ended_at is None:
        store.finish(connection, row, "void", None)
        return
    store.finish(connection, row, "ended", max(row.started_at, min(ended_at, now)))


def void(connection: TruthConnection, session_id: UUID, observer: UUID) -> None:
    """It counts for nothing: somebody asked for it, or it was started by mistake."""
    row = _own(connection, session_id, observer)
    store.finish(connection, row, "void", row.ended_at)


def _own(connection: TruthConnection, session_id: UUID, observer: UUID) -> SessionRow:
    row = find(connection, session_id)
    if row.observer != observer:
        raise NotObserverError("only the person who started a truth session writes in it")
    store.lock(connection, row)
    return find(connection, session_id)


def _watched(plan: Plan) -> list[str]:
    """The groups, in their order. Raises ChoiceError."""
    for value, choices in (
        (plan.kind, KINDS),
        (plan.dialect, DIALECTS),
        (plan.noise, NOISES),
    ):
        if value not in choices:
            raise ChoiceError(f"got {value[:40]!r}, expected one of {', '.join(choices)}")
    if plan.kind == "script":
        if plan.script not in {script.id for script in packaged_scripts()}:
            raise ChoiceError("no such script; choose one of the list")
        return list(SPOKEN)
    if plan.script is not None:
        raise ChoiceError("an observer's session has no script")
    unknown = set(plan.watched) - set(GROUPS)
    if unknown or not plan.watched:
        raise ChoiceError(f"choose at least one group to watch, of {', '.join(GROUPS)}")
    return [group for group in GROUPS if group in plan.watched]
