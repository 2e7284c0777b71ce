"""Blocks of live channels made into frames of all channels, aligned in media time.

A block of sound is given when its time and a short wait for late blocks have passed; where a
channel brought nothing there is digital silence, and the source's own word on the microphone
says so: missing is not silence (law 4). Pure: time comes in, nothing reads a clock.
"""

from collections.abc import Iterator

import numpy as np

from edge_agent.capture.channel_time import ChannelTime
from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, SensorChange
from edge_agent.capture.inbox import SoundBlock
from edge_agent.capture.sound import BLOCK
from schemas.vocabulary import Sensor, SensorState

WAIT_S = 0.25
"""For blocks to come, their own length included, on a machine that is busy: sound is given 0.3 s
after it was heard, on the mean of a frame's samples."""
_GAP_S = 0.5
"""A shorter loss is not worth a word; anything longer lowers coverage, from its beginning."""
_TRUST_S = 1.0
"""An input that brings sound for so long after its own bad word has forgotten to say OK."""

MICROPHONES = {
    1: (Sensor.MICROPHONE_SHARED,),
    2: (Sensor.MICROPHONE_STAFF, Sensor.MICROPHONE_CITIZEN),
}
"""By number of channels, in their order."""


class Mixer:
    """`stalled_s`: after so long without sound a microphone is told as stalled, from the end
    of its last sound on. `start_s`: media time of the first frame.
    """

    def __init__(
        self, channels: int, *, stalled_s: float, start_s: float = 0.0, wait_s: float = WAIT_S
    ) -> None:
        self._at = round(start_s * SAMPLE_RATE / BLOCK) * BLOCK
        self._wait_s = wait_s
        self._channels = [ChannelTime(self._at) for _ in range(channels)]
        self._words = {
            sensor: _Word(sensor, stalled_s, self._at / SAMPLE_RATE)
            for sensor in MICROPHONES[channels]
        }

    @property
    def position_s(self) -> float:
        """Media time up to which everything has been given."""
        return self._at / SAMPLE_RATE

    @property
    def due_s(self) -> float:
        """Media time from which on the next frame can be given."""
        return (self._at + BLOCK) / SAMPLE_RATE + self._wait_s

    @property
    def late_s(self) -> float:
        """Sound that came too late for its place and was thrown away, since the start."""
        return max(channel.late for channel in self._channels) / SAMPLE_RATE

    def push(self, block: SoundBlock) -> None:
        self._channels[block.channel].push(block.at_s, block.samples)

    def pull(self, now_s: float) -> Iterator[AudioFrame | SensorChange]:
        """What is due at `now_s` (media time). The beginning or end of a gap is known only
        later: such a change bears a time up to `stalled_s` before the frames around it.
        """
        while self.due_s <= now_s:
            start_s, end_s = self._at / SAMPLE_RATE, (self._at + BLOCK) / SAMPLE_RATE
            given = [channel.give(BLOCK) for channel in self._channels]
            self._at += BLOCK
            for word, (_, heard) in zip(self._words.values(), given, strict=True):
                if heard is None:
                    yield from word.silent(end_s)
                else:
                    yield from word.heard(heard[0] / SAMPLE_RATE, heard[1] / SAMPLE_RATE)
            yield AudioFrame(start_s, np.stack([samples for samples, _ in given]))

    def told(self, change: SensorChange) -> list[SensorChange]:
        """What an input says of a sensor, made into what is new of it."""
        word = self._words.get(change.sensor)
        return [change] if word is None else word.told(change)


class _Word:
    """What is said of one microphone: why nothing comes is the input's to say, that nothing
    comes and that it comes again is heard.
    """

    def __init__(self, sensor: Sensor, stalled_s: float, start_s: float) -> None:
        self._sensor = sensor
        self._stalled_s = stalled_s
        self._heard_s = start_s
        """Where the last sound ends."""
        self._came = False
        self._said = SensorState.OK
        self._input_says = SensorState.OK
        self._input_said_s = start_s

    def told(self, change: SensorChange) -> list[SensorChange]:
        self._input_says, self._input_said_s = change.state, change.at_s
        # OK is said when the sound itself is there.
        return [] if change.state is SensorState.OK else self._say(change.at_s, change.state)

    def silent(self, end_s: float) -> list[SensorChange]:
        if self._said is SensorState.OK and end_s - self._heard_s >= self._stalled_s:
            return self._say(self._heard_s, SensorState.STALLED)
        return []

    def heard(self, first_s: float, last_s: float) -> list[SensorChange]:
        gap_from_s, self._heard_s = self._heard_s, last_s
        # What passes while a device is opened for the first time is no gap.
        came, self._came = self._came, True
        if self._said is not SensorState.OK:
            rest = first_s < self._input_said_s + _TRUST_S  # of what came before the word
            if self._input_says is not SensorState.OK and rest:
                return []
            return self._say(first_s, SensorState.OK)
        if came and first_s - gap_from_s >= _GAP_S:
            return [
                *self._say(gap_from_s, SensorState.STALLED),
                *self._say(first_s, SensorState.OK),
            ]
        return []

    def _say(self, at_s: float, state: SensorState) -> list[SensorChange]:
        if state is self._said:
            return []
        self._said = state
        return [SensorChange(at_s, self._sensor, state)]
