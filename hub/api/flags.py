"""Flags, and the decisions on them: an append-only history."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from hub.api.decisions import decide_flag
from hub.api.deps import InServices, InSpeech, SignedIn, own_rows
from hub.api.errors import NotFoundError
from hub.store import pages
from hub.web import urls
from hub.web.contexts import FlagView, ReviewView
from hub.web.views.flags import MOST, SHOWN_KINDS, flag_views, review_view, sees_city

router = APIRouter()
Kind = Literal["live", "review", "trend"]


class Decision(BaseModel):
    """The words of a decision; a later one corrects an earlier one and both stay."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["confirmed", "dismissed", "insufficient", "coached"]
    ground: Literal[
        "clerk_agrees", "dossier_fact", "eyewitness", "citizen_contacted", "cctv_request", "none"
    ]
    expected_review_no: int = Field(ge=0, le=1_000_000)
    """`review_no` of the last decision seen; 0 where there was none."""


@router.get(f"{urls.API}/flags", name="api.flags")
def flags(
    services: InServices,
    session: SignedIn,
    speech: InSpeech,
    state: Annotated[Literal["open", "decided", "withdrawn"] | None, Query()] = "open",
    kind: Annotated[Kind | None, Query()] = None,
) -> list[FlagView]:
    """The gravest first, then the oldest; 200 at most."""
    with own_rows(services, session) as connection:
        rows = pages.flags(
            connection,
            kinds=(kind,) if kind else SHOWN_KINDS,
            state=state,
            city=sees_city(session.role),
            limit=MOST,
        )
        return flag_views(connection, services.rulebook, speech, session, rows)


@router.get(f"{urls.API}/flags/{{flag_id}}/reviews", name="api.reviews")
def reviews(flag_id: UUID, services: InServices, session: SignedIn) -> list[ReviewView]:
    with own_rows(services, session) as connection:
        if not pages.flags(
            connection,
            kinds=SHOWN_KINDS,
            flag_id=flag_id,
            city=sees_city(session.role),
            limit=1,
        ):
            raise NotFoundError(f"no flag {flag_id} among those this person may see")
        return [review_view(row) for row in pages.reviews(connection, [flag_id])]


@router.post(f"{urls.API}/flags/{{flag_id}}/reviews", name="api.decide", status_code=201)
def decide(
    flag_id: UUID, decision: Decision, services: InServices, session: SignedIn
) -> list[ReviewView]:
    """Answers with the whole history. Needs the X-CSRF-Token header (see /api/v1/me)."""
    decide_flag(
        services,
        session,
        flag_id,
        outcome=decision.outcome,
        ground=decision.ground,
        expected_review_no=decision.expected_review_no,
    )
    with own_rows(services, session) as connection:
        return [review_view(row) for row in pages.reviews(connection, [flag_id])]
