"""Truth sessions: what is chosen, what is tapped, and what comes of it."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hub.auth.sessions import Session
from hub.proportion import PROVEN_FROM, Share
from hub.store import truth as store
from hub.store.truth import ListedRow, TickRow, TruthConnection
from hub.truth import sessions
from hub.truth.counted import counted
from hub.truth.errors import SessionNotFoundError
from hub.truth.figures import Line, lines
from hub.truth.scripts import Script, packaged_scripts, script_named
from hub.truth.watched import GROUPS, Thing
from hub.web.i18n import Speech
from hub.web.rulebook import RuleBook
from hub.web.truth_contexts import (
    ButtonView,
    GroupView,
    LeftOut,
    LineView,
    PartView,
    PlaceView,
    ScriptView,
    SessionView,
    ShareView,
    TickView,
    TruthHome,
    TruthLine,
    TruthReport,
    TruthSession,
)

DAYS: Final = 365
"""What the report looks back on, unless asked otherwise."""
_LISTED = 50


def home(connection: TruthConnection, speech: Speech, session: Session) -> TruthHome:
    vietnamese = speech.language == "vi"
    return TruthHome(
        places=[
            PlaceView(
                f"{row.branch_id}/{row.counter_id}",
                row.branch_vi if vietnamese else row.branch_en,
                row.number,
                row.zone,
            )
            for row in store.places(connection)
        ],
        scripts=[
            ScriptView(one.id, _title(one, speech), one.dialect) for one in packaged_scripts()
        ],
        groups=tuple(GROUPS),
        dialects=sessions.DIALECTS,
        noises=sessions.NOISES,
        sessions=[_session(row, session) for row in store.sessions(connection, _LISTED)],
    )


def detail(
    connection: TruthConnection,
    rulebook: RuleBook,
    speech: Speech,
    session: Session,
    row: ListedRow,
) -> TruthSession:
    script = script_named(row.script)
    return TruthSession(
        session=_session(row, session),
        writing=row.state == "open" and row.observer == session.user_id,
        groups=[
            GroupView(group, [_button(one, rulebook, speech) for one in GROUPS[group]])
            for group in row.watched
            if group in GROUPS and script is None
        ],
        script=_title(script, speech) if script else row.script,
        parts=[
            PartView(side, part.vi if speech.language == "vi" else part.en)
            for side, part in script.parts.items()
        ]
        if script
        else [],
        lines=[
            LineView(
                line.at_s,
                line.by,
                line.says,
                [_button(one, rulebook, speech) for one in line.kinds],
            )
            for line in script.lines
        ]
        if script
        else [],
        ticks=[_tick(tick, rulebook, speech) for tick in store.ticks(connection, row)],
    )


def found(connection: TruthConnection, session_id: UUID) -> ListedRow:
    """Raises SessionNotFoundError."""
    rows = store.sessions(connection, 1, session_id)
    if not rows:
        raise SessionNotFoundError("no such truth session in the branches that you see")
    return rows[0]


def report(
    connection: TruthConnection, rulebook: RuleBook, speech: Speech, now: datetime, days: int
) -> TruthReport:
    since = now - timedelta(days=days)
    held = store.held(connection, since)
    return TruthReport(
        since=since,
        days=days,
        sessions=held.ended,
        waiting=held.waiting,
        observed_s=held.observed_s,
        matched_at=held.matched_at,
        needed=PROVEN_FROM,
        lines=[
            _line(one, rulebook, speech) for one in lines(counted(store.counts(connection, since)))
        ],
        reasons=[LeftOut(row.reason, row.left_out) for row in store.reasons(connection, since)],
    )


def _line(line: Line, rulebook: RuleBook, speech: Speech) -> TruthLine:
    counts = line.counts
    return TruthLine(
        what=line.what,
        name=line.name,
        label=_label(line.what, line.name, rulebook, speech),
        role=line.role,
        rule_version=line.rule_version,
        cut=line.cut,
        part=line.part,
        found=counts.found,
        missed=counts.missed,
        false_alarms=counts.false_alarms,
        left_out=counts.left_out,
        precision=share_view(counts.precision),
        recall=share_view(counts.recall),
    )


def share_view(share: Share) -> ShareView:
    low, high = share.interval
    return ShareView(share.cases, share.value, low, high, share.proven, PROVEN_FROM)


def _label(what: str, name: str, rulebook: RuleBook, speech: Speech) -> str:
    if what == "rule":
        return rulebook.rule_title(name, speech.language)
    return speech.word("category", name)


def _button(one: Thing, rulebook: RuleBook, speech: Speech) -> ButtonView:
    return ButtonView(one.what, one.name, one.role, _label(one.what, one.name, rulebook, speech))


def _tick(row: TickRow, rulebook: RuleBook, speech: Speech) -> TickView:
    return TickView(row.at, _label(row.what, row.name, rulebook, speech), row.role)


def _title(script: Script, speech: Speech) -> str:
    return script.title_vi if speech.language == "vi" else script.title_en


def _session(row: ListedRow, session: Session) -> SessionView:
    return SessionView(
        session_id=row.session_id,
        branch_id=row.branch_id,
        counter_id=row.counter_id,
        number=row.number,
        kind=row.kind,
        script=row.script,
        dialect=row.dialect,
        noise=row.noise,
        login=row.login,
        started_at=row.started_at,
        ended_at=row.ended_at,
        state=row.state,
        matched=row.matched_at is not None,
        ticks=row.ticks,
        own=row.observer == session.user_id,
    )
