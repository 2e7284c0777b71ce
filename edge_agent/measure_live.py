"""Live sensors through the pipeline, for months.

Media time 0 is anchored to the wall clock once a stretch. The stretch ends, and another
begins under a new anchor, when the wall clock was set (it differs from the anchor by more
than a second or two) and no interaction is open, so that no time of an interaction is torn.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, timezone
from uuid import uuid4

from edge_agent.capture.inbox import Input, MediaClock
from edge_agent.capture.live import LiveSource
from edge_agent.capture.stream import StreamInput
from edge_agent.clock import WallClock, trusted
from edge_agent.counter_keys import CounterKeys
from edge_agent.delivery import Delivery
from edge_agent.message import Origin
from edge_agent.models.catalog import Models
from edge_agent.open_live import live_inputs
from edge_agent.overload import OverloadControl
from edge_agent.pipeline import FEWER_FPS, Pipeline, PipelineSettings
from edge_agent.settings import AgentSettings
from schemas.health import LossHealth
from schemas.vocabulary import Key, Overload, Role, SourceKind

HANOI = timezone(timedelta(hours=7))
"""No summer time since 1975."""
_CLOCK_WAIT_S = 2.0
_CLOCK_LOOK_S = 10.0
_CLOCK_STEP = timedelta(seconds=2)
_log = logging.getLogger(__name__)


class LiveCounter:
    def __init__(
        self,
        settings: AgentSettings,
        models: Models,
        pipeline_settings: PipelineSettings,
        delivery: Delivery,
        clock: WallClock,
        environ: Mapping[str, str],
        say: Callable[[str], None],
        leave: Callable[[], bool] = lambda: False,
    ) -> None:
        """`leave` is asked again and again whether to end; it is done between interactions."""
        self._leave = leave
        self._settings = settings
        self._models = models
        self._pipeline_settings = pipeline_settings
        self._delivery = delivery
        self._clock = clock
        self._environ = environ
        self._say = say
        self._source: LiveSource | None = None
        self._lost = LossHealth()
        """Of stretches that have ended."""

    def run(self, stop: threading.Event) -> None:
        with CounterKeys(self._settings.keys, self._press, self._say):
            while self._wait_for_clock(stop):
                self._stretch(stop)

    def _press(self, key: Key, asked_by: Role) -> None:
        source = self._source
        if source is not None:
            source.press(key, asked_by)

    def _wait_for_clock(self, stop: threading.Event) -> bool:
        """Nothing is measured under a clock that cannot be right. False when stopped or to be
        left.
        """
        told = False
        while not stop.is_set() and not self._leave():
            if trusted(self._clock.now()):
                return True
            if not told:
                told = True
                self._say("the device's clock is not set; measuring begins when it is")
            self._delivery.heart.beat("waiting for the clock", 30.0)
            stop.wait(_CLOCK_WAIT_S)
        return False

    def _stretch(self, stop: threading.Event) -> None:
        inputs, info = live_inputs(self._settings, self._environ)
        media = MediaClock()
        anchor = _whole_ms(self._clock.now() - timedelta(seconds=media.now_s()))
        origin = Origin(
            self._settings.device_id,
            uuid4().hex,
            SourceKind.LIVE,
            anchor,
            self._models.ids(info.channels),
        )
        pipeline = Pipeline(origin, info.channels, self._models, self._pipeline_settings)
        source = LiveSource(inputs, info, stalled_s=self._settings.limits.stalled_s, clock=media)
        shifts = ShiftEnds(self._settings.keys.shift_ends, anchor)
        load = OverloadControl()
        looked_s = 0.0
        self._source = source
        self._say(f"{self._settings.counter}: measuring")
        for frame in source.frames():
            self._delivery.keep(pipeline.push(frame))
            step = load.push(pipeline.media_s, source.lag_s)
            if step is not pipeline.overload:
                _tell(step, source.lag_s)
                pipeline.relieve(step)
                _look_less(inputs, self._settings, step)
            if shifts.passed(origin.at(pipeline.media_s)):
                pipeline.end_shift()
            self._delivery.report_on(pipeline, self._losses(source))
            if stop.is_set() or (not pipeline.interaction_open and self._leave()):
                source.stop()
            elif pipeline.media_s - looked_s >= _CLOCK_LOOK_S:
                looked_s = pipeline.media_s
                drift = self._clock.now() - (anchor + timedelta(seconds=media.now_s()))
                if abs(drift) > _CLOCK_STEP and not pipeline.interaction_open:
                    self._say(
                        f"the clock was set by {drift.total_seconds():+.1f} s; a new stretch begins"
                    )
                    source.stop()
        self._delivery.keep(pipeline.finish())
        self._delivery.report_on(pipeline, self._losses(source))
        self._lost = self._losses(source)

    def _losses(self, source: LiveSource) -> LossHealth:
        losses = source.losses
        return LossHealth(
            audio_dropped_s=round(self._lost.audio_dropped_s + losses.sound_s, 2),
            video_frames_dropped=self._lost.video_frames_dropped + losses.pictures,
        )


class ShiftEnds:
    """Times of the day, in Hanoi, after which another person may sit at the counter."""

    def __init__(self, times: tuple[time, ...], since: datetime) -> None:
        self._times = times
        self._seen = since

    def passed(self, now: datetime) -> bool:
        """Whether a shift ended since the last call."""
        before, self._seen = self._seen, max(self._seen, now)
        day = before.astimezone(HANOI).date()
        last = now.astimezone(HANOI).date()
        while day <= last:
            ends = (datetime.combine(day, at, HANOI) for at in self._times)
            if any(before < end <= now for end in ends):
                return True
            day += timedelta(days=1)
        return False


def _whole_ms(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _look_less(inputs: Sequence[Input], settings: AgentSettings, step: Overload) -> None:
    """Pictures that are not looked at need not be decoded either."""
    camera = settings.source.camera
    if camera is not None:
        for sensor in inputs:
            if isinstance(sensor, StreamInput):
                sensor.set_fps(camera.fps if step is Overload.NONE else FEWER_FPS)


def _tell(step: Overload, lag_s: float) -> None:
    if step is Overload.NONE:
        _log.info("measuring keeps up again; everything is measured")
    else:
        _log.warning("measuring lags %.1f s behind: %s", lag_s, step.replace("_", " "))
