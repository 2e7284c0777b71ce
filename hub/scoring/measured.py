"""The numbers that a rule may compare: those of the rubrics, and those that the facts tell.

A number is None where it was not measured or is not known.
"""

from collections.abc import Mapping

from hub.scoring.case import ABSENCE_FROM
from hub.scoring.facts import Facts
from hub.scoring.heard import turns_of, was_read
from hub.scoring.quantities import QUANTITIES, Quantity
from schemas.interaction import InteractionPayload
from schemas.vocabulary import EndReason, Role, SpanKind

CLOSING_S = 60.0


def _dossiers(_interaction: InteractionPayload, facts: Facts) -> float | None:
    return facts.ticket.dossiers if facts.ticket else None


def _handling_s_per_dossier(interaction: InteractionPayload, facts: Facts) -> float | None:
    """Not known where the number of dossiers is not, or two visits may have run together."""
    dossiers = _dossiers(interaction, facts)
    if not dossiers or interaction.boundary_uncertain:
        return None
    return interaction.measurements.handling_s / dossiers


def _sent_back(_interaction: InteractionPayload, facts: Facts) -> float | None:
    return facts.visit.sent_back if facts.visit else None


def _transfers(_interaction: InteractionPayload, facts: Facts) -> float | None:
    return facts.visit.transfers if facts.visit else None


def _called_with_nobody(_interaction: InteractionPayload, facts: Facts) -> float | None:
    return facts.called_with_nobody


def _stayed_after_close_s(interaction: InteractionPayload, facts: Facts) -> float | None:
    """Seconds for which the citizen was seen to stay after the ticket was closed. Where the
    camera saw too little it is not known: it would be too short.
    """
    closed_at = facts.ticket.closed_at if facts.ticket else None
    if closed_at is None or interaction.coverage.video < ABSENCE_FROM:
        return None
    closed_s = (closed_at - interaction.started_at).total_seconds()
    return sum(
        max(0.0, span.start_s + span.duration_s - max(span.start_s, closed_s))
        for span in interaction.spans
        if span.kind is SpanKind.CITIZEN_PRESENT
    )


def _closing_read_share(interaction: InteractionPayload, _facts: Facts) -> float | None:
    """Of the speech of the last minute that may be staff's, the share that was read: a goodbye
    stands there or nowhere. An unknown voice counts as unread; of a recording that was cut off
    the end is not known.
    """
    if interaction.end_reason is EndReason.SOURCE_ENDED or interaction.open:
        return None
    length_s = (interaction.ended_at - interaction.started_at).total_seconds()
    sure = {id(turn) for turn in turns_of(interaction, Role.STAFF)}
    citizens = {id(turn) for turn in turns_of(interaction, Role.CITIZEN)}
    last = [
        turn
        for turn in interaction.turns
        if turn.start_s + turn.duration_s > length_s - CLOSING_S and id(turn) not in citizens
    ]
    total_s = sum(turn.speech_s for turn in last)
    read_s = sum(turn.speech_s for turn in last if id(turn) in sure and was_read(turn))
    return read_s / total_s if total_s > 0 else None


MEASURED: Mapping[str, Quantity] = {
    **QUANTITIES,
    "dossiers": Quantity(_dossiers, "more", "place"),
    "handling_s_per_dossier": Quantity(_handling_s_per_dossier, "less", "place"),
    "sent_back": Quantity(_sent_back, "less", "place"),
    "transfers": Quantity(_transfers, "less", "place"),
    "called_with_nobody": Quantity(_called_with_nobody, "less", "place"),
    "stayed_after_close_s": Quantity(_stayed_after_close_s, "less", "place"),
    "closing_read_share": Quantity(_closing_read_share, "more", "place"),
}
