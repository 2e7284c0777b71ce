"""/metrics, /healthz and /readyz on an address of their own, never on the pages' port."""

import json
import logging
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from hub.errors import HubError
from hub.health.monitor import Report
from hub.metrics import REGISTRY
from hub.settings import Address
from hub.tls import is_loopback

log = logging.getLogger(__name__)
_TIMEOUT_S: Final = 5.0
_JSON: Final = "application/json; charset=utf-8"


class MetricsAddressError(HubError):
    """Nothing can be served at HAILONG_METRICS_ADDRESS."""

    code = "metrics-address"


class HealthServer:
    """Answers from memory, so that it answers also while everything else waits."""

    def __init__(self, address: Address, report: Callable[[], Report]) -> None:
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        served = type("_Server", (_Server,), {"address_family": family})
        try:
            self._server: _Server = served((address.host, address.port), _Handler)
        except OSError as error:
            raise MetricsAddressError(
                f"cannot listen on HAILONG_METRICS_ADDRESS {address} ({error.strerror}); is "
                "another part of the hub running there? Give each its own port, or off"
            ) from error
        self._server.report = report
        self.address = Address(address.host, int(self._server.server_address[1]))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.2}, name="health"
        )

    def start(self) -> None:
        self._thread.start()
        log.info("metrics and health at http://%s", self.address)
        if not is_loopback(self.address.host):
            log.warning("%s is no loopback address: let only Prometheus reach it", self.address)

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    report: Callable[[], Report]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A scraper that hung up is nobody's fault."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _TIMEOUT_S
    server_version = "hailong"
    sys_version = ""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
        elif path == "/healthz":
            report = self.server.report()
            self._json(200 if report.live else 503, _liveness(report))
        elif path == "/readyz":
            report = self.server.report()
            self._json(200 if report.ready else 503, report.as_json())
        else:
            self._json(404, {"error": "expected /metrics, /healthz or /readyz"})

    def _json(self, status: int, body: dict[str, Any]) -> None:
        self._answer(status, _JSON, json.dumps(body, ensure_ascii=False, indent=1).encode() + b"\n")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Scrapes are not told: they come four times a minute for ever."""


def _liveness(report: Report) -> dict[str, Any]:
    return {
        "live": report.live,
        "loops": {loop.name: loop.words for loop in report.loops},
    }
