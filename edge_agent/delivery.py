"""What was measured, and how the device is, into the outbox; the publisher takes it from there.
Alerts go to the publisher past the outbox.
"""

import logging
import threading
import time
from collections.abc import Iterable
from typing import Protocol

from edge_agent.clock import WallClock
from edge_agent.errors import OutboxFullError
from edge_agent.health import HealthReporter
from edge_agent.message import Draft
from edge_agent.outbox import Outbox
from edge_agent.publisher import Publisher
from edge_agent.remote.service import Remote
from edge_agent.running.heart import Heart
from edge_agent.running.view import Latest
from edge_agent.settings import AgentSettings
from schemas.health import CommandReport, ConfigHealth, LossHealth, Press, SensorHealth
from schemas.identifiers import uuid8
from schemas.interaction import InteractionPayload
from schemas.version import VERSION
from schemas.vocabulary import Overload

_FULL_WAIT_S = 1.0
_LOOK_S = 1.0
_MEASURING_S = 120.0
"""A long turn on a slow device takes so long at most."""
_log = logging.getLogger(__name__)


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked to stop
    """The agent was asked to stop in the middle of its source."""


class Measuring(Protocol):
    """What of a pipeline health tells."""

    @property
    def sensors(self) -> tuple[SensorHealth, ...]: ...

    @property
    def model_failures(self) -> int: ...

    @property
    def overload(self) -> Overload: ...

    def take_presses(self) -> tuple[Press, ...]: ...


class Delivery:
    """Waits while the outbox is full, so that nothing measured is dropped here; what then
    falls behind is the source, which counts its losses.
    """

    def __init__(
        self,
        settings: AgentSettings,
        outbox: Outbox,
        publisher: Publisher,
        clock: WallClock,
        stop: threading.Event,
        heart: Heart | None = None,
        remote: Remote | None = None,
    ) -> None:
        self._remote = remote
        self._device_id = settings.device_id
        self._outbox = outbox
        self._publisher = publisher
        self._clock = clock
        self._stop = stop
        self._health = HealthReporter(settings.health.interval_s, VERSION, time.monotonic())
        self._looked_s = 0.0
        self._model_failures = 0
        self.heart = heart or Heart("measuring")
        """Beats while measuring goes on; whoever waits for something else says so with it."""
        self.latest = Latest()

    def keep(self, drafts: Iterable[Draft]) -> int:
        """Number of interactions among the drafts, new or known; raises Stopped."""
        found = 0
        for draft in drafts:
            if draft.kind == "alert":
                self._publisher.alerts.put(draft)
                continue
            self._append(draft)
            if isinstance(draft.payload, InteractionPayload):
                found += 1
                self._publisher.alerts.ended(draft.payload.interaction_id)
        return found

    def report(
        self,
        sensors: tuple[SensorHealth, ...],
        *,
        overload: Overload = Overload.NONE,
        presses: tuple[Press, ...] = (),
        losses: LossHealth | None = None,
    ) -> None:
        """Tells how the device is, where that is due; looks once a second at most, and at
        once when a key was pressed.
        """
        self.heart.beat("measuring", _MEASURING_S)
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_S and not presses:
            return
        self._looked_s = now_s
        config: ConfigHealth | None = None
        commands: tuple[CommandReport, ...] = ()
        if self._remote is not None:
            self._remote.tick(self._model_failures)
            config, commands = self._remote.health()
        losses = (losses or LossHealth()).model_copy(
            update={"alerts_dropped": self._publisher.alerts.dropped}
        )
        self.latest = Latest(sensors, losses, overload)
        report = self._health.report(
            now_s,
            sensors,
            self._outbox.stats(),
            losses.model_copy(update={"model_failures": self._model_failures}),
            clock_trusted=self._publisher.clock_trusted,
            overload=overload,
            presses=presses,
            config=config,
            commands=commands,
        )
        if report is not None:
            now = self._clock.now()
            message_id = uuid8(self._device_id, self._outbox.stream, "health", now.isoformat())
            self._append(Draft("health", report, message_id, now))
            if self._remote is not None:
                self._remote.reported(commands)

    def report_on(self, measuring: Measuring, losses: LossHealth | None = None) -> None:
        self._model_failures = measuring.model_failures
        self.report(
            measuring.sensors,
            overload=measuring.overload,
            presses=measuring.take_presses(),
            losses=losses,
        )

    def _append(self, draft: Draft) -> None:
        warned = False
        while True:
            try:
                self._outbox.append(draft.kind, draft.payload, draft.message_id, draft.captured_at)
            except OutboxFullError as error:
                if not warned:
                    _log.error("%s; measuring waits until there is room", error)
                warned = True
                if self._remote is not None:
                    self._remote.tick(self._model_failures)
                self.heart.beat("waiting for room in the outbox", 30.0)
                if self._stop.wait(_FULL_WAIT_S):
                    raise Stopped from error
            else:
                return
