"""A small HTTP server for this machine alone: the zones' page and the keys' page.

Checks of each request, in this order:
1. Its connection comes to 127.0.0.1: nothing else is bound.
2. Its Host is this address and port: a name that was made to point here (DNS rebinding) is not.
3. What it asks for is one of the page's few paths.
4. A POST comes from the page itself: Origin is this address, the body is small JSON, and the
   page's own token is in a header, which no other site can set without a permission (CORS)
   that is never given.
Answers are never stored, loaded by other sites, framed, or allowed to load anything from
elsewhere. Nothing of a request is logged: addresses carry tokens.
"""

import hmac
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from edge_agent.errors import LocalPageError

HOST = "127.0.0.1"
TOKEN_HEADER = "X-Hailong-Token"  # noqa: S105 - a header's name
_MAX_BODY = 16_384
_MAX_AT_ONCE = 8
_TIMEOUT_S = 10.0
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Request:
    query: Mapping[str, str]
    cookies: Mapping[str, str]
    token: str
    body: Any
    """Of a POST: what its JSON says."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    body: bytes
    content_type: str
    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    sent: Callable[[], None] | None = None
    """Called when the browser has been given it."""


Handler = Callable[[Request], Answer]
Routes = Mapping[tuple[str, str], Handler]
"""(method, path) -> what answers it."""


def same(given: str, expected: str) -> bool:
    """In a time that does not tell how much of it is right."""
    return hmac.compare_digest(given.encode(), expected.encode())


def static(name: str, words: Mapping[str, str] | None = None) -> bytes:
    """A file of the page, with each {{word}} set in."""
    text = (resources.files("edge_agent.local_page") / "static" / name).read_text("utf-8")
    for word, value in (words or {}).items():
        text = text.replace("{{" + word + "}}", value)
    return text.encode()


def page(name: str, words: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
    return Answer(static(name, words), _TYPES[".html"], headers=headers)


def asset(name: str) -> tuple[tuple[str, str], Handler]:
    """A route to a file that is the same for everybody."""
    kind = _TYPES[name[name.rindex(".") :]]
    return ("GET", f"/{name}"), lambda _: Answer(static(name), kind)


def as_json(
    value: Any, status: HTTPStatus = HTTPStatus.OK, sent: Callable[[], None] | None = None
) -> Answer:
    return Answer(json.dumps(value).encode(), "application/json", status, sent=sent)


def refused(status: HTTPStatus, text: str) -> Answer:
    return Answer(f"{text}\n".encode(), "text/plain; charset=utf-8", status)


class LoopbackServer:
    """Runs in threads of its own from `start` to `stop`. `port` 0: any free one."""

    def __init__(self, routes: Routes, port: int) -> None:
        try:
            self._server = _Server((HOST, port), _Handler)
        except OSError as error:
            raise LocalPageError(
                f"{HOST}:{port}: {error.strerror or 'cannot be listened on'}; expected a free "
                "port for the local page: choose another, or end the program that has it"
            ) from error
        self._server.routes = routes
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="local page", daemon=True
        )

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.ident is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # an idle connection must not hold up the end
    allow_reuse_address = True
    routes: Routes

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._free = threading.BoundedSemaphore(_MAX_AT_ONCE)

    def process_request(self, request: Any, client_address: Any) -> None:
        """More connections than this at once wait in the kernel's queue, for some seconds."""
        if not self._free.acquire(timeout=_TIMEOUT_S):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no news, and a traceback could show what it sent."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _TIMEOUT_S
    server_version = "hailong"
    sys_version = ""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self._answer("POST")

    def log_message(self, *_args: Any) -> None:
        pass

    def _answer(self, method: str) -> None:
        answer = self._checked(method)
        self.send_response(answer.status)
        for name, value in {**_HEADERS, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()
        if answer.sent is not None:
            answer.sent()

    def _checked(self, method: str) -> Answer:
        here = f"{HOST}:{self.server.server_address[1]}"
        # Check 2.
        if self.headers.get_all("Host") != [here]:
            return refused(HTTPStatus.MISDIRECTED_REQUEST, f"Open this page as http://{here}.")
        # Check 3.
        url = urlsplit(self.path)
        handler = self.server.routes.get((method, url.path))
        if handler is None:
            return refused(HTTPStatus.NOT_FOUND, "There is no such page.")
        # Check 4.
        body = None
        if method == "POST":
            if self.headers.get("Origin") != f"http://{here}":
                return refused(HTTPStatus.FORBIDDEN, "Only this page's own buttons are heard.")
            try:
                body = self._json()
            except (ValueError, RecursionError):
                return refused(HTTPStatus.BAD_REQUEST, "Expected JSON of at most 16 KB.")
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        token = self.headers.get(TOKEN_HEADER, "")
        return handler(Request(query, self._cookies(), token, body))

    def _json(self) -> Any:
        if self.headers.get_content_type() != "application/json":
            raise ValueError
        length = int(self.headers.get("Content-Length", ""))
        if not 0 <= length <= _MAX_BODY:
            raise ValueError
        return json.loads(self.rfile.read(length))

    def _cookies(self) -> Mapping[str, str]:
        try:
            found = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in found.items()}
