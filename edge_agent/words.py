"""The one place where words exist: a turn's sound goes in, numbers and categories come out.

Speech outside an interaction never gets here. What a model says of a turn lives in this
module's local variables until the function returns; no error it raises is passed on with
its text, because a runtime may put what it was given into a message.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from edge_agent.categories import CategoryHit, Lexicon
from edge_agent.guard import Guard
from edge_agent.models.base import AbuseModel, SentimentModel, Transcriber, Transcript
from edge_agent.turn import SpokenTurn
from schemas.vocabulary import Category, Language, Missing, Role

MIN_CONFIDENCE = 0.4
"""exp(-0.92); Whisper's own threshold for a transcript worth keeping is exp(-1)."""
MIN_LANGUAGE_PROBABILITY = 0.8
"""Under this a turn may be in a language whose words would be misread."""
CONFIRMED = frozenset({Category.ABUSIVE, Category.CITIZEN_ABUSE})
"""Kept only with a second sign. The abuse model learned these kinds and no other: disrespect
("hỏi lắm thế") and mày/tao are no abuse by its lights, and their rules ask for two hits or a
raised voice themselves; money is another matter altogether."""
SECOND_SIGNS = CONFIRMED | {Category.DISRESPECT, Category.MAY_TAO}
"""Two hits of these in one turn bear each other out."""
CONFIDENT = 0.75
"""From here a phrase stands alone in a language that the abuse model does not know (English)."""


@dataclass(frozen=True, slots=True)
class WordHit:
    category: Category
    at_s: float
    """Media time, from the place in the text: within about a second."""
    confidence: float


@dataclass(frozen=True, slots=True)
class TurnWords:
    """What is left of a turn's words. `missing` says why there is nothing."""

    missing: Missing | None = None
    language: Language | None = None
    confidence: float | None = None
    syllables: int | None = None
    backchannel: bool = False
    hits: tuple[WordHit, ...] = ()
    polarity: float | None = None
    polarity_confidence: float | None = None


class WordReader:
    def __init__(
        self,
        transcriber: Transcriber,
        lexicon: Lexicon,
        sentiment: SentimentModel,
        abuse: AbuseModel,
        guard: Guard,
    ) -> None:
        self._transcriber = transcriber
        self._lexicon = lexicon
        self._sentiment = sentiment
        self._abuse = abuse
        self._guard = guard
        self._language: Language | None = None

    def new_interaction(self) -> None:
        """Another citizen may speak another language."""
        self._language = None

    def read(self, turn: SpokenTurn, *, beam_size: int | None = None) -> TurnWords:
        """`beam_size`: of this turn; None is the transcriber's own."""
        heard = self._guard.run(
            "transcribe",
            lambda: self._transcriber.transcribe(turn.sound, self._language, beam_size=beam_size),
        )
        if heard.failed:
            return TurnWords(missing=Missing.MODEL_FAILED)
        transcript = heard.value
        if transcript is None:
            return TurnWords(missing=Missing.LOW_CONFIDENCE)
        if (
            transcript.language is Language.OTHER
            or transcript.language_probability < MIN_LANGUAGE_PROBABILITY
        ):
            return TurnWords(missing=Missing.OTHER_LANGUAGE, language=Language.OTHER)
        if transcript.confidence < MIN_CONFIDENCE:
            return TurnWords(
                missing=Missing.LOW_CONFIDENCE,
                language=transcript.language,
                confidence=transcript.confidence,
            )
        self._language = transcript.language
        counted = self._guard.run("categories", lambda: self._count(turn, transcript))
        return counted.value or TurnWords(missing=Missing.MODEL_FAILED)

    def _count(self, turn: SpokenTurn, transcript: Transcript) -> TurnWords:
        text, language = transcript.text, transcript.language
        length_s = turn.end_s - turn.start_s
        hits = tuple(
            WordHit(h.category, turn.start_s + h.position * length_s, h.confidence)
            for h in self._borne_out(self._lexicon.match(text, turn.role, language), transcript)
        )
        # Of the citizen alone; a clerk's words are never scored for feeling (law 2).
        feeling = self._sentiment.score(text, language) if turn.role is Role.CITIZEN else None
        return TurnWords(
            language=language,
            confidence=transcript.confidence,
            syllables=count_syllables(text, language),
            backchannel=self._lexicon.is_backchannel(text, language),
            hits=hits,
            polarity=None if feeling is None else feeling.polarity,
            polarity_confidence=None if feeling is None else feeling.confidence,
        )

    def _borne_out(
        self, hits: Sequence[CategoryHit], transcript: Transcript
    ) -> Sequence[CategoryHit]:
        """Abuse needs a second sign: the abuse model's yes, or another hit in the turn."""
        if not any(hit.category in CONFIRMED for hit in hits):
            return hits
        if sum(hit.category in SECOND_SIGNS for hit in hits) > 1:
            return hits
        confirmed = self._abuse.confirms(transcript.text, transcript.language)
        return [
            hit
            for hit in hits
            if hit.category not in CONFIRMED
            or (hit.confidence >= CONFIDENT if confirmed is None else confirmed)
        ]


def count_syllables(text: str, language: Language) -> int:
    """Vietnamese is written a syllable a word; English by groups of vowels, silent e less."""
    words = re.findall(r"[^\W\d_]+|\d+", text.lower())
    if language is Language.VIETNAMESE:
        return sum(len(word) if word.isdigit() else 1 for word in words)
    count = 0
    for word in words:
        if word.isdigit():
            count += len(word)
            continue
        stem = word[:-1] if word.endswith("e") and len(word) > 2 else word
        count += max(1, len(re.findall(r"[aeiouy]+", stem)))
    return count
