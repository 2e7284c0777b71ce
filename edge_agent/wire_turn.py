"""A measured turn as the wire has it."""

from edge_agent.read_turn import ReadTurn
from edge_agent.spans import hundredths
from edge_agent.words import TurnWords
from schemas.interaction import ROLE_NEUTRAL, Hit, Sentiment, Turn
from schemas.vocabulary import Role

MAX_HITS = 32
_SHORTEST_S = 0.2
"""Syllables a minute of less speech would be noise."""


def wire_turn(turn: ReadTurn, zero_s: float) -> Turn:
    """`zero_s`: the interaction's start in media time."""
    words = turn.words
    start_s, end_s = hundredths(turn.start_s), hundredths(turn.end_s)
    duration_s = hundredths(end_s - start_s)
    above = turn.loudness.above_baseline_db
    return Turn(
        role=turn.role,
        role_confidence=hundredths(turn.role_confidence),
        start_s=start_s,
        duration_s=duration_s,
        speech_s=min(duration_s, hundredths(turn.speech_s)),
        continued=turn.continued,
        syllables=words.syllables,
        syllables_per_minute=syllable_rate(words.syllables, turn.speech_s),
        loudness_dbfs=hundredths(turn.loudness.dbfs),
        loudness_above_baseline_db=None if above is None else hundredths(above),
        asr_confidence=None if words.confidence is None else hundredths(words.confidence),
        language=words.language,
        backchannel=words.backchannel,
        sentiment=_sentiment(turn.role, words),
        hits=_hits(turn, zero_s),
    )


def syllable_rate(syllables: int | None, speech_s: float) -> float | None:
    """A minute of speech time."""
    if syllables is None or speech_s < _SHORTEST_S:
        return None
    return hundredths(min(3000.0, syllables * 60 / speech_s))


def _sentiment(role: Role, words: TurnWords) -> Sentiment | None:
    if role is not Role.CITIZEN or words.polarity is None or words.polarity_confidence is None:
        return None
    return Sentiment(
        polarity=hundredths(words.polarity), confidence=hundredths(words.polarity_confidence)
    )


def _hits(turn: ReadTurn, zero_s: float) -> tuple[Hit, ...]:
    """Of more than the wire takes, the surest; nothing against a person of unknown role."""
    found = [
        h for h in turn.words.hits if turn.role is not Role.UNKNOWN or h.category in ROLE_NEUTRAL
    ]
    surest = sorted(found, key=lambda h: -h.confidence)[:MAX_HITS]
    return tuple(
        Hit(
            category=h.category,
            offset_s=hundredths(min(max(turn.start_s, h.at_s - zero_s), turn.end_s)),
            confidence=hundredths(h.confidence),
        )
        for h in sorted(surest, key=lambda h: (h.at_s, h.category))
    )
