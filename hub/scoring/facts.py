"""What is known of a visit beside sound and sight. None is not known, and never held against
anybody: it lowers coverage, raises no flag and blocks none.
"""

from dataclasses import dataclass
from typing import Literal

from schemas.vocabulary import Zone

DossierOutcome = Literal["accepted", "result_given", "supplement", "refused", "nothing"]
"""`supplement`: papers were asked for; `nothing`: the stay left no trace in the case system."""


@dataclass(frozen=True, slots=True)
class Facts:
    zone: Zone | None = None
    waiting_s: float | None = None
    """From taking the ticket to being called."""
    dossier_outcome: DossierOutcome | None = None
    slip_given: bool | None = None
    """A slip that lists what is to be supplemented, or an appointment slip, was printed."""
    no_receipt: bool | None = None
    """Money was due and no receipt was issued."""
    no_ticket: bool | None = None
    overload: bool | None = None
    """The branch had declared itself overloaded at the time."""
    system_fault: bool | None = None
    paused: bool | None = None
    """The counter was paused during the stay."""


def known_to_hold(name: str, facts: Facts) -> bool | None:
    """A yes-or-no fact by its name in rule files."""
    value = getattr(facts, name)
    assert value is None or isinstance(value, bool)
    return value


YES_OR_NO = (
    "slip_given",
    "no_receipt",
    "no_ticket",
    "overload",
    "system_fault",
    "paused",
)
