"""What handlers ask for: the services, who is signed in, the language; and the guard that
every route stands behind.
"""

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends, Request

from hub.api.errors import LANGUAGE_COOKIE, FormTokenError, NotAllowedError, SignInNeededError
from hub.api.pace import RequestsBySender
from hub.auth import sessions
from hub.auth.attempts import FailuresByAddress
from hub.auth.permissions import BACKGROUND, BY_DEVICES, PUBLIC, may_open
from hub.auth.sessions import Session, SessionLimits
from hub.store.pages import PageConnection
from hub.store.pool import Database
from hub.web.i18n import Speech, supported
from hub.web.rulebook import RuleBook
from hub.web.trials import Trials

SESSION_COOKIE: Final = "hailong_session"
FORM_COOKIE: Final = "hailong_form"
TOKEN_FIELD: Final = "csrf_token"  # noqa: S105 - a field's name
TOKEN_HEADER: Final = "X-CSRF-Token"  # noqa: S105 - a header's name
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class WebSettings:
    limits: SessionLimits = field(default_factory=SessionLimits)
    now: Callable[[], datetime] = _utc_now
    """What "today" is; tests say which day it is."""
    files: Path | None = None
    """Folder of releases' files; None: this hub gives none."""


@dataclass(frozen=True, slots=True)
class Services:
    database: Database
    rulebook: RuleBook
    settings: WebSettings
    failures: FailuresByAddress = field(default_factory=FailuresByAddress)
    file_requests: RequestsBySender = field(default_factory=lambda: RequestsBySender(120, 60.0))
    file_refusals: RequestsBySender = field(default_factory=lambda: RequestsBySender(300, 300.0))
    """By address: a branch shares one, so the limit is generous."""
    trials: Trials = field(default_factory=Trials)


def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


InServices = Annotated[Services, Depends(services)]


def is_secure(request: Request) -> bool:
    """Cookies go over http to this very machine alone; everywhere else https is needed."""
    return request.url.scheme == "https" or request.url.hostname not in _LOOPBACK


def cookie_name(request: Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request) else name


def visitor(request: Request, services: InServices) -> Session | None:
    """The session of the request's cookie, None without one or when it has ended."""
    token = request.cookies.get(cookie_name(request, SESSION_COOKIE))
    session = (
        sessions.find(
            services.database,
            services.settings.limits,
            token,
            by_person=request.scope["route"].name not in BACKGROUND,
        )
        if token
        else None
    )
    request.state.session = session
    request.state.language = (
        session.language if session else supported(request.cookies.get(LANGUAGE_COOKIE))
    )
    return session


Visitor = Annotated[Session | None, Depends(visitor)]


async def guard(request: Request, session: Visitor) -> None:
    """Stands before every route: signed in, allowed, and a form written by us for this person."""
    route: str = request.scope["route"].name
    if session is None and route not in PUBLIC | BY_DEVICES:
        raise SignInNeededError(expired=cookie_name(request, SESSION_COOKIE) in request.cookies)
    if session is not None and not may_open(session.role, route):
        raise NotAllowedError(f"{session.role} may not open {route}")
    if request.method in _SAFE:
        return
    expected = [session.csrf_token] if session else []
    if route in PUBLIC:
        expected.append(request.cookies.get(cookie_name(request, FORM_COOKIE), ""))
    given = request.headers.get(TOKEN_HEADER) or await _form_token(request)
    if not _same_site(request) or not any(
        known and hmac.compare_digest(given.encode(), known.encode()) for known in expected
    ):
        raise FormTokenError("the form's token is missing or not this session's; reload the page")


async def _form_token(request: Request) -> str:
    if not request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        return ""
    value = (await request.form()).get(TOKEN_FIELD)
    return value if isinstance(value, str) else ""


def _same_site(request: Request) -> bool:
    """Browsers say where a form comes from; programs leave it out. (Not by Origin: under our
    referrer policy a browser sends `null` there.)
    """
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}


def signed_in(session: Visitor) -> Session:
    if session is None:
        raise SignInNeededError(expired=False)
    return session


SignedIn = Annotated[Session, Depends(signed_in)]


def speech(request: Request, _session: Visitor) -> Speech:
    return Speech(request.state.language)


InSpeech = Annotated[Speech, Depends(speech)]


@contextmanager
def own_rows(services: Services, session: Session) -> Iterator[PageConnection]:
    """A transaction that sees what this person may see, by the database's own rules."""
    with services.database.branches_transaction(
        session.branches, session.staff_scope
    ) as connection:
        yield connection
