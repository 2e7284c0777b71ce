"""What is known of a visit beside sound and sight. None is not known, and never held against
anybody: it lowers coverage, raises no flag and blocks none.

All times are aware. The yes-or-no facts are summaries of one stay; sources.py draws them from
the ticket, the dossier's events and the counter's states.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from hub.scoring.local_time import Calendar
from schemas.vocabulary import Zone

DossierOutcome = Literal["accepted", "result_given", "supplement", "refused", "nothing"]
"""`supplement`: papers were asked for; `nothing`: the stay left no trace in the case system."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A time that the queue system did not tell is None."""

    created_at: datetime | None = None
    called_at: datetime | None = None
    closed_at: datetime | None = None
    transferred_at: datetime | None = None
    """Passed on to another counter; the next step of a procedure is none."""
    priority: bool | None = None
    """Of the class that goes first. Why (age, disability, a child) is not kept."""
    out_of_turn: bool | None = None
    """Called while one that came before it, with the same right, was waiting. One that was
    called back after a step elsewhere has its turn."""
    priority_skipped: bool | None = None
    """An ordinary one, called while one with priority was waiting."""
    service: str | None = None
    """The procedure's code."""
    dossiers: int | None = None
    """How many were handed in or out on it at this counter."""


@dataclass(frozen=True, slots=True)
class Visit:
    sent_back: int | None = None
    """Times that one dossier was sent back for papers; of several dossiers the most."""
    transfers: int | None = None
    """From counter to counter, beside the procedure's own steps."""
    rating_in_burst: bool | None = None
    """Its rating came among many within moments, at the same device."""


class DossierStep(StrEnum):
    ACCEPTED = "accepted"
    SUPPLEMENT_SLIP = "supplement_slip"
    """A slip that lists the missing papers was printed."""
    REFUSED = "refused"
    RECEIPT = "receipt"
    RESULT_ON_TIME = "result_on_time"
    RESULT_LATE = "result_late"


@dataclass(frozen=True, slots=True)
class DossierEvent:
    step: DossierStep
    at: datetime


class CounterMode(StrEnum):
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class PauseReason(StrEnum):
    LUNCH = "lunch"
    MEETING = "meeting"
    PRINT_OR_SCAN = "print_or_scan"
    HYGIENE = "hygiene"
    HELPING_ELSEWHERE = "helping_elsewhere"


@dataclass(frozen=True, slots=True)
class CounterState:
    mode: CounterMode
    from_at: datetime
    until_at: datetime | None = None
    """None: it still lasts."""
    reason: PauseReason | None = None


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
    online_only: bool | None = None
    """The procedure stands on the week's list of those that are filed online only."""
    outside_hours: bool | None = None
    """The stay began outside the working hours of the calendar."""
    help_pressed: bool | None = None
    called_with_nobody: int | None = None
    """Tickets that were called with nobody there, since the counter's last interaction."""
    ticket: Ticket | None = None
    visit: Visit | None = None
    dossier: tuple[DossierEvent, ...] | None = None
    """Empty: the case system was asked, and nothing had happened."""
    states: tuple[CounterState, ...] | None = None
    calendar: Calendar | None = None


YES_OR_NO: Mapping[str, Callable[[Facts], bool | None]] = {
    "slip_given": lambda f: f.slip_given,
    "no_receipt": lambda f: f.no_receipt,
    "no_ticket": lambda f: f.no_ticket,
    "overload": lambda f: f.overload,
    "system_fault": lambda f: f.system_fault,
    "paused": lambda f: f.paused,
    "online_only": lambda f: f.online_only,
    "outside_hours": lambda f: f.outside_hours,
    "help_pressed": lambda f: f.help_pressed,
    "priority": lambda f: f.ticket.priority if f.ticket else None,
    "out_of_turn": lambda f: f.ticket.out_of_turn if f.ticket else None,
    "priority_skipped": lambda f: f.ticket.priority_skipped if f.ticket else None,
    "rating_in_burst": lambda f: f.visit.rating_in_burst if f.visit else None,
}
"""The yes-or-no facts by their names in rule files."""


def known_to_hold(name: str, facts: Facts) -> bool | None:
    """A yes-or-no fact by its name in rule files."""
    return YES_OR_NO[name](facts)
