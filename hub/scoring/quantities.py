"""The numbers that rubrics and rules may name, each by one function.

A quantity is None where it was not measured or is not known. Whether less or more of it is
better stands here, so that a rubric's curve cannot reward the worse; so does whose doing it
is, so that nothing of the citizen's, the branch's or a machine's enters the counter's part; and
which kinds of phrases it reads, so that it is missing where a device does not send one of them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Literal

from hub.scoring.facts import Facts
from hub.scoring.heard import (
    could_come,
    hits,
    share_read,
    transcription_confidence,
    turns_of,
    was_read,
)
from schemas.interaction import InteractionPayload, Turn
from schemas.vocabulary import Category, Role

SENTIMENT_FROM_TURNS = 8
"""Sentiment of fewer citizen turns is missing: three turns are no mood."""
OPENING_S = 60.0
_GREETING = frozenset({Category.GREETING})
_CLOSING = frozenset({Category.CLOSING})
_COURTESIES = frozenset({Category.THANKS, Category.APOLOGY, Category.EXPLAINS_WAIT})
_EXPLAINING = frozenset({Category.EXPLANATION, Category.DOCUMENT_LIST_GIVEN})
_LIST_GIVEN = frozenset({Category.DOCUMENT_LIST_GIVEN})
_SENDING_AWAY = frozenset({Category.COME_BACK, Category.DOCUMENT_MISSING, Category.REDIRECT})
_SENDING_HOME = _SENDING_AWAY - {Category.REDIRECT}
"""At the reception, showing people to another counter is the work itself."""
_INSULTS: Mapping[Category, float] = {
    Category.ABUSIVE: 1.0,
    Category.MAY_TAO: 1.0,
    Category.DISRESPECT: 0.5,
}
_MOOD: Mapping[Category, float] = {
    Category.POSITIVE: 1.0,
    Category.RESIGNED: -0.5,
    Category.NEGATIVE: -1.0,
    Category.GRIEVANCE: -1.0,
}
_DOSSIER_STEPS = {"nothing": 0, "refused": 1, "supplement": 2, "accepted": 3, "result_given": 3}

Read = Callable[[InteractionPayload, Facts], float | None]


@dataclass(frozen=True, slots=True)
class Quantity:
    read: Read
    better: Literal["less", "more"]
    whose: Literal["counter", "citizen", "place"]
    reads: frozenset[Category] = frozenset()
    """Kinds of phrases that it counts, if it counts any."""

    def of(self, interaction: InteractionPayload, facts: Facts) -> float | None:
        """None where it was not measured or is not known; also where a kind that it reads is not
        sent, whatever came of the others: by those alone it would be too high or too low.
        """
        if not could_come(interaction, self.reads):
            return None
        return self.read(interaction, facts)

    @property
    def phrases(self) -> bool:
        """Counts phrases: 0 may also mean that nothing was read. Rules ask with `hits`, which
        knows the difference; a figure has its coverage beside it.
        """
        return bool(self.reads)


def _share(part_s: float | None, whole_s: float | None) -> float | None:
    if part_s is None or not whole_s:
        return None
    return min(1.0, part_s / whole_s)


def _handling_s(interaction: InteractionPayload, _facts: Facts) -> float | None:
    # Two visits that may have run together have no known length.
    return None if interaction.boundary_uncertain else interaction.measurements.handling_s


def _away_share(interaction: InteractionPayload, facts: Facts) -> float | None:
    """Citizen present, staff absent; not known of a counter that was paused meanwhile."""
    if facts.paused:
        return None
    seen = interaction.measurements
    return _share(seen.unattended_s, seen.citizen_present_s)


def _greeted(interaction: InteractionPayload, _facts: Facts) -> float | None:
    """Greetings count once: a second one adds nothing."""
    return float(bool(hits(interaction, Role.STAFF, _GREETING)))


def _closed(interaction: InteractionPayload, _facts: Facts) -> float | None:
    return float(bool(hits(interaction, Role.STAFF, _CLOSING)))


def _courtesies(interaction: InteractionPayload, _facts: Facts) -> float | None:
    """Kinds of courtesy, each once: saying one over and over adds nothing."""
    return float(len({h.category for h in hits(interaction, Role.STAFF, _COURTESIES)}))


def _explanations(interaction: InteractionPayload, _facts: Facts) -> float | None:
    return float(len(hits(interaction, Role.STAFF, _EXPLAINING)))


def _sent_without_list(categories: Collection[Category]) -> Read:
    """1 where somebody was sent away or asked for papers and got no list of them, else 0."""

    def read(interaction: InteractionPayload, facts: Facts) -> float | None:
        if facts.slip_given or hits(interaction, Role.STAFF, _LIST_GIVEN):
            return 0.0
        return float(bool(hits(interaction, Role.STAFF, categories)))

    return read


def _unexcused(quantity: Read) -> Read:
    """Not the counter's doing where the branch was overloaded or a system was down."""

    def read(interaction: InteractionPayload, facts: Facts) -> float | None:
        return None if facts.overload or facts.system_fault else quantity(interaction, facts)

    return read


def _receipt_missing(_interaction: InteractionPayload, facts: Facts) -> float | None:
    """1 where money was due and no receipt was issued, 0 where there was one or none was due."""
    return None if facts.no_receipt is None else float(facts.no_receipt)


def _insults(interaction: InteractionPayload, _facts: Facts) -> float | None:
    """Words against the citizen: abuse and mày/tao count 1, disrespect a half, each times its
    confidence.
    """
    # fsum is rounded once, so that no order of turns shows in the last digit.
    return fsum(
        _INSULTS[h.category] * h.confidence for h in hits(interaction, Role.STAFF, _INSULTS)
    )


def _interruptions_staff_per_minute(interaction: InteractionPayload, _facts: Facts) -> float | None:
    """Over the minutes in which either side spoke."""
    seen = interaction.measurements
    count, staff_s, citizen_s = (
        seen.interruptions.staff,
        seen.talk_time_s.staff,
        seen.talk_time_s.citizen,
    )
    if count is None or staff_s is None or citizen_s is None or staff_s + citizen_s <= 0:
        return None
    return count * 60 / (staff_s + citizen_s)


def _sentiment_mean(interaction: InteractionPayload, _facts: Facts) -> float | None:
    felt = interaction.measurements.sentiment
    return felt.mean if felt is not None and felt.turns >= SENTIMENT_FROM_TURNS else None


def _sentiment_second_half(interaction: InteractionPayload, _facts: Facts) -> float | None:
    felt = interaction.measurements.sentiment
    return felt.second_half if felt is not None and felt.turns >= SENTIMENT_FROM_TURNS else None


def _mood_words(interaction: InteractionPayload, _facts: Facts) -> float | None:
    """Praise less displeasure. A citizen's abuse of staff is no word about the service."""
    return sum(_MOOD[h.category] for h in hits(interaction, Role.CITIZEN, _MOOD))


def _turns(role: Role) -> Read:
    def read(interaction: InteractionPayload, _facts: Facts) -> float | None:
        return float(sum(not turn.backchannel for turn in turns_of(interaction, role)))

    return read


def _staff_transcription(interaction: InteractionPayload, _facts: Facts) -> float | None:
    if share_read(interaction, Role.STAFF) <= 0:
        return None
    return transcription_confidence(interaction, Role.STAFF)


def _opening_read_share(interaction: InteractionPayload, _facts: Facts) -> float | None:
    """Of the speech of the first minute that may be staff's, the share that was read: a
    greeting stands there or nowhere. An unknown voice counts as unread.
    """
    sure = {id(turn) for turn in turns_of(interaction, Role.STAFF)}
    unsure = {id(turn) for turn in turns_of(interaction, Role.CITIZEN)}
    opening: list[Turn] = [
        t for t in interaction.turns if t.start_s < OPENING_S and id(t) not in unsure
    ]
    total_s = sum(turn.speech_s for turn in opening)
    read_s = sum(turn.speech_s for turn in opening if id(turn) in sure and was_read(turn))
    return read_s / total_s if total_s > 0 else None


def _dossier_step(_interaction: InteractionPayload, facts: Facts) -> float | None:
    """0 nothing, 1 refused, 2 papers asked for, 3 accepted or result given."""
    return None if facts.dossier_outcome is None else _DOSSIER_STEPS[facts.dossier_outcome]


QUANTITIES: Mapping[str, Quantity] = {
    "waiting_s": Quantity(lambda _i, f: f.waiting_s, "less", "place"),
    "handling_s": Quantity(_handling_s, "less", "place"),
    "dossier_step": Quantity(_dossier_step, "more", "place"),
    "dead_air_share": Quantity(
        lambda i, _f: _share(i.measurements.dead_air_s, i.measurements.handling_s), "less", "place"
    ),
    "longest_dead_air_s": Quantity(
        lambda i, _f: i.measurements.longest_dead_air_s, "less", "place"
    ),
    "unattended_share": Quantity(
        lambda i, _f: _share(i.measurements.unattended_s, i.measurements.citizen_present_s),
        "less",
        "place",
    ),
    "longest_unattended_s": Quantity(
        lambda i, _f: i.measurements.longest_unattended_s, "less", "place"
    ),
    "list_missing": Quantity(
        _sent_without_list(_SENDING_AWAY), "less", "place", _SENDING_AWAY | _LIST_GIVEN
    ),
    "sent_home_without_list": Quantity(
        _sent_without_list(_SENDING_HOME), "less", "place", _SENDING_HOME | _LIST_GIVEN
    ),
    "receipt_missing": Quantity(_receipt_missing, "less", "place"),
    "away_share": Quantity(_away_share, "less", "counter"),
    "list_missing_unexcused": Quantity(
        _unexcused(_sent_without_list(_SENDING_AWAY)),
        "less",
        "counter",
        _SENDING_AWAY | _LIST_GIVEN,
    ),
    "sent_home_without_list_unexcused": Quantity(
        _unexcused(_sent_without_list(_SENDING_HOME)),
        "less",
        "counter",
        _SENDING_HOME | _LIST_GIVEN,
    ),
    "receipt_missing_unexcused": Quantity(_unexcused(_receipt_missing), "less", "counter"),
    "greeted": Quantity(_greeted, "more", "counter", _GREETING),
    "closed": Quantity(_closed, "more", "counter", _CLOSING),
    "courtesies": Quantity(_courtesies, "more", "counter", _COURTESIES),
    "explanations": Quantity(_explanations, "more", "counter", _EXPLAINING),
    "insults": Quantity(_insults, "less", "counter", frozenset(_INSULTS)),
    "interruptions_staff": Quantity(
        lambda i, _f: i.measurements.interruptions.staff, "less", "counter"
    ),
    "interruptions_staff_per_minute": Quantity(_interruptions_staff_per_minute, "less", "counter"),
    "raised_voice_staff_s": Quantity(
        lambda i, _f: i.measurements.raised_voice_s.staff, "less", "counter"
    ),
    "staff_turns": Quantity(_turns(Role.STAFF), "more", "counter"),
    "staff_transcription": Quantity(_staff_transcription, "more", "place"),
    "opening_read_share": Quantity(_opening_read_share, "more", "place"),
    "citizen_turns": Quantity(_turns(Role.CITIZEN), "more", "citizen"),
    "raised_voice_citizen_s": Quantity(
        lambda i, _f: i.measurements.raised_voice_s.citizen, "less", "citizen"
    ),
    "sentiment_mean": Quantity(_sentiment_mean, "more", "citizen"),
    "sentiment_second_half": Quantity(_sentiment_second_half, "more", "citizen"),
    "mood_words": Quantity(_mood_words, "more", "citizen", frozenset(_MOOD)),
}

COVERAGES = (
    "audio",
    "video",
    "roles",
    "text_staff",
    "text_citizen",
    "sentiment",
    "overlap",
    "raised_voice_staff",
    "raised_voice_citizen",
    "presence",
    "audio_or_video",
)
"""Names of coverage in the files: those of the wire, and the better of sound and picture for
what either of them shows (that the citizen is there)."""


def coverage_of(interaction: InteractionPayload, name: str) -> float:
    seen = interaction.coverage
    return max(seen.audio, seen.video) if name == "audio_or_video" else float(getattr(seen, name))
