"""What must hold of every condition that can be written: less knowledge never says more."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.scoring.case import Case
from hub.scoring.condition import Count
from hub.scoring.facts import Facts
from hub.scoring.flag import flags, good_moments
from hub.scoring.rules import load_rules
from hub.scoring.selectors import Turns
from tests.builders import interaction_payload, turn
from tests.condition_strategies import (
    CONDITIONS,
    EACH_SELECTOR,
    ROLES,
    counts,
    known_facts,
    talks,
)
from tests.scoring_strategies import NAMES, interactions

RULES = load_rules()
FORGETTABLE = ["ticket", "dossier", "states", "calendar", "visit"]
TICKET = ["created_at", "called_at", "closed_at", "transferred_at"]
EACH_FORM = pytest.mark.parametrize("form", EACH_SELECTOR)


def less_seen(talk, name, kept):
    seen = getattr(talk.coverage, name) * kept
    return talk.model_copy(update={"coverage": talk.coverage.model_copy(update={name: seen})})


def without_turn(talk, number):
    """It was said while a quarter of the sound did not arrive."""
    kept = [one for n, one in enumerate(talk.turns) if n != number]
    return less_seen(talk, "audio", 0.75).model_copy(update={"turns": tuple(kept)})


def said_no_more(before, after):
    """Knowing less, an answer may become unknown, and nothing else."""
    return after is before or after is None


@EACH_FORM
@settings(max_examples=80, deadline=None)
@given(st.data(), talks(), known_facts(), st.sampled_from(NAMES), st.sampled_from([0.0, 0.7]))
def test_less_coverage_only_makes_answers_unknown(form, data, talk, known, name, kept):
    asked = data.draw(counts(EACH_SELECTOR[form]))
    less = less_seen(talk, name, kept)
    assert said_no_more(asked.holds(Case(talk, known)), asked.holds(Case(less, known)))


@EACH_FORM
@settings(max_examples=80, deadline=None)
@given(st.data(), talks(), known_facts(), st.sampled_from(FORGETTABLE))
def test_a_fact_that_is_not_known_only_makes_answers_unknown(form, data, talk, known, name):
    asked = data.draw(counts(EACH_SELECTOR[form]))
    forgotten = dataclasses.replace(known, **{name: None})
    assert said_no_more(asked.holds(Case(talk, known)), asked.holds(Case(talk, forgotten)))


@settings(max_examples=80, deadline=None)
@given(counts(EACH_SELECTOR["ticket"]), talks(), known_facts(), st.sampled_from(TICKET))
def test_a_time_of_the_ticket_that_was_not_told_only_makes_answers_unknown(
    asked, talk, known, name
):
    ticket = dataclasses.replace(known.ticket, **{name: None})
    forgotten = dataclasses.replace(known, ticket=ticket)
    assert said_no_more(asked.holds(Case(talk, known)), asked.holds(Case(talk, forgotten)))


@settings(max_examples=150, deadline=None)
@given(counts(EACH_SELECTOR["hits"]), talks(), known_facts(), st.integers(0, 4))
def test_a_phrase_that_was_lost_with_its_sound_only_makes_answers_unknown(
    asked, talk, known, number
):
    lost = without_turn(talk, number % len(talk.turns))
    assert said_no_more(asked.holds(Case(talk, known)), asked.holds(Case(lost, known)))


@settings(max_examples=80, deadline=None)
@given(st.lists(ROLES, min_size=3, max_size=6), ROLES, st.integers(0, 5))
def test_the_silence_that_a_lost_turn_seems_to_make_is_none(roles, role, number):
    """Words every 30 s are no silence of 40 s, also where one of them was not heard."""
    said = tuple(turn(role=one, start_s=30.0 * n) for n, one in enumerate(roles))
    talk = interaction_payload(turns=said)
    asked = Count(Turns(role, gap_above_s=40.0))
    assert asked.holds(Case(talk, Facts())) is False
    lost = without_turn(talk, number % len(said))
    assert asked.holds(Case(lost, Facts())) is None


@settings(max_examples=80, deadline=None)
@given(CONDITIONS, talks(), known_facts(), st.sampled_from(NAMES), st.sampled_from(FORGETTABLE))
def test_what_is_built_of_them_says_no_more_either(condition, talk, known, name, forgotten):
    less = Case(less_seen(talk, name, 0.7), dataclasses.replace(known, **{forgotten: None}))
    assert said_no_more(condition.holds(Case(talk, known)), condition.holds(less))


@settings(max_examples=50, deadline=None)
@given(st.one_of(interactions(), talks()), known_facts(), st.sampled_from(NAMES), st.floats(0, 1))
def test_less_coverage_raises_no_packaged_rule_and_makes_no_moment_good(talk, known, name, kept):
    less = less_seen(talk, name, kept)
    for ask in (flags, good_moments):
        before = {found.rule_id for found in ask(talk, known, RULES)}
        assert {found.rule_id for found in ask(less, known, RULES)} <= before


@settings(max_examples=50, deadline=None)
@given(st.one_of(interactions(), talks()), known_facts())
def test_where_no_system_is_connected_no_rule_fires_that_asks_one(talk, known):
    alone = {found.rule_id for found in flags(talk, Facts(zone=known.zone), RULES)}
    assert not alone & {
        "called_with_nobody",
        "closed_near_15_minutes",
        "counter_closed_early",
        "no_dossier_no_slip",
        "over_15_minutes",
        "paused_near_15_minutes",
        "paused_with_ticket_open",
        "priority_skipped",
        "ratings_in_burst",
        "sent_away_in_overload",
        "sent_back_twice",
        "served_out_of_turn",
        "ticket_closed_early",
        "transferred_near_15_minutes",
        "transfers",
    }
