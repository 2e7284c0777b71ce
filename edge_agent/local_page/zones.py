"""Setting up the zones on one still of the camera, in a browser on this machine.

The address works once and for five minutes. The still is in RAM, is given out once, and is
dropped then, or when the page ends.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from edge_agent.capture.frame import Picture
from edge_agent.local_page.png import png
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
from edge_agent.settings import ZoneSettings

OPEN_WITHIN_S = 300.0
FINISH_WITHIN_S = 3600.0
_FILES = ("local.css", "zones.css", "zones.js", "words.js", "favicon.svg")
_POLL_S = 0.2
_USED = (
    "Địa chỉ này chỉ mở được một lần, trong 5 phút. Hãy chạy lại lệnh để có địa chỉ mới.\n"
    "This address opens once, within 5 minutes. Run the command again for a new one."
)


def serve_zones(
    picture: Picture,
    zones: ZoneSettings,
    say: Callable[[str], None],
    stop: threading.Event,
    *,
    port: int = 0,
) -> ZoneSettings | None:
    """The zones as the operator has set them; None where they were not confirmed: `stop` was
    set, nobody opened the page within 5 minutes, or finished it within the hour.
    Raises LocalPageError where no port can be had.
    """
    setup = ZoneSetup(picture, zones)
    with LoopbackServer(setup.routes, port) as server:
        setup.port = server.port
        say(f"{server.address}/?token={setup.token}")
        try:
            return setup.wait(stop)
        finally:
            setup.forget()


class ZoneSetup:
    """The page's state. `token` opens it, once; a cookie and a second token go on with it."""

    def __init__(
        self,
        picture: Picture,
        zones: ZoneSettings,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.token = secrets.token_urlsafe(32)
        self.port = 0
        self._session = secrets.token_urlsafe(32)
        self._form = secrets.token_urlsafe(32)
        self._monotonic = monotonic
        self._until_s = monotonic() + OPEN_WITHIN_S
        self._lock = threading.Lock()
        self._opened = False
        self._picture: Picture | None = picture
        self._size = picture.shape[1], picture.shape[0]
        self._zones = zones
        self._result: ZoneSettings | None = None
        self._done = threading.Event()

    @property
    def routes(self) -> Routes:
        files = dict(asset(name) for name in _FILES)
        return {
            ("GET", "/"): self._open,
            ("GET", "/picture.png"): self._give_picture,
            ("POST", "/zones"): self._finish,
            **files,
        }

    def wait(self, stop: threading.Event) -> ZoneSettings | None:
        while not stop.is_set() and self._monotonic() < self._until_s:
            if self._done.wait(_POLL_S):
                break
        return self._result

    def forget(self) -> None:
        with self._lock:
            self._picture = None

    @property
    def holds_picture(self) -> bool:
        return self._picture is not None

    def _open(self, request: Request) -> Answer:
        with self._lock:
            given = same(request.query.get("token", ""), self.token)
            if not given or self._opened or self._monotonic() >= self._until_s:
                return refused(HTTPStatus.GONE, _USED)
            self._opened = True
            self._until_s = self._monotonic() + FINISH_WITHIN_S
        width, height = self._size
        words = {
            "token": self._form,
            "width": str(width),
            "height": str(height),
            "zones": json.dumps(self._zones.model_dump(mode="json")).replace('"', "&quot;"),
        }
        cookie = f"{self._cookie}={self._session}; HttpOnly; SameSite=Strict; Path=/"
        return page("zones.html", words, {"Set-Cookie": cookie})

    def _give_picture(self, request: Request) -> Answer:
        if not self._known(request):
            return refused(HTTPStatus.FORBIDDEN, _USED)
        with self._lock:
            picture, self._picture = self._picture, None
        if picture is None:
            return refused(HTTPStatus.GONE, _USED)
        return Answer(png(picture), "image/png")

    def _finish(self, request: Request) -> Answer:
        if not (self._known(request) and same(request.token, self._form)):
            return refused(HTTPStatus.FORBIDDEN, _USED)
        try:
            zones = ZoneSettings.model_validate(request.body)
        except ValidationError:
            return as_json(
                {"fault": "expected two polygons of 3 to 64 corners"},
                HTTPStatus.UNPROCESSABLE_ENTITY,
            )
        self._result = zones
        return as_json({"toml": zones_toml(zones)}, sent=self._done.set)

    def _known(self, request: Request) -> bool:
        return same(request.cookies.get(self._cookie, ""), self._session)

    @property
    def _cookie(self) -> str:
        return f"hailong_zones_{self.port}"  # cookies are shared between ports


def zones_toml(zones: ZoneSettings) -> str:
    """The section [zones] of the settings file."""
    lines = ["[zones]", f"citizen = {_points(zones.citizen)}"]
    if zones.staff is not None:
        lines.append(f"staff = {_points(zones.staff)}")
    return "\n".join(lines) + "\n"


def _points(polygon: Any) -> str:
    return "[" + ", ".join(f"[{x:.3f}, {y:.3f}]" for x, y in polygon) + "]"
