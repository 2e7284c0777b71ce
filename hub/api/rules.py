"""The rules and rubrics in force, as the pages name them."""

from typing import Annotated

from fastapi import APIRouter, Query

from hub.api.deps import InServices, InSpeech, SignedIn, own_rows
from hub.web import urls
from hub.web.contexts import RubricView, RuleView
from hub.web.rule_contexts import RulesPage, TrendsPage
from hub.web.views.standings import rules_page
from hub.web.views.trends import trends_page

router = APIRouter()


@router.get(f"{urls.API}/rules", name="api.rules")
def rules(services: InServices, _session: SignedIn, speech: InSpeech) -> list[RuleView]:
    return services.rulebook.rules(speech.language)


@router.get(f"{urls.API}/rules/standings", name="api.standings")
def standings(
    services: InServices,
    session: SignedIn,
    speech: InSpeech,
    branch: Annotated[str | None, Query(max_length=32)] = None,
) -> RulesPage:
    """How each rule stands at one branch; the reader's first, where none is named."""
    with own_rows(services, session) as connection:
        return rules_page(
            connection,
            services.rulebook,
            speech,
            branch,
            services.settings.now(),
        )


@router.get(f"{urls.API}/trends", name="api.trends")
def trends(services: InServices, session: SignedIn, speech: InSpeech) -> TrendsPage:
    with own_rows(services, session) as connection:
        return trends_page(connection, services.rulebook, speech, services.settings.now())


@router.get(f"{urls.API}/rubrics", name="api.rubrics")
def rubrics(services: InServices, _session: SignedIn, speech: InSpeech) -> list[RubricView]:
    return services.rulebook.rubrics(speech.language)
