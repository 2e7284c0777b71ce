"""Which hits count, and where the lack of one means something.

A hit counts against nobody unless the speaker's role is known surely enough, and a phrase
that was not found was not said only where nearly all of that side's speech was read.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import fsum

from schemas.interaction import InteractionPayload, Turn
from schemas.vocabulary import Category, Language, Role

LEAST_ROLE_CONFIDENCE = 0.6
LEAST_CONFIDENCE = 0.5
"""Under this a hit is too weak for a figure; rules state their own."""
_READ_LANGUAGES = frozenset({Language.VIETNAMESE, Language.ENGLISH})
TEXT_COVERAGE = {Role.STAFF: "text_staff", Role.CITIZEN: "text_citizen"}


@dataclass(frozen=True, slots=True)
class Heard:
    category: Category
    role: Role
    offset_s: float
    confidence: float


def hits(
    interaction: InteractionPayload,
    role: Role,
    categories: Collection[Category],
    least_confidence: float = LEAST_CONFIDENCE,
) -> list[Heard]:
    """In the order of time. An unknown role has none."""
    found = [
        Heard(hit.category, role, hit.offset_s, hit.confidence)
        for turn in turns_of(interaction, role)
        for hit in turn.hits
        if hit.category in categories and hit.confidence >= least_confidence
    ]
    return sorted(found, key=lambda h: (h.offset_s, h.category))


def turns_of(interaction: InteractionPayload, role: Role) -> Iterator[Turn]:
    """Turns that are surely enough of this role."""
    for turn in interaction.turns:
        if turn.role is role is not Role.UNKNOWN and turn.role_confidence >= LEAST_ROLE_CONFIDENCE:
            yield turn


def was_read(turn: Turn) -> bool:
    """Whether its words were understood well enough to look for phrases in them."""
    return turn.syllables is not None and turn.language in _READ_LANGUAGES


def share_read(interaction: InteractionPayload, role: Role) -> float:
    """How much of what this side may have said was read, 0 to 1.

    The sound that arrived, times the speech whose speaker is known (an unknown voice may have
    said it), times what of this side's speech was read.
    """
    seen = interaction.coverage
    return seen.audio * seen.roles * float(getattr(seen, TEXT_COVERAGE[role]))


def transcription_confidence(interaction: InteractionPayload, role: Role) -> float:
    """Mean of the turns that were read, by their speech time; 1 where none was."""
    read = [
        (turn.asr_confidence, turn.speech_s)
        for turn in turns_of(interaction, role)
        if turn.asr_confidence is not None and was_read(turn)
    ]
    # fsum is rounded once, so that no order of turns shows in the last digit.
    total_s = fsum(speech_s for _, speech_s in read)
    if total_s <= 0:
        return 1.0
    return fsum(confidence * speech_s for confidence, speech_s in read) / total_s
