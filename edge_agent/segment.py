"""frame -> segment: where on each channel its own person speaks.

Silero gives a probability for each 32 ms. With two channels a voice reaches the other
microphone too (bleed), 15 to 25 dB weaker: a channel that is much weaker than the other at
the same moment is not speaking, while two voices at once, both loud, are kept as overlap.
Edges are where speech begins and ends, without the padding that voice detectors add.
"""

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, Samples
from edge_agent.models.base import VoiceActivity

CHUNK = 512
CHUNK_S = CHUNK / SAMPLE_RATE
LEVEL_SAMPLES = 1600
LEVEL_S = LEVEL_SAMPLES / SAMPLE_RATE
FLOOR_DBFS = -120.0


@dataclass(frozen=True, slots=True)
class SegmentSettings:
    speech_on: float = 0.5
    speech_off: float = 0.35
    bleed_db: float = 12.0
    """A channel this much weaker than the other is hearing the other's speaker."""
    bleed_window_chunks: int = 6
    """Levels are compared over about 0.2 s, because syllables come and go."""
    hang_s: float = 0.2
    """A shorter pause belongs to the segment."""
    min_speech_s: float = 0.12
    max_segment_s: float = 5.0
    """Longer speech goes on in a further segment, so that nothing waits for its end."""


@dataclass(frozen=True, slots=True)
class Segment:
    channel: int
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Level:
    """RMS of 100 ms of one channel."""

    channel: int
    at_s: float
    dbfs: float


@dataclass(frozen=True, slots=True)
class Voice:
    """What one frame of sound gave."""

    until_s: float
    segments: tuple[Segment, ...]
    levels: tuple[Level, ...]
    speaking_since: tuple[float | None, ...]
    """By channel: start of the segment that still goes on."""


def rms_dbfs(samples: Samples) -> float:
    """RMS level, dB relative to full scale (a full-scale square wave is 0)."""
    if not samples.size:
        return FLOOR_DBFS
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(FLOOR_DBFS, 10 * float(np.log10(power + 1e-12)))


@dataclass(slots=True)
class _Channel:
    recent: deque[float]
    since_s: float | None = None
    last_s: float = 0.0
    """End of the last chunk with speech."""
    waiting: list[Samples] = field(default_factory=list)
    """Sound of the level frame that is not full yet."""


class Segmenter:
    def __init__(self, channels: int, voice: VoiceActivity, settings: SegmentSettings) -> None:
        self._settings = settings
        self._streams = [voice.stream() for _ in range(channels)]
        self._channels = [
            _Channel(deque([FLOOR_DBFS], settings.bleed_window_chunks)) for _ in range(channels)
        ]

    def push(self, frame: AudioFrame) -> Voice:
        """`frame.samples`: a multiple of 512 samples."""
        segments: list[Segment] = []
        count = frame.samples.shape[1] // CHUNK
        for index in range(count):
            chunk = frame.samples[:, index * CHUNK : (index + 1) * CHUNK]
            segments += self._chunk(frame.start_s + index * CHUNK_S, chunk)
        return Voice(
            frame.end_s,
            tuple(segments),
            tuple(self._levels(frame)),
            tuple(c.since_s for c in self._channels),
        )

    def finish(self, at_s: float) -> Voice:
        """The source has ended: what still goes on ends with it."""
        segments = [
            s for number, _ in enumerate(self._channels) if (s := self._close(number)) is not None
        ]
        return Voice(at_s, tuple(segments), (), tuple(None for _ in self._channels))

    def _chunk(self, start_s: float, chunk: Samples) -> list[Segment]:
        for number, channel in enumerate(self._channels):
            channel.recent.append(rms_dbfs(chunk[number]))
        loudest = max(max(c.recent) for c in self._channels)
        done = []
        for number, channel in enumerate(self._channels):
            probability = self._streams[number].probability(chunk[number])
            own = max(channel.recent) > loudest - self._settings.bleed_db
            done += self._advance(number, start_s, probability if own else 0.0)
        return done

    def _advance(self, number: int, start_s: float, probability: float) -> list[Segment]:
        settings, channel = self._settings, self._channels[number]
        end_s = start_s + CHUNK_S
        going = channel.since_s is not None
        done: list[Segment] = []
        if probability >= (settings.speech_off if going else settings.speech_on):
            channel.since_s = channel.since_s if going else start_s
            channel.last_s = end_s
            if end_s - (channel.since_s or 0.0) >= settings.max_segment_s:
                done.append(Segment(number, channel.since_s or 0.0, end_s))
                channel.since_s = end_s
        elif going and end_s - channel.last_s >= settings.hang_s:
            closed = self._close(number)
            done += [closed] if closed else []
        return done

    def _close(self, number: int) -> Segment | None:
        channel = self._channels[number]
        since_s, channel.since_s = channel.since_s, None
        if since_s is None or channel.last_s - since_s < self._settings.min_speech_s:
            return None
        return Segment(number, since_s, channel.last_s)

    def _levels(self, frame: AudioFrame) -> list[Level]:
        levels = []
        for number, channel in enumerate(self._channels):
            channel.waiting.append(frame.samples[number])
            sound = np.concatenate(channel.waiting)
            end = round(frame.end_s * SAMPLE_RATE)
            start = end - len(sound)
            whole = len(sound) // LEVEL_SAMPLES
            for index in range(whole):
                part = sound[index * LEVEL_SAMPLES : (index + 1) * LEVEL_SAMPLES]
                at_s = (start + index * LEVEL_SAMPLES) / SAMPLE_RATE
                levels.append(Level(number, at_s, rms_dbfs(part)))
            channel.waiting = [sound[whole * LEVEL_SAMPLES :]]
        return levels
