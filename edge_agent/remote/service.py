"""What the hub asks of this device, done: releases fetched, tried, used and taken back;
commands carried out once.

Two threads beside the measuring: one hears and watches, one fetches and tries
(edge_agent/remote/pursuit.py). Whoever measures asks `leave` whether to end, ends between interactions, and begins again by `begin`.
"""

import logging
import os
import queue
import ssl
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.clock import HUB_TOLERANCE, WallClock
from edge_agent.errors import AgentError, ReleaseError
from edge_agent.guard import where
from edge_agent.identity import DeviceIdentity, HubKey
from edge_agent.models.replaced import INSTALLED, Replaced
from edge_agent.remote.effective import effective
from edge_agent.remote.errands import Errands
from edge_agent.remote.fetch import Hub
from edge_agent.remote.files import ReleaseFiles
from edge_agent.remote.memory import Memory
from edge_agent.remote.pursuit import Pursuit
from edge_agent.remote.standing import Standing
from edge_agent.settings import AgentSettings
from edge_agent.state_folder import open_state_folder
from schemas.health import CommandReport, ConfigHealth
from schemas.registry import Body
from schemas.release import CommandPayload, ConfigPayload
from schemas.vocabulary import Category, ConfigFault

FOLDER = "remote"
MOST_FAILURES = 5
"""Failures of models in a release's probation that take it back."""
_HUNG_S = 300.0
"""Measuring that has not been heard of for so long stands still. Loading models takes a
minute at most."""
_LOOK_S = 0.5
_WAITING = 100
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """What to measure with. `version` 0: as installed."""

    version: int
    settings: AgentSettings
    replaced: Replaced
    sent: frozenset[Category] | None = None
    """The kinds of phrases whose hits may leave; None: all."""


def execute_again() -> None:
    """The same program anew in this process's place: for one that stands still."""
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves


class Remote:
    def __init__(
        self,
        settings: AgentSettings,
        identity: DeviceIdentity,
        clock: WallClock,
        errands: Callable[[Memory], Errands],
        *,
        tls: ssl.SSLContext | None = None,
        hung_s: float = _HUNG_S,
        start_anew: Callable[[], None] = execute_again,
    ) -> None:
        """`tls`: for the hub's files; None trusts the system's authorities."""
        self._own = settings
        self._clock = clock
        self._hung_s = hung_s
        self._start_anew = start_anew
        folder = open_state_folder(settings.state / FOLDER)
        self._memory = Memory.open(folder / "standing.json")
        self._files = ReleaseFiles(folder, identity, HubKey.from_hex(settings.hub_public_key))
        url = settings.remote.hub_url
        hub = None if url is None else Hub(url, tls, identity, clock)
        self._pursuit = Pursuit(settings, self._memory, self._files, hub)
        self._errands = errands(self._memory)
        self._heard: queue.Queue[tuple[Body, bytes]] = queue.Queue(_WAITING)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._running = 0
        self._began_s = self._ticked_s = time.monotonic()

    # Whoever measures ----------------------------------------------------------------------

    def start(self) -> None:
        self._memory.order(lambda orders: orders.started(self._clock.now()))
        self._pursuit.wake()  # what was wanted before this start is still wanted
        for name, run in (("remote", self._listen), ("remote-files", self._pursuit.run)):
            thread = threading.Thread(target=run, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """An orderly end: the start that it ends was no crash."""
        self._stopping.set()
        self._pursuit.stop()
        for thread in self._threads:
            thread.join()
        self._memory.stand(Standing.ended)

    def begin(self) -> Running:
        """What to measure with from now on. A release that is no longer whole, or that the
        agent has started with too often, goes; the device as installed is always there.
        """
        before = self._memory.standing
        while True:
            standing = self._memory.stand(Standing.begin)
            try:
                running = self._open(standing.in_use)
                break
            except ReleaseError as error:
                _log.error("%s; going back", error)
                fault = error.fault
                self._memory.stand(lambda s: s.roll_back(fault))  # noqa: B023 - called at once
        _tell_rolled_back(before, standing)
        self._began_s = self._ticked_s = time.monotonic()
        self._running = running.version
        self._pursuit.wake()  # what is no longer needed may go
        return running

    def leave(self) -> bool:
        """Whether to end, between interactions, and `begin` again. Being asked shows that
        measuring goes on.
        """
        self._ticked_s = time.monotonic()
        standing = self._memory.standing
        return standing.due or standing.in_use != self._running or self._errands.wait_for_gap

    def between(self) -> None:
        """Nothing is measured now: what waits for that is done."""
        self._memory.stand(Standing.ended)
        self._errands.in_gap()

    def tick(self, model_failures: int) -> None:
        """Measuring goes on; so many calls of models have failed in this stretch."""
        self._ticked_s = time.monotonic()
        if model_failures >= MOST_FAILURES and self._on_trial():
            # A disk that refuses must not stop the measuring.
            self._guarded(lambda: self._take_back(ConfigFault.MODELS_FAILED))

    def failed(self) -> bool:
        """Measuring did not begin, or broke. Whether that was a release on probation, which is
        taken back: then it is worth beginning again.
        """
        if not self._on_trial():
            return False
        self._take_back(ConfigFault.START)
        return self._memory.standing.in_use != self._running

    # The health message --------------------------------------------------------------------

    def health(self) -> tuple[ConfigHealth, tuple[CommandReport, ...]]:
        memory = self._memory
        return memory.standing.health(self._pursuit.waiting_for), memory.orders.reports()

    def reported(self, reports: tuple[CommandReport, ...]) -> None:
        """Where the disk refuses, they are told once more; the hub takes each once."""
        if reports:
            self._guarded(lambda: self._forget(reports))

    def _forget(self, reports: tuple[CommandReport, ...]) -> None:
        self._memory.order(lambda orders: orders.told(reports))

    # What comes ----------------------------------------------------------------------------

    def told(self, body: Body, message: bytes) -> None:
        """A config or command that the hub signed for this device; returns at once. Where too
        many wait it is let fall: each of them comes again.
        """
        try:
            self._heard.put_nowait((body, message))
        except queue.Full:
            _log.warning(
                "too many messages from the hub at once; a %s waits to come again", body.kind
            )

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                body, message = self._heard.get(timeout=_LOOK_S)
            except queue.Empty:
                pass
            else:
                self._guarded(lambda: self._hear(body, message))  # noqa: B023 - called at once
            self._guarded(self._watch)

    def _hear(self, body: Body, message: bytes) -> None:
        if body.captured_at > self._clock.now() + HUB_TOLERANCE:
            _log.warning("a %s from the hub's future is ignored; check both clocks", body.kind)
        elif isinstance(body.payload, ConfigPayload):
            version = body.payload.version
            if version > self._memory.standing.seen:
                self._files.keep(version, message)
                self._memory.stand(lambda s: s.want(version))
                _log.info("release %d wanted (version %d)", body.payload.release, version)
                self._pursuit.wake()
        elif isinstance(body.payload, CommandPayload):
            self._errands.hear(body.payload)

    def _watch(self) -> None:
        self._errands.in_background()
        if not self._on_trial():
            return
        now = time.monotonic()
        running = self._running
        if now - self._ticked_s > self._hung_s:
            self._take_back(ConfigFault.HUNG)
            self._start_anew()
        elif now - self._began_s >= self._own.remote.probation_s:
            # Not another one, whose probation has only begun meanwhile.
            standing = self._memory.stand(lambda s: s.survived() if s.in_use == running else s)
            if standing.good == running:
                _log.info("release version %d is good", running)

    def _on_trial(self) -> bool:
        trial = self._memory.standing.trial
        return trial is not None and trial.version == self._running

    def _take_back(self, fault: ConfigFault) -> None:
        """Unless the other thread has just found it good: then it stays."""
        before, running = self._memory.standing, self._running

        def step(now: Standing) -> Standing:
            on_trial = now.trial is not None and now.trial.version == running
            return now.roll_back(fault) if on_trial else now

        _tell_rolled_back(before, self._memory.stand(step))

    def _open(self, version: int) -> Running:
        if version == 0:
            return Running(0, self._own, INSTALLED)
        release = self._files.release(version)
        settings = effective(self._own, release.settings)
        sent = None if release.categories is None else frozenset(release.categories)
        return Running(version, settings, self._files.build(release), sent)

    def _guarded(self, step: Callable[[], None]) -> None:
        """The named boundary: whatever fails here, measuring and hearing go on."""
        try:
            step()
        except AgentError as error:
            _log.error("%s", error)
        except Exception as error:  # noqa: BLE001 - the boundary named above
            _log.error("unforeseen %s at %s", type(error).__name__, where(error.__traceback__))


def _tell_rolled_back(before: Standing, after: Standing) -> None:
    if after.refused is not None and after.refused != before.refused:
        _log.error(
            "release version %d was taken back (%s); version %d is in use",
            after.refused.version,
            after.refused.reason,
            after.in_use,
        )
