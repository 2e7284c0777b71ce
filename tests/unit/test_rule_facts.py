"""What follows from the ticket, the dossier, the states, and what stays not known."""

import dataclasses
from datetime import datetime, time, timedelta

import pytest

from hub.scoring.facts import (
    YES_OR_NO,
    CounterMode,
    CounterState,
    DossierEvent,
    DossierStep,
    Facts,
    Ticket,
    Visit,
    known_to_hold,
)
from hub.scoring.local_time import HERE, Calendar, Weekday
from hub.scoring.sources import Sources, Stretch, facts_of
from schemas.vocabulary import Zone

START = datetime(2026, 3, 10, 10, 0, tzinfo=HERE)
END = START + timedelta(minutes=5)


def drawn(**sources):
    return facts_of(START, END, Sources(**sources))


def at(minutes):
    return START + timedelta(minutes=minutes)


def test_without_sources_nothing_is_known():
    assert drawn() == Facts()
    assert all(known_to_hold(name, drawn()) is None for name in YES_OR_NO)


def test_the_ticket_tells_the_wait_and_that_there_is_one():
    ticket = Ticket(created_at=at(-20), called_at=at(-1))
    assert drawn(ticket=ticket).waiting_s == 19 * 60
    assert drawn(ticket=ticket).no_ticket is False
    assert drawn(ticket=Ticket(created_at=at(-20))).waiting_s is None
    assert drawn(ticket=Ticket(created_at=at(1), called_at=at(0))).waiting_s == 0.0
    assert drawn(no_ticket=True).no_ticket is True


@pytest.mark.parametrize(
    ("steps", "outcome", "slip"),
    [
        ([], "nothing", False),
        (["refused"], "refused", False),
        (["supplement_slip"], "supplement", True),
        (["supplement_slip", "accepted"], "accepted", True),
        (["receipt"], None, False),
        (["accepted", "result_late"], "result_given", True),
        (["result_on_time"], "result_given", False),
    ],
)
def test_the_dossier_tells_outcome_and_slip(steps, outcome, slip):
    events = tuple(DossierEvent(DossierStep(step), at(2)) for step in steps)
    assert drawn(dossier=events).dossier_outcome == outcome
    assert drawn(dossier=events).slip_given is slip


def test_events_of_ten_minutes_after_the_stay_belong_to_it_and_earlier_ones_do_not():
    def outcome(minutes):
        return drawn(dossier=(DossierEvent(DossierStep.ACCEPTED, at(minutes)),)).dossier_outcome

    assert (outcome(0), outcome(15)) == ("accepted", "accepted")
    assert (outcome(-1), outcome(15.1)) == ("nothing", "nothing")


@pytest.mark.parametrize(
    ("due", "steps", "missing"),
    [
        (True, (), True),
        (True, ("receipt",), False),
        (True, None, None),
        (None, (), None),
        (None, ("receipt",), False),
        (False, None, False),
    ],
)
def test_a_receipt_is_missing_only_where_money_was_due_and_the_case_system_is_asked(
    due, steps, missing
):
    events = None if steps is None else tuple(DossierEvent(DossierStep(s), at(1)) for s in steps)
    assert drawn(money_due=due, dossier=events).no_receipt is missing


@pytest.mark.parametrize("name", ["overload", "system_fault"])
@pytest.mark.parametrize(
    ("stretch", "answer"),
    [
        (Stretch(at(-60), at(-1)), False),
        (Stretch(at(-60), at(1)), True),
        (Stretch(at(4)), True),
        (Stretch(at(6)), False),
    ],
)
def test_an_overload_counts_from_its_declaration_to_its_end(name, stretch, answer):
    source = {"overload": "overloads", "system_fault": "system_faults"}[name]
    assert getattr(drawn(**{source: (stretch,)}), name) is answer
    assert getattr(drawn(**{source: ()}), name) is False


def test_a_pause_that_meets_the_stay():
    def paused(mode, begin, end):
        state = CounterState(mode, at(begin), None if end is None else at(end))
        return drawn(states=(state,)).paused

    assert paused(CounterMode.PAUSED, -5, 1) is True
    assert paused(CounterMode.PAUSED, 4, None) is True
    assert paused(CounterMode.PAUSED, -5, -1) is False
    assert paused(CounterMode.CLOSED, -5, 1) is False


def test_online_only_needs_the_list_and_the_procedure():
    listed = frozenset({"dat-dai-01"})
    assert drawn(online_only=listed, ticket=Ticket(service="dat-dai-01")).online_only is True
    assert drawn(online_only=listed, ticket=Ticket(service="ho-tich-01")).online_only is False
    assert drawn(online_only=listed, ticket=Ticket()).online_only is None
    assert drawn(online_only=listed).online_only is None
    assert drawn(ticket=Ticket(service="dat-dai-01")).online_only is None


def test_hours_and_the_help_button():
    office = Calendar({Weekday.TUE: ((time(7, 30), time(9, 30)),)})
    assert drawn(calendar=office).outside_hours is True
    assert drawn(calendar=dataclasses.replace(office, weekly={})).outside_hours is True
    early = Calendar({Weekday.TUE: ((time(7, 30), time(11, 30)),)})
    assert drawn(calendar=early).outside_hours is False
    assert drawn(help_pressed_at=(at(1),)).help_pressed is True
    assert drawn(help_pressed_at=(at(-1), at(6))).help_pressed is False


def test_what_ticket_and_visit_say_is_asked_by_name():
    known = drawn(
        zone=Zone.INTAKE,
        ticket=Ticket(priority=True, out_of_turn=False, priority_skipped=True),
        visit=Visit(rating_in_burst=True),
        called_with_nobody=2,
    )
    assert [
        known_to_hold(name, known)
        for name in ("priority", "out_of_turn", "priority_skipped", "rating_in_burst")
    ] == [True, False, True, True]
    assert (known.zone, known.called_with_nobody) == (Zone.INTAKE, 2)
