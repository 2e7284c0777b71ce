"""The clerk's keys as a page on this machine: pause, help, written or signed communication.

The page carries a token of this start in its own HTML, which no other site can read; a press
needs it, and a cookie that other sites' requests do not bring (SameSite=Strict).
"""

import secrets
from http import HTTPStatus

from edge_agent.keys.desk import KeyDesk
from edge_agent.local_page.server import (
    Answer,
    LoopbackServer,
    Request,
    Routes,
    as_json,
    asset,
    page,
    refused,
    same,
)
from schemas.vocabulary import Key, Role

_FILES = ("local.css", "keys.css", "keys.js", "words.js", "favicon.svg")
_RELOAD = "Hãy tải lại trang. / Load the page again."
_ASKERS = {role.value: role for role in (Role.CITIZEN, Role.STAFF)}
_KEYS = {key.value: key for key in Key}


class KeysPage:
    """Runs in threads of its own from `start` to `stop`; raises LocalPageError where the port
    is taken.
    """

    def __init__(self, desk: KeyDesk, port: int) -> None:
        self._desk = desk
        self._session = secrets.token_urlsafe(32)
        self._form = secrets.token_urlsafe(32)
        self._server = LoopbackServer(self._routes, port)
        self._cookie = f"hailong_keys_{self._server.port}"  # cookies are shared between ports

    @property
    def address(self) -> str:
        return self._server.address

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    @property
    def _routes(self) -> Routes:
        files = dict(asset(name) for name in _FILES)
        return {
            ("GET", "/"): self._open,
            ("GET", "/state"): self._state,
            ("POST", "/press"): self._press,
            **files,
        }

    def _open(self, _request: Request) -> Answer:
        cookie = f"{self._cookie}={self._session}; HttpOnly; SameSite=Strict; Path=/"
        return page("keys.html", {"token": self._form}, {"Set-Cookie": cookie})

    def _state(self, request: Request) -> Answer:
        if not self._known(request):
            return refused(HTTPStatus.FORBIDDEN, _RELOAD)
        view = self._desk.view()
        muted_by = view.state.muted_by
        return as_json(
            {
                "muted_by": None if muted_by is None else muted_by.value,
                "muted_s": view.muted_s,
                "written": view.state.written,
                "help_s": view.help_s,
            }
        )

    def _press(self, request: Request) -> Answer:
        if not self._known(request):
            return refused(HTTPStatus.FORBIDDEN, _RELOAD)
        body = request.body if isinstance(request.body, dict) else {}
        key, asked_by = _KEYS.get(str(body.get("key"))), _ASKERS.get(str(body.get("asked_by")))
        if key is None or asked_by is None:
            return refused(HTTPStatus.UNPROCESSABLE_ENTITY, "Expected a key and who asked for it.")
        self._desk.ask(key, asked_by)
        return self._state(request)

    def _known(self, request: Request) -> bool:
        session = request.cookies.get(self._cookie, "")
        return same(session, self._session) and same(request.token, self._form)
