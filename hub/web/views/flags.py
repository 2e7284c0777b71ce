"""Flags as questions to a person: what raised one, how sure its rule is, what was decided."""

from collections.abc import Sequence
from typing import Final

from hub.auth.permissions import may_open
from hub.auth.sessions import Session
from hub.store import pages
from hub.store.pages import FlagRow, PageConnection, ReviewRow
from hub.web.contexts import FlagView, Queue, ReviewView
from hub.web.i18n import Speech
from hub.web.rulebook import RuleBook

SHOWN_KINDS: Final = ("live", "review", "trend")
"""Never shadow: a rule that is not proven is not shown against a person."""
WAITING_KINDS: Final = ("live", "review")
MOST: Final = 200
TRENDS: Final = 50


def queue(
    connection: PageConnection, rulebook: RuleBook, speech: Speech, session: Session
) -> Queue:
    waiting = pages.flags(connection, kinds=WAITING_KINDS, state="open", limit=MOST)
    trends = pages.flags(connection, kinds=("trend",), state="open", limit=TRENDS)
    return Queue(
        waiting=flag_views(connection, rulebook, speech, waiting),
        trends=flag_views(connection, rulebook, speech, trends),
        may_decide=may_open(session.role, "page.decide"),
    )


def flag_views(
    connection: PageConnection, rulebook: RuleBook, speech: Speech, rows: Sequence[FlagRow]
) -> list[FlagView]:
    decided = pages.reviews(connection, [row.flag_id for row in rows])
    return [
        FlagView(
            flag_id=row.flag_id,
            interaction_id=row.interaction_id,
            branch_id=row.branch_id,
            counter_id=row.counter_id,
            number=row.number,
            zone=row.zone,
            at=row.at,
            raised_at=row.raised_at,
            rule_id=row.rule_id,
            rule_version=row.rule_version,
            title=rulebook.rule_title(row.rule_id, speech.language),
            kind=row.kind,
            severity=row.severity,
            role=row.role,
            state=row.state,
            coverage=row.coverage,
            evidence=rulebook.evidence(row.evidence, speech),
            precision=rulebook.precision(connection, row.rule_id),
            reviews=[review_view(r) for r in decided if r.flag_id == row.flag_id],
        )
        for row in rows
    ]


def review_view(row: ReviewRow) -> ReviewView:
    return ReviewView(
        review_no=row.review_no,
        outcome=row.outcome,
        ground=row.ground,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )
