"""Each packaged rule on its own cases: those that must fire it, and innocent ones."""

import dataclasses

import pytest

from hub.scoring.case import Case
from hub.scoring.facts import Facts, Ticket, Visit
from hub.scoring.flag import flags, good_moments, silenced_by
from hub.scoring.rule_cases import FOLDER, RuleCase, cases_file, load_cases
from hub.scoring.rules import PACKAGED, Rule, load_rules
from schemas.vocabulary import Zone
from tests.builders import interaction_payload

RULES = {rule.id: rule for rule in load_rules()}
CASES: dict[str, tuple[RuleCase, ...]] = {
    name: load_cases(cases_file(PACKAGED / f"{name}.yaml")) for name in RULES
}
EACH = [
    pytest.param(RULES[name], case, id=f"{name}: {case.name}")
    for name, cases in CASES.items()
    for case in cases
]


def silence(rule: Rule, case: RuleCase) -> str | None:
    return silenced_by(rule, Case(case.interaction, case.facts, rule.cool_down_s))


@pytest.mark.parametrize(("rule", "case"), EACH)
def test_a_case_does_what_it_says(rule, case):
    raised = [
        flag.rule_id
        for found in (flags, good_moments)
        for flag in found(case.interaction, case.facts, [rule])
    ]
    assert raised == ([rule.id] if case.expected == "fires" else [])


def test_each_rule_has_cases_and_at_least_as_many_innocent_ones():
    assert {path.stem for path in (PACKAGED / FOLDER).glob("*.yaml")} == RULES.keys()
    for name, cases in CASES.items():
        fires = sum(case.expected == "fires" for case in cases)
        assert len(cases) - fires >= fires >= 2, name


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_each_thing_that_silences_a_rule_has_an_innocent_case_of_its_own(rule):
    """Silent by this alone: without it, the case would fire. Where two visits may have run
    together, the handling time is not known either.
    """
    loose = dataclasses.replace(rule, blocked_by=(), zones=(), coverage={"audio": 0.0})
    silences = {
        silence(rule, case)
        for case in CASES[rule.id]
        if case.expected == "innocent"
        and (silence(loose, case) is None or case.interaction.boundary_uncertain)
    }
    for name in rule.blocked_by:
        assert f"blocked by {name}" in silences
    if rule.zones:
        assert any(str(words).startswith("the zone is") for words in silences)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_a_rule_that_rests_on_a_sensor_has_an_innocent_case_that_saw_too_little(rule):
    silences = [silence(rule, c) or "" for c in CASES[rule.id] if c.expected == "innocent"]
    unseen = [words for words in silences if "coverage" in words or "not known" in words]
    assert unseen or all(least <= 0.05 for least in rule.coverage.values())


def raised_by(interaction, facts) -> set[str]:
    return {flag.rule_id for flag in flags(interaction, facts, tuple(RULES.values()))}


@pytest.mark.parametrize("zone", [None, *Zone])
def test_an_ordinary_day_raises_nothing(zone):
    known = Facts(
        zone=zone,
        waiting_s=600,
        dossier_outcome="accepted",
        slip_given=True,
        no_receipt=False,
        no_ticket=False,
        overload=False,
        system_fault=False,
        paused=False,
        called_with_nobody=0,
        ticket=Ticket(priority=False, out_of_turn=False, priority_skipped=False, dossiers=1),
        visit=Visit(sent_back=0, transfers=0, rating_in_burst=False),
        dossier=(),
        states=(),
    )
    assert raised_by(interaction_payload(), Facts(zone=zone)) == set()
    assert raised_by(interaction_payload(), known) == set()
