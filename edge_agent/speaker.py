"""turn -> turn with a role, where one microphone hears both sides.

The clerk is the voice that persists: heard in three interactions, in at least half of those
since it was first heard, and in twice as many as any other. Before there is such a voice, and
wherever likeness does not decide, the role stays unknown. A citizen is somebody clearly unlike
the clerk and any other voice that persists, in an interaction in which the clerk has been
heard: so a colleague who takes over is unknown, and not a citizen whose feelings would be
measured (law 2).

Voices are vectors in RAM. A voice that does not come back is dropped after two further
interactions, all are at the shift's end, on mute and at exit (`forget`), zeroed first; none is
written, sent or shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from edge_agent.capture.frame import SAMPLE_RATE, Samples
from edge_agent.guard import Guard
from edge_agent.models.base import SpeakerEncoder
from edge_agent.turn import SpokenTurn
from schemas.vocabulary import Role

STAFF_FROM = 0.80
CITIZEN_TO = 0.66
"""Likeness (cosine) to the clerk's voice; between the two the role is unknown. Of real voices
in 1.6 s, against three turns of the clerk: the same one under .66 3 %, another over .80 0 %."""
_SAME_FROM = 0.75
_NEW_TO = 0.70
"""Likeness to the voices heard so far; in between, nothing is learned."""
_LEAST_S = 1.6
"""Of speech; in less, one voice in five is taken for another."""
_CLERK_INTERACTIONS = 3
_KEPT_INTERACTIONS = 2
_MOST_VOICES = 12
_MOST_TURNS = 30
"""A voice's mean goes on following it as if it had been heard so often."""


@dataclass(slots=True, repr=False, eq=False)
class _Voice:
    total: Samples
    """Sum of the turns' vectors."""
    turns: int
    interactions: set[int]
    """Their numbers."""

    @property
    def last(self) -> int:
        return max(self.interactions)

    def likeness(self, heard: Samples) -> float:
        length = float(np.linalg.norm(self.total) * np.linalg.norm(heard))
        return float(self.total @ heard) / length if length > 0 else 0.0

    def add(self, heard: Samples, interaction: int) -> None:
        if self.turns >= _MOST_TURNS:
            self.total *= np.float32(1 - 1 / self.turns)
        else:
            self.turns += 1
        self.total += heard
        self.interactions.add(interaction)

    def take_in(self, other: "_Voice") -> None:
        """One person's voice that was taken for two."""
        self.total += other.total
        self.turns += other.turns
        self.interactions |= other.interactions

    def erase(self) -> None:
        self.total[:] = 0.0

    def __repr__(self) -> str:
        return f"_Voice({self.turns} turns, {len(self.interactions)} interactions)"


class SpeakerTracker:
    """Call `new_interaction` where one opens, and `attribute` with each of its turns."""

    def __init__(self, encoder: SpeakerEncoder, guard: Guard) -> None:
        self._encoder = encoder
        self._guard = guard
        self._voices: list[_Voice] = []
        self._interaction = 0
        self._clerk_heard = False
        """In this interaction."""

    def __repr__(self) -> str:
        return f"SpeakerTracker({len(self._voices)} voices, {self._interaction} interactions)"

    @property
    def knows_clerk(self) -> bool:
        return self._clerk() is not None

    def new_interaction(self, at_s: float) -> None:  # noqa: ARG002 - when it was says nothing here
        """Another citizen; voices that did not come back are dropped."""
        self._interaction += 1
        self._clerk_heard = False
        clerk = self._clerk()
        oldest = self._interaction - _KEPT_INTERACTIONS
        for voice in [v for v in self._voices if v.last < oldest and v is not clerk]:
            self._drop(voice)

    def attribute(self, turn: SpokenTurn) -> SpokenTurn:
        """The turn with its role, if that can be told; a role that it has stays."""
        if turn.role is not Role.UNKNOWN or turn.speech_s < _LEAST_S:
            return turn
        sound = np.concatenate(list(_voiced(turn)))
        heard = self._guard.run("speaker", lambda: self._encoder.embed(sound)).value
        if heard is None:
            return turn
        self._learn(heard)
        role, confidence = self._judge(heard)
        heard[:] = 0.0
        return replace(turn, role=role, role_confidence=confidence)

    def forget(self) -> None:
        """At the shift's end, on mute, at exit."""
        for voice in self._voices:
            voice.erase()
        self._voices.clear()
        self._interaction = 0
        self._clerk_heard = False

    def _learn(self, heard: Samples) -> None:
        likest = max(self._voices, key=lambda v: v.likeness(heard), default=None)
        likeness = likest.likeness(heard) if likest is not None else -1.0
        if likest is not None and likeness >= _SAME_FROM:
            likest.add(heard, self._interaction)
            for other in [v for v in self._voices if v is not likest]:
                if other.likeness(likest.total) >= _SAME_FROM:
                    likest.take_in(other)
                    self._drop(other)
        elif likeness <= _NEW_TO:
            if len(self._voices) >= _MOST_VOICES:
                clerk = self._clerk()
                self._drop(min((v for v in self._voices if v is not clerk), key=lambda v: v.turns))
            self._voices.append(_Voice(heard.copy(), 1, {self._interaction}))

    def _judge(self, heard: Samples) -> tuple[Role, float]:
        clerk = self._clerk()
        if clerk is None:
            return Role.UNKNOWN, 0.0
        likeness = clerk.likeness(heard)
        persisting = [
            v.likeness(heard)
            for v in self._voices
            if v is not clerk and len(v.interactions) >= _CLERK_INTERACTIONS
        ]
        if likeness >= max(STAFF_FROM, *persisting, 0.0):
            self._clerk_heard = True
            return Role.STAFF, min(0.99, 0.9 + likeness - STAFF_FROM)
        if self._clerk_heard and likeness <= CITIZEN_TO and max(persisting, default=0) <= _NEW_TO:
            return Role.CITIZEN, min(0.99, 0.9 + 0.5 * (CITIZEN_TO - likeness))
        return Role.UNKNOWN, 0.0

    def _clerk(self) -> _Voice | None:
        by_interactions = sorted(self._voices, key=lambda v: -len(v.interactions))
        if not by_interactions:
            return None
        first = by_interactions[0]
        times = len(first.interactions)
        since = self._interaction - min(first.interactions) + 1
        often = times >= max(_CLERK_INTERACTIONS, since / 2)
        alone = all(2 * len(v.interactions) <= times for v in by_interactions[1:])
        return first if often and alone else None

    def _drop(self, voice: _Voice) -> None:
        voice.erase()
        self._voices.remove(voice)


def _voiced(turn: SpokenTurn) -> Iterator[Samples]:
    """The turn's sound without its pauses."""
    for start_s, end_s in turn.voiced:
        first = max(0, round((start_s - turn.sound_from_s) * SAMPLE_RATE))
        yield turn.sound[first : max(first, round((end_s - turn.sound_from_s) * SAMPLE_RATE))]
