"""What rules may look for beside hits and spans: turns, tickets, dossiers, states, local time."""

import dataclasses
from datetime import UTC, date, datetime, time, timedelta

import pytest

from hub.scoring.case import Case, Window
from hub.scoring.condition import Count, Measured, Not, StartedAt
from hub.scoring.facts import (
    CounterMode,
    CounterState,
    DossierEvent,
    DossierStep,
    Facts,
    PauseReason,
    Ticket,
    Visit,
)
from hub.scoring.local_time import HERE, Calendar, Clock, PartOfDay, Weekday
from hub.scoring.moments import CounterStates, DossierEvents, TicketMoments
from hub.scoring.selectors import Hits, Spans, Turns
from schemas.vocabulary import Category, EndReason, Language, Role, SpanKind
from tests.builders import coverage, hit, interaction_payload, span, turn

TUESDAY = datetime(2026, 3, 10, 10, 0, tzinfo=HERE)
OFFICE = Calendar(
    dict.fromkeys(
        (Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI),
        ((time(7, 30), time(11, 30)), (time(13, 30), time(17))),
    ),
    {date(2026, 3, 14): ((time(8), time(11)),), date(2026, 3, 11): ()},
)


def case(facts=None, **overrides):
    return Case(interaction_payload(started_at=TUESDAY, **overrides), facts or Facts())


def after(seconds):
    return TUESDAY + timedelta(seconds=seconds)


# Turns ----------------------------------------------------------------------------------

LONG = turn(start_s=10.0, duration_s=20.0)
FAST = turn(start_s=40.0, syllables_per_minute=400.0)
KHMER = turn(role=Role.CITIZEN, start_s=50.0, language=Language.OTHER)
UNREAD = turn(start_s=60.0, syllables=None, syllables_per_minute=None, language=None)
SHORT = turn(start_s=70.0, backchannel=True)
UNSURE = turn(start_s=80.0, role_confidence=0.5)
LATE = turn(start_s=150.0)
TALK = (LONG, FAST, KHMER, UNREAD, SHORT, UNSURE, LATE)


def starts(selector, **overrides):
    return [e.offset_s for e in selector.found(case(turns=TALK, **overrides))]


def test_turns_are_those_of_the_role_without_short_replies_and_unsure_speakers():
    assert starts(Turns(Role.STAFF)) == [10.0, 40.0, 60.0, 150.0]
    assert starts(Turns(Role.CITIZEN)) == [50.0]
    assert starts(Turns(Role.STAFF, lasting_s=20.0)) == [10.0]


def test_a_turn_that_was_not_read_has_no_pace():
    assert starts(Turns(Role.STAFF, pace_above=300)) == [40.0]
    assert starts(Turns(Role.STAFF, pace_below=300)) == [10.0, 150.0]
    assert starts(Turns(Role.CITIZEN, languages=(Language.OTHER,))) == [50.0]
    assert starts(Turns(Role.STAFF, languages=(Language.OTHER,))) == []


def test_a_silence_counts_since_anybodys_last_word():
    assert starts(Turns(Role.STAFF, gap_above_s=60)) == [150.0]  # 84 s ended by UNSURE
    assert starts(Turns(Role.STAFF, gap_above_s=9)) == [10.0, 40.0, 150.0]
    assert starts(Turns(Role.CITIZEN, gap_above_s=5)) == [50.0]


@pytest.mark.parametrize(
    "unseen",
    [
        {"coverage": coverage(audio=0.7)},
        {"spans": (span(SpanKind.MUTED, start_s=100.0, duration_s=20.0),)},
        {"spans": (span(SpanKind.WRITTEN, start_s=80.0, duration_s=90.0),)},
    ],
)
def test_a_silence_that_was_not_heard_is_none(unseen):
    assert starts(Turns(Role.STAFF, gap_above_s=60), **unseen) == []


@pytest.mark.parametrize(
    ("asked", "unseen", "answer"),
    [
        (Turns(Role.STAFF, lasting_s=60), {}, False),
        (Turns(Role.STAFF, lasting_s=60), {"text_staff": 0.1}, False),
        (Turns(Role.STAFF, lasting_s=60), {"roles": 0.7}, None),
        (Turns(Role.STAFF, pace_above=900), {}, False),
        (Turns(Role.STAFF, pace_above=900), {"text_staff": 0.7}, None),
    ],
)
def test_a_turn_not_found_is_known_not_to_be_there_only_where_enough_was_seen(
    asked, unseen, answer
):
    assert Count(asked).holds(case(turns=TALK, coverage=coverage(**unseen))) is answer


# Order, distance, the end ---------------------------------------------------------------

OFFER = Hits((Category.GIFT_OFFER,), Role.CITIZEN)
REFUSAL = Hits((Category.GIFT_REFUSAL,), Role.STAFF)


def offered(offer_s, refusal_s):
    return case(
        turns=(
            turn(role=Role.CITIZEN, start_s=offer_s, hits=(hit("gift_offer", offer_s),)),
            turn(start_s=refusal_s, hits=(hit("gift_refusal", refusal_s),)),
        )
    )


def test_after_and_before_ask_for_the_order_and_near_does_not():
    in_order, reversed_ = offered(20.0, 30.0), offered(30.0, 20.0)
    assert Count(REFUSAL, after=OFFER).holds(in_order) is True
    assert Count(REFUSAL, after=OFFER).holds(reversed_) is False
    assert Count(OFFER, before=REFUSAL).holds(in_order) is True
    assert Count(OFFER, before=REFUSAL).holds(reversed_) is False
    assert Count(REFUSAL, near=OFFER, within_s=10).holds(reversed_) is True
    assert Count(REFUSAL, after=OFFER, within_s=9).holds(in_order) is False
    assert Count(REFUSAL, after=OFFER).holds(offered(20.0, 20.0)) is False


def test_what_the_other_side_said_unheard_leaves_the_order_unknown():
    alone = case(
        turns=(turn(start_s=30.0, hits=(hit("gift_refusal", 30.0),)),),
        coverage=coverage(text_citizen=0.2),
    )
    assert Count(REFUSAL, after=OFFER).holds(alone) is None
    assert Not(Count(REFUSAL, after=OFFER)).holds(alone) is None


def test_during_asks_where_it_begins():
    inside, at_end = ((span(SpanKind.RAISED_VOICE, start_s=at, duration_s=9.0),) for at in (20, 30))
    away = span(SpanKind.UNATTENDED, start_s=10.0, duration_s=20.0)
    asked = Count(Spans(SpanKind.RAISED_VOICE), during=Spans(SpanKind.UNATTENDED))
    assert asked.holds(case(spans=(*inside, away))) is True
    assert asked.holds(case(spans=(*at_end, away))) is False


def test_the_last_seconds_are_those_before_the_end_and_unknown_while_it_is_open():
    asked = Count(Hits((Category.GREETING,), Role.STAFF, window=Window(last_s=30)))
    early, late = turn(hits=(hit("greeting", 10.0),)), turn(hits=(hit("greeting", 151.0),))
    assert asked.holds(case(turns=(late,))) is True
    assert asked.holds(case(turns=(early,))) is False
    assert asked.holds(case(turns=(early,), open=True)) is None


# Ticket, dossier, states ------------------------------------------------------------------

TICKET = Ticket(created_at=after(-600), called_at=after(-5), closed_at=after(170))


def test_moments_of_the_ticket_stand_at_their_offsets():
    known = Facts(ticket=TICKET)
    found = TicketMoments(("created", "called", "closed", "open")).found(case(known))
    assert [(e.kind, e.offset_s, e.duration_s) for e in found] == [
        ("created", -600.0, 0.0),
        ("called", -5.0, 0.0),
        ("open", -5.0, 175.0),
        ("closed", 170.0, 0.0),
    ]


def test_a_time_that_was_not_told_is_not_known():
    told, half = Facts(ticket=TICKET), Facts(ticket=dataclasses.replace(TICKET, closed_at=None))
    late = Count(TicketMoments(("closed",), Window(from_s=175)))
    assert late.holds(case(told)) is False
    assert late.holds(case(half)) is None
    assert Count(TicketMoments(("open",))).holds(case(half)) is None
    assert Count(TicketMoments(("transferred",))).holds(case(told)) is None
    assert late.holds(case()) is None


def test_dossier_events_are_a_known_no_once_the_stay_is_over():
    slip = DossierEvents((DossierStep.SUPPLEMENT_SLIP,))
    printed = Facts(dossier=(DossierEvent(DossierStep.SUPPLEMENT_SLIP, after(100)),))
    other = Facts(dossier=(DossierEvent(DossierStep.RECEIPT, after(100)),))
    assert Count(slip).holds(case(printed)) is True
    assert Count(slip).holds(case(other)) is False
    assert Count(slip).holds(case(other, open=True)) is None
    assert Count(slip).holds(case()) is None
    spoken = turn(hits=(hit("document_missing", 50.0),))
    asked = Hits((Category.DOCUMENT_MISSING,), Role.STAFF)
    assert Count(slip, after=asked, within_s=60).holds(case(printed, turns=(spoken,))) is True
    assert Count(slip, after=asked, within_s=40).holds(case(printed, turns=(spoken,))) is False


LUNCH = CounterState(CounterMode.PAUSED, after(100), after(400), PauseReason.LUNCH)
BARE = CounterState(CounterMode.PAUSED, after(10), after(40))
LASTING = CounterState(CounterMode.CLOSED, after(120))


def test_states_by_mode_reason_and_length():
    known = case(Facts(states=(LASTING, LUNCH, BARE)))

    def offsets(*args):
        return [e.offset_s for e in CounterStates(*args).found(known)]

    assert offsets((CounterMode.PAUSED,)) == [10.0, 100.0]
    assert offsets((CounterMode.PAUSED,), (PauseReason.LUNCH,)) == [100.0]
    assert offsets((CounterMode.PAUSED,), (), 60.0) == [100.0]
    # One that still lasts is counted up to the interaction's end, not for ever.
    assert offsets((CounterMode.CLOSED,), (), 60.0) == [120.0]
    assert offsets((CounterMode.CLOSED,), (), 61.0) == []
    assert Count(CounterStates((CounterMode.OPEN,))).holds(known) is False
    assert Count(CounterStates((CounterMode.OPEN,))).holds(case()) is None


# Local time -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "part"),
    [
        ("2026-03-10 07:29", PartOfDay.OUTSIDE),
        ("2026-03-10 07:30", PartOfDay.WORKING),
        ("2026-03-10 11:29", PartOfDay.WORKING),
        ("2026-03-10 11:30", PartOfDay.LUNCH),
        ("2026-03-10 13:30", PartOfDay.WORKING),
        ("2026-03-10 17:00", PartOfDay.OUTSIDE),
        ("2026-03-11 10:00", PartOfDay.HOLIDAY),
        ("2026-03-14 10:00", PartOfDay.WORKING),
        ("2026-03-14 11:30", PartOfDay.OUTSIDE),
        ("2026-03-15 10:00", PartOfDay.HOLIDAY),
    ],
)
def test_the_parts_of_the_day(at, part):
    local = datetime.fromisoformat(at).replace(tzinfo=HERE)
    assert OFFICE.part_of_day(local) is part
    assert OFFICE.part_of_day(local.astimezone(UTC)) is part


def test_the_clock_is_that_of_hanoi_and_its_end_is_not_included():
    clock = Clock(from_=time(9), until=time(10))
    assert StartedAt(clock).holds(case()) is False
    assert StartedAt(Clock(from_=time(10), until=time(10, 1))).holds(case()) is True
    in_utc = interaction_payload(started_at=datetime.fromisoformat("2026-03-10T02:30:00+00:00"))
    assert StartedAt(clock).holds(Case(in_utc, Facts())) is True


def test_weekdays_are_known_and_parts_of_the_day_only_with_a_calendar():
    known = Facts(calendar=OFFICE)
    assert StartedAt(Clock(weekdays=(Weekday.TUE,))).holds(case()) is True
    assert StartedAt(Clock(weekdays=(Weekday.MON,))).holds(case()) is False
    lunch = Clock(parts=(PartOfDay.LUNCH,))
    assert StartedAt(lunch).holds(case(known)) is False
    assert StartedAt(lunch).holds(case()) is None
    assert (
        StartedAt(Clock(weekdays=(Weekday.MON,), parts=(PartOfDay.LUNCH,))).holds(case()) is False
    )


def test_a_things_own_local_time_may_be_asked_for():
    closed = CounterState(CounterMode.CLOSED, after(5 * 3600), None)
    known = Facts(states=(closed,), calendar=OFFICE)

    def holds(facts, **clock):
        window = Window(clock=Clock(**clock))
        return Count(CounterStates((CounterMode.CLOSED,), window=window)).holds(case(facts))

    assert holds(known, parts=(PartOfDay.WORKING,)) is True
    assert holds(known, parts=(PartOfDay.WORKING,), until=time(15)) is False
    unknown = dataclasses.replace(known, calendar=None)
    assert holds(unknown, parts=(PartOfDay.WORKING,)) is None


# Numbers that the facts tell ----------------------------------------------------------------


def value(quantity, facts=None, **overrides):
    from hub.scoring.measured import MEASURED

    made = case(facts, **overrides)
    return MEASURED[quantity].read(made.interaction, made.facts)


def test_the_time_for_one_dossier_needs_their_number():
    assert value("handling_s_per_dossier") is None
    assert value("handling_s_per_dossier", Facts(ticket=Ticket(dossiers=3))) == 60.0
    assert value("handling_s_per_dossier", Facts(ticket=Ticket(dossiers=0))) is None
    known = Facts(ticket=Ticket(dossiers=1))
    assert value("handling_s_per_dossier", known, boundary_uncertain=True) is None


def test_seconds_after_closing_are_those_that_were_seen():
    present = span(SpanKind.CITIZEN_PRESENT, start_s=0.0, duration_s=150.0)
    back = span(SpanKind.CITIZEN_PRESENT, start_s=160.0, duration_s=20.0)
    closed = Facts(ticket=Ticket(closed_at=after(100)))
    assert value("stayed_after_close_s", closed, spans=(present, back)) == 70.0
    assert value("stayed_after_close_s", closed, spans=()) == 0.0
    assert value("stayed_after_close_s", Facts(ticket=Ticket()), spans=(present,)) is None
    assert value("stayed_after_close_s", spans=(present,)) is None
    blind = coverage(video=0.7)
    assert value("stayed_after_close_s", closed, spans=(present,), coverage=blind) is None


def test_the_visits_numbers_are_not_known_without_it():
    known = Facts(visit=Visit(sent_back=2, transfers=0), called_with_nobody=4)
    for quantity, number in (("sent_back", 2), ("transfers", 0), ("called_with_nobody", 4)):
        assert value(quantity, known) == number
        assert value(quantity) is None
        assert Measured(quantity, "at_least", 0).holds(case()) is None


def test_the_end_that_was_read():
    early, late = turn(start_s=10.0), turn(start_s=170.0)
    assert value("closing_read_share", turns=(early, late)) == 1.0
    assert value("closing_read_share", turns=(early,)) is None
    unread = turn(start_s=150.0, syllables=None)
    assert value("closing_read_share", turns=(late, unread)) == 0.5
    unknown = turn(role=Role.UNKNOWN, start_s=150.0)
    assert value("closing_read_share", turns=(late, unknown)) == 0.5
    cut = {"turns": (late,), "end_reason": EndReason.SOURCE_ENDED}
    assert value("closing_read_share", **cut) is None
