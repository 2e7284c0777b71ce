"""Which hits count, and where the lack of one means something.

A hit counts against nobody unless the speaker's role is known surely enough, and a phrase
that was not found was not said only where nearly all of that side's speech was read and the
device was to send hits of its kind.
"""

import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from math import fsum

from schemas.interaction import InteractionPayload, Turn
from schemas.vocabulary import Category, Language, Role

LEAST_ROLE_CONFIDENCE = 0.6
LEAST_CONFIDENCE = 0.5
"""Under this a hit is too weak for a figure; rules state their own."""
_READ_LANGUAGES = (Language.VIETNAMESE, Language.ENGLISH)
"""A tuple is searched by identity; a set would call Enum's hash for every turn."""
TEXT_COVERAGE = {Role.STAFF: "text_staff", Role.CITIZEN: "text_citizen"}


@dataclass(frozen=True, slots=True)
class Heard:
    category: Category
    role: Role
    offset_s: float
    confidence: float


class _Index:
    """What one interaction's turns say, looked through once."""

    def __init__(self, interaction: InteractionPayload) -> None:
        self.turns: dict[Role, list[Turn]] = {role: [] for role in Role}
        self.hits: dict[Role, list[Heard]] = {role: [] for role in Role}
        self.confidence: dict[Role, float] = {}
        for role in TEXT_COVERAGE:
            self.turns[role] = sure = [
                turn
                for turn in interaction.turns
                if turn.role is role and turn.role_confidence >= LEAST_ROLE_CONFIDENCE
            ]
            self.hits[role] = found = [
                Heard(hit.category, role, hit.offset_s, hit.confidence)
                for turn in sure
                if turn.hits
                for hit in turn.hits
            ]
            found.sort(key=lambda h: (h.offset_s, h.category))


class _Last(threading.local):
    """Many quantities ask of the same interaction, one after the other. It never changes."""

    interaction: InteractionPayload | None = None
    index: _Index


_last = _Last()


def _index(interaction: InteractionPayload) -> _Index:
    if _last.interaction is not interaction:
        _last.index = _Index(interaction)
        _last.interaction = interaction
    return _last.index


def hits(
    interaction: InteractionPayload,
    role: Role,
    categories: Collection[Category],
    least_confidence: float = LEAST_CONFIDENCE,
) -> list[Heard]:
    """In the order of time. An unknown role has none."""
    wanted = tuple(categories)  # as _READ_LANGUAGES
    return [
        found
        for found in _index(interaction).hits[role]
        if found.category in wanted and found.confidence >= least_confidence
    ]


def turns_of(interaction: InteractionPayload, role: Role) -> Iterator[Turn]:
    """Turns that are surely enough of this role."""
    return iter(_index(interaction).turns[role])


def was_read(turn: Turn) -> bool:
    """Whether its words were understood well enough to look for phrases in them."""
    return turn.syllables is not None and turn.language in _READ_LANGUAGES


def could_come(interaction: InteractionPayload, categories: Iterable[Category]) -> bool:
    """Whether a hit of each of them would have been sent: only then its lack means something."""
    sent = interaction.coverage.categories_sent
    return sent is None or all(category in sent for category in categories)


def share_read(interaction: InteractionPayload, role: Role) -> float:
    """How much of what this side may have said was read, 0 to 1.

    The sound that arrived, times the speech whose speaker is known (an unknown voice may have
    said it), times what of this side's speech was read.
    """
    seen = interaction.coverage
    return seen.audio * seen.roles * float(getattr(seen, TEXT_COVERAGE[role]))


def transcription_confidence(interaction: InteractionPayload, role: Role) -> float:
    """Mean of the turns that were read, by their speech time; 1 where none was."""
    known = _index(interaction).confidence
    if role not in known:
        known[role] = _confidence(_index(interaction).turns[role])
    return known[role]


def _confidence(turns: Iterable[Turn]) -> float:
    lengths, products = [], []
    for turn in turns:
        confidence = turn.asr_confidence
        if confidence is not None and was_read(turn):
            length_s = turn.speech_s
            lengths.append(length_s)
            products.append(confidence * length_s)
    # fsum is rounded once, so that no order of turns shows in the last digit.
    total_s = fsum(lengths)
    return fsum(products) / total_s if total_s > 0 else 1.0
