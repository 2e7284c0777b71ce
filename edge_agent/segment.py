"""frame -> segment: where on each channel its own person speaks.

Silero gives a probability for each 32 ms. With two channels a voice reaches the other
microphone too (bleed), 15 to 25 dB weaker: a channel that is much weaker than the other at
the same moment is not speaking, while two voices at once, both loud, are kept as overlap.
Edges are where speech begins and ends, without the padding that voice detectors add.
"""

from collections import deque
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, Samples
from edge_agent.guard import Guard
from edge_agent.models.base import VoiceActivity, VoiceStream

CHUNK = 512
CHUNK_S = CHUNK / SAMPLE_RATE
LEVEL_SAMPLES = 1600
LEVEL_S = LEVEL_SAMPLES / SAMPLE_RATE
FLOOR_DBFS = -120.0
CLIPPED_AT = 0.985
"""Of full scale: resampling and codecs round the converter's limit off a little."""
MIN_SPEECH_S = 0.12
"""Anything shorter is a click."""


@dataclass(frozen=True, slots=True)
class SegmentSettings:
    speech_on: float = 0.5
    speech_off: float = 0.35
    bleed_db: float = 12.0
    """A channel this much weaker than the other is hearing the other's speaker."""
    bleed_window_chunks: int = 6
    """The other's level is its highest in about 0.2 s, because syllables come and go; one's
    own is that of the moment, so that a turn ends where its speech does."""
    hang_s: float = 0.2
    """A shorter pause belongs to the segment."""
    max_segment_s: float = 5.0
    """Longer speech goes on in a further segment, so that nothing waits for its end."""


@dataclass(frozen=True, slots=True)
class Segment:
    channel: int
    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Level:
    """RMS of 100 ms of one channel."""

    channel: int
    at_s: float
    dbfs: float
    clipped: float = 0.0
    """Share of its samples at the converter's limit."""


@dataclass(frozen=True, slots=True)
class Voice:
    """What one frame of sound gave."""

    until_s: float
    segments: tuple[Segment, ...]
    levels: tuple[Level, ...]
    speaking: tuple[Segment | None, ...]
    """By channel: the segment that still goes on, up to its last speech so far."""
    failed: bool = False
    """The model failed on a part of it: nothing found is not silence."""


def rms_dbfs(samples: Samples) -> float:
    """RMS level, dB relative to full scale (a full-scale square wave is 0)."""
    if not samples.size:
        return FLOOR_DBFS
    power = float(np.mean(np.square(samples, dtype=np.float64)))
    return max(FLOOR_DBFS, 10 * float(np.log10(power + 1e-12)))


@dataclass(slots=True)
class _Channel:
    stream: VoiceStream
    recent: deque[float]
    since_s: float | None = None
    last_s: float = 0.0
    """End of the last chunk with speech."""
    goes_on: bool = False
    """The segment continues one that was cut for its length, so even a short rest counts."""
    waiting: list[Samples] = field(default_factory=list)
    """Sound of the level frame that is not full yet."""


class Segmenter:
    def __init__(
        self, channels: int, voice: VoiceActivity, settings: SegmentSettings, guard: Guard
    ) -> None:
        self._settings = settings
        self._guard = guard
        self._channels = [
            _Channel(voice.stream(), deque([FLOOR_DBFS], settings.bleed_window_chunks))
            for _ in range(channels)
        ]

    def push(self, frame: AudioFrame) -> Voice:
        """`frame.samples`: a multiple of 512 samples."""
        count, rest = divmod(frame.samples.shape[1], CHUNK)
        if rest:
            raise ValueError(f"got {frame.samples.shape[1]} samples, expected a multiple of 512")
        failures = self._guard.failures
        segments: list[Segment] = []
        # Times are made of sample numbers, so that blocks of any size give the same ones.
        first = round(frame.start_s * SAMPLE_RATE)
        for index in range(count):
            chunk = frame.samples[:, index * CHUNK : (index + 1) * CHUNK]
            segments += self._chunk(first + index * CHUNK, chunk)
        return Voice(
            until_s=(first + count * CHUNK) / SAMPLE_RATE,
            segments=tuple(segments),
            levels=tuple(self._levels(frame, first + count * CHUNK)),
            speaking=tuple(self._speaking()),
            failed=self._guard.failures > failures,
        )

    def finish(self, at_s: float) -> Voice:
        """The source has ended: what still goes on ends with it."""
        closed = [self._close(number) for number, _ in enumerate(self._channels)]
        segments = tuple(segment for segment in closed if segment is not None)
        return Voice(at_s, segments, (), tuple(None for _ in self._channels))

    def _chunk(self, start: int, chunk: Samples) -> list[Segment]:
        for number, channel in enumerate(self._channels):
            channel.recent.append(rms_dbfs(chunk[number]))
        loudest = [max(c.recent) for c in self._channels]
        done = []
        for number, channel in enumerate(self._channels):
            ask = partial(channel.stream.probability, chunk[number])
            heard = self._guard.run("voice", ask)
            others = max((x for n, x in enumerate(loudest) if n != number), default=FLOOR_DBFS)
            own = channel.recent[-1] > others - self._settings.bleed_db
            probability = heard.value if own and heard.value is not None else 0.0
            done += self._advance(number, start, probability)
        return done

    def _advance(self, number: int, start: int, probability: float) -> list[Segment]:
        settings, channel = self._settings, self._channels[number]
        start_s, end_s = start / SAMPLE_RATE, (start + CHUNK) / SAMPLE_RATE
        going = channel.since_s is not None
        if probability >= (settings.speech_off if going else settings.speech_on):
            since_s = channel.since_s if channel.since_s is not None else start_s
            channel.since_s, channel.last_s = since_s, end_s
            if end_s - since_s >= settings.max_segment_s:
                channel.since_s, channel.goes_on = end_s, True
                return [Segment(number, since_s, end_s)]
        elif going and end_s - channel.last_s >= settings.hang_s:
            closed = self._close(number)
            return [closed] if closed else []
        return []

    def _close(self, number: int) -> Segment | None:
        channel = self._channels[number]
        since_s, channel.since_s = channel.since_s, None
        shortest_s = 0.0 if channel.goes_on else MIN_SPEECH_S
        channel.goes_on = False
        if since_s is None or channel.last_s - since_s <= shortest_s:
            return None
        return Segment(number, since_s, channel.last_s)

    def _speaking(self) -> list[Segment | None]:
        return [
            None if c.since_s is None else Segment(number, c.since_s, max(c.since_s, c.last_s))
            for number, c in enumerate(self._channels)
        ]

    def _levels(self, frame: AudioFrame, end: int) -> list[Level]:
        levels = []
        for number, channel in enumerate(self._channels):
            channel.waiting.append(frame.samples[number])
            sound = np.concatenate(channel.waiting)
            start = end - len(sound)
            whole = len(sound) // LEVEL_SAMPLES
            for index in range(whole):
                part = sound[index * LEVEL_SAMPLES : (index + 1) * LEVEL_SAMPLES]
                at_s = (start + index * LEVEL_SAMPLES) / SAMPLE_RATE
                clipped = float(np.mean(np.abs(part) >= CLIPPED_AT))
                levels.append(Level(number, at_s, rms_dbfs(part), clipped))
            channel.waiting = [sound[whole * LEVEL_SAMPLES :].copy()]
        return levels
