"""Draws the facts of one stay from what queue, case system, roster desk and calendar say. Pure.

A source that is not connected is None, and everything that rests on it stays not known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.scoring.facts import (
    CounterMode,
    CounterState,
    DossierEvent,
    DossierOutcome,
    DossierStep,
    Facts,
    Ticket,
    Visit,
)
from hub.scoring.local_time import Calendar, PartOfDay
from schemas.vocabulary import Zone

SETTLING = timedelta(minutes=10)
"""A dossier's event so long after the stay still belongs to it: clerks type up afterwards."""
_OUTCOMES: Sequence[tuple[DossierStep, DossierOutcome]] = (
    (DossierStep.RESULT_ON_TIME, "result_given"),
    (DossierStep.RESULT_LATE, "result_given"),
    (DossierStep.ACCEPTED, "accepted"),
    (DossierStep.SUPPLEMENT_SLIP, "supplement"),
    (DossierStep.REFUSED, "refused"),
)
"""The first that happened is the stay's outcome."""
_SLIPS = frozenset({DossierStep.SUPPLEMENT_SLIP, DossierStep.ACCEPTED})
"""Whoever is accepted gets an appointment slip."""


@dataclass(frozen=True, slots=True)
class Stretch:
    from_at: datetime
    until_at: datetime | None = None
    """None: it still lasts."""

    def meets(self, start: datetime, end: datetime) -> bool:
        return self.from_at <= end and (self.until_at is None or self.until_at >= start)


@dataclass(frozen=True, slots=True)
class Sources:
    zone: Zone | None = None
    ticket: Ticket | None = None
    no_ticket: bool | None = None
    visit: Visit | None = None
    dossier: tuple[DossierEvent, ...] | None = None
    """Of the visit's dossiers, of any time."""
    money_due: bool | None = None
    states: tuple[CounterState, ...] | None = None
    """Of this counter, in any order."""
    calendar: Calendar | None = None
    overloads: tuple[Stretch, ...] | None = None
    """As the branch declared them."""
    system_faults: tuple[Stretch, ...] | None = None
    online_only: frozenset[str] | None = None
    """Codes of the procedures that are filed online only in this week."""
    help_pressed_at: tuple[datetime, ...] | None = None
    called_with_nobody: int | None = None


def facts_of(started_at: datetime, ended_at: datetime, sources: Sources) -> Facts:
    """The facts of a stay from `started_at` to `ended_at`."""
    ticket = sources.ticket
    dossier = _during(sources.dossier, started_at, ended_at)
    steps = None if dossier is None else {event.step for event in dossier}
    states = sources.states
    return Facts(
        zone=sources.zone,
        waiting_s=_waiting_s(ticket),
        dossier_outcome=None if steps is None else _outcome(steps),
        slip_given=None if steps is None else bool(steps & _SLIPS),
        no_receipt=_no_receipt(sources.money_due, steps),
        no_ticket=sources.no_ticket if ticket is None else False,
        overload=_any_meets(sources.overloads, started_at, ended_at),
        system_fault=_any_meets(sources.system_faults, started_at, ended_at),
        paused=None
        if states is None
        else any(
            state.mode is CounterMode.PAUSED
            and Stretch(state.from_at, state.until_at).meets(started_at, ended_at)
            for state in states
        ),
        online_only=None
        if sources.online_only is None or ticket is None or ticket.service is None
        else ticket.service in sources.online_only,
        outside_hours=None
        if sources.calendar is None
        else sources.calendar.part_of_day(started_at) is not PartOfDay.WORKING,
        help_pressed=None
        if sources.help_pressed_at is None
        else any(started_at <= at <= ended_at for at in sources.help_pressed_at),
        called_with_nobody=sources.called_with_nobody,
        ticket=ticket,
        visit=sources.visit,
        dossier=dossier,
        states=states,
        calendar=sources.calendar,
    )


def _during(
    events: tuple[DossierEvent, ...] | None, started_at: datetime, ended_at: datetime
) -> tuple[DossierEvent, ...] | None:
    if events is None:
        return None
    return tuple(event for event in events if started_at <= event.at <= ended_at + SETTLING)


def _waiting_s(ticket: Ticket | None) -> float | None:
    if ticket is None or ticket.created_at is None or ticket.called_at is None:
        return None
    return max(0.0, (ticket.called_at - ticket.created_at).total_seconds())


def _outcome(steps: set[DossierStep]) -> DossierOutcome | None:
    """A receipt alone tells that something came of the stay, and not what."""
    for step, outcome in _OUTCOMES:
        if step in steps:
            return outcome
    return None if steps else "nothing"


def _no_receipt(money_due: bool | None, steps: set[DossierStep] | None) -> bool | None:  # noqa: FBT001 - a fact
    if money_due is False or (steps is not None and DossierStep.RECEIPT in steps):
        return False
    return None if money_due is None or steps is None else True


def _any_meets(
    stretches: tuple[Stretch, ...] | None, started_at: datetime, ended_at: datetime
) -> bool | None:
    if stretches is None:
        return None
    return any(stretch.meets(started_at, ended_at) for stretch in stretches)
