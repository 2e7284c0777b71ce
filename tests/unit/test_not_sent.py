"""Kinds of phrases that a device does not send: nothing is known of them, and nobody pays."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.measure import Measured
from edge_agent.narrow import narrow
from hub.scoring.condition import All, Any, Case, Count, Hits, Not
from hub.scoring.condition import Measured as MeasuredCondition
from hub.scoring.facts import Facts
from hub.scoring.flag import flags
from hub.scoring.needs import lacking, needed, needs, read_by_rule
from hub.scoring.quantities import QUANTITIES
from hub.scoring.rubrics import load_rubrics, rubric_for
from hub.scoring.rules import load_rules
from hub.scoring.score import score
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Category, Role, Zone
from tests.builders import coverage, hit, interaction_payload, turn
from tests.scoring_strategies import facts, interactions

RULES, RUBRICS = load_rules(), load_rubrics()
NEEDS = needs(RULES, RUBRICS)
RUBRIC = rubric_for(Zone.INTAKE)
KINDS = st.frozensets(st.sampled_from(list(Category)))
KNOWN = Facts(zone=Zone.INTAKE)
EPSILON = 1e-7


def sending(interaction: InteractionPayload, sent: frozenset[Category]) -> InteractionPayload:
    """As the device would have sent it."""
    whole = Measured(
        interaction.turns, interaction.spans, interaction.measurements, interaction.coverage
    )
    left = narrow(whole, sent)
    return interaction.model_copy(update={"turns": left.turns, "coverage": left.coverage})


def saying(*categories: Category | str, role: Role = Role.STAFF) -> InteractionPayload:
    return interaction_payload(
        turns=tuple(
            turn(role=role, start_s=10.0 * i, hits=(hit(category, 10.0 * i),))
            for i, category in enumerate(categories)
        )
    )


def without(*categories: Category) -> frozenset[Category]:
    return frozenset(Category) - set(categories)


# Flags -------------------------------------------------------------------------------------


def test_the_lack_of_a_greeting_is_not_known_where_greetings_are_not_sent():
    ungreeted = saying(*["explanation"] * 4)
    assert [f.rule_id for f in flags(ungreeted, KNOWN, RULES)] == ["greeting_missing"]
    assert flags(sending(ungreeted, without(Category.GREETING)), KNOWN, RULES) == []
    # A device that may send greetings and found none says something.
    assert flags(sending(ungreeted, without(Category.THANKS)), KNOWN, RULES) != []


@pytest.mark.parametrize("excuse", [Category.DOCUMENT_LIST_GIVEN, Category.EXPLANATION])
def test_an_excuse_that_is_not_sent_may_have_been_given(excuse):
    sent_away = saying("redirect")
    assert [f.rule_id for f in flags(sent_away, KNOWN, RULES)] == ["redirect"]
    assert flags(sending(sent_away, without(excuse)), KNOWN, RULES) == []


def test_what_was_found_is_a_yes_whatever_else_is_not_sent():
    of = Hits((Category.ABUSIVE, Category.CITIZEN_ABUSE), Role.STAFF)
    found = Case(sending(saying("abusive"), frozenset({Category.ABUSIVE})), KNOWN)
    assert Count(of).holds(found) is True
    quiet = saying("greeting")
    assert Count(of).holds(Case(quiet, KNOWN)) is False
    for sent in (without(Category.ABUSIVE), without(Category.CITIZEN_ABUSE), frozenset()):
        case = Case(sending(quiet, sent), KNOWN)
        assert of.share_seen(case) == 0
        assert Count(of).holds(case) is None
        assert Not(Count(of)).holds(case) is None
    assert Count(of).holds(Case(sending(quiet, frozenset(of.categories)), KNOWN)) is False


@settings(max_examples=100, deadline=None)
@given(interactions(), facts(), KINDS)
def test_fewer_kinds_that_leave_never_raise_a_flag(interaction, known, sent):
    seen = interaction.model_copy(update={"coverage": coverage()})
    before = {f.rule_id for f in flags(seen, known, RULES)}
    assert {f.rule_id for f in flags(sending(seen, sent), known, RULES)} <= before


# Figures -----------------------------------------------------------------------------------

PHRASES = sorted(name for name, quantity in QUANTITIES.items() if quantity.phrases)


@pytest.mark.parametrize("name", PHRASES)
def test_a_quantity_is_missing_where_a_kind_that_it_reads_is_not_sent_and_reads_no_other(name):
    quantity = QUANTITIES[name]
    for role in (Role.STAFF, Role.CITIZEN):
        said = saying(*Category, role=role)
        value = quantity.of(said, KNOWN)
        assert value is not None
        assert quantity.of(sending(said, quantity.reads), KNOWN) == value
        for category in quantity.reads:
            assert quantity.of(sending(said, without(category)), KNOWN) is None


@pytest.mark.parametrize("name", sorted(QUANTITIES))
def test_no_kind_changes_a_quantity_that_does_not_name_it(name):
    quantity = QUANTITIES[name]
    for role in (Role.STAFF, Role.CITIZEN):
        for category in set(Category) - quantity.reads:
            said, plain = saying(category, role=role), saying("backchannel", role=role)
            assert quantity.of(said, KNOWN) == quantity.of(plain, KNOWN), category


@settings(max_examples=80, deadline=None)
@given(interactions(), facts(), KINDS, st.sampled_from(RUBRICS))
def test_figures_move_towards_neutral_alone_and_only_widen(interaction, known, sent, rubric):
    left = sending(interaction, sent)
    figures = (score(one, known, rubric).figures for one in (interaction, left))
    for more, after in zip(*figures, strict=True):
        for one, other in zip(more.parts, after.parts, strict=True):
            same = (other.measured, other.coverage) == (one.measured, one.coverage)
            assert same or (other.measured is None and other.coverage == 0)
            assert other.value in {one.value, one.neutral}
        if more.value is None or after.value is None:
            assert after.value is None  # never gains a figure
            continue
        assert after.high >= more.high - EPSILON
        assert after.low <= more.low + EPSILON


def test_a_figure_without_its_words_is_no_worse_than_neutral():
    rude = saying("abusive", "disrespect")
    manner = {}
    for name, one in (("all", rude), ("none", sending(rude, frozenset()))):
        part = next(p for p in score(one, KNOWN, RUBRIC).counter_part.parts if p.id == "insults")
        manner[name] = part
        assert (part.items[0].points is not None) == (name == "all")
    assert manner["all"].value < manner["none"].value == manner["none"].neutral


def test_insults_count_also_where_courtesies_are_not_sent():
    rude = saying("abusive", "disrespect")
    left = sending(rude, without(Category.THANKS, Category.GREETING))
    parts = (score(one, KNOWN, RUBRIC).counter_part.parts for one in (rude, left))
    whole, other = ({p.id: p.value for p in of} for of in parts)
    assert other["insults"] == whole["insults"]
    assert other["courtesy"] != whole["courtesy"]


# What is needed ----------------------------------------------------------------------------


def everything_said(role: Role) -> InteractionPayload:
    return saying(*Category, *Category, role=role)


@settings(max_examples=60, deadline=None)
@given(interactions(), facts())
def test_what_rules_and_rubrics_need_is_enough_for_every_flag_and_figure(interaction, known):
    kept = frozenset(needed(NEEDS))
    for one in (interaction, everything_said(Role.STAFF), everything_said(Role.CITIZEN)):
        left = sending(one, kept)
        assert flags(left, known, RULES) == flags(one, known, RULES)
        for rubric in RUBRICS:
            assert score(left, known, rubric) == score(one, known, rubric)


def test_each_kind_that_is_needed_is_needed_by_somebody_who_then_knows_less():
    assert Category.BACKCHANNEL not in needed(NEEDS)
    assert lacking(NEEDS, None) == lacking(NEEDS, needed(NEEDS)) == {}
    for category in needed(NEEDS):
        found = lacking(NEEDS, without(category))
        assert list(found) == [category]
        assert found[category]
    assert lacking(NEEDS, without(Category.GREETING)) == {
        Category.GREETING: (
            "rule greeting_missing",
            "greeted of rubric advice and digitising and fee and intake and reception and result",
        )
    }
    assert set(lacking(NEEDS, ())) == set(needed(NEEDS))


def test_a_rule_reads_by_condition_near_evidence_and_reasons():
    (rule,) = (r for r in RULES if r.id == "citizen_unserved")
    assert read_by_rule(rule) == frozenset()
    closing, thanks, apology, money = (
        Hits((category,), Role.STAFF)
        for category in (
            Category.CLOSING,
            Category.THANKS,
            Category.APOLOGY,
            Category.MONEY_HINT,
        )
    )
    made = dataclasses.replace(
        rule,
        when=Any(
            [All([Not(Count(closing, near=thanks)), MeasuredCondition("greeted", "above", 0)])]
        ),
        evidence=(apology,),
        reason_en="{evidence_count} {insults}",
    )
    assert read_by_rule(made) == {
        Category.CLOSING,
        Category.THANKS,
        Category.GREETING,
        Category.APOLOGY,
        Category.ABUSIVE,
        Category.MAY_TAO,
        Category.DISRESPECT,
    }
    in_evidence = dataclasses.replace(made, evidence=(money,))
    assert Category.MONEY_HINT in read_by_rule(in_evidence)


def test_a_form_that_is_not_known_is_not_passed_over():
    class Other:
        def holds(self, _case):
            return True

    with pytest.raises(TypeError, match="no condition: Other"):
        read_by_rule(dataclasses.replace(RULES[0], when=Not(Other())))
    with pytest.raises(TypeError, match="no selector: Other"):
        read_by_rule(dataclasses.replace(RULES[0], evidence=(Other(),)))


def test_the_whole_vocabulary_sent_by_name_is_the_same_as_all():
    said = everything_said(Role.STAFF)
    named = said.model_copy(update={"coverage": coverage(categories_sent=tuple(Category))})
    assert flags(named, KNOWN, RULES) == flags(said, KNOWN, RULES)
    assert score(named, KNOWN, RUBRIC) == score(said, KNOWN, RUBRIC)
