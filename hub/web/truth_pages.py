"""The pages of truth sessions: the list and the start, the tablet's page, the report."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from hub.api.deps import InServices, InSpeech, SignedIn, own_rows
from hub.truth import sessions
from hub.truth.sessions import Plan
from hub.web import urls
from hub.web.pages import chrome_of
from hub.web.render import page
from hub.web.views import truth as views

router = APIRouter(default_response_class=HTMLResponse)
_Word = Annotated[str, Form(max_length=40)]


@router.get(urls.TRUTH, name="page.truth")
def show_home(request: Request, services: InServices, session: SignedIn, speech: InSpeech) -> str:
    with own_rows(services, session) as connection:
        shown = views.home(connection, speech, session)
    return page("truth.html", chrome_of(request, session, speech), page=shown)


@router.post(urls.TRUTH, name="page.truth.start")
def start(
    services: InServices,
    session: SignedIn,
    counter: Annotated[str, Form(max_length=80)],
    mode: _Word,
    dialect: _Word,
    noise: _Word,
    watched: Annotated[list[str], Form(max_length=20)] = [],  # noqa: B006 - FastAPI copies it
    clerk_told: Annotated[Literal["yes"] | None, Form()] = None,
    citizens_told: Annotated[Literal["yes"] | None, Form()] = None,
) -> RedirectResponse:
    """`mode`: `observer`, or the script that is played."""
    branch_id, _, counter_id = counter.partition("/")
    plan = Plan(
        branch_id=branch_id,
        counter_id=counter_id,
        kind="observer" if mode == "observer" else "script",
        script=None if mode == "observer" else mode,
        dialect=dialect,
        noise=noise,
        watched=watched,
        clerk_told=clerk_told == "yes",
        citizens_told=citizens_told == "yes",
    )
    with own_rows(services, session) as connection:
        made = sessions.start(connection, plan, session.user_id, services.settings.now())
    return RedirectResponse(urls.truth_session(made), 303)


@router.get(urls.TRUTH_REPORT, name="page.truth.report")
def show_report(
    request: Request,
    services: InServices,
    session: SignedIn,
    speech: InSpeech,
    by: Annotated[Literal["all", "dialect", "noise"], Query()] = "all",
    days: Annotated[int, Query(ge=1, le=1830)] = views.DAYS,
) -> str:
    with own_rows(services, session) as connection:
        shown = views.report(connection, services.rulebook, speech, services.settings.now(), days)
    return page("truth_report.html", chrome_of(request, session, speech), page=shown, by=by)


@router.get(urls.TRUTH_SESSION, name="page.truth.session")
def show_session(
    request: Request,
    session_id: UUID,
    services: InServices,
    session: SignedIn,
    speech: InSpeech,
) -> str:
    with own_rows(services, session) as connection:
        row = views.found(connection, session_id)
        shown = views.detail(connection, services.rulebook, speech, session, row)
    return page("truth_session.html", chrome_of(request, session, speech), page=shown)


@router.post(urls.TRUTH_END, name="page.truth.end")
def end(session_id: UUID, services: InServices, session: SignedIn) -> RedirectResponse:
    """One that was left open counts until its last tick."""
    with own_rows(services, session) as connection:
        sessions.end(connection, session_id, session.user_id, None, services.settings.now())
    return RedirectResponse(urls.TRUTH, 303)


@router.post(urls.TRUTH_VOID, name="page.truth.void")
def void(session_id: UUID, services: InServices, session: SignedIn) -> RedirectResponse:
    with own_rows(services, session) as connection:
        sessions.void(connection, session_id, session.user_id)
    return RedirectResponse(urls.TRUTH, 303)
