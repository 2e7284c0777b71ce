"""Flags as questions to a person: what raised one, how sure its rule is, what was decided."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from hub.auth.permissions import may_open
from hub.auth.sessions import Session
from hub.casework.precision import NOTHING_DECIDED, Precision, precisions
from hub.store import pages
from hub.store.pages import FlagRow, PageConnection, ReviewRow
from hub.web.contexts import FlagView, PrecisionView, Queue, ReviewView
from hub.web.i18n import Speech
from hub.web.rulebook import RuleBook, evidence_views

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
    connection: PageConnection,
    rulebook: RuleBook,
    speech: Speech,
    rows: Sequence[FlagRow],
    reasons: Mapping[UUID, tuple[int, str]] | None = None,
) -> list[FlagView]:
    if not rows:
        return []
    decided = pages.reviews(connection, [row.flag_id for row in rows])
    proven = precisions(connection)
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
            precision=_precision(proven.get(row.rule_id, NOTHING_DECIDED)),
            reviews=[review_view(r) for r in decided if r.flag_id == row.flag_id],
        )
        for row in rows
    ]


def _reason(row: FlagRow, reasons: Mapping[UUID, tuple[int, str]]) -> str | None:
    version, text = reasons.get(row.flag_id, (None, None))
    return text if version == row.rule_version else None


def _precision(found: Precision) -> PrecisionView:
    return PrecisionView(
        decided=found.decided,
        with_ground=found.with_ground,
        value=found.value,
        low=found.low,
        high=found.high,
        unknown_share=found.unknown_share,
        proven=found.proven,
    )


def review_view(row: ReviewRow) -> ReviewView:
    return ReviewView(
        review_no=row.review_no,
        outcome=row.outcome,
        ground=row.ground,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )
