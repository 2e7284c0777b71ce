"""A turn as numbers: its sound has been read and dropped. What measurements are made of.

Times are offsets from the interaction's start, in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge_agent.loudness import Loudness
from edge_agent.turn import PAUSE_S, SpokenTurn
from edge_agent.words import TurnWords
from schemas.vocabulary import Role


@dataclass(frozen=True, slots=True)
class ReadTurn:
    role: Role
    role_confidence: float
    start_s: float
    end_s: float
    voiced: tuple[tuple[float, float], ...]
    continued: bool
    loudness: Loudness
    words: TurnWords

    @classmethod
    def of(cls, turn: SpokenTurn, words: TurnWords, zero_s: float) -> "ReadTurn":
        """`zero_s`: the interaction's start in media time, not after the turn's."""
        return cls(
            role=turn.role,
            role_confidence=turn.role_confidence,
            start_s=turn.start_s - zero_s,
            end_s=turn.end_s - zero_s,
            voiced=tuple((start - zero_s, end - zero_s) for start, end in turn.voiced),
            continued=turn.continued,
            loudness=turn.loudness,
            words=words,
        )

    @property
    def speech_s(self) -> float:
        return sum(end - start for start, end in self.voiced)


def in_order(turns: Sequence[ReadTurn]) -> list[ReadTurn]:
    return sorted(turns, key=lambda t: (t.start_s, t.end_s, t.role))


def whole(turns: Sequence[ReadTurn]) -> list[ReadTurn]:
    """Turns in order, with those that the 28 s limit cut put together again: nobody stops
    talking, or begins to, at a limit of ours.
    """
    joined: list[ReadTurn] = []
    latest: dict[Role, int] = {}
    for turn in in_order(turns):
        index = latest.get(turn.role)
        if index is not None and _goes_on(joined[index], turn):
            joined[index] = _joined(joined[index], turn)
        else:
            latest[turn.role] = len(joined)
            joined.append(turn)
    return joined


def _goes_on(turn: ReadTurn, following: ReadTurn) -> bool:
    return turn.continued and following.start_s - turn.end_s < PAUSE_S


def _joined(turn: ReadTurn, following: ReadTurn) -> ReadTurn:
    one, two = turn.words, following.words
    return replace(
        turn,
        end_s=following.end_s,
        voiced=turn.voiced + following.voiced,
        continued=following.continued,
        words=TurnWords(
            missing=one.missing or two.missing,
            backchannel=one.backchannel and two.backchannel,
            hits=one.hits + two.hits,
        ),
    )
