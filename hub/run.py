"""The hub's services in one process, a thread each; a big site runs each part by itself."""

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from hub import tracing
from hub.api.app import create_app
from hub.api.serve import serve
from hub.errors import HubError
from hub.health.figures import FLEET, Every, read_backlog, read_fleet, read_streams
from hub.health.heart import Heart
from hub.health.monitor import Monitor, Watched
from hub.health.probe import Probe
from hub.health.server import HealthServer
from hub.health.settings import OperationsSettings
from hub.ingest.service import IngestService
from hub.ingest.watch import IngestWatch
from hub.scoring.rubrics import load_rubrics
from hub.scoring.rules import load_rules
from hub.scoring.worker import ScoringWorker
from hub.settings import HubSettings
from hub.store.pool import Database

PARTS = ("ingest", "score", "web")
_log = logging.getLogger(__name__)


class ServiceDiedError(HubError):
    """A service ended though nobody asked it to; whoever supervises starts the hub again."""

    code = "service-died"
    permanent = False


@dataclass(frozen=True, slots=True)
class Service:
    run: Callable[[], None]
    watched: Watched


def run_hub(
    settings: HubSettings,
    parts: Sequence[str],
    stop: threading.Event,
    operations: OperationsSettings | None = None,
) -> None:
    """Runs the parts until `stop`; raises ServiceDiedError when one ends by itself.

    Without `operations`, nobody is told how the hub is.
    """
    made: dict[str, Callable[[HubSettings, threading.Event], Service]] = {
        "ingest": _ingest,
        "score": _score,
        "web": _web,
    }
    died: list[str] = []

    def watched(part: str, run: Callable[[], None]) -> None:
        try:
            run()
        except Exception:  # noqa: BLE001 - the boundary of a service's thread: told, then all stop
            _log.exception("the hub's %s stopped by an error", part)
        if not stop.is_set():
            died.append(part)
            stop.set()

    services = {part: made[part](settings, stop) for part in parts}
    threads = [
        threading.Thread(target=watched, args=(part, service.run), name=part)
        for part, service in services.items()
    ]
    with _told(operations, [service.watched for service in services.values()]):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if died:
        raise ServiceDiedError(f"the hub's {', '.join(died)} ended by itself; see the log above")


@contextmanager
def _told(operations: OperationsSettings | None, parts: Sequence[Watched]) -> Iterator[None]:
    """Health, metrics and traces for as long as the services run."""
    if operations is None or (operations.metrics is None and "NOTIFY_SOCKET" not in os.environ):
        yield
        return
    FLEET.each_device = operations.each_device
    monitor = Monitor(parts)
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


def _ingest(settings: HubSettings, stop: threading.Event) -> Service:
    database = Database(settings.database_url("ingest"), application_name=_own("ingest"))
    heart = Heart("ingest")
    watch = IngestWatch(heart)
    service = IngestService(database, settings.broker, settings.signing_key(), watch=watch)
    probe = _probe(settings, "ingest", "ingest", read_streams)
    watched = Watched("ingest", heart, probe, watch.missing)
    return Service(lambda: service.run(stop), watched)


def _score(settings: HubSettings, stop: threading.Event) -> Service:
    database = Database(settings.database_url("worker"), application_name=_own("score"))
    heart = Heart("score")
    worker = ScoringWorker(database, load_rubrics(), load_rules(), lambda: datetime.now(UTC), heart)
    probe = _probe(settings, "score", "worker", read_backlog)
    return Service(lambda: worker.run(stop), Watched("score", heart, probe, worker.missing))


def _web(settings: HubSettings, stop: threading.Event) -> Service:
    database = Database(settings.database_url("app"), application_name=_own("web"))
    app = create_app(database)
    heart = Heart("web")
    probe = _probe(settings, "web", "app", read_fleet)

    def missing() -> list[str]:
        return [] if database.is_open else ["database: not opened yet"]

    return Service(
        lambda: serve(app, settings.web.host, settings.web.port, stop, heart),
        Watched("web", heart, probe, missing),
    )


def _own(part: str) -> str:
    """What the part's connections are called in pg_stat_activity, so that its probe finds them."""
    return f"hailong-{part}-{os.getpid()}@{socket.gethostname()[:30]}"


def _probe(settings: HubSettings, part: str, role: str, read: Callable[[Database], None]) -> Probe:
    name = f"hailong-{part}-probe"
    database = Database(settings.database_url(role), max_size=1, application_name=name)
    return Probe(database, _own(part), also=Every(read))
