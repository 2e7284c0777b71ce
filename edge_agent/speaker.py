"""turn -> turn with a role, where one microphone hears both sides.

The clerk is the voice that persists: heard in three interactions, in at least half of those
since it was first heard, and in twice as many as any other. Before there is such a voice, and
wherever likeness does not decide, the role stays unknown. A citizen is somebody clearly unlike
the clerk and any other voice that persists, in an interaction in which the clerk has been
heard: so a colleague who takes over is unknown, and not a citizen whose feelings would be
measured (law 2).

People answer one another in less than the pause that ends a turn, so each stretch of speech
is judged by itself, and the turn is parted where the voice changes: what a citizen says in the
clerk's pause is no word of the clerk's.

Voices are vectors in RAM. A voice that does not come back is dropped after two further
interactions, all are at the shift's end, on mute and at exit (`forget`), zeroed first; none is
written, sent or shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

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
_ONE_VOICE_FROM = 0.74
_EACH_FROM = 0.70
"""Likeness of each 1.6 s to their mean, and to the clerk: where two people speak without a
pause the mean alone says the clerk (97 % of such stretches of real voices; with both 23 %)."""
_LEAST_S = 1.6
"""Of speech without a pause; in less, one voice in five is taken for another."""
_SHORTEST_S = 0.5
_SHORT_FROM = 0.72
"""Less than that beside a known stretch goes with it from this likeness on, the sound repeated
to 1.6 s: 61 % (0.5 to 0.8 s) to 92 % of the same voice, 0.5 % of another."""
_NO_PAUSE_S = 0.05
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
        return _likeness(self.total, heard)

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


@dataclass(slots=True, repr=False, eq=False)
class _Stretch:
    """Speech without a pause."""

    start_s: float
    end_s: float
    role: Role = Role.UNKNOWN
    confidence: float = 0.0
    voice: Samples | None = None

    def erase(self) -> None:
        if self.voice is not None:
            self.voice[:] = 0.0
            self.voice = None


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

    def new_interaction(self) -> None:
        """Another citizen; voices that did not come back are dropped."""
        self._interaction += 1
        self._clerk_heard = False
        clerk = self._clerk()
        oldest = self._interaction - _KEPT_INTERACTIONS
        for voice in [v for v in self._voices if v.last < oldest and v is not clerk]:
            self._drop(voice)

    def attribute(self, turn: SpokenTurn) -> list[SpokenTurn]:
        """The turn, or its parts where one voice follows another within its pauses, each with
        its role if that can be told. A turn that has a role stays as it is.
        """
        if turn.role is not Role.UNKNOWN:
            return [turn]
        stretches = [self._judged(turn, *voiced) for voiced in _unbroken(turn.voiced)]
        for one, other in [*pairwise(stretches), *pairwise(reversed(stretches))]:
            self._take_along(one, other)
        for stretch in stretches:
            stretch.erase()
        parts = []
        for role, same in groupby(stretches, key=lambda s: s.role):
            group = list(same)
            part = turn.within(*_reach(turn, group[0].start_s, group[-1].end_s))
            if part is not None:
                confidence = min(s.confidence for s in group)
                parts.append(replace(part, role=role, role_confidence=confidence))
        return parts

    def _judged(self, turn: SpokenTurn, start_s: float, end_s: float) -> _Stretch:
        stretch = _Stretch(start_s, end_s)
        if end_s - start_s < _SHORTEST_S:
            return stretch
        first, last = (
            max(0, round((s - turn.sound_from_s) * SAMPLE_RATE)) for s in (start_s, end_s)
        )
        sound = turn.sound[first:last]
        long = end_s - start_s >= _LEAST_S
        if not long:
            sound = np.resize(sound, round(_LEAST_S * SAMPLE_RATE))
        windows = self._guard.run("speaker", lambda: self._encoder.embed(sound)).value
        if windows is None:
            return stretch
        heard = windows.mean(axis=0)
        heard /= max(float(np.linalg.norm(heard)), 1e-9)
        stretch.voice = heard
        if long and float((windows @ heard).min()) >= _ONE_VOICE_FROM:
            self._learn(heard)
            stretch.role, stretch.confidence = self._judge(heard, windows)
        windows[:] = 0.0
        return stretch

    def _take_along(self, known: _Stretch, short: _Stretch) -> None:
        """A few words beside a stretch that was told, in the same voice."""
        if known.role is Role.UNKNOWN or known.voice is None or short.voice is None:
            return
        if short.role is not Role.UNKNOWN or short.end_s - short.start_s >= _LEAST_S:
            return
        clerk = self._clerk() if known.role is Role.STAFF else None
        voice = known.voice if clerk is None else clerk.total
        if _likeness(voice, short.voice) >= _SHORT_FROM:
            short.role, short.confidence = known.role, known.confidence

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

    def _judge(self, heard: Samples, windows: Samples) -> tuple[Role, float]:
        clerk = self._clerk()
        if clerk is None:
            return Role.UNKNOWN, 0.0
        likeness = clerk.likeness(heard)
        persisting = [
            v.likeness(heard)
            for v in self._voices
            if v is not clerk and len(v.interactions) >= _CLERK_INTERACTIONS
        ]
        each = [clerk.likeness(window) for window in windows]
        if likeness >= max(STAFF_FROM, *persisting, 0.0) and min(each) >= _EACH_FROM:
            self._clerk_heard = True
            return Role.STAFF, min(0.99, 0.9 + likeness - STAFF_FROM)
        unlike = likeness <= CITIZEN_TO and max(each) <= _EACH_FROM
        if self._clerk_heard and unlike and max(persisting, default=0) <= _NEW_TO:
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


def _likeness(one: Samples, other: Samples) -> float:
    """Their cosine."""
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / length if length > 0 else 0.0


def _unbroken(voiced: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Segments that follow one another without a pause are one stretch of speech."""
    joined: list[tuple[float, float]] = []
    for start_s, end_s in voiced:
        if joined and start_s - joined[-1][1] < _NO_PAUSE_S:
            joined[-1] = (joined[-1][0], end_s)
        else:
            joined.append((start_s, end_s))
    return joined


def _reach(turn: SpokenTurn, start_s: float, end_s: float) -> tuple[float, float]:
    """From the middle of the pause before to the middle of the pause after; a turn's own
    first and last edge where there is none.
    """
    before = [end for _, end in turn.voiced if end <= start_s]
    after = [start for start, _ in turn.voiced if start >= end_s]
    low_s = (before[-1] + start_s) / 2 if before else turn.sound_from_s
    high_s = (end_s + after[0]) / 2 if after else turn.end_s + 1.0
    return min(low_s, start_s), high_s
