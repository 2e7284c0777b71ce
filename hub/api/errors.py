"""One error shape for programs (RFC 9457) and one page for people.

An expected error says what to do. An unexpected one shows an id; the log has the id with
the exception's type and place, and never its text, which may repeat what a message held.
"""

import logging
import secrets
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.auth.errors import SignInBusyError, SignInRefusedError
from hub.auth.sessions import Session
from hub.casework.errors import (
    CaseworkError,
    DecisionInvalidError,
    DecisionNotAllowedError,
    FlagNotFoundError,
)
from hub.errors import HubError
from hub.store.errors import DatabaseUnavailableError, StatementTimeoutError
from hub.truth.errors import (
    ChoiceError,
    NotObserverError,
    SessionNotFoundError,
    TruthError,
)
from hub.web import urls
from hub.web.i18n import Speech, supported
from hub.web.render import error_page
from hub.web.words import N_

log = logging.getLogger(__name__)
LANGUAGE_COOKIE: Final = "hailong_language"


class WebError(HubError):
    """Base of what a request can do wrong."""

    code = "request"
    status = 400


class SignInNeededError(WebError):
    code = "sign_in_needed"
    status = 401

    def __init__(self, *, expired: bool) -> None:
        super().__init__("this address is for people who have signed in; sign in first")
        self.expired = expired


class NotAllowedError(WebError):
    code = "not_allowed"
    status = 403


class FormTokenError(WebError):
    """The form was not written by us for this person, or long ago."""

    code = "form_token"
    status = 403


class NotFoundError(WebError):
    code = "not_found"
    status = 404


class DeviceRefusedError(WebError):
    """Not signed by a device of ours; which part of it was wrong is not told."""

    code = "device_refused"
    status = 401


class TooManyRequestsError(WebError):
    code = "too_many"
    status = 429


@dataclass(frozen=True, slots=True)
class Problem:
    """`application/problem+json`; `code` is the stable word to go by."""

    title: str
    status: int
    code: str
    detail: str
    error_id: str | None = None
    type: str = "about:blank"


TITLES: Final = {
    400: N_("The request cannot be understood"),
    401: N_("Please sign in"),
    403: N_("This page is not for your role"),
    404: N_("There is nothing here"),
    405: N_("The request cannot be understood"),
    409: N_("Somebody else was faster"),
    413: N_("The request is too large"),
    422: N_("Something in the form does not fit"),
    429: N_("Too many tries"),
    500: N_("Something went wrong here"),
    503: N_("The database cannot be reached"),
}
ADVICE: Final = {
    "request": N_("Go back and try again from the page you came from."),
    "sign_in_needed": N_("Your session has ended. Sign in to go on."),
    "not_allowed": N_("If you need it for your work, ask the person who manages the accounts."),
    "form_token": N_("The page was open for too long. Go back, reload it and send it again."),
    "not_found": N_(
        "The address may be wrong, or what was here belongs to another branch or has been "
        "deleted. Search for it in the list of interactions."
    ),
    "conflict": N_("Reload the page to see what has changed, then decide again."),
    "validation": N_("Go back and check what was chosen."),
    "not_observer": N_("Only the person who started a truth session writes in it."),
    "truth_choice": N_(
        "A truth session needs a counter, something to watch, and both confirmations: the clerk "
        "was told, and the sign is shown to citizens. Go back and choose again."
    ),
    "truth_conflict": N_(
        "A session is open at this counter already, or this one is over. Look at the list of "
        "truth sessions."
    ),
    "sign_in_busy": N_("Wait a few minutes, then try again."),
    "device_refused": N_("Check that the device is enrolled and that its clock is right."),
    "too_many": N_("Wait a few minutes, then try again."),
    "unexpected": N_("It has been recorded. If it happens again, tell the operator this number."),
    "unavailable": N_("Nothing is lost. Wait a moment, then reload the page."),
}


_STATUS: Final[Mapping[type[HubError], tuple[int, str]]] = {
    DatabaseUnavailableError: (503, "unavailable"),
    StatementTimeoutError: (503, "unavailable"),
    FlagNotFoundError: (404, "not_found"),
    DecisionNotAllowedError: (403, "not_allowed"),
    DecisionInvalidError: (422, "validation"),
    CaseworkError: (409, "conflict"),
    SessionNotFoundError: (404, "not_found"),
    NotObserverError: (403, "not_observer"),
    ChoiceError: (422, "truth_choice"),
    TruthError: (409, "truth_conflict"),
    SignInBusyError: (429, "sign_in_busy"),
    SignInRefusedError: (401, "sign_in_needed"),
}


def status_of(error: HubError) -> tuple[int, str]:
    """HTTP status and the key of the advice; the nearest class of the error's own decides."""
    if isinstance(error, WebError):
        return error.status, error.code
    for kind in type(error).__mro__:
        if kind in _STATUS:
            return _STATUS[kind]
    return 500, "unexpected"


def wants_json(request: Request) -> bool:
    path = request.url.path
    return path.startswith("/api/") or path in {"/healthz", "/readyz"}


def respond(
    request: Request, status: int, advice: str, *, code: str, error_id: str | None = None
) -> Response:
    speech = Speech(
        supported(getattr(request.state, "language", request.cookies.get(LANGUAGE_COOKIE)))
    )
    title = speech.text(TITLES.get(status, TITLES[500 if status >= 500 else 400]))
    detail = speech.text(ADVICE[advice])
    if wants_json(request):
        problem = Problem(title, status, code, detail, error_id)
        return JSONResponse(asdict(problem), status, media_type="application/problem+json")
    session: Session | None = getattr(request.state, "session", None)
    written = error_page(speech, session, status, title, detail, error_id)
    return Response(written, status, media_type="text/html")


def install(app: FastAPI) -> None:
    @app.exception_handler(HubError)
    def hub_error(request: Request, error: HubError) -> Response:
        status, advice = status_of(error)
        if status == 500:
            raise error
        if isinstance(error, SignInNeededError) and not wants_json(request):
            return _to_sign_in(request, error)
        if status == 503:
            log.warning("%s: %s", error.code, error)
        response = respond(request, status, advice, code=error.code)
        if status == 401:
            response.headers["WWW-Authenticate"] = "Session"
        if status in {429, 503}:
            response.headers["Retry-After"] = "60" if status == 429 else "5"
        return response

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, _error: RequestValidationError) -> Response:
        return respond(request, 422, "validation", code="validation")

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        advice = "not_found" if error.status_code == 404 else "request"
        response = respond(request, error.status_code, advice, code=advice)
        response.headers.update(error.headers or {})
        return response


def _to_sign_in(request: Request, error: SignInNeededError) -> Response:
    came_for = request.url.path if request.method == "GET" else None
    if came_for and request.url.query:
        came_for += f"?{request.url.query}"
    if request.headers.get("HX-Request"):
        # A fragment must not be replaced by the sign-in page: app.js takes the whole page there.
        return Response(status_code=401)
    return RedirectResponse(urls.sign_in(came_for, expired=error.expired), 303)


class Boundary:
    """The named boundary where an unexpected exception becomes an id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:  # noqa: BLE001 - the boundary; recorded by type and place
            error_id = secrets.token_hex(4)
            log.error("error %s: %s at %s", error_id, type(error).__name__, place(error))  # noqa: TRY400 - a traceback may hold content
            if scope["type"] == "http" and not started:
                request = Request(scope, receive)
                answer = respond(request, 500, "unexpected", code="unexpected", error_id=error_id)
                await answer(scope, receive, send)


def place(error: BaseException) -> str:
    """Function, file and line of the innermost frame; never a value."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    last = frames[-1]
    return f"{last.filename.rpartition('/')[2]}:{last.lineno} in {last.name}"
