"""Several counters in one process: the models once, a thread for each, none stops another."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from edge_agent.errors import AgentError, SettingsError
from edge_agent.guard import where
from edge_agent.models.catalog import Models
from edge_agent.models.replaced import Replaced
from edge_agent.run import Agent, LoadRelease
from edge_agent.settings import AgentSettings

_AGAIN_S = 30.0
_log = logging.getLogger(__name__)


class SharedModels:
    """Loaded by the first who needs them; the others wait and share."""

    def __init__(self, load: Callable[[], Models]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._models: Models | None = None

    def __call__(self) -> Models:
        with self._lock:
            if self._models is None:
                self._models = self._load()
            return self._models


class SharedReleases:
    """Counters on the same release share its models; those on another have their own."""

    def __init__(self, load: LoadRelease) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._held: list[tuple[object, Models]] = []

    def __call__(self, settings: AgentSettings, replaced: Replaced) -> Models:
        key = (settings.models, _content(replaced))
        with self._lock:
            for known, models in self._held:
                if known == key:
                    return models
            models = self._load(settings, replaced)
            # The one before the last is let go, as soon as no counter uses it.
            self._held = [*self._held[-1:], (key, models)]
            return models


def _content(replaced: Replaced) -> object:
    """Each counter keeps a release in a folder of its own: what is alike is what is in it."""
    lists = sorted(replaced.lexicon.glob("*.yaml")) if replaced.lexicon else []
    return (
        sorted((held.model, held.sha256) for held in replaced.files),
        [(path.name, path.read_bytes()) for path in lists],
    )


def check_together(all_settings: Sequence[AgentSettings]) -> None:
    """Raises SettingsError for counters that cannot share a process."""
    folders = [settings.state.resolve() for settings in all_settings]
    shared = next((f for f in folders if folders.count(f) > 1), None)
    if shared is not None:
        raise SettingsError(
            f"{shared}: two counters of one process have the same state folder; expected one each"
        )
    if len({settings.models for settings in all_settings}) > 1:
        raise SettingsError(
            "[models] differs between the counters of one process; expected the same in each, "
            "because they share the models"
        )


def run_counters(
    all_settings: Sequence[AgentSettings],
    load: Callable[[], Models],
    environ: Mapping[str, str],
    say: Callable[[str], None],
    stop: threading.Event,
    load_release: LoadRelease | None = None,
) -> None:
    """Until `stop`. A counter that fails is tried again for ever; the others go on."""
    models = SharedModels(load)
    releases = None if load_release is None else SharedReleases(load_release)
    threads = [
        threading.Thread(
            target=_keep_running,
            args=(settings, models, releases, environ, say, stop),
            name=f"counter {settings.counter}",
        )
        for settings in all_settings
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _keep_running(
    settings: AgentSettings,
    models: SharedModels,
    releases: SharedReleases | None,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    stop: threading.Event,
) -> None:
    """The boundary of a counter's thread: whatever fails in it is told and tried again."""
    while not stop.is_set():
        try:
            agent = Agent(settings, models, say, environ=environ, load_release=releases)
            agent.run(stop, stay=True)
        except AgentError as error:
            _log.error("counter %s: %s", settings.counter, error)
        except Exception as error:  # noqa: BLE001 - the boundary named above
            _log.error(
                "counter %s: unforeseen %s at %s",
                settings.counter,
                type(error).__name__,
                where(error.__traceback__),
            )
        if not stop.is_set():
            _log.warning("counter %s: tried again in %.0f s", settings.counter, _AGAIN_S)
            stop.wait(_AGAIN_S)
