"""Branches with their points, zones and counters, and each counter's device."""

from fastapi import APIRouter

from hub.api.deps import InServices, InSpeech, SignedIn, own_rows
from hub.web import urls
from hub.web.contexts import Overview
from hub.web.views.overview import overview

router = APIRouter()


@router.get(f"{urls.API}/branches", name="api.branches")
def branches(services: InServices, session: SignedIn, speech: InSpeech) -> Overview:
    with own_rows(services, session) as connection:
        return overview(connection, speech, services.settings.now())
