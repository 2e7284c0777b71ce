"""The list "live alerts": what somebody may walk over for, and what became of it."""

from datetime import datetime, timedelta
from typing import Final

from hub.auth.sessions import Session
from hub.scoring.live import LIVE_FOR
from hub.store import alert_pages
from hub.store.alert_pages import AlertRow
from hub.store.pages import PageConnection
from hub.web.contexts import AlertList, AlertView, FailureView, VisitView
from hub.web.i18n import Speech
from hub.web.rulebook import RuleBook

MOST: Final = 20
_GOES_ON_FOR: Final = timedelta(hours=5)
_ENDED_FOR: Final = timedelta(minutes=30)
_FAILED_FOR: Final = timedelta(days=1)
QUIET: Final = "quiet"
"""Goes on, as far as is known, and was not heard of for a while: not shown as live."""


def alert_list(
    connection: PageConnection,
    rulebook: RuleBook,
    speech: Speech,
    session: Session,
    now: datetime,
) -> AlertList:
    rows = alert_pages.alerts(
        connection,
        live_since=now - LIVE_FOR,
        open_since=now - _GOES_ON_FOR,
        ended_since=now - _ENDED_FOR,
        limit=MOST,
    )
    # What is reviewed outside the branch calls nobody of the branch.
    shown = [row for row in rows if not rulebook.reviewed_outside(row.rule_id)]
    visits = alert_pages.visits(connection, [row.flag_id for row in shown])
    views = [
        AlertView(
            flag_id=row.flag_id,
            interaction_id=row.interaction_id,
            title=rulebook.rule_title(row.rule_id, speech.language),
            counter_id=row.counter_id,
            number=row.number,
            zone=row.zone,
            raised_at=row.raised_at,
            state=state(row, now),
            ended=row.state == "end",
            visits=[VisitView(v.login, v.seen_at) for v in visits if v.flag_id == row.flag_id],
            went=any(v.flag_id == row.flag_id and v.seen_by == session.user_id for v in visits),
        )
        for row in shown
    ]
    return AlertList(
        live=sum(view.state in {"new", "update"} for view in views),
        alerts=views,
        failures=[
            FailureView(row.channel, row.failed)
            for row in alert_pages.failures(connection, now - _FAILED_FOR)
        ],
    )


def state(row: AlertRow, now: datetime) -> str:
    """new, update, quiet, or how it ended: confirmed, withdrawn or lost."""
    if row.ended_as is not None:
        return row.ended_as
    return QUIET if now - row.snapshot_at > LIVE_FOR else row.state
