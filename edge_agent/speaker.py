"""turn -> turn with a role, where one microphone hears both sides.

The clerk is the voice that persists: heard in three interactions, in at least half of those
since it was first heard, and in twice as many as any other. Before there is such a voice, and
wherever likeness does not decide, the role stays unknown. A citizen is somebody clearly unlike
the clerk and any other voice that persists, whose voice was in no interaction before, in one in
which the clerk has been heard: so a colleague who takes over is unknown, and not a citizen whose
feelings would be measured (law 2).

People answer one another in less than the pause that ends a turn, so each stretch of speech
is judged by itself, and the turn is parted where the voice changes: what a citizen says in the
clerk's pause is no word of the clerk's.

Voices are vectors in RAM. A voice that does not come back is dropped after two further
interactions or an hour, all are at the shift's end, on mute and at exit (`forget`), zeroed
first; none is written, sent or shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

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
pause the mean alone says the clerk (97 % of such stretches of real voices; with both 23 %;
with the edges below about 2 %)."""
_LEAST_S = 1.6
"""Of speech without a pause; in less, one voice in five is taken for another."""
_CLEARLY = 0.05
"""So much liker a voice must be to one than to the others."""
_ONE_PERSON_FROM = 0.85
"""Two voices that were kept apart, one of them the clerk's, are one from here on."""
_EDGE_S, _EDGE_FROM = 0.8, 0.65
"""The beginning and the end of what is taken for the clerk's are looked at by themselves: an
answer that follows at once is too short for a window of its own. Repeated to 1.6 s, another's
0.8 s pass in 5 to 20 %, up to 22 % of the clerk's own do not."""
_SHORTEST_S = 0.5
_SHORT_FROM = 0.72
"""Less than that beside a known stretch goes with it from this likeness on, the sound repeated
to 1.6 s: 61 % (0.5 to 0.8 s) to 92 % of the same voice, 0.5 % of another."""
_NO_PAUSE_S = 0.05
_CLERK_INTERACTIONS = 3
_KEPT_INTERACTIONS = 2
_KEPT_S = 3600.0
"""A voice that was not heard for so long is dropped, the clerk's too."""
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
    heard_s: float
    """Media time at which it was last heard."""

    @property
    def last(self) -> int:
        return max(self.interactions)

    def likeness(self, heard: Samples) -> float:
        return _likeness(self.total, heard)

    def add(self, heard: Samples, interaction: int, at_s: float) -> None:
        if self.turns >= _MOST_TURNS:
            self.total *= np.float32(1 - 1 / self.turns)
        else:
            self.turns += 1
        self.total += heard
        self.interactions.add(interaction)
        self.heard_s = at_s

    def take_in(self, other: "_Voice") -> None:
        """One person's voice that was taken for two."""
        self.total += other.total
        self.turns += other.turns
        self.interactions |= other.interactions
        self.heard_s = max(self.heard_s, other.heard_s)

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

    @property
    def long(self) -> bool:
        """Long enough to be told by itself."""
        return self.end_s - self.start_s >= _LEAST_S

    def erase(self) -> None:
        if self.voice is not None:
            self.voice[:] = 0.0
            self.voice = None


class SpeakerTracker:
    """Call `new_interaction` where one opens, `attribute` with each of its turns, and `tick` as
    time goes on.
    """

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

    def tick(self, now_s: float) -> None:
        """Media time: what has not been heard for an hour goes."""
        for voice in [v for v in self._voices if now_s - v.heard_s > _KEPT_S]:
            self._drop(voice)

    def attribute(self, turn: SpokenTurn) -> list[SpokenTurn]:
        """The turn, or its parts where one voice follows another within its pauses, each with
        its role if that can be told. A turn that has a role stays as it is.
        """
        if turn.role is not Role.UNKNOWN:
            return [turn]
        stretches = [self._judged(turn, *voiced) for voiced in _unbroken(turn.voiced)]
        self._take_along(stretches)
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
        first, last = (
            max(0, round((s - turn.sound_from_s) * SAMPLE_RATE)) for s in (start_s, end_s)
        )
        sound = turn.sound[first:last]
        if not stretch.long:
            if end_s - start_s >= _SHORTEST_S:
                stretch.voice = self._voice_of(sound)
            return stretch
        windows = self._windows(sound)
        if windows is None:
            return stretch
        heard = stretch.voice = _mean(windows)
        if float((windows @ heard).min()) >= _ONE_VOICE_FROM:
            role, confidence = self._judge(heard, windows)
            if role is not Role.STAFF or self._is_clerk_throughout(sound):
                stretch.role, stretch.confidence = role, confidence
                # After the judgement, or each voice would be liker for having been heard.
                self._learn(heard, role, end_s)
        windows[:] = 0.0
        return stretch

    def _windows(self, sound: Samples) -> Samples | None:
        return self._guard.run("speaker", lambda: self._encoder.embed(sound)).value

    def _voice_of(self, sound: Samples) -> Samples | None:
        """Of little sound, repeated to the length that the encoder needs."""
        windows = self._windows(np.resize(sound, round(_LEAST_S * SAMPLE_RATE)))
        return None if windows is None else windows[0]

    def _is_clerk_throughout(self, sound: Samples) -> bool:
        clerk = self._clerk()
        count = round(_EDGE_S * SAMPLE_RATE)
        for edge in (sound[:count], sound[-count:]):
            voice = self._voice_of(edge)
            if clerk is None or voice is None:
                return False
            alike = clerk.likeness(voice) >= _EDGE_FROM
            voice[:] = 0.0
            if not alike:
                return False
        return True

    def _take_along(self, stretches: Sequence[_Stretch]) -> None:
        """A few words beside a stretch that was told, in the same voice and in no other's."""
        clerk = self._clerk()
        told = [s if s.long and s.role is not Role.UNKNOWN else None for s in stretches]
        for number, short in enumerate(stretches):
            if short.long or short.voice is None:
                continue
            beside = [s for s in (*told[max(0, number - 1) : number], *told[number + 1 :][:1]) if s]
            likeness = {Role.STAFF: clerk.likeness(short.voice)} if clerk is not None else {}
            for one in beside:
                if one.role is Role.CITIZEN and one.voice is not None:
                    own = _likeness(one.voice, short.voice)
                    likeness[Role.CITIZEN] = max(own, likeness.get(Role.CITIZEN, -1.0))
            for one in beside:
                others = [value for role, value in likeness.items() if role is not one.role]
                own = likeness.get(one.role, -1.0)
                if own >= max([_SHORT_FROM, *(value + _CLEARLY for value in others)]):
                    short.role, short.confidence = one.role, one.confidence

    def forget(self) -> None:
        """At the shift's end, on mute, at exit."""
        for voice in self._voices:
            voice.erase()
        self._voices.clear()
        self._interaction = 0
        self._clerk_heard = False

    def _learn(self, heard: Samples, role: Role, at_s: float) -> None:
        """Of the clerk only what was judged to be the clerk's."""
        clerk = self._clerk()
        if clerk is not None and role is Role.STAFF:
            clerk.add(heard, self._interaction, at_s)
            self._join(clerk, clerk)
            return
        others = [v for v in self._voices if v is not clerk]
        likest = max(others, key=lambda v: v.likeness(heard), default=None)
        if likest is not None and likest.likeness(heard) >= _SAME_FROM:
            likest.add(heard, self._interaction, at_s)
            self._join(likest, clerk)
        elif all(v.likeness(heard) <= _NEW_TO for v in self._voices):
            if len(self._voices) >= _MOST_VOICES:
                self._drop(min(others, key=lambda v: v.turns))
            self._voices.append(_Voice(heard.copy(), 1, {self._interaction}, at_s))

    def _join(self, voice: _Voice, clerk: _Voice | None) -> None:
        """With those that have turned out to be the same person's."""
        for other in [v for v in self._voices if v is not voice]:
            least = _ONE_PERSON_FROM if clerk in (voice, other) else _SAME_FROM
            if other.likeness(voice.total) >= least:
                kept, gone = (other, voice) if other is clerk else (voice, other)
                kept.take_in(gone)
                self._drop(gone)
                if gone is voice:
                    return

    def _judge(self, heard: Samples, windows: Samples) -> tuple[Role, float]:
        clerk = self._clerk()
        if clerk is None:
            return Role.UNKNOWN, 0.0
        likeness = clerk.likeness(heard)
        each = [clerk.likeness(window) for window in windows]
        others = [(v, v.likeness(heard)) for v in self._voices if v is not clerk]
        rival = max((value for _, value in others), default=0.0)
        if likeness >= max(STAFF_FROM, rival + _CLEARLY) and min(each) >= _EACH_FROM:
            self._clerk_heard = True
            return Role.STAFF, min(0.99, 0.9 + likeness - STAFF_FROM)
        unlike = likeness <= CITIZEN_TO and max(each) <= _EACH_FROM
        # Somebody who was here before, or who persists, may be a colleague.
        known = any(
            value > (_NEW_TO if len(v.interactions) >= _CLERK_INTERACTIONS else _SAME_FROM)
            for v, value in others
            if min(v.interactions) < self._interaction
        )
        if self._clerk_heard and unlike and not known:
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


def _mean(windows: Samples) -> Samples:
    mean: Samples = windows.mean(axis=0)
    return mean / np.float32(max(float(np.linalg.norm(mean)), 1e-9))


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
