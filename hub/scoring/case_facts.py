"""Reads what queue, case system, desk and calendar knew in a rule's case."""

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, get_args

from hub.scoring.facts import (
    CounterMode,
    CounterState,
    DossierEvent,
    DossierOutcome,
    DossierStep,
    Facts,
    PauseReason,
    Ticket,
    Visit,
)
from hub.scoring.local_time import Calendar, Hours, Weekday
from hub.scoring.located import Located
from hub.scoring.sources import Sources, facts_of
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Zone

Fields = Mapping[str, Located]
TICKET_TIMES = ("created", "called", "closed", "transferred")
TICKET_FACTS = ("priority", "out_of_turn", "priority_skipped")
TICKET = (*(f"{name}_s" for name in TICKET_TIMES), *TICKET_FACTS, "dossiers")
VISIT = ("sent_back", "transfers", "rating_in_burst")
SAID_OUTRIGHT = (
    "slip_given",
    "no_receipt",
    "no_ticket",
    "overload",
    "system_fault",
    "paused",
    "online_only",
    "outside_hours",
    "help_pressed",
)
FACTS = (*SAID_OUTRIGHT, "waiting_s", "dossier_outcome", "called_with_nobody")
KNOWN = ("zone", "facts", "ticket", "visit", "dossier", "states", "hours", "holidays")
_LONGEST_S = 30 * 86_400.0
_WORKDAYS = (Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI)


def read_facts(fields: Fields, interaction: InteractionPayload) -> Facts:
    """`fields` as KNOWN names them. Under `facts` stands what is known outright; it goes before
    what follows from the ticket, the dossier and the states.
    """
    start = interaction.started_at
    sources = Sources(
        zone=Zone(fields["zone"].one_of(list(Zone))) if "zone" in fields else None,
        ticket=_ticket(fields["ticket"], start) if "ticket" in fields else None,
        visit=_visit(fields["visit"]) if "visit" in fields else None,
        dossier=_dossier(fields["dossier"], start) if "dossier" in fields else None,
        states=_states(fields["states"], start) if "states" in fields else None,
        calendar=_calendar(fields),
    )
    drawn = facts_of(start, interaction.ended_at, sources)
    return dataclasses.replace(drawn, **_outright(fields["facts"])) if "facts" in fields else drawn


def _outright(located: Located) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in located.fields((), FACTS).items():
        if name == "waiting_s":
            given[name] = value.number(0, _LONGEST_S)
        elif name == "called_with_nobody":
            given[name] = value.whole(0, 1000)
        elif name == "dossier_outcome":
            given[name] = value.one_of(get_args(DossierOutcome))
        else:
            given[name] = value.yes()
    return given


def _at(located: Located, start: datetime) -> datetime:
    return start + timedelta(seconds=located.number(-_LONGEST_S, _LONGEST_S))


def _ticket(located: Located, start: datetime) -> Ticket:
    fields = located.fields((), TICKET)
    given: dict[str, Any] = {
        f"{name}_at": _at(fields[f"{name}_s"], start)
        for name in TICKET_TIMES
        if f"{name}_s" in fields
    }
    given |= {name: fields[name].yes() for name in TICKET_FACTS if name in fields}
    if "dossiers" in fields:
        given["dossiers"] = fields["dossiers"].whole(0, 1000)
    return Ticket(**given)


def _visit(located: Located) -> Visit:
    fields = located.fields((), VISIT)
    return Visit(
        sent_back=fields["sent_back"].whole(0, 1000) if "sent_back" in fields else None,
        transfers=fields["transfers"].whole(0, 1000) if "transfers" in fields else None,
        rating_in_burst=fields["rating_in_burst"].yes() if "rating_in_burst" in fields else None,
    )


def _dossier(located: Located, start: datetime) -> tuple[DossierEvent, ...]:
    """`nothing`: the case system was asked, and nothing had happened."""
    if not located.is_list:
        located.one_of(("nothing",))
        return ()
    events = [item.fields(("step", "at_s")) for item in located.items()]
    return tuple(
        DossierEvent(
            DossierStep(event["step"].one_of(list(DossierStep))), _at(event["at_s"], start)
        )
        for event in events
    )


def _states(located: Located, start: datetime) -> tuple[CounterState, ...]:
    states = [item.fields(("mode", "from_s"), ("until_s", "reason")) for item in located.items()]
    return tuple(
        CounterState(
            CounterMode(state["mode"].one_of(list(CounterMode))),
            _at(state["from_s"], start),
            _at(state["until_s"], start) if "until_s" in state else None,
            PauseReason(state["reason"].one_of(list(PauseReason))) if "reason" in state else None,
        )
        for state in states
    )


def _calendar(fields: Fields) -> Calendar | None:
    """`hours` of Monday to Friday, such as ["07:30-11:30", "13:30-17:00"]."""
    if "hours" not in fields:
        return None
    hours: Hours = tuple(_stretch(item) for item in fields["hours"].items())
    holidays = fields["holidays"].items() if "holidays" in fields else []
    return Calendar(dict.fromkeys(_WORKDAYS, hours), {_day(item): () for item in holidays})


def _stretch(located: Located) -> tuple[time, time]:
    try:
        start, end = (time.fromisoformat(part) for part in located.text().split("-"))
    except ValueError:
        located.fail(
            f"got {located.text()[:40]!r}, expected hours such as 07:30-11:30", "correct it"
        )
    return start, end


def _day(located: Located) -> date:
    try:
        return date.fromisoformat(located.text())
    except ValueError:
        located.fail(
            f"got {located.text()[:40]!r}, expected a day such as 2026-02-17", "correct it"
        )
