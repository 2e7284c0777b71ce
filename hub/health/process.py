"""Health, metrics and traces of one hub process, whichever parts run in it."""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from hub import tracing
from hub.health.figures import FLEET, Every
from hub.health.heart import Heart
from hub.health.monitor import Monitor, Watched
from hub.health.probe import Probe
from hub.health.server import HealthServer
from hub.health.settings import OperationsSettings
from hub.settings import HubSettings
from hub.store.pool import Database


def connection_name(part: str) -> str:
    """What the part's connections are called in pg_stat_activity, so that its probe finds them."""
    return f"hailong-{part}-{os.getpid()}@{socket.gethostname()}"[:63]


class ProcessHealth:
    """Each part says once how it is watched; `told` then tells whoever asks."""

    def __init__(self, settings: HubSettings) -> None:
        self._settings = settings
        self._parts: list[Watched] = []

    def part(
        self,
        name: str,
        hearts: Sequence[Heart],
        missing: Callable[[], Sequence[str]],
        *,
        role: str,
        read: Callable[[Database], None],
    ) -> None:
        """`missing`: what the part lacks, in words, asked each time. `role`: its database role;
        `read` reads its figures of the store now and then.
        """
        database = Database(
            self._settings.database_url(role), max_size=1, application_name=f"hailong-{name}-probe"
        )
        probe = Probe(database, connection_name(name), also=Every(read))
        self._parts.append(Watched(name, hearts, probe, missing))

    @contextmanager
    def told(self, operations: OperationsSettings | None) -> Iterator[None]:
        """For as long as the services run. Where nobody asks, nothing is probed."""
        if operations is None or not (operations.metrics or "NOTIFY_SOCKET" in os.environ):
            yield
            return
        FLEET.each_device = operations.each_device
        monitor = Monitor(self._parts)
        server = HealthServer(operations.metrics, monitor.report) if operations.metrics else None
        if operations.otlp_endpoint:
            tracing.start(operations.otlp_endpoint)
        if server:
            server.start()
        monitor.start()
        try:
            yield
        finally:
            monitor.stop()
            if server:
                server.stop()
            tracing.stop()
