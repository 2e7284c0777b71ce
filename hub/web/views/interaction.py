"""One interaction: facts, figures, course, measurements, flags with their history."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hub.auth.permissions import UserRole, may_open
from hub.auth.sessions import Session
from hub.scoring.calibration import CALIBRATION_BAR
from hub.store import pages
from hub.store.pages import FlagRow, InteractionRow, PageConnection, ScoreRow, TurnRow
from hub.web.contexts import (
    FigureView,
    HitView,
    InteractionDetail,
    OtherVersion,
    PartView,
    SpanView,
    TurnView,
)
from hub.web.i18n import Speech
from hub.web.rulebook import RuleBook
from hub.web.views.flags import SHOWN_KINDS, flag_views, sees_city
from hub.web.views.interactions import figure_for, measured
from hub.web.views.measurements import measurement_views
from hub.web.words import N_
from schemas.vocabulary import Category

_FIGURES = ("experience", "counter_part")
_MOST_FLAGS = 200
_KNOWS_STAFF = frozenset({UserRole.SUPERVISOR, UserRole.CLERK})
_NO_SHARES = frozenset({"missing", "categories_sent"})
_UNNAMED_UNTIL_DECIDED = frozenset({"money_hint"})
"""Rules that are so grave that a name would decide the review."""


def interaction_detail(
    connection: PageConnection,
    rulebook: RuleBook,
    speech: Speech,
    session: Session,
    interaction_id: UUID,
) -> InteractionDetail | None:
    """None where there is no such interaction, or none that this person may see."""
    row = pages.interaction(connection, interaction_id)
    if row is None:
        return None
    raised = pages.flags(
        connection, kinds=SHOWN_KINDS, interaction_id=interaction_id, city=True, limit=_MOST_FLAGS
    )
    outside = sees_city(session.role)
    flags = [row for row in raised if outside or row.reviewer == "branch" or row.state == "decided"]
    turns = pages.turns(connection, row)
    reasons = rulebook.reasons(row, turns, speech.language) if flags else {}
    vietnamese = speech.language == "vi"
    return InteractionDetail(
        interaction_id=row.interaction_id,
        revision=row.revision,
        branch_id=row.branch_id,
        branch=row.branch_vi if vietnamese else row.branch_en,
        point=row.point_vi if vietnamese else row.point_en,
        counter_id=row.counter_id,
        number=row.number,
        zone=row.zone,
        staff_id=row.staff_id if _may_know_staff(session.role, raised) else None,
        at=row.at,
        ended_at=row.ended_at,
        duration_s=(row.ended_at - row.at).total_seconds(),
        handling_s=row.handling_s,
        source=row.source,
        end_reason=row.end_reason,
        boundary_uncertain=row.boundary_uncertain,
        coverage={k: v for k, v in row.coverage.items() if k not in _NO_SHARES},
        missing=list(row.coverage.get("missing", ())),
        not_sent=_not_sent(row, speech),
        models=row.models,
        figures=[
            figure
            for figure in _figures(pages.scores(connection, row), rulebook, speech)
            # A clerk answers for the counter's part alone.
            if session.role is not UserRole.CLERK or figure.figure == figure_for(session.role)
        ],
        measurements=list(measurement_views(row.measurements, row.coverage, speech)),
        turns=[_turn(t, speech) for t in turns],
        spans=_spans(row, speech),
        flags=flag_views(connection, rulebook, speech, session, flags, reasons),
        good_moments=rulebook.good_moments(row, turns, speech),
        may_decide=may_open(session.role, "page.decide"),
    )


def _may_know_staff(role: UserRole, flags: Sequence[FlagRow]) -> bool:
    unnamed = any(f.rule_id in _UNNAMED_UNTIL_DECIDED and f.state == "open" for f in flags)
    return role in _KNOWS_STAFF and (role is UserRole.CLERK or not unnamed)


def _figures(rows: Sequence[ScoreRow], rulebook: RuleBook, speech: Speech) -> list[FigureView]:
    """`rows` with the version that is shown first, then the others of the same figure."""
    by_name: dict[str, list[ScoreRow]] = {}
    for row in rows:
        by_name.setdefault(row.figure, []).append(row)
    return [
        _figure(shown, others, rulebook, speech)
        for name in _FIGURES
        if name in by_name
        for shown, *others in [by_name[name]]
    ]


def _figure(
    row: ScoreRow, others: Sequence[ScoreRow], rulebook: RuleBook, speech: Speech
) -> FigureView:
    return FigureView(
        figure=row.figure,
        rubric=row.rubric,
        rubric_version=row.rubric_version,
        state=measured(row.scored_at, row.value),
        value=row.value,
        low=row.low,
        high=row.high,
        coverage=row.coverage,
        parts=[
            PartView(
                id=part["id"],
                title=_part_title(row, part["id"], rulebook, speech),
                weight=part["weight"],
                neutral=part["neutral"],
                value=part["measured"],
                coverage=part["coverage"],
                contribution=part["contribution"],
            )
            for part in row.parts
        ],
        ratings=row.ratings,
        rated_until=row.rated_until,
        others=[
            OtherVersion(
                rubric=other.rubric,
                rubric_version=other.rubric_version,
                value=other.value,
                low=other.low,
                high=other.high,
                scored_at=other.scored_at,
            )
            for other in others
        ],
    )


def _part_title(row: ScoreRow, part_id: str, rulebook: RuleBook, speech: Speech) -> str:
    if part_id == CALIBRATION_BAR:
        return speech.text(N_("Calibration to citizens' ratings"))
    return rulebook.part_title(row.rubric, part_id, speech.language)


def _turn(row: TurnRow, speech: Speech) -> TurnView:
    return TurnView(
        role=row.role,
        start_s=row.start_s,
        duration_s=row.duration_s,
        loudness_dbfs=row.loudness_dbfs,
        above_baseline_db=row.loudness_above_baseline_db,
        polarity=row.sentiment_polarity,
        syllables_per_minute=row.syllables_per_minute,
        language=row.language,
        backchannel=row.backchannel,
        hits=[_hit(hit, speech) for hit in row.hits],
    )


def _hit(hit: dict[str, Any], speech: Speech) -> HitView:
    return HitView(
        category=hit["category"],
        label=speech.word("category", hit["category"]),
        offset_s=hit["offset_s"],
        confidence=hit["confidence"],
    )


def _not_sent(row: InteractionRow, speech: Speech) -> list[str]:
    sent = row.coverage.get("categories_sent")
    if sent is None:
        return []
    return [speech.word("category", category) for category in Category if category not in sent]


def _spans(row: InteractionRow, speech: Speech) -> list[SpanView]:
    return [
        SpanView(
            kind=span["kind"],
            label=speech.word("span", span["kind"]),
            role=span.get("role"),
            start_s=span["start_s"],
            duration_s=span["duration_s"],
        )
        for span in row.spans
    ]
