"""The rules and rubrics in force, as the pages name them."""

from fastapi import APIRouter

from hub.api.deps import InServices, InSpeech, SignedIn
from hub.web import urls
from hub.web.contexts import RubricView, RuleView

router = APIRouter()


@router.get(f"{urls.API}/rules", name="api.rules")
def rules(services: InServices, _session: SignedIn, speech: InSpeech) -> list[RuleView]:
    return services.rulebook.rules(speech.language)


@router.get(f"{urls.API}/rubrics", name="api.rubrics")
def rubrics(services: InServices, _session: SignedIn, speech: InSpeech) -> list[RubricView]:
    return services.rulebook.rubrics(speech.language)
