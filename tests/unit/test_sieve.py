"""What a trial reads first never rules out an interaction on which the rule fires."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from hub.scoring.case import Case
from hub.scoring.errors import RuleError
from hub.scoring.pasted import DEEPEST, MOST_CHARACTERS, read_pasted
from hub.scoring.rules import PACKAGED, load_rules
from hub.scoring.sieve import Reads, bare, may_hold, reads, sieve_of
from schemas.vocabulary import Role
from tests.condition_strategies import CONDITIONS, known_facts, talks

RULES = {rule.id: rule for rule in load_rules()}


@settings(max_examples=400, deadline=None)
@given(CONDITIONS, talks(), known_facts())
def test_what_was_not_read_rules_nothing_out(condition, interaction, facts):
    case = Case(interaction, facts)
    fires = condition.holds(case) is True
    little = replace(case, interaction=bare(interaction.started_at, interaction.ended_at))
    more = replace(case, interaction=case.interaction.model_copy(update={"turns": ()}))
    assert may_hold(condition, Reads.FACTS)(little) or not fires
    assert may_hold(condition, Reads.SPANS)(more) or not fires
    assert may_hold(condition, Reads.TURNS)(case) == fires
    if reads(condition) is Reads.HITS:
        held = tuple(turn for turn in case.interaction.turns if turn.hits)
        some = replace(case, interaction=case.interaction.model_copy(update={"turns": held}))
        assert condition.holds(some) == condition.holds(case)


def test_the_sieve_says_what_a_rule_needs():
    greeting = sieve_of(RULES["greeting_missing"])
    assert greeting.hits is None
    assert set(greeting.no_hits) == {Role.STAFF}
    assert '@.category == "greeting"' in greeting.no_hits[Role.STAFF]
    assert greeting.reads is Reads.TURNS
    abusive = sieve_of(RULES["abusive_language_staff"])
    assert abusive.hits is not None
    assert set(abusive.hits) == {Role.STAFF}
    assert abusive.reads is Reads.HITS
    raised = sieve_of(RULES["raised_voice_staff"])
    assert raised.measurements is not None
    assert "$.raised_voice_s.staff >=" in raised.measurements
    assert raised.reads is Reads.SPANS
    assert sieve_of(RULES["ratings_in_burst"]).reads is Reads.FACTS


GOOD = (PACKAGED / "may_tao_address.yaml").read_text("utf-8")


def test_a_pasted_rule_is_read_as_a_file_is():
    assert read_pasted(GOOD) == RULES["may_tao_address"]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "got an empty file"),
        (GOOD.replace("severity: 3", "severity: 9"), 5, "expected a number from 1 to 5"),
        ("a: [}", 1, "no valid YAML"),
        ("x" * (MOST_CHARACTERS + 1), 1, "characters, expected"),
        ("a: &many [1, 2]\nb: [*many, *many]\n", 2, "got *many"),
        ("a: " + "[" * (DEEPEST + 5) + "]" * (DEEPEST + 5), 1, "make it flatter"),
        ("a: " + "[" * 9000, 1, "make it flatter"),
        ("- just\n- a list\n", 1, "got no fields"),
        ("rule: 'a; DROP TABLE'\n", 1, "lower-case letters"),
        ("a: \x07", 1, "no valid YAML"),
    ],
)
def test_what_is_wrong_with_a_pasted_rule_is_told_with_its_line(text, line, what):
    with pytest.raises(RuleError) as caught:
        read_pasted(text)
    assert what in str(caught.value)
    assert caught.value.line == line
    assert len(str(caught.value)) < 400
