"""A wanted release on its way into use: fetched, put together, tried. One thread of its own."""

import logging
import random
import threading
from pathlib import Path

from edge_agent.errors import AgentError, ReleaseError
from edge_agent.guard import where
from edge_agent.models.replaced import INSTALLED
from edge_agent.remote.effective import effective
from edge_agent.remote.fetch import Hub, StoppedFetch, fetch
from edge_agent.remote.files import ReleaseFiles, entries
from edge_agent.remote.memory import Memory
from edge_agent.remote.trial import try_out
from edge_agent.settings import AgentSettings
from schemas.vocabulary import ConfigFault

_LONGEST_S = 300.0
_AGAIN = frozenset({ConfigFault.FETCH, ConfigFault.SPACE})
_log = logging.getLogger(__name__)


class Pursuit:
    def __init__(
        self, settings: AgentSettings, memory: Memory, files: ReleaseFiles, hub: Hub | None
    ) -> None:
        """`settings`: the device's own."""
        self._settings = settings
        self._memory = memory
        self._files = files
        self._hub = hub
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._spread_for = 0
        """The version whose files were waited for already."""
        self.waiting_for: ConfigFault | None = None
        """Why the wanted release is not here yet."""

    def wake(self) -> None:
        """Something is wanted, or no longer needed."""
        self._news.set()

    def stop(self) -> None:
        self._stopping.set()
        self._news.set()

    def run(self) -> None:
        """Until stopped."""
        delay_s, failures = 0.0, 0
        while not self._stopping.is_set():
            self._news.wait(delay_s or None)
            self._news.clear()
            delay_s = 0.0
            # Here, so that nothing is removed that is just being fetched.
            self._prune()
            fault = self._pursued()
            self.waiting_for = fault
            if fault is None:
                failures = 0
                continue
            spread = random.uniform(0.8, 1.2)  # noqa: S311 - only keeps devices apart
            delay_s = (
                min(_LONGEST_S, self._settings.remote.retry_s * 2.0 ** min(failures, 10)) * spread
            )
            failures += 1

    def _pursued(self) -> ConfigFault | None:
        """Why the wanted release is to be tried again later; None when it is not."""
        standing = self._memory.standing
        version = standing.wanted
        if version is None or standing.checked:
            return None
        try:
            self._prepare(version)
        except StoppedFetch:
            return None
        except ReleaseError as error:
            if error.fault in _AGAIN:
                if error.fault is not self.waiting_for:
                    _log.warning("release version %d: %s", version, error)
                return error.fault
            _log.error("release version %d is not used: %s", version, error)
            fault = error.fault
            self._memory.stand(lambda s: s.refuse(version, fault))
        except (AgentError, OSError) as error:
            _log.error("release version %d waits: %s", version, type(error).__name__)
            return ConfigFault.SPACE
        except Exception as error:  # noqa: BLE001 - the boundary of the fetching thread
            at = where(error.__traceback__)
            _log.error("release version %d: unforeseen %s at %s", version, type(error).__name__, at)
            self._memory.stand(lambda s: s.refuse(version, ConfigFault.START))
        return None

    def _prepare(self, version: int) -> None:
        release = self._files.release(version)
        effective(self._settings, release.settings)
        total = sum(entry.bytes for entry in entries(release))
        if total > self._settings.remote.max_bytes:
            raise ReleaseError(
                f"its files have {total} bytes; expected {self._settings.remote.max_bytes} at most",
                ConfigFault.TOO_LARGE,
            )
        missing = [e for e in entries(release) if not (self._files.files / e.sha256).exists()]
        if missing and self._spread_for != version:
            self._spread_for = version
            # A later release wakes it too, and is then looked at instead.
            self._news.wait(random.uniform(0, self._settings.remote.spread_s))  # noqa: S311
            if self._memory.standing.wanted != version or self._stopping.is_set():
                return
        for entry in missing:
            self._fetched(entry.sha256, entry.bytes)
        replaced = self._files.build(release)
        if replaced == INSTALLED or try_out(replaced, self._stopping):
            self._memory.stand(lambda s: s.accept(version))

    def _fetched(self, sha256: str, size: int) -> Path:
        if self._hub is None:
            raise ReleaseError(
                "it names files, and remote.hub_url is not set; set it to the hub's https address",
                ConfigFault.FETCH,
            )
        try:
            return fetch(self._hub, sha256, size, self._files.files, self._stopping)
        except ReleaseError as error:
            if error.fault is not ConfigFault.FILE:
                raise
        # A disk or a proxy may have bent it once; twice is what the hub has.
        return fetch(self._hub, sha256, size, self._files.files, self._stopping)

    def _prune(self) -> None:
        try:
            self._files.prune(self._memory.standing)
        except (AgentError, OSError) as error:
            _log.error("what is no longer needed stays: %s", type(error).__name__)
