"""What must hold of every condition that can be written: less knowledge never says more."""

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.scoring.case import Case
from hub.scoring.facts import Facts
from hub.scoring.flag import flags, good_moments
from hub.scoring.rules import load_rules
from tests.condition_strategies import CONDITIONS, FROM_TURNS_AND_SPANS, known_facts, talks
from tests.scoring_strategies import NAMES, interactions

RULES = load_rules()
FORGETTABLE = [field.name for field in dataclasses.fields(Facts) if field.name != "zone"]
TICKET = ["created_at", "called_at", "closed_at", "transferred_at", "priority", "dossiers"]


@settings(max_examples=300, deadline=None)
@given(CONDITIONS, talks(), known_facts(), st.sampled_from(NAMES), st.sampled_from([0.0, 0.5, 0.9]))
def test_less_coverage_only_makes_answers_unknown(condition, talk, known, name, kept):
    seen = getattr(talk.coverage, name) * kept
    less = talk.model_copy(update={"coverage": talk.coverage.model_copy(update={name: seen})})
    before, after = (condition.holds(Case(one, known)) for one in (talk, less))
    assert after in (before, None)


@settings(max_examples=300, deadline=None)
@given(CONDITIONS, talks(), known_facts(), st.sampled_from(FORGETTABLE))
def test_a_fact_that_is_not_known_only_makes_answers_unknown(condition, talk, known, name):
    forgotten = dataclasses.replace(known, **{name: None})
    before, after = (condition.holds(Case(talk, one)) for one in (known, forgotten))
    assert after in (before, None)


@settings(max_examples=200, deadline=None)
@given(CONDITIONS, talks(), known_facts(), st.sampled_from(TICKET))
def test_a_time_of_the_ticket_that_was_not_told_only_makes_answers_unknown(
    condition, talk, known, name
):
    ticket = dataclasses.replace(known.ticket, **{name: None})
    forgotten = dataclasses.replace(known, ticket=ticket)
    before, after = (condition.holds(Case(talk, one)) for one in (known, forgotten))
    assert after in (before, None)


@settings(max_examples=300, deadline=None)
@given(FROM_TURNS_AND_SPANS, talks(), known_facts(), st.integers(0, 4))
def test_a_turn_that_was_lost_with_its_sound_only_makes_answers_unknown(
    condition, talk, known, number
):
    """Also where the condition asks for a silence, which the loss seems to make."""
    kept = [one for n, one in enumerate(talk.turns) if n != number % len(talk.turns)]
    heard = min(talk.coverage.audio, 0.75)
    lost = talk.model_copy(
        update={
            "turns": tuple(kept),
            "coverage": talk.coverage.model_copy(update={"audio": heard}),
        }
    )
    before, after = (condition.holds(Case(one, known)) for one in (talk, lost))
    assert after in (before, None)


@settings(max_examples=100, deadline=None)
@given(st.one_of(interactions(), talks()), known_facts(), st.sampled_from(NAMES), st.floats(0, 1))
def test_less_coverage_raises_no_packaged_rule_and_makes_no_moment_good(talk, known, name, kept):
    seen = getattr(talk.coverage, name) * kept
    less = talk.model_copy(update={"coverage": talk.coverage.model_copy(update={name: seen})})
    for ask in (flags, good_moments):
        before = {found.rule_id for found in ask(talk, known, RULES)}
        assert {found.rule_id for found in ask(less, known, RULES)} <= before


@settings(max_examples=100, deadline=None)
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
