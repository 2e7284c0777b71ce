"""For what watches the hub from outside: is the process there, can it work."""

from typing import Literal

from fastapi import APIRouter, Response

from hub.api.deps import InServices
from hub.store import pages
from hub.store.errors import StoreError

router = APIRouter()


@router.get("/healthz", name="health.process")
def process() -> dict[Literal["status"], Literal["ok"]]:
    return {"status": "ok"}


@router.get("/readyz", name="health.ready")
def ready(
    response: Response, services: InServices
) -> dict[Literal["status", "database"], Literal["ok", "unreachable"]]:
    """503 while the database cannot be reached; which one it is stands in the log."""
    try:
        with services.database.transaction() as connection:
            pages.ping(connection)
    except StoreError:
        response.status_code = 503
        return {"status": "unreachable", "database": "unreachable"}
    return {"status": "ok", "database": "ok"}
