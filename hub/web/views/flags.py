"""Flags as questions to a person: what raised one, how sure its rule is, what was decided."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from hub.auth.permissions import UserRole, may_open
from hub.auth.sessions import Session
from hub.casework.precision import Precision, measured
from hub.store import pages
from hub.store.pages import FlagRow, PageConnection, ReviewRow
from hub.web.contexts import FlagView, PrecisionView, Queue, ReviewView
from hub.web.i18n import Speech
from hub.web.rulebook import RuleBook, evidence_views
from hub.web.views.budgets import budgets

SHOWN_KINDS: Final = ("live", "review", "trend")
"""Never shadow: a rule that is not proven is not shown against a person."""
WAITING_KINDS: Final = ("live", "review")
_OUTSIDE: Final = frozenset({UserRole.QA, UserRole.PRIVACY})
"""Who sees what is reviewed outside the branch before it was decided."""
MOST: Final = 200
TRENDS: Final = 50


def queue(
    connection: PageConnection,
    rulebook: RuleBook,
    speech: Speech,
    session: Session,
    now: datetime,
) -> Queue:
    waiting = pages.flags(
        connection,
        kinds=WAITING_KINDS,
        state="open",
        city=sees_city(session.role),
        limit=MOST,
    )
    trends = pages.flags(connection, kinds=("trend",), state="open", limit=TRENDS)
    return Queue(
        waiting=flag_views(connection, rulebook, speech, session, waiting),
        trends=flag_views(connection, rulebook, speech, session, trends),
        may_decide=may_open(session.role, "page.decide"),
        budgets=budgets(connection, rulebook, speech, now),
    )


def sees_city(role: UserRole) -> bool:
    return role in _OUTSIDE


def may_decide(role: UserRole, row: FlagRow) -> bool:
    """The database asks again, for the person and the branch."""
    return role is (UserRole.QA if row.reviewer == "city" else UserRole.SUPERVISOR)


def flag_views(
    connection: PageConnection,
    rulebook: RuleBook,
    speech: Speech,
    session: Session,
    rows: Sequence[FlagRow],
    reasons: Mapping[UUID, tuple[int, str]] | None = None,
) -> list[FlagView]:
    if not rows:
        return []
    decided = pages.reviews(connection, [row.flag_id for row in rows])
    proven = measured(connection)
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
            reason=_reason(row, reasons or {}),
            evidence=evidence_views(row.evidence, speech),
            precision=precision_view(proven.of(row.branch_id, row.rule_id, row.rule_version)),
            reviews=[review_view(r) for r in decided if r.flag_id == row.flag_id],
            city=row.reviewer == "city",
            may_decide=may_decide(session.role, row),
        )
        for row in rows
    ]


def _reason(row: FlagRow, reasons: Mapping[UUID, tuple[int, str]]) -> str | None:
    version, text = reasons.get(row.flag_id, (None, None))
    return text if version == row.rule_version else None


def precision_view(found: Precision) -> PrecisionView:
    return PrecisionView(
        decided=found.decided,
        with_ground=found.with_ground,
        value=found.value,
        low=found.low,
        high=found.high,
        unknown_share=found.unknown_share,
        proven=found.proven,
        pooled=found.pooled,
        own=found.own,
    )


def review_view(row: ReviewRow) -> ReviewView:
    return ReviewView(
        review_no=row.review_no,
        outcome=row.outcome,
        ground=row.ground,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )
