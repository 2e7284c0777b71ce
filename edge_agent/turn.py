"""segment -> turn: one role's speech, ended by a pause of 0.8 s or at 28 s."""

from dataclasses import dataclass, replace

from edge_agent.capture.buffer import SoundBuffer
from edge_agent.capture.frame import SAMPLE_RATE, Samples
from edge_agent.loudness import Loudness, LoudnessMeter
from edge_agent.segment import MIN_SPEECH_S, SURE_FROM, Segment, Voice
from schemas.vocabulary import Role

PAUSE_S = 0.8
MAX_TURN_S = 28.0
_SOUND_MARGIN_S = 0.2
"""Sound around a turn that transcription gets; the turn's own edges stay as they are."""
_EPSILON_S = 1e-6
"""A pause of 0.8 s is one whatever the last bit of its floating-point number says."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class SpokenTurn:
    """A turn with its sound, in RAM until it is read or turned away."""

    channel: int
    role: Role
    role_confidence: float
    """Two microphones: share of its sound that the other's bleed cannot explain. One: how sure
    the voice's likeness is. 0 where the role is unknown."""
    start_s: float
    end_s: float
    voiced: tuple[tuple[float, float], ...]
    """Its segments, without the pauses in between."""
    continued: bool
    loudness: Loudness
    sound: Samples
    sound_from_s: float
    """Media time of the sound's first sample."""

    @property
    def speech_s(self) -> float:
        return sum(end - start for start, end in self.voiced)

    def within(self, low_s: float, high_s: float) -> "SpokenTurn | None":
        """The part of the turn inside the stretch, its sound cut likewise; None where too
        little speech is left.
        """
        if low_s <= self.start_s and self.end_s <= high_s:
            return self
        voiced = tuple(
            (max(start, low_s), min(end, high_s))
            for start, end in self.voiced
            if max(start, low_s) < min(end, high_s)
        )
        if sum(end - start for start, end in voiced) < MIN_SPEECH_S:
            return None
        first = max(0, round((low_s - self.sound_from_s) * SAMPLE_RATE))
        last = max(first, round((high_s - self.sound_from_s) * SAMPLE_RATE))
        return replace(
            self,
            start_s=voiced[0][0],
            end_s=voiced[-1][1],
            voiced=voiced,
            continued=self.continued and self.end_s <= high_s,
            sound=self.sound[first:last],
            sound_from_s=max(self.sound_from_s, low_s),
        )

    def __repr__(self) -> str:
        return f"SpokenTurn({self.role}, {self.start_s:.2f}-{self.end_s:.2f} s)"


def roles_of(channels: int) -> tuple[Role, ...]:
    """Two microphones tell the roles apart; one does not, and nobody is guessed at."""
    return (Role.STAFF, Role.CITIZEN) if channels == 2 else (Role.UNKNOWN,)


class TurnBuilder:
    def __init__(self, channels: int, buffer: SoundBuffer, meter: LoudnessMeter) -> None:
        self._roles = roles_of(channels)
        self._buffer = buffer
        self._meter = meter
        self._open: list[list[Segment]] = [[] for _ in self._roles]

    def push(self, voice: Voice) -> list[SpokenTurn]:
        turns: list[SpokenTurn] = []
        for segment in voice.segments:
            turns += self._add(segment)
        for channel, segments in enumerate(self._open):
            if not segments:
                continue
            going = voice.speaking[channel]
            if _paused(segments, voice.until_s if going is None else going.start_s):
                turns.append(self._close(channel, continued=False))
        return turns

    def finish(self) -> list[SpokenTurn]:
        return [
            self._close(channel, continued=False)
            for channel, segments in enumerate(self._open)
            if segments
        ]

    def _add(self, segment: Segment) -> list[SpokenTurn]:
        channel = segment.channel
        turns = []
        if self._open[channel] and _paused(self._open[channel], segment.start_s):
            turns.append(self._close(channel, continued=False))
        start_s = (self._open[channel] or [segment])[0].start_s
        if segment.end_s - start_s > MAX_TURN_S + _EPSILON_S:
            # Neither side of the cut may be too short to be speech.
            cut_s = min(start_s + MAX_TURN_S, segment.end_s - MIN_SPEECH_S)
            if cut_s - segment.start_s >= MIN_SPEECH_S:
                self._open[channel].append(replace(segment, end_s=cut_s))
                segment = replace(segment, start_s=cut_s)
            turns.append(self._close(channel, continued=True))
        self._open[channel].append(segment)
        return turns

    def _close(self, channel: int, *, continued: bool) -> SpokenTurn:
        segments, self._open[channel] = self._open[channel], []
        start_s, end_s = segments[0].start_s, segments[-1].end_s
        role, confidence = self._role(channel, segments)
        voiced = tuple((s.start_s, s.end_s) for s in segments)
        sound, sound_from_s = self._buffer.cut(
            channel, start_s - _SOUND_MARGIN_S, end_s + _SOUND_MARGIN_S
        )
        return SpokenTurn(
            channel=channel,
            role=role,
            role_confidence=confidence,
            start_s=start_s,
            end_s=end_s,
            voiced=voiced,
            continued=continued,
            loudness=self._meter.measure(channel, voiced),
            sound=sound,
            sound_from_s=sound_from_s,
        )

    def _role(self, channel: int, segments: list[Segment]) -> tuple[Role, float]:
        role = self._roles[channel]
        speech_s = sum(segment.length_s for segment in segments)
        confidence = sum(s.confidence * s.length_s for s in segments) / speech_s
        sure = role is not Role.UNKNOWN and confidence >= SURE_FROM
        return (role, min(1.0, confidence)) if sure else (Role.UNKNOWN, 0.0)


def _paused(segments: list[Segment], next_start_s: float) -> bool:
    return next_start_s - segments[-1].end_s >= PAUSE_S - _EPSILON_S
