"""Interactions: a page of the list, and one with everything measured and judged."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from hub.api.deps import InServices, InSpeech, SignedIn, own_rows
from hub.api.errors import NotFoundError
from hub.web import urls
from hub.web.contexts import InteractionDetail, InteractionFilter, InteractionList
from hub.web.views.interaction import interaction_detail
from hub.web.views.interactions import interaction_list

router = APIRouter()


@router.get(f"{urls.API}/interactions", name="api.interactions")
def interactions(
    services: InServices,
    session: SignedIn,
    branch: Annotated[str | None, Query(max_length=32)] = None,
    counter: Annotated[str | None, Query(max_length=32)] = None,
    day: Annotated[date | None, Query(description="A day in Hanoi.")] = None,
    flagged: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    before: Annotated[str | None, Query(max_length=64, description="`next` of a page.")] = None,
) -> InteractionList:
    chosen = InteractionFilter(branch=branch, counter=counter, day=day, flagged=flagged)
    with own_rows(services, session) as connection:
        return interaction_list(connection, session.role, chosen, before, services.settings.now())


@router.get(f"{urls.API}/interactions/{{interaction_id}}", name="api.interaction")
def interaction(
    interaction_id: UUID, services: InServices, session: SignedIn, speech: InSpeech
) -> InteractionDetail:
    with own_rows(services, session) as connection:
        found = interaction_detail(connection, services.rulebook, speech, session, interaction_id)
    if found is None:
        raise NotFoundError(f"no interaction {interaction_id} among those this person may see")
    return found
