"""Runs the application with uvicorn in a thread of its own, and stops it cleanly."""

import logging
import random
import socket
import ssl
import threading
from types import TracebackType
from typing import Final, Self

import uvicorn
from fastapi import FastAPI

from hub.api.watch import BeatingServer
from hub.errors import HubError
from hub.health.heart import Heart
from hub.store.errors import DatabaseUnavailableError
from hub.store.pool import Database

log = logging.getLogger(__name__)
_LONGEST_PAUSE_S: Final = 30.0


class AddressInUseError(HubError):
    """Nothing can be served at this address."""

    code = "address_in_use"


class WebServer:
    """`port` 0 takes a free one; `port` then says which."""

    def __init__(
        self,
        app: FastAPI,
        host: str = "127.0.0.1",
        port: int = 8080,
        tls: ssl.SSLContext | None = None,
        heart: Heart | None = None,
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
            self._socket.listen(128)
        except OSError as error:
            self._socket.close()
            raise AddressInUseError(
                f"cannot listen on {host}:{port} ({error.strerror}); is another hub running? "
                "Stop it or choose another port"
            ) from error
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._scheme = "http" if tls is None else "https"
        self._server = BeatingServer(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=5,
                ssl_context_factory=None if tls is None else lambda _config, _usual: tls,
            ),
            heart,
        )
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self._scheme}://{host}:{self.port}"

    def start(self) -> None:
        """Returns at once: the socket listens already, early requests wait in its queue."""
        self._thread.start()

    def stop(self) -> None:
        """Lets running requests end, for 5 s at most."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self._socket.close()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

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


def serve(
    app: FastAPI,
    host: str,
    port: int,
    stop: threading.Event,
    tls: ssl.SSLContext | None = None,
    heart: Heart | None = None,
) -> None:
    """Serves until `stop` is set, also while the database is away: pages then say so.

    Opens the application's database and closes it at the end. Raises AddressInUseError before
    anything is served.
    """
    database: Database = app.state.services.database
    opener = threading.Thread(target=open_database, args=(database, stop), name="web-database")
    with WebServer(app, host, port, tls, heart) as server:
        log.info("pages at %s", server.address)
        opener.start()
        stop.wait()
        # Streams would hold the server for as long as their readers stay.
        app.state.services.feed.close()
    opener.join()
    database.close()


def open_database(database: Database, stop: threading.Event) -> None:
    """Tries until the server is there or `stop` is set."""
    pause_s = 1.0
    while not stop.is_set():
        try:
            database.open(timeout_s=1.0)
        except DatabaseUnavailableError as error:
            log.warning("%s; trying again in %.0f s", error, pause_s)
            stop.wait(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, no secret
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)
        else:
            return
