"""The agent at work on one source: frames through the pipeline, drafts into the outbox.

The publisher runs beside it and meets it only in the outbox. A recording is read as fast as
it is measured; when the outbox is full, reading waits, and nothing is lost.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing

from edge_agent.anchors import Anchors, recording_sha256
from edge_agent.capture.file import RecordingSource
from edge_agent.capture.frame import SourceInfo
from edge_agent.clock import SystemClock, WallClock
from edge_agent.errors import OutboxFullError
from edge_agent.health import HealthReporter
from edge_agent.identity import DeviceIdentity
from edge_agent.message import Draft, Origin
from edge_agent.models.catalog import Models
from edge_agent.outbox import Outbox
from edge_agent.pipeline import Pipeline, PipelineSettings
from edge_agent.presence import Zones
from edge_agent.publisher import Publisher
from edge_agent.settings import AgentSettings
from schemas.health import LossHealth, SensorHealth
from schemas.identifiers import uuid8
from schemas.version import VERSION
from schemas.vocabulary import Sensor, SensorState, SourceKind

VIDEO_FPS = 3.0
_PROGRESS_S = 30.0
_FULL_WAIT_S = 1.0
_LOOK_S = 1.0
_log = logging.getLogger(__name__)


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked to stop
    """The agent was asked to stop in the middle of its source."""


class Agent:
    """One counter's agent. `load_models` is called only when there is something to measure."""

    def __init__(
        self,
        settings: AgentSettings,
        load_models: Callable[[], Models],
        say: Callable[[str], None],
        *,
        clock: WallClock | None = None,
    ) -> None:
        self._settings = settings
        self._load_models = load_models
        self._say = say
        self._clock = clock or SystemClock()
        self._identity = DeviceIdentity.load_or_create(
            settings.state, settings.device_id, settings.branch, settings.counter
        )
        self._health = HealthReporter(settings.health.interval_s, VERSION, time.monotonic())
        self._looked_s = 0.0
        self._model_failures = 0

    def run(self, stop: threading.Event, *, stay: bool) -> None:
        """Measures the source to its end and sends everything. `stay` keeps the device
        online afterwards, until `stop`. Raises AgentError for what cannot be measured.
        """
        source = RecordingSource(
            self._settings.source.path,
            channels=self._settings.source.channels,
            video_fps=VIDEO_FPS,
        )
        with closing(
            Outbox.open(
                self._settings.state / "outbox.db",
                topic_for=self._identity.topic,
                sign=self._identity.sign,
                device_id=self._settings.device_id,
                max_bytes=self._settings.outbox.max_bytes,
                clock=self._clock,
            )
        ) as outbox:
            publisher = Publisher(
                self._settings, self._identity, outbox, agent_version=VERSION, clock=self._clock
            )
            # After the outbox: its lock keeps a second agent out of the folder.
            anchors = Anchors.open(self._settings.state / "recordings.json", self._clock)
            publisher.start()
            try:
                self._measure(source, anchors, outbox, publisher, stop)
                self._send_rest(source.info, outbox, publisher, stop, stay=stay)
            except Stopped:
                self._say("stopped; what was measured so far is kept, the rest is measured again")
            finally:
                publisher.stop()

    def _measure(
        self,
        source: RecordingSource,
        anchors: Anchors,
        outbox: Outbox,
        publisher: Publisher,
        stop: threading.Event,
    ) -> None:
        path = self._settings.source.path
        sha256 = recording_sha256(path)
        done = anchors.finished(sha256)
        if done is not None:
            self._say(f"{path.name} was measured before ({done.at:%Y-%m-%d %H:%M} UTC): kept")
            return
        anchor = anchors.anchor_for(sha256, source.info.duration_s or 0.0)
        self._say("loading the models")
        models = self._load_models()
        origin = Origin(self._settings.device_id, sha256, SourceKind.RECORDING, anchor, models.ids)
        zones = Zones(self._settings.zones.citizen, self._settings.zones.staff)
        pipeline = Pipeline(origin, source.info.channels, models, PipelineSettings(zones))
        told_s, found = 0.0, 0
        for frame in source.frames():
            found += self._keep(pipeline.push(frame), outbox, stop)
            self._model_failures = pipeline.model_failures
            self._report(pipeline.sensors, outbox, publisher, stop)
            if pipeline.media_s - told_s >= _PROGRESS_S:
                told_s = pipeline.media_s
                self._say(_progress(told_s, source.info.duration_s, found))
            if stop.is_set():
                raise Stopped
        found += self._keep(pipeline.finish(), outbox, stop)
        anchors.mark_finished(sha256, models.ids)
        self._say(_progress(pipeline.media_s, pipeline.media_s, found))

    def _send_rest(
        self,
        info: SourceInfo,
        outbox: Outbox,
        publisher: Publisher,
        stop: threading.Event,
        *,
        stay: bool,
    ) -> None:
        sensors = _ended(info)
        told = False
        while not stop.is_set():
            self._report(sensors, outbox, publisher, stop)
            drained = publisher.wait_drained(1.0)
            if drained and not told:
                told = True
                self._say("the hub has confirmed everything")
            if drained and not stay:
                return
            if drained:
                stop.wait(1.0)

    def _keep(self, drafts: Iterable[Draft], outbox: Outbox, stop: threading.Event) -> int:
        """Number of interactions among the drafts, new or known."""
        found = 0
        for draft in drafts:
            found += draft.kind == "interaction"
            self._append(draft, outbox, stop)
        return found

    def _append(self, draft: Draft, outbox: Outbox, stop: threading.Event) -> None:
        warned = False
        while True:
            try:
                outbox.append(draft.kind, draft.payload, draft.message_id, draft.captured_at)
            except OutboxFullError as error:
                if not warned:
                    _log.error("%s; measuring waits until there is room", error)
                warned = True
                if stop.wait(_FULL_WAIT_S):
                    raise Stopped from error
            else:
                return

    def _report(
        self,
        sensors: tuple[SensorHealth, ...],
        outbox: Outbox,
        publisher: Publisher,
        stop: threading.Event,
    ) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_S:
            return
        self._looked_s = now_s
        report = self._health.report(
            now_s,
            sensors,
            outbox.stats(),
            LossHealth(model_failures=self._model_failures),
            clock_trusted=publisher.clock_trusted,
        )
        if report is not None:
            now = self._clock.now()
            device = self._settings.device_id
            message_id = uuid8(device, outbox.stream, "health", now.isoformat())
            self._append(Draft("health", report, message_id, now), outbox, stop)


def _progress(media_s: float, duration_s: float | None, interactions: int) -> str:
    of = "" if duration_s is None else f" of {_clock(duration_s)}"
    return f"measured {_clock(media_s)}{of}, {interactions} interactions"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _ended(info: SourceInfo) -> tuple[SensorHealth, ...]:
    """A recording played to its end: its sensors are neither alive nor broken."""
    sound = (
        (Sensor.MICROPHONE_STAFF, Sensor.MICROPHONE_CITIZEN)
        if info.channels == 2
        else (Sensor.MICROPHONE_SHARED,)
    )
    camera = SensorState.ENDED if info.has_video else SensorState.ABSENT
    return (
        *(SensorHealth(sensor=name, state=SensorState.ENDED) for name in sound),
        SensorHealth(sensor=Sensor.CAMERA, state=camera),
    )
