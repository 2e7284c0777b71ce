"""The last seconds of sound, in RAM, so that a turn can be cut out once its end is known."""

from collections.abc import Iterator

import numpy as np

from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, Samples


class SoundBuffer:
    """Holds the last `seconds`; what is older is written over and forgotten."""

    def __init__(self, channels: int, seconds: float) -> None:
        self._sound: Samples = np.zeros((channels, int(seconds * SAMPLE_RATE)), np.float32)
        self._end = 0
        """Absolute index of the next sample."""

    def push(self, frame: AudioFrame) -> None:
        size = self._sound.shape[1]
        start = round(frame.start_s * SAMPLE_RATE)
        # Sound that never came is silence.
        for place, _ in self._places(max(self._end, start - size), start):
            self._sound[:, place] = 0.0
        samples = frame.samples[:, -size:]
        end = start + frame.samples.shape[1]
        for place, part in self._places(end - samples.shape[1], end):
            self._sound[:, place] = samples[:, part]
        self._end = end

    def cut(self, channel: int, start_s: float, end_s: float) -> tuple[Samples, float]:
        """What is still held of the stretch, a copy of shape (n,), and its first sample's
        media time.
        """
        size = self._sound.shape[1]
        start = max(round(start_s * SAMPLE_RATE), self._end - size, 0)
        end = min(round(end_s * SAMPLE_RATE), self._end)
        sound: Samples = np.empty(max(0, end - start), np.float32)
        for place, part in self._places(start, end):
            sound[part] = self._sound[channel, place]
        return sound, start / SAMPLE_RATE

    def clear(self) -> None:
        self._sound[:] = 0.0

    def _places(self, start: int, end: int) -> Iterator[tuple[slice, slice]]:
        """Where samples `start` to `end`, no more than are held, lie here, and which of them
        those are: two pieces where they go round. Slices, because they come 31 times a second.
        """
        size = self._sound.shape[1]
        at = start
        while at < end:
            place = at % size
            length = min(end - at, size - place)
            yield slice(place, place + length), slice(at - start, at - start + length)
            at += length
