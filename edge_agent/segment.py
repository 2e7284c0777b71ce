"""frame -> segment: where on each channel its own person speaks.

Silero gives a probability for each 32 ms; `attribution.py` says on which channel that voice
can be somebody's own: neither the other's, which reaches this microphone too (bleed), nor one
from afar; of speech in which one from afar goes on, what was said near is kept. Edges are where speech begins and ends, without the padding that voice detectors
add.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from edge_agent.attribution import Attribution, AttributionSettings
from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, Samples
from edge_agent.guard import Guard
from edge_agent.models.base import VoiceActivity, VoiceStream
from edge_agent.near_parts import Heard, near_parts
from edge_agent.one_sound import Moments

CHUNK = 512
CHUNK_S = CHUNK / SAMPLE_RATE
LEVEL_SAMPLES = 1600
LEVEL_S = LEVEL_SAMPLES / SAMPLE_RATE
FLOOR_DBFS = -120.0
CLIPPED_AT = 0.985
"""Of full scale: resampling and codecs round the converter's limit off a little."""
MIN_SPEECH_S = 0.12
"""Anything shorter is a click."""
SURE_FROM = 0.6
"""Of speech on a channel that is less surely its own person's, the role is unknown."""
_MOST_CHUNKS = 160
"""In a segment, about."""


@dataclass(frozen=True, slots=True)
class SegmentSettings:
    speech_on: float = 0.5
    speech_off: float = 0.35
    attribution: AttributionSettings = field(default_factory=AttributionSettings)
    hang_s: float = 0.2
    """A shorter pause belongs to the segment."""
    max_segment_s: float = 5.0
    """Longer speech goes on in a further segment, so that nothing waits for its end."""


@dataclass(frozen=True, slots=True)
class Segment:
    channel: int
    start_s: float
    end_s: float
    confidence: float = 1.0
    """How surely it is this channel's own voice and not the other's bleed, 0 to 1."""

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
    """RMS level, dB relative to full scale (a full-scale square wave is 0), without a constant
    offset: that is no sound, and A-law's silence has one.
    """
    if not samples.size:
        return FLOOR_DBFS
    power = float(np.var(samples, dtype=np.float64))
    return max(FLOOR_DBFS, 10 * float(np.log10(power + 1e-12)))


@dataclass(slots=True)
class _Channel:
    stream: VoiceStream
    since_s: float | None = None
    last_s: float = 0.0
    """End of the last chunk with speech."""
    goes_on: bool = False
    """The segment continues one that was cut for its length, so even a short rest counts."""
    heard: list[Heard] = field(default_factory=list)
    """Chunks with speech, in the segment that goes on."""
    waiting: list[Samples] = field(default_factory=list)
    """Sound of the level frame that is not full yet."""

    def begin(self, at_s: float) -> None:
        self.since_s = at_s
        self.heard = []

    def hear(self, chunk: Heard) -> None:
        self.last_s = chunk.end_s
        self.heard.append(chunk)


class Segmenter:
    def __init__(
        self, channels: int, voice: VoiceActivity, settings: SegmentSettings, guard: Guard
    ) -> None:
        self._settings = settings
        self._guard = guard
        self._attribution = Attribution(channels, settings.attribution)
        self._channels = [_Channel(voice.stream()) for _ in range(channels)]

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
        segments = tuple(segment for parts in closed for segment in parts)
        return Voice(at_s, segments, (), tuple(None for _ in self._channels))

    def _chunk(self, start: int, chunk: Samples) -> list[Segment]:
        standings = self._attribution.listen(chunk)
        heard = [
            self._guard.run("voice", partial(channel.stream.probability, samples)).value or 0.0
            for channel, samples in zip(self._channels, chunk, strict=True)
        ]
        moment = self._attribution.learn(chunk, [p >= self._settings.speech_on for p in heard])
        done = []
        end_s = (start + CHUNK) / SAMPLE_RATE
        for number, (standing, probability) in enumerate(zip(standings, heard, strict=True)):
            spoken = self._spoken(number, probability) and standing.own
            own = Heard(end_s, standing.confidence, standing.near, moment) if spoken else None
            done += self._advance(number, start / SAMPLE_RATE, end_s, own)
        return done

    def _spoken(self, number: int, probability: float) -> bool:
        going = self._channels[number].since_s is not None
        return probability >= (self._settings.speech_off if going else self._settings.speech_on)

    def _advance(
        self, number: int, start_s: float, end_s: float, own: Heard | None
    ) -> list[Segment]:
        """`own`: None where the channel's own person does not speak."""
        settings, channel = self._settings, self._channels[number]
        if own is not None:
            since_s = channel.since_s
            if since_s is None:
                since_s = start_s
                channel.begin(start_s)
            channel.hear(own)
            if end_s - since_s >= settings.max_segment_s:
                closed = self._close(number)
                channel.begin(end_s)
                channel.goes_on = True
                return closed
        elif channel.since_s is not None and end_s - channel.last_s >= settings.hang_s:
            return self._close(number)
        return []

    def _close(self, number: int) -> list[Segment]:
        channel = self._channels[number]
        shortest_s = 0.0 if channel.goes_on else MIN_SPEECH_S
        segments = self._near(number, over=True)
        channel.since_s, channel.goes_on = None, False
        return [segment for segment in segments if segment.length_s > shortest_s]

    def _speaking(self) -> list[Segment | None]:
        return [self._going(number) for number, _ in enumerate(self._channels)]

    def _going(self, number: int) -> Segment | None:
        channel = self._channels[number]
        if channel.since_s is None:
            return None
        if not channel.heard:
            return Segment(number, channel.since_s, channel.since_s, 0.0)
        parts = self._near(number, over=False)
        if not parts:
            return None
        # From the first on, which goes on from the segment before, if that was cut.
        sure = sum(part.confidence * part.length_s for part in parts)
        confidence = sure / sum(part.length_s for part in parts)
        return Segment(number, parts[0].start_s, parts[-1].end_s, confidence)

    def _near(self, number: int, *, over: bool) -> list[Segment]:
        """Of the segment that goes on, or is `over`, the parts that do not come from afar."""
        channel = self._channels[number]
        if channel.since_s is None:
            return []
        return [
            Segment(
                number,
                channel.since_s if part[0] is channel.heard[0] else part[0].end_s - CHUNK_S,
                part[-1].end_s,
                sum(chunk.confidence for chunk in part) / len(part),
            )
            for part in near_parts(channel.heard)
            if not self._attribution.from_afar(_moments(part), over=over)
        ]

    def _levels(self, frame: AudioFrame, end: int) -> list[Level]:
        levels = []
        for number, channel in enumerate(self._channels):
            channel.waiting.append(frame.samples[number].copy())
            if sum(map(len, channel.waiting)) < LEVEL_SAMPLES:
                continue
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


def _moments(heard: Sequence[Heard]) -> Moments:
    moments = Moments(_MOST_CHUNKS)
    for chunk in heard:
        if chunk.moment is not None:
            moments.add(chunk.moment)
    return moments
