"""/metrics, /healthz and /readyz of the agent on loopback, and systemd's watchdog."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from edge_agent.errors import SettingsError
from edge_agent.metrics import REGISTRY
from edge_agent.running.heart import HEARTS
from edge_agent.running.systemd import Systemd
from edge_agent.running.view import views

_EVERY_S = 0.5
_TIMEOUT_S = 5.0


def liveness() -> tuple[bool, dict[str, str]]:
    """Whether every loop is alive, and what each does."""
    now_s = time.monotonic()
    judged = {heart.name: heart.judge(now_s) for heart in HEARTS.all()}
    return all(live for live, _ in judged.values()), {n: words for n, (_, words) in judged.items()}


def readiness() -> dict[str, list[str]]:
    """Device -> what it lacks, in words."""
    return {view.device: view.missing() for view in views()}


@contextmanager
def told(address: str | None, say: Callable[[str], None]) -> Iterator[None]:
    """For as long as the agent runs. `address`: host:port on loopback; None serves nothing.

    Raises SettingsError.
    """
    systemd = Systemd()
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_EVERY_S):
            live, doing = liveness()
            missing = "; ".join(what for all_ in readiness().values() for what in all_)
            stuck = "; ".join(f"{name}: {words}" for name, words in doing.items())
            systemd.status((missing or "ready") if live else stuck, alive=live)

    server = _Server(_loopback(address), _Handler) if address else None
    threads = []
    if server is not None:
        threads.append(threading.Thread(target=server.serve_forever, args=(0.2,), name="health"))
        say(f"metrics and health at http://{address_of(server)}")
    if "NOTIFY_SOCKET" in os.environ:
        threads.append(threading.Thread(target=watch, name="watchdog"))
    for thread in threads:
        thread.start()
    systemd.ready()
    try:
        yield
    finally:
        systemd.stopping()
        stop.set()
        if server is not None:
            server.shutdown()
        for thread in threads:
            thread.join()
        if server is not None:
            server.server_close()


def address_of(server: ThreadingHTTPServer) -> str:
    host, port = server.server_address[:2]
    return f"{host!s}:{port}"


def _loopback(text: str) -> tuple[str, int]:
    """A counter's device opens no port to its network for this."""
    expected = "expected 127.0.0.1:port, port 0 for a free one"
    host, _, port = text.rpartition(":")
    try:
        fits = ip_address(host).is_loopback and ":" not in host and 0 <= int(port) <= 0xFFFF
    except ValueError:
        fits = False
    if not fits:
        raise SettingsError(f"--metrics-address: got {text!r}, {expected}")
    return host, int(port)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        try:
            super().__init__(address, handler)
        except OSError as error:
            raise SettingsError(
                f"--metrics-address: cannot listen on {address[0]}:{address[1]} "
                f"({error.strerror}); choose another port"
            ) from error

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A scraper that hung up is nobody's fault."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _TIMEOUT_S
    server_version = "hailong"
    sys_version = ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
        elif path == "/healthz":
            live, doing = liveness()
            self._json(200 if live else 503, {"live": live, "loops": doing})
        elif path == "/readyz":
            live, _ = liveness()
            missing = readiness()
            ready = live and not any(missing.values())
            self._json(200 if ready else 503, {"live": live, "ready": ready, "missing": missing})
        else:
            self._json(404, {"error": "expected /metrics, /healthz or /readyz"})

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._answer(status, "application/json", json.dumps(body, indent=1).encode() + b"\n")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Scrapes are not told."""
