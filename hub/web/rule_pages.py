"""Pages about rules: how they stand, their weekly trends, and trying one."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse

from hub.api.deps import InServices, InSpeech, SignedIn, own_rows
from hub.scoring.errors import ScoringError
from hub.scoring.pasted import MOST_CHARACTERS
from hub.web import urls
from hub.web.pages import chrome_of
from hub.web.render import page
from hub.web.rule_contexts import TrialPage
from hub.web.trials import MOST_DAYS, TrialRefusedError
from hub.web.views.places import branch_names
from hub.web.views.standings import rules_page
from hub.web.views.trends import trends_page

router = APIRouter(default_response_class=HTMLResponse)
_USUAL_DAYS = 28


@router.get(urls.RULES, name="page.rules")
def show_rules(
    request: Request,
    services: InServices,
    session: SignedIn,
    speech: InSpeech,
    branch: Annotated[str | None, Query(max_length=32)] = None,
) -> str:
    with own_rows(services, session) as connection:
        shown = rules_page(
            connection,
            services.rulebook,
            speech,
            branch,
            services.settings.now(),
        )
    return page("rules.html", chrome_of(request, session, speech), page=shown)


@router.get(urls.TRENDS, name="page.trends")
def show_trends(request: Request, services: InServices, session: SignedIn, speech: InSpeech) -> str:
    with own_rows(services, session) as connection:
        shown = trends_page(connection, services.rulebook, speech, services.settings.now())
    return page("trends.html", chrome_of(request, session, speech), page=shown)


@router.get(urls.TRIAL, name="page.rules.trial")
def show_trial(request: Request, services: InServices, session: SignedIn, speech: InSpeech) -> str:
    since = services.settings.now().date() - timedelta(days=_USUAL_DAYS)
    shown = TrialPage("", since, MOST_CHARACTERS, {})
    return page("trial.html", chrome_of(request, session, speech), page=shown, days=MOST_DAYS)


@router.post(urls.TRIAL, name="page.rules.try")
def try_rule(
    request: Request,
    services: InServices,
    session: SignedIn,
    speech: InSpeech,
    text: Annotated[str, Form(max_length=MOST_CHARACTERS)],
    since: Annotated[date, Form()],
) -> HTMLResponse:
    """Changes nothing, and is a form only because a rule does not fit into an address."""
    with own_rows(services, session) as connection:
        shown = TrialPage(text, since, MOST_CHARACTERS, branch_names(connection, speech))
    try:
        trial = services.trials.run(
            services.database, tuple(sorted(session.branches)), text, since, services.settings.now()
        )
        shown = replace(shown, trial=trial)
    except (ScoringError, TrialRefusedError) as error:
        shown = replace(shown, fault=str(error))
    html = page("trial.html", chrome_of(request, session, speech), page=shown, days=MOST_DAYS)
    return HTMLResponse(html, 422 if shown.fault else 200)
