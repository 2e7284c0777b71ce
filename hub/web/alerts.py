"""The supervisor's list of live alerts, and "I went to look"."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.api.deps import InServices, InSpeech, SignedIn, own_rows
from hub.api.errors import NotFoundError
from hub.store import alert_pages
from hub.web import urls
from hub.web.pages import alerts_for, chrome_of
from hub.web.render import page

router = APIRouter(default_response_class=HTMLResponse)


@router.get(urls.ALERTS, name="page.alerts")
def show_alerts(request: Request, services: InServices, session: SignedIn, speech: InSpeech) -> str:
    """The list alone, to be put in its place on the overview."""
    shown = alerts_for(services, session, speech)
    return page("alerts.html", chrome_of(request, session, speech), alerts=shown)


@router.post(urls.WENT, name="page.alerts.went")
def went(
    request: Request,
    flag_id: UUID,
    services: InServices,
    session: SignedIn,
    speech: InSpeech,
) -> Response:
    """One tap; a second one changes nothing."""
    with own_rows(services, session) as connection:
        now = services.settings.now()
        if not alert_pages.add_visit(connection, flag_id, session.user_id, now):
            raise NotFoundError(f"no alert {flag_id} among those this person may see")
    if request.headers.get("HX-Request"):
        return HTMLResponse(show_alerts(request, services, session, speech))
    return RedirectResponse(urls.OVERVIEW, 303)
