"""The last seconds of sound, in RAM, so that a turn can be cut out once its end is known."""

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
        if start > self._end:  # sound that never came is silence
            lost = np.arange(max(self._end, start - size), start) % size
            self._sound[:, lost] = 0.0
        samples = frame.samples[:, -size:]
        end = start + frame.samples.shape[1]
        self._sound[:, np.arange(end - samples.shape[1], end) % size] = samples
        self._end = end

    def cut(self, channel: int, start_s: float, end_s: float) -> tuple[Samples, float]:
        """What is still held of the stretch, a copy of shape (n,), and its first sample's
        media time.
        """
        size = self._sound.shape[1]
        start = max(round(start_s * SAMPLE_RATE), self._end - size, 0)
        end = min(round(end_s * SAMPLE_RATE), self._end)
        # Indexing by an array copies.
        sound: Samples = self._sound[channel, np.arange(start, max(start, end)) % size]
        return sound, start / SAMPLE_RATE

    def clear(self) -> None:
        self._sound[:] = 0.0
