"""Signing in and out, and the language, which can be chosen before signing in."""

import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.api.deps import (
    FORM_COOKIE,
    SESSION_COOKIE,
    InServices,
    InSpeech,
    SignedIn,
    Visitor,
    cookie_name,
    is_secure,
)
from hub.api.errors import LANGUAGE_COOKIE
from hub.auth import sessions
from hub.auth.errors import SignInBusyError, SignInRefusedError
from hub.web import urls
from hub.web.i18n import Speech, supported
from hub.web.render import Chrome, page

router = APIRouter(default_response_class=HTMLResponse)
_YEAR_S: Final = 365 * 86_400


@router.get(urls.SIGN_IN, name="page.sign_in")
def show(
    request: Request,
    session: Visitor,
    speech: InSpeech,
    came_for: Annotated[str | None, Query(alias="next", max_length=500)] = None,
    expired: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> Response:
    if session is not None:
        return RedirectResponse(urls.safe_next(came_for), 303)
    return _form(request, speech, came_for, message="expired" if expired else None)


@router.post(urls.SIGN_IN, name="page.sign_in.submit")
def submit(
    request: Request,
    services: InServices,
    speech: InSpeech,
    login: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    came_for: Annotated[str | None, Form(alias="next", max_length=500)] = None,
) -> Response:
    address = request.client.host if request.client else "unknown"
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    try:
        services.failures.check(address)
        token = sessions.sign_in(
            services.database,
            services.settings.limits,
            login.strip().lower(),
            password,
            language=supported(chosen) if chosen else None,
        )
    except SignInRefusedError:
        services.failures.record(address)
        return _form(request, speech, came_for, message="refused", status=401)
    except SignInBusyError:
        return _form(request, speech, came_for, message="busy", status=429)
    old = request.cookies.get(cookie_name(request, SESSION_COOKIE))
    if old:
        sessions.sign_out(services.database, old)
    response = RedirectResponse(urls.safe_next(came_for), 303)
    _set(request, response, SESSION_COOKIE, token, round(services.settings.limits.lifetime_s))
    return response


@router.post(urls.SIGN_OUT, name="page.sign_out")
def sign_out(request: Request, services: InServices, _session: SignedIn) -> Response:
    name = cookie_name(request, SESSION_COOKIE)
    sessions.sign_out(services.database, request.cookies[name])
    response = RedirectResponse(urls.SIGN_IN, 303)
    response.delete_cookie(name, path="/", secure=is_secure(request), httponly=True)
    return response


@router.post(urls.LANGUAGE, name="page.language")
def choose_language(
    request: Request,
    services: InServices,
    session: Visitor,
    language: Annotated[str, Form(max_length=2)],
    came_for: Annotated[str | None, Form(alias="next", max_length=500)] = None,
) -> Response:
    chosen = supported(language)
    if session:
        sessions.choose_language(services.database, session, chosen)
    response = RedirectResponse(urls.safe_next(came_for), 303)
    response.set_cookie(
        LANGUAGE_COOKIE,
        chosen,
        max_age=_YEAR_S,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return response


def _form(
    request: Request,
    speech: Speech,
    came_for: str | None,
    *,
    message: str | None,
    status: int = 200,
) -> Response:
    """The form's token is in a cookie and in the form: another site can write neither."""
    known = request.cookies.get(cookie_name(request, FORM_COOKIE), "")
    token = known if len(known) >= 32 else secrets.token_urlsafe(32)
    chrome = Chrome(speech=speech, session=None, form_token=token, here=urls.sign_in(came_for))
    written = page("sign_in.html", chrome, came_for=came_for, message=message)
    response = HTMLResponse(written, status)
    if token != known:
        _set(request, response, FORM_COOKIE, token, None)
    return response


def _set(request: Request, response: Response, name: str, value: str, max_age: int | None) -> None:
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=max_age,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
