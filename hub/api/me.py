"""Who is asking, and the description of this API."""

from typing import Any

from fastapi import APIRouter, Request

from hub.api.deps import SignedIn
from hub.web import urls
from hub.web.contexts import Me

router = APIRouter()


@router.get(f"{urls.API}/me", name="api.me")
def me(session: SignedIn) -> Me:
    return Me(
        login=session.login,
        role=session.role,
        branches=session.branches,
        language=session.language,
        csrf_token=session.csrf_token,
    )


@router.get(urls.OPENAPI, name="api.openapi", include_in_schema=False)
def openapi(request: Request) -> dict[str, Any]:
    described: dict[str, Any] = request.app.openapi()
    return described
