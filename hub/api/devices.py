"""What devices say of themselves, what was refused, and what is kept."""

from typing import Annotated

from fastapi import APIRouter, Query

from hub.api.deps import InServices, InSpeech, SignedIn, own_rows
from hub.web import urls
from hub.web.machine_contexts import DeviceView, Gaps, Kept, RejectView
from hub.web.views import gaps as gaps_view
from hub.web.views import machines

router = APIRouter()


@router.get(f"{urls.API}/devices", name="api.devices")
def devices(services: InServices, session: SignedIn) -> list[DeviceView]:
    with own_rows(services, session) as connection:
        return machines.devices(connection)


@router.get(f"{urls.API}/rejects", name="api.rejects")
def rejects(
    services: InServices,
    session: SignedIn,
    before: Annotated[int | None, Query(ge=1, description="`reject_id` of the last row.")] = None,
) -> list[RejectView]:
    """Newest first, 50 at most."""
    with own_rows(services, session) as connection:
        return machines.rejects(connection, before)


@router.get(f"{urls.API}/gaps", name="api.gaps")
def gaps(
    services: InServices,
    session: SignedIn,
    days: Annotated[int, Query(ge=1, le=30)] = 1,
) -> Gaps:
    """Streams of which something is missing, late, doubled, rejected or dropped; worst first,
    500 at most.
    """
    with own_rows(services, session) as connection:
        return gaps_view.gaps(connection, services.settings.now(), days)


@router.get(f"{urls.API}/kept", name="api.kept")
def kept(services: InServices, session: SignedIn, speech: InSpeech) -> Kept:
    with own_rows(services, session) as connection:
        return machines.kept(connection, speech)
