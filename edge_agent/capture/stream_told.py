"""What a live stream has told the inbox; outlives its connections."""

import threading
from collections.abc import Iterable, Sequence

from edge_agent.capture.frame import SAMPLE_RATE, Picture, Samples, SensorChange, VideoFrame
from edge_agent.capture.inbox import Inbox, MediaClock, SoundBlock
from edge_agent.capture.microphone import DeviceChannel
from schemas.vocabulary import Sensor, SensorState


class Told:
    """Times never go back, a state is told when it changes, and after the stop nothing goes.

    `now_s`: media time. What a stream says of a loss bears the end of what came before it.
    """

    def __init__(self, inbox: Inbox, clock: MediaClock, stopping: threading.Event) -> None:
        self._inbox = inbox
        self._clock = clock
        self._stopping = stopping
        self._states: dict[Sensor, SensorState] = {}
        self._picture_s: float | None = None
        self._sound_s: float | None = None
        """Where the last sound ends."""

    def now_s(self) -> float:
        return self._clock.now_s()

    def lost(self, sensors: Iterable[Sensor], state: SensorState) -> None:
        for sensor in sensors:
            until_s = self._picture_s if sensor is Sensor.CAMERA else self._sound_s
            self._say(self.now_s() if until_s is None else until_s, sensor, state)

    def picture(self, at_s: float, picture: Picture) -> None:
        if (self._picture_s is None or at_s > self._picture_s) and not self._stopping.is_set():
            self._picture_s = at_s
            self._say(at_s, Sensor.CAMERA, SensorState.OK)
            self._inbox.put_picture(VideoFrame(at_s, picture))

    def sound(self, at_s: float, channels: Sequence[tuple[DeviceChannel, Samples]]) -> None:
        """Of each channel the samples, all of the same stretch, which begins at `at_s`."""
        if self._stopping.is_set():
            return
        for to, samples in channels:
            self._say(max(at_s, self._sound_s or 0.0), to.sensor, SensorState.OK)
            self._inbox.put_sound(SoundBlock(to.channel, at_s, samples))
        self._sound_s = at_s + channels[0][1].size / SAMPLE_RATE

    def any_is(self, state: SensorState) -> bool:
        return state in self._states.values()

    def _say(self, at_s: float, sensor: Sensor, state: SensorState) -> None:
        if self._states.get(sensor) is not state and not self._stopping.is_set():
            self._states[sensor] = state
            self._inbox.put_event(SensorChange(at_s, sensor, state))
