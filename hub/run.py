"""The hub's services in one process, a thread each; a big site runs each part by itself."""

import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from hub.alerting.dispatcher import Dispatcher
from hub.alerting.settings import AlertSettings
from hub.api.app import create_app
from hub.api.deps import WebSettings
from hub.api.serve import serve
from hub.control.service import ControlService
from hub.errors import HubError
from hub.health.figures import read_backlog, read_fleet, read_streams
from hub.health.heart import Heart
from hub.health.process import ProcessHealth, connection_name
from hub.health.settings import OperationsSettings
from hub.identity.service import IdentityService
from hub.identity.settings import IdentitySettings
from hub.ingest.service import IngestService
from hub.ingest.watch import IngestWatch
from hub.scoring.rollups import RollupWorker
from hub.scoring.rubrics import load_rubrics
from hub.scoring.rules import load_rules
from hub.scoring.worker import ScoringWorker
from hub.settings import HubSettings
from hub.store.pool import Database
from hub.truth.keeper import match_due

PARTS = ("ingest", "score", "rollup", "web", "control", "identity")
_SWITCH_S = 0.0005
_log = logging.getLogger(__name__)


class ServiceDiedError(HubError):
    """A service ended though nobody asked it to; whoever supervises starts the hub again."""

    code = "service-died"
    permanent = False


def usual_parts(environment: Mapping[str, str]) -> tuple[str, ...]:
    """All, but for identity where this hub holds no authority."""
    return PARTS if environment.get("HAILONG_PKI") else PARTS[:-1]


def run_hub(
    settings: HubSettings,
    parts: Sequence[str],
    stop: threading.Event,
    operations: OperationsSettings | None = None,
) -> None:
    """Runs the parts until `stop`; raises ServiceDiedError when one ends by itself.

    Without `operations`, nobody is told how the hub is.
    """
    health = ProcessHealth(settings)
    made: dict[str, Callable[[], Callable[[], None]]] = {
        "ingest": lambda: _ingest(settings, stop, health),
        "score": lambda: _score(settings, stop, health),
        "rollup": lambda: _rollup(settings, stop, health),
        "web": lambda: _web(settings, stop, health),
        "control": lambda: _control(settings, stop, health),
        "identity": lambda: _identity(settings, stop, health),
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

    threads = [
        threading.Thread(target=watched, args=(part, made[part]()), name=part) for part in parts
    ]
    with health.told(operations):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if died:
        raise ServiceDiedError(f"the hub's {', '.join(died)} ended by itself; see the log above")


def run_ingest(
    settings: HubSettings,
    stop: threading.Event,
    *,
    worker: str,
    share: str | None,
    operations: OperationsSettings | None = None,
) -> None:
    """One of several workers, until `stop`; raises ServiceDiedError when it ends by itself."""
    # A city's messages are tens of thousands of small objects that come and go with their
    # batch: looking through them every 700 allocations costs more than it finds.
    gc.set_threshold(50_000, 20, 100)
    gc.freeze()
    # Storing asks for the interpreter's lock at each answer of the database, and at Python's usual
    # 5 ms waits for judging longer than the database took.
    sys.setswitchinterval(_SWITCH_S)
    health = ProcessHealth(settings)
    service = _service(settings, health, worker=worker, share=share)
    with health.told(operations):
        service.run(stop)
    if not stop.is_set():
        raise ServiceDiedError("the ingest worker ended by itself; see the log above")


def _service(
    settings: HubSettings, health: ProcessHealth, *, worker: str = "", share: str | None = None
) -> IngestService:
    files = settings.tls.broker_files(settings.broker.host)
    if files is not None:
        files.context()  # what is wrong with them is said now
    name = f"hailong-ingest-{worker}" if worker else "hailong-ingest"
    watch = IngestWatch()
    health.part("ingest", watch.hearts, watch.missing, role="ingest", read=read_streams)
    return IngestService(
        Database(settings.database_url("ingest"), application_name=connection_name("ingest")),
        settings.broker,
        settings.signing_key(),
        client_id=name,
        window=settings.window,
        share=share,
        watch=watch,
        tls=files,
    )


def _ingest(
    settings: HubSettings, stop: threading.Event, health: ProcessHealth
) -> Callable[[], None]:
    service = _service(settings, health)
    return lambda: service.run(stop)


def _score(
    settings: HubSettings, stop: threading.Event, health: ProcessHealth
) -> Callable[[], None]:
    database = Database(settings.database_url("worker"), application_name=connection_name("score"))
    heart = Heart("score")
    worker = ScoringWorker(
        database,
        load_rubrics(),
        load_rules(),
        lambda: datetime.now(UTC),
        heart,
        by_standing=True,
    )
    health.part("score", [heart], worker.missing, role="worker", read=read_backlog)
    dispatcher = _dispatcher(settings)

    def run() -> None:
        # Beside scoring, which no channel may hold up: it is no loop that the hub is judged by.
        telling = threading.Thread(target=dispatcher.run, args=(stop,), name="alerts")
        telling.start()
        worker.run(stop)
        telling.join()

    return run


def _dispatcher(settings: HubSettings) -> Dispatcher:
    alerts = AlertSettings.from_environment(os.environ)
    database = Database(
        settings.database_url("worker"),
        max_size=4,
        application_name=connection_name("alerts"),
    )
    return Dispatcher(database, alerts, load_rules(), lambda: datetime.now(UTC))


def _rollup(
    settings: HubSettings, stop: threading.Event, health: ProcessHealth
) -> Callable[[], None]:
    database = Database(settings.database_url("worker"), application_name=connection_name("rollup"))
    heart = Heart("rollup")
    rules = load_rules()
    worker = RollupWorker(
        database, heart=heart, beside=lambda own: match_due(own, rules, datetime.now(UTC))
    )
    health.part("rollup", [heart], worker.missing, role="worker", read=lambda _: None)
    return lambda: worker.run(stop)


def _web(settings: HubSettings, stop: threading.Event, health: ProcessHealth) -> Callable[[], None]:
    database = Database(
        settings.database_url("app"), application_name=connection_name("web"), plan_once=True
    )
    app = create_app(database, settings=WebSettings(files=settings.files))
    tls = settings.tls.web()
    heart = Heart("web")

    def missing() -> list[str]:
        return [] if database.is_open else ["database: not opened yet"]

    health.part("web", [heart], missing, role="app", read=read_fleet)
    return lambda: serve(app, settings.web.host, settings.web.port, stop, tls, heart)


def _control(
    settings: HubSettings, stop: threading.Event, health: ProcessHealth
) -> Callable[[], None]:
    heart = Heart("control")
    service = ControlService(
        Database(settings.database_url("control"), application_name=connection_name("control")),
        settings.broker,
        settings.signing_key(),
        tls=settings.tls.broker(settings.broker.host),
        heart=heart,
    )
    health.part("control", [heart], service.missing, role="control", read=lambda _: None)
    return lambda: service.run(stop)


def _identity(
    settings: HubSettings, stop: threading.Event, health: ProcessHealth
) -> Callable[[], None]:
    heart = Heart("identity")
    mine = IdentitySettings.from_environment(os.environ)
    service = IdentityService(settings, mine, heart)
    health.part("identity", [heart], list, role="identity", read=lambda _: None)
    return lambda: service.run(stop)
