"""The two parts of one connection, pictures and sound: from packets to what the inbox takes."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from edge_agent.capture.arrival import ArrivalTimes
from edge_agent.capture.choosing import PictureChooser
from edge_agent.capture.connection import Connection
from edge_agent.capture.container import resampler
from edge_agent.capture.frame import SAMPLE_RATE, Samples
from edge_agent.capture.microphone import DeviceChannel
from edge_agent.capture.pictures import upright
from edge_agent.capture.stream_told import Told
from schemas.vocabulary import Sensor

_BLOCK_S = 0.08
"""Of sound at least before it is delivered: packets of 20 ms would wake the pipeline too often."""
_GAP_S = 0.1
"""Sound whose timestamps leap by more is not joined to what came before."""
_FIRST_KEY_S = 12.0
"""Nothing decodes before a key frame, and cameras that save on still scenes send few."""
_STEPS = 3.0
"""Pictures wanted so many times more often than any came have stalled."""


class Part(Protocol):
    sensors: tuple[Sensor, ...]
    delivered_s: float | None
    """Media time at which it last gave something to the inbox."""
    fault: str
    """Why nothing comes, for the line that says so."""

    def silent_after_s(self, stalled_s: float) -> float: ...

    def feed(self, packet: Any, now_s: float) -> None: ...


class Pictures:
    def __init__(self, connection: Connection, told: Told, fps: Callable[[], float]) -> None:
        self.sensors: tuple[Sensor, ...] = (Sensor.CAMERA,)
        self.delivered_s: float | None = None
        self.fault = "is connected, but no pictures come; start it again"
        self._connection = connection
        self._told = told
        self._wanted_fps = fps
        self._fps = fps()
        self._chooser = PictureChooser(self._fps)
        self._times = ArrivalTimes()
        self._sends = False

    def silent_after_s(self, stalled_s: float) -> float:
        if self.delivered_s is None:
            return max(stalled_s, _FIRST_KEY_S) if self._sends else stalled_s
        return max(stalled_s, _STEPS / self._fps)

    def feed(self, packet: Any, now_s: float) -> None:
        self._sends = True
        stamp_s = None if packet.pts is None else float(packet.pts * packet.time_base)
        if stamp_s is not None:
            self._times.arrived(stamp_s, now_s)
        if self._fps != self._wanted_fps():
            self._fps = self._wanted_fps()
            self._chooser.set_fps(self._fps)
        if not self._chooser.decodes(stamp_s, key=self._connection.is_key(packet)):
            return
        self._connection.skip_non_reference(skip=self._chooser.skips_non_reference)
        for frame in self._connection.decoded(packet):
            key = self._connection.all_keys or bool(frame.key_frame)
            if frame.time is not None and self._chooser.takes(frame.time, key=key):
                self._told.picture(self._times.media_s(frame.time), upright(frame))
                self.delivered_s = now_s


class Sound:
    def __init__(self, connection: Connection, told: Told, heard: Sequence[DeviceChannel]) -> None:
        self.sensors: tuple[Sensor, ...] = tuple(one.sensor for one in heard)
        self.delivered_s: float | None = None
        self.fault = _NO_SOUND
        self._connection = connection
        self._told = told
        self._heard = heard
        self._needed = 1 + max(one.of_device for one in heard)
        self._times = ArrivalTimes()
        self._resampler: Any = None
        self._kind: tuple[Any, ...] = ()
        self._waiting: list[Samples] = []
        self._begin_s = self._end_s = 0.0

    def silent_after_s(self, stalled_s: float) -> float:
        return stalled_s

    def feed(self, packet: Any, now_s: float) -> None:
        for frame in self._connection.decoded(packet):
            if frame.time is None:
                continue
            kind = (frame.format.name, frame.layout.name, frame.sample_rate)
            if kind != self._kind:
                self._kind, self._resampler = kind, resampler()
            if self._needed > frame.layout.nb_channels:
                self.fault = (
                    f"sends sound of {frame.layout.nb_channels} channel(s), expected at least "
                    f"{self._needed}; set the camera to stereo, or name another channel"
                )
                continue
            # A packet of sound cannot be sent before its end.
            self._times.arrived(frame.time + frame.samples / frame.sample_rate, now_s)
            at_s = self._times.media_s(frame.time)
            frame.pts = None  # the resampler is to count samples; their place is known here
            for part in self._resampler.resample(frame):
                self._gather(at_s, part.to_ndarray(), now_s)
                at_s += part.samples / SAMPLE_RATE

    def _gather(self, at_s: float, samples: Samples, now_s: float) -> None:
        """`samples`: shape (channels of the stream, n)."""
        if self._waiting and abs(at_s - self._end_s) > _GAP_S:
            self._deliver(now_s)
        if not self._waiting:
            self._begin_s = self._end_s = at_s
        self._waiting.append(samples)
        self._end_s += samples.shape[1] / SAMPLE_RATE
        if self._end_s - self._begin_s >= _BLOCK_S:
            self._deliver(now_s)

    def _deliver(self, now_s: float) -> None:
        sound = np.concatenate(self._waiting, axis=1)
        self._waiting.clear()
        self._told.sound(
            self._begin_s,
            [(to, np.ascontiguousarray(sound[to.of_device], np.float32)) for to in self._heard],
        )
        self.delivered_s = now_s
        self.fault = _NO_SOUND


_NO_SOUND = "is connected, but no sound comes; start it again"
