"""The hub's services in one process, a thread each; a big site runs each part by itself."""

import gc
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from hub.api.app import create_app
from hub.api.serve import serve
from hub.errors import HubError
from hub.identity.service import IdentityService
from hub.identity.settings import IdentitySettings
from hub.ingest.service import IngestService
from hub.scoring.rubrics import load_rubrics
from hub.scoring.rules import load_rules
from hub.scoring.worker import ScoringWorker
from hub.settings import HubSettings
from hub.store.pool import Database

PARTS = ("ingest", "score", "web", "identity")
_log = logging.getLogger(__name__)


class ServiceDiedError(HubError):
    """A service ended though nobody asked it to; whoever supervises starts the hub again."""

    code = "service-died"
    permanent = False


def usual_parts(environment: Mapping[str, str]) -> tuple[str, ...]:
    """All, but for identity where this hub holds no authority."""
    return PARTS if environment.get("HAILONG_PKI") else PARTS[:-1]


def run_hub(settings: HubSettings, parts: Sequence[str], stop: threading.Event) -> None:
    """Runs the parts until `stop`; raises ServiceDiedError when one ends by itself."""
    made: dict[str, Callable[[], Callable[[], None]]] = {
        "ingest": lambda: _ingest(settings, stop),
        "score": lambda: _score(settings, stop),
        "web": lambda: _web(settings, stop),
        "identity": lambda: _identity(settings, stop),
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
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if died:
        raise ServiceDiedError(f"the hub's {', '.join(died)} ended by itself; see the log above")


def run_ingest(
    settings: HubSettings, stop: threading.Event, *, worker: str, share: str | None
) -> None:
    """One of several workers, until `stop`; raises ServiceDiedError when it ends by itself."""
    # A city's messages are tens of thousands of small objects that come and go with their
    # batch: looking through them every 700 allocations costs more than it finds.
    gc.set_threshold(50_000, 20, 100)
    gc.freeze()
    _service(settings, worker=worker, share=share).run(stop)
    if not stop.is_set():
        raise ServiceDiedError("the ingest worker ended by itself; see the log above")


def _service(settings: HubSettings, *, worker: str = "", share: str | None = None) -> IngestService:
    name = f"hailong-ingest-{worker}" if worker else "hailong-ingest"
    return IngestService(
        Database(settings.database_url("ingest"), application_name=name),
        settings.broker,
        settings.signing_key(),
        client_id=name,
        window=settings.window,
        share=share,
        tls=settings.tls.broker(settings.broker.host),
    )


def _ingest(settings: HubSettings, stop: threading.Event) -> Callable[[], None]:
    service = _service(settings)
    return lambda: service.run(stop)


def _score(settings: HubSettings, stop: threading.Event) -> Callable[[], None]:
    database = Database(settings.database_url("worker"), application_name="hailong-score")
    worker = ScoringWorker(database, load_rubrics(), load_rules(), lambda: datetime.now(UTC))
    return lambda: worker.run(stop)


def _web(settings: HubSettings, stop: threading.Event) -> Callable[[], None]:
    database = Database(
        settings.database_url("app"), application_name="hailong-web", plan_once=True
    )
    app = create_app(database)
    tls = settings.tls.web()
    return lambda: serve(app, settings.web.host, settings.web.port, stop, tls)


def _identity(settings: HubSettings, stop: threading.Event) -> Callable[[], None]:
    service = IdentityService(settings, IdentitySettings.from_environment(os.environ))
    return lambda: service.run(stop)
