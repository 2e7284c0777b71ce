"""What a person at a counter can tell by a tap, in groups that are watched or not.

Backchannels are in no group: nobody ticks every "dạ". Rules that ask about queue, tickets or
dossiers in a way that nobody sees from beside the counter are in none either.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from schemas.vocabulary import Category

What = Literal["category", "rule"]
TickRole = Literal["staff", "citizen", "none"]


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """One button: a kind of phrase said by one side, or the moment that a rule asks about."""

    what: What
    name: str
    role: TickRole


def _said(role: TickRole, *categories: Category) -> tuple[Thing, ...]:
    return tuple(Thing("category", category, role) for category in categories)


def _moments(*rules: str) -> tuple[Thing, ...]:
    return tuple(Thing("rule", rule, "none") for rule in rules)


GROUPS: Final[Mapping[str, tuple[Thing, ...]]] = {
    "courtesy": _said(
        "staff",
        Category.GREETING,
        Category.THANKS,
        Category.APOLOGY,
        Category.CLOSING,
        Category.HEARING_HELP,
        Category.GIFT_REFUSAL,
    ),
    "explaining": _said(
        "staff",
        Category.EXPLANATION,
        Category.EXPLAINS_WAIT,
        Category.DOCUMENT_LIST_GIVEN,
        Category.DOCUMENT_MISSING,
        Category.COME_BACK,
        Category.REDIRECT,
    ),
    "conduct": _said(
        "staff",
        Category.DISRESPECT,
        Category.MAY_TAO,
        Category.ABUSIVE,
        Category.MONEY_HINT,
        Category.BROKER,
        Category.OFF_CHANNEL,
        Category.RATING_SOLICITED,
    ),
    "citizen": _said(
        "citizen",
        Category.POSITIVE,
        Category.NEGATIVE,
        Category.RESIGNED,
        Category.GRIEVANCE,
        Category.ESCALATION,
        Category.ABUSIVE,
        Category.CITIZEN_ABUSE,
        Category.GIFT_OFFER,
    ),
    "moments": _moments(
        "raised_voice_staff",
        "interruptions_staff",
        "dead_air",
        "citizen_unserved",
        "called_with_nobody",
        "over_15_minutes",
        "no_dossier_no_slip",
        "ticket_closed_early",
        "served_out_of_turn",
        "priority_skipped",
    ),
}
"""In the order of the page."""
SPOKEN: Final = tuple(group for group in GROUPS if group != "moments")
"""What a script can hold: it says words and moves nobody."""
SEEN: Final = frozenset(thing.name for thing in GROUPS["moments"])
"""Rules whose moment is ticked itself. The others are judged by the words that were ticked."""


def things(groups: Iterable[str]) -> frozenset[Thing]:
    return frozenset(thing for group in groups for thing in GROUPS[group])
