"""segment -> turn: one role's speech, ended by a pause of 0.8 s or at 28 s."""

from dataclasses import dataclass

from edge_agent.capture.buffer import SoundBuffer
from edge_agent.capture.frame import Samples
from edge_agent.loudness import Loudness, LoudnessMeter
from edge_agent.segment import Segment, Voice
from schemas.vocabulary import Role

PAUSE_S = 0.8
MAX_TURN_S = 28.0
_SOUND_MARGIN_S = 0.2
"""Sound around a turn that transcription gets; the turn's own edges stay as they are."""


@dataclass(frozen=True, slots=True, repr=False)
class SpokenTurn:
    """A turn with its sound, in RAM until it is read or turned away."""

    channel: int
    role: Role
    role_confidence: float
    start_s: float
    end_s: float
    voiced: tuple[tuple[float, float], ...]
    """Its segments, without the pauses in between."""
    continued: bool
    loudness: Loudness
    sound: Samples

    @property
    def speech_s(self) -> float:
        return sum(end - start for start, end in self.voiced)

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
            since_s = voice.speaking_since[channel]
            next_start_s = voice.until_s if since_s is None else since_s
            if next_start_s - segments[-1].end_s >= PAUSE_S:
                turns.append(self._close(channel, continued=False))
        return turns

    def finish(self) -> list[SpokenTurn]:
        return [
            self._close(channel, continued=False)
            for channel, segments in enumerate(self._open)
            if segments
        ]

    def _add(self, segment: Segment) -> list[SpokenTurn]:
        segments = self._open[segment.channel]
        turns = []
        if segments and segment.start_s - segments[-1].end_s >= PAUSE_S:
            turns.append(self._close(segment.channel, continued=False))
        elif segments and segment.end_s - segments[0].start_s > MAX_TURN_S:
            turns.append(self._close(segment.channel, continued=True))
        self._open[segment.channel].append(segment)
        return turns

    def _close(self, channel: int, *, continued: bool) -> SpokenTurn:
        segments, self._open[channel] = self._open[channel], []
        start_s, end_s = segments[0].start_s, segments[-1].end_s
        role = self._roles[channel]
        voiced = tuple((s.start_s, s.end_s) for s in segments)
        return SpokenTurn(
            channel=channel,
            role=role,
            role_confidence=0.0 if role is Role.UNKNOWN else 1.0,
            start_s=start_s,
            end_s=end_s,
            voiced=voiced,
            continued=continued,
            loudness=self._meter.measure(channel, voiced),
            sound=self._buffer.cut(
                channel, max(0.0, start_s - _SOUND_MARGIN_S), end_s + _SOUND_MARGIN_S
            ),
        )
