"""One counter's agent: its outbox and publisher, and its source through the pipeline.

The publisher runs beside the measuring and meets it only in the outbox.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import closing

from edge_agent.anchors import Anchors
from edge_agent.capture.frame import SourceInfo
from edge_agent.clock import SystemClock, WallClock
from edge_agent.delivery import Delivery, Stopped
from edge_agent.identity import DeviceIdentity
from edge_agent.measure_live import LiveCounter
from edge_agent.measure_recording import ended, measure_recording, open_recording
from edge_agent.models.catalog import Models
from edge_agent.outbox import Outbox
from edge_agent.pipeline import PipelineSettings
from edge_agent.presence import PresenceSettings, Zones
from edge_agent.publisher import Publisher
from edge_agent.renewal import renewing
from edge_agent.settings import AgentSettings
from edge_agent.sound_health import SoundLimits
from schemas.version import VERSION


class Agent:
    """`load_models` is called only when there is something to measure. `environ` holds the
    cameras' credentials.
    """

    def __init__(
        self,
        settings: AgentSettings,
        load_models: Callable[[], Models],
        say: Callable[[str], None],
        *,
        clock: WallClock | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._settings = settings
        self._load_models = load_models
        self._say = say
        self._clock = clock or SystemClock()
        self._environ = environ or {}
        self._identity = DeviceIdentity.load_or_create(
            settings.state, settings.device_id, settings.branch, settings.counter
        )

    def run(self, stop: threading.Event, *, stay: bool) -> None:
        """A recording: measures it to its end and sends everything; `stay` keeps the device
        online afterwards, until `stop`. Live: measures until `stop`.

        Raises AgentError for what cannot be measured.
        """
        path = self._settings.source.path
        recording = None
        if path is not None:
            recording = open_recording(path, self._settings.source.channels)
        with (
            closing(self._open_outbox()) as outbox,
            renewing(self._settings, self._identity, self._clock),
        ):
            publisher = Publisher(
                self._settings, self._identity, outbox, agent_version=VERSION, clock=self._clock
            )
            delivery = Delivery(self._settings, outbox, publisher, self._clock, stop)
            # After the outbox: its lock keeps a second agent out of the folder.
            anchors = Anchors.open(self._settings.state / "recordings.json", self._clock)
            publisher.start()
            try:
                if recording is not None and path is not None:
                    measure_recording(
                        recording,
                        path,
                        self._settings.device_id,
                        anchors,
                        self._load_models,
                        pipeline_settings(self._settings),
                        delivery,
                        stop,
                        self._say,
                    )
                    self._send_rest(recording.info, delivery, publisher, stop, stay=stay)
                else:
                    self._live(delivery, stop)
            except Stopped:
                self._say("stopped; what was measured so far is kept, the rest is measured again")
            finally:
                publisher.stop()

    def _open_outbox(self) -> Outbox:
        return Outbox.open(
            self._settings.state / "outbox.db",
            topic_for=self._identity.topic,
            sign=self._identity.sign,
            device_id=self._settings.device_id,
            max_bytes=self._settings.outbox.max_bytes,
            clock=self._clock,
        )

    def _live(self, delivery: Delivery, stop: threading.Event) -> None:
        self._say(f"{self._settings.counter}: loading the models")
        counter = LiveCounter(
            self._settings,
            self._load_models(),
            pipeline_settings(self._settings),
            delivery,
            self._clock,
            self._environ,
            self._say,
        )
        counter.run(stop)

    def _send_rest(
        self,
        info: SourceInfo,
        delivery: Delivery,
        publisher: Publisher,
        stop: threading.Event,
        *,
        stay: bool,
    ) -> None:
        sensors = ended(info)
        told = False
        while not stop.is_set():
            delivery.report(sensors)
            drained = publisher.wait_drained(1.0)
            if drained and not told:
                told = True
                self._say("the hub has confirmed everything")
            if drained and not stay:
                return
            if drained:
                stop.wait(1.0)


def pipeline_settings(settings: AgentSettings) -> PipelineSettings:
    limits = settings.limits
    return PipelineSettings(
        zones=Zones(settings.zones.citizen, settings.zones.staff),
        presence=PresenceSettings(
            stalled_s=limits.stalled_s,
            frozen_s=limits.frozen_s,
            **settings.presence.model_dump(),
        ),
        sound=SoundLimits(dead_s=limits.dead_s, clipped_s=limits.clipped_s),
    )
