"""The pages' handlers: thin, each writes one context into one template."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from hub.api.decisions import decide_flag
from hub.api.deps import InServices, InSpeech, Services, SignedIn, own_rows
from hub.api.errors import NotFoundError
from hub.auth.sessions import Session
from hub.web import charts, urls
from hub.web.contexts import InteractionFilter, Overview
from hub.web.i18n import Speech
from hub.web.render import Chrome, nav_for, page
from hub.web.views.flags import queue
from hub.web.views.gaps import gaps
from hub.web.views.interaction import interaction_detail
from hub.web.views.interactions import interaction_list
from hub.web.views.machines import kept, machines
from hub.web.views.overview import overview

router = APIRouter(default_response_class=HTMLResponse)


def chrome_of(request: Request, session: Session, speech: Speech) -> Chrome:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Chrome(speech=speech, session=session, form_token=session.csrf_token, here=here)


@router.get(urls.HOME, name="page.home")
def home(session: SignedIn) -> RedirectResponse:
    return RedirectResponse(nav_for(session.role)[0].address, 303)


def _overview(services: Services, session: Session, speech: Speech) -> Overview:
    with own_rows(services, session) as connection:
        return overview(connection, speech, services.settings.now())


@router.get(urls.OVERVIEW, name="page.overview")
def show_overview(
    request: Request, services: InServices, session: SignedIn, speech: InSpeech
) -> str:
    shown = _overview(services, session, speech)
    return page("overview.html", chrome_of(request, session, speech), page=shown)


@router.get(urls.OVERVIEW_LIVE, name="page.overview.live")
def show_overview_live(
    request: Request, services: InServices, session: SignedIn, speech: InSpeech
) -> str:
    shown = _overview(services, session, speech)
    return page("overview_live.html", chrome_of(request, session, speech), page=shown)


@router.get(urls.INTERACTIONS, name="page.interactions")
def show_interactions(
    request: Request,
    services: InServices,
    session: SignedIn,
    speech: InSpeech,
    counter: Annotated[str | None, Query(max_length=80)] = None,
    day: Annotated[str | None, Query(max_length=10)] = None,
    flagged: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    before: Annotated[str | None, Query(max_length=64)] = None,
) -> str:
    chosen = filter_of(counter, day, flagged=flagged)
    with own_rows(services, session) as connection:
        shown = interaction_list(connection, session.role, chosen, before, services.settings.now())
    return page("interactions.html", chrome_of(request, session, speech), page=shown)


def filter_of(counter: str | None, day: str | None, *, flagged: bool) -> InteractionFilter:
    """`counter` is `branch/counter`; a day that is none is no filter, as an empty field is."""
    branch, _, name = (counter or "").partition("/")
    try:
        on = date.fromisoformat(day) if day else None
    except ValueError:
        on = None
    return InteractionFilter(branch=branch or None, counter=name or None, day=on, flagged=flagged)


@router.get(urls.INTERACTION, name="page.interaction")
def show_interaction(
    request: Request,
    interaction_id: UUID,
    services: InServices,
    session: SignedIn,
    speech: InSpeech,
) -> str:
    with own_rows(services, session) as connection:
        shown = interaction_detail(connection, services.rulebook, speech, session, interaction_id)
    if shown is None:
        raise NotFoundError(f"no interaction {interaction_id} among those this person may see")
    return page(
        "interaction.html",
        chrome_of(request, session, speech),
        page=shown,
        timeline=charts.timeline(shown, speech),
        parts={f.figure: charts.parts(f, speech) for f in shown.figures},
    )


@router.get(urls.QUEUE, name="page.queue")
def show_queue(request: Request, services: InServices, session: SignedIn, speech: InSpeech) -> str:
    with own_rows(services, session) as connection:
        shown = queue(connection, services.rulebook, speech, session, services.settings.now())
    return page("queue.html", chrome_of(request, session, speech), page=shown)


@router.post(urls.DECIDE, name="page.decide")
def decide(
    flag_id: UUID,
    services: InServices,
    session: SignedIn,
    outcome: Annotated[str, Form(max_length=20)],
    ground: Annotated[str, Form(max_length=20)],
    seen: Annotated[int, Form(ge=0, le=1_000_000)],
) -> RedirectResponse:
    decided = decide_flag(
        services, session, flag_id, outcome=outcome, ground=ground, expected_review_no=seen
    )
    return RedirectResponse(urls.interaction(decided.interaction_id, flag_id), 303)


@router.get(urls.DEVICES, name="page.devices")
def show_devices(
    request: Request, services: InServices, session: SignedIn, speech: InSpeech
) -> str:
    with own_rows(services, session) as connection:
        shown = machines(connection)
    return page("devices.html", chrome_of(request, session, speech), page=shown)


@router.get(urls.GAPS, name="page.gaps")
def show_gaps(
    request: Request,
    services: InServices,
    session: SignedIn,
    speech: InSpeech,
    days: Annotated[int, Query(ge=1, le=30)] = 1,
) -> str:
    with own_rows(services, session) as connection:
        shown = gaps(connection, services.settings.now(), days)
    return page("gaps.html", chrome_of(request, session, speech), page=shown)


@router.get(urls.KEPT, name="page.kept")
def show_kept(request: Request, services: InServices, session: SignedIn, speech: InSpeech) -> str:
    with own_rows(services, session) as connection:
        shown = kept(connection, speech)
    return page("kept.html", chrome_of(request, session, speech), page=shown)
