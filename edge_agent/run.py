"""One counter's agent: its outbox and publisher, and its source through the pipeline.

The publisher runs beside the measuring and meets it only in the outbox. The agent runs in
rounds: one ends, between interactions, where the hub wants another release used or something
done, and the next begins with what is to be used then.
"""

import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial

from edge_agent.anchors import Anchors
from edge_agent.capture.file import RecordingSource
from edge_agent.capture.frame import SourceInfo
from edge_agent.clock import SystemClock, WallClock
from edge_agent.delivery import Delivery, Stopped
from edge_agent.errors import AgentError, ModelError, SettingsError
from edge_agent.guard import where
from edge_agent.identity import DeviceIdentity
from edge_agent.lexicon.yaml_lines import LexiconError
from edge_agent.measure_live import LiveCounter
from edge_agent.measure_recording import ended, measure_recording, open_recording
from edge_agent.models.catalog import Models
from edge_agent.models.replaced import INSTALLED, Replaced
from edge_agent.outbox import Outbox
from edge_agent.pipeline import PipelineSettings
from edge_agent.presence import PresenceSettings, Zones
from edge_agent.publisher import Publisher
from edge_agent.remote.errands import Errands
from edge_agent.remote.service import Remote, Running
from edge_agent.renewal import renewal_of, renewing
from edge_agent.running.watch import CounterWatch, watched
from edge_agent.settings import AgentSettings
from edge_agent.sound_health import SoundLimits
from edge_agent.tls import believing
from schemas.version import VERSION
from schemas.vocabulary import Category

_LOOK_S = 0.25
_log = logging.getLogger(__name__)
LoadRelease = Callable[[AgentSettings, Replaced], Models]
"""The models for these settings, with a release's files in the place of installed ones."""


class Agent:
    """`load_models` is called only when there is something to measure. `environ` holds the
    cameras' credentials.

    With `load_release` the agent listens to what the hub wants it to run and do. `tls` is for
    fetching a release's files; `self_test` and `renew_certificate` are commands' errands.
    """

    def __init__(
        self,
        settings: AgentSettings,
        load_models: Callable[[], Models],
        say: Callable[[str], None],
        *,
        clock: WallClock | None = None,
        environ: Mapping[str, str] | None = None,
        load_release: LoadRelease | None = None,
        tls: ssl.SSLContext | None = None,
        self_test: Callable[[AgentSettings], bool] | None = None,
        renew_certificate: Callable[[], bool] | None = None,
    ) -> None:
        self._settings = settings
        self._load_models = load_models
        self._load_release = load_release
        self._tls = tls
        self._self_test = self_test
        self._renew_certificate = renew_certificate
        self._say = say
        self._clock = clock or SystemClock()
        self._environ = environ or {}
        self._source: RecordingSource | None = None
        self._identity = DeviceIdentity.load_or_create(
            settings.state, settings.device_id, settings.branch, settings.counter
        )

    def run(self, stop: threading.Event, *, stay: bool) -> None:
        """A recording: measures it to its end and sends everything; `stay` keeps the device
        online afterwards, until `stop`. Live: measures until `stop`.

        Raises AgentError for what cannot be measured.
        """
        # First: a source that cannot be opened leaves nothing behind.
        path = self._settings.source.path
        if path is not None:
            self._source = open_recording(path, self._settings.source.channels)
        with (
            closing(self._open_outbox()) as outbox,
            renewing(self._settings, self._identity, self._clock),
            watched(self._settings.device_id) as watch,
        ):
            # After the outbox: its lock keeps a second agent out of the folder.
            if self._load_release is None:
                running = Running(0, self._settings, INSTALLED)
                self._round(running, outbox, None, stop, watch, stay=stay)
                return
            remote = self._open_remote(outbox)
            remote.start()
            try:
                while self._go_on(remote, outbox, stop, watch, stay=stay):
                    remote.between()
            finally:
                remote.stop()

    def _go_on(
        self,
        remote: Remote,
        outbox: Outbox,
        stop: threading.Event,
        watch: CounterWatch,
        *,
        stay: bool,
    ) -> bool:
        """A round; whether another is to follow. What a release on probation breaks takes the
        release back.
        """
        running = remote.begin()
        try:
            self._round(running, outbox, remote, stop, watch, stay=stay)
        except (ModelError, SettingsError, LexiconError) as error:
            if not remote.failed():
                raise
            self._say(f"the release cannot be used: {error}")
            return True
        except AgentError:
            raise  # of the disk, the source or the clock: no release's fault
        except Exception as error:
            if not remote.failed():
                raise
            _log.error("unforeseen %s at %s", type(error).__name__, where(error.__traceback__))
            return True
        return not stop.is_set() and remote.leave()

    def _round(
        self,
        running: Running,
        outbox: Outbox,
        remote: Remote | None,
        stop: threading.Event,
        watch: CounterWatch,
        *,
        stay: bool,
    ) -> None:
        settings = running.settings
        publisher = Publisher(
            settings,
            self._identity,
            outbox,
            agent_version=VERSION,
            clock=self._clock,
            heart=watch.publisher,
            told=None if remote is None else remote.told,
        )
        delivery = Delivery(settings, outbox, publisher, self._clock, stop, watch.measuring, remote)
        watch.show(outbox, publisher, delivery)
        measuring = pipeline_settings(settings, running.sent)
        if running.sent is not None:
            self._say(
                f"of {len(Category)} kinds of phrases the hits of {len(running.sent)} are sent, "
                "as the release wants"
            )
        load = self._load_models
        if running.version and self._load_release is not None:
            load = partial(self._load_release, settings, running.replaced)
        leave = _never if remote is None else remote.leave
        publisher.start()
        try:
            if settings.source.path is not None:
                self._recording(
                    settings, measuring, load, delivery, publisher, stop, leave, stay=stay
                )
            else:
                self._live(settings, measuring, load, delivery, stop, leave)
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

    def _open_remote(self, outbox: Outbox) -> Remote:
        test = self._self_test
        live = self._settings.source.path is None
        return Remote(
            self._settings,
            self._identity,
            self._clock,
            lambda memory: Errands(
                memory,
                outbox,
                self._clock,
                self_test=partial(test, self._settings) if test and live else None,
                renew_certificate=self._renew_certificate or self._renewal(),
            ),
            tls=self._tls or self._trust(),
        )

    def _renewal(self) -> Callable[[], bool] | None:
        renewal = renewal_of(self._settings, self._identity, self._clock)
        if renewal is None:
            return None

        def renew() -> bool:
            renewal.renew()
            return True

        return renew

    def _trust(self) -> ssl.SSLContext | None:
        """The site's own authority, where the device knows it."""
        ca = self._settings.tls.ca
        return None if ca is None else believing(ca)

    def _recording(
        self,
        settings: AgentSettings,
        measuring: PipelineSettings,
        load: Callable[[], Models],
        delivery: Delivery,
        publisher: Publisher,
        stop: threading.Event,
        leave: Callable[[], bool],
        *,
        stay: bool,
    ) -> None:
        """Never left in the middle: a recording is measured whole, by one set of models."""
        path, source = settings.source.path, self._source
        assert path is not None
        assert source is not None
        measure_recording(
            source,
            path,
            settings.device_id,
            Anchors.open(settings.state / "recordings.json", self._clock),
            load,
            measuring,
            delivery,
            stop,
            self._say,
        )
        self._send_rest(source.info, delivery, publisher, stop, leave, stay=stay)

    def _live(
        self,
        settings: AgentSettings,
        measuring: PipelineSettings,
        load: Callable[[], Models],
        delivery: Delivery,
        stop: threading.Event,
        leave: Callable[[], bool],
    ) -> None:
        self._say(f"{settings.counter}: loading the models")
        delivery.heart.beat("loading the models", 900.0)
        counter = LiveCounter(
            settings,
            load(),
            measuring,
            delivery,
            self._clock,
            self._environ,
            self._say,
            leave,
        )
        counter.run(stop)

    def _send_rest(
        self,
        info: SourceInfo,
        delivery: Delivery,
        publisher: Publisher,
        stop: threading.Event,
        leave: Callable[[], bool],
        *,
        stay: bool,
    ) -> None:
        sensors = ended(info)
        told = False
        while not stop.is_set() and not leave():
            delivery.report(sensors)
            drained = publisher.wait_drained(1.0)
            if drained and not told:
                told = True
                self._say("the hub has confirmed everything")
            if drained and not stay:
                return
            if drained:
                stop.wait(_LOOK_S)


def _never() -> bool:
    return False


def pipeline_settings(
    settings: AgentSettings, sent: frozenset[Category] | None = None
) -> PipelineSettings:
    limits = settings.limits
    return PipelineSettings(
        zones=Zones(settings.zones.citizen, settings.zones.staff),
        presence=PresenceSettings(
            stalled_s=limits.stalled_s,
            frozen_s=limits.frozen_s,
            **settings.presence.model_dump(),
        ),
        sound=SoundLimits(dead_s=limits.dead_s, clipped_s=limits.clipped_s),
        sent=sent,
    )
