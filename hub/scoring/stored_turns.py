"""Turns as the database holds them, for reading many: the same fields as the wire's, unchecked,
because they were checked when they came. Ten times as quick to make.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, cast

from hub.store.backtest import TurnRow
from schemas.interaction import Hit, Sentiment, Turn
from schemas.vocabulary import Category, Language, Role

_ROLES = {str(role): role for role in Role}
_LANGUAGES = {str(language): language for language in Language}
_CATEGORIES = {str(category): category for category in Category}


class StoredHit(NamedTuple):
    category: Category
    offset_s: float
    confidence: float


@dataclass(slots=True)
class StoredTurn:
    role: Role
    role_confidence: float
    start_s: float
    duration_s: float
    speech_s: float
    continued: bool
    syllables: int | None
    syllables_per_minute: float | None
    loudness_dbfs: float
    loudness_above_baseline_db: float | None
    asr_confidence: float | None
    language: Language | None
    backchannel: bool
    sentiment: Sentiment | None
    hits: tuple[Hit, ...]


def read_turns(rows: Iterable[TurnRow]) -> tuple[Turn, ...]:
    """To be read only: each looks like a `Turn` and is none."""
    return tuple(cast("Turn", _turn(row)) for row in rows)


def _turn(row: TurnRow) -> StoredTurn:
    language, polarity, hits = row[11], row[13], row[15]
    return StoredTurn(
        role=_ROLES[row[0]],
        role_confidence=row[1],
        start_s=row[2],
        duration_s=row[3],
        speech_s=row[4],
        continued=row[5],
        syllables=row[6],
        syllables_per_minute=row[7],
        loudness_dbfs=row[8],
        loudness_above_baseline_db=row[9],
        asr_confidence=row[10],
        language=None if language is None else _LANGUAGES[language],
        backchannel=row[12],
        sentiment=(None if polarity is None else Sentiment(polarity=polarity, confidence=row[14])),
        hits=tuple(
            cast("Hit", StoredHit(_CATEGORIES[h["category"]], h["offset_s"], h["confidence"]))
            for h in hits or ()
        ),
    )
