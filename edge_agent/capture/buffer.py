"""The last seconds of sound, in RAM, so that a turn can be cut out once its end is known."""

import numpy as np

from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, Samples


class SoundBuffer:
    """Holds the last `seconds`; what is older is overwritten with zeros and forgotten."""

    def __init__(self, channels: int, seconds: float) -> None:
        self._sound: Samples = np.zeros((channels, int(seconds * SAMPLE_RATE)), np.float32)
        self._end = 0
        """Absolute index of the next sample."""

    def push(self, frame: AudioFrame) -> None:
        start = round(frame.start_s * SAMPLE_RATE)
        size = self._sound.shape[1]
        if start > self._end:
            for at in range(max(self._end, start - size), start):
                self._sound[:, at % size] = 0.0
        count = frame.samples.shape[1]
        index = np.arange(start, start + count) % size
        self._sound[:, index] = frame.samples
        self._end = start + count

    def cut(self, channel: int, start_s: float, end_s: float) -> Samples:
        """A copy (indexing by an array makes one) of what is still held of the stretch, shape (n,)."""
        size = self._sound.shape[1]
        start = max(round(start_s * SAMPLE_RATE), self._end - size, 0)
        end = min(round(end_s * SAMPLE_RATE), self._end)
        cut: Samples = self._sound[channel, np.arange(start, max(start, end)) % size]
        return cut

    def clear(self) -> None:
        self._sound[:] = 0.0
