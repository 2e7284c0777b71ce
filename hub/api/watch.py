"""What the pages tell of themselves: requests by route, and that the server goes round."""

import asyncio
import time
from typing import Final

import anyio.to_thread
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub import metrics
from hub.health.heart import ANSWERING, Heart

_EVERY_S: Final = 1.0
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class CountRequests:
    """Outermost: counts what was really answered. A route is its template, never the address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, streams = 500, False
        began_s = time.monotonic()

        async def watch(message: Message) -> None:
            nonlocal status, streams
            if message["type"] == "http.response.start":
                status = message["status"]
                kinds = [v for k, v in message["headers"] if k.lower() == b"content-type"]
                streams = any(kind.startswith(b"text/event-stream") for kind in kinds)
            await send(message)

        with metrics.HTTP_OPEN.track_inprogress():
            try:
                await self._app(scope, receive, watch)
            finally:
                route = _route(scope)
                method = scope["method"] if scope["method"] in _METHODS else "other"
                metrics.HTTP_REQUESTS.labels(method, route, str(status)).inc()
                # How long somebody listened is nobody's waiting time.
                if not streams:
                    metrics.HTTP_SECONDS.labels(route).observe(time.monotonic() - began_s)


def _route(scope: Scope) -> str:
    template = getattr(scope.get("route"), "path", None)
    if template is not None:
        return str(template)
    return "static" if scope.get("path", "").startswith("/static/") else "none"


class BeatingServer(uvicorn.Server):
    """Beats while the event loop turns and its worker threads take work: pages run in these."""

    def __init__(self, config: uvicorn.Config, heart: Heart | None) -> None:
        super().__init__(config)
        self._heart = heart
        self._pulse: asyncio.Task[None] | None = None

    async def on_tick(self, counter: int) -> bool:
        if self._heart is not None and (self._pulse is None or self._pulse.done()):
            self._pulse = asyncio.create_task(self._beat(self._heart))
        return await super().on_tick(counter)

    @staticmethod
    async def _beat(heart: Heart) -> None:
        await anyio.to_thread.run_sync(heart.beat, ANSWERING)
        await asyncio.sleep(_EVERY_S)
