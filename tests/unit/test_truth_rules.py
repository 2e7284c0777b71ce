"""Rules against ticks by interaction; figures; scripts."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.categories import Lexicon
from hub.scoring.facts import Facts
from hub.scoring.flag import flags
from hub.scoring.rules import packaged_rules
from hub.truth.errors import ScriptError
from hub.truth.figures import Counted, Counts, by_rule, lines
from hub.truth.judged import Stay, as_ticked, is_judged, judge
from hub.truth.matching import Outcome, Reason, Ticked, Unseen, Watch
from hub.truth.scripts import PACKAGED, load_scripts, packaged_scripts
from hub.truth.watched import GROUPS, SEEN, SPOKEN, Thing, things
from schemas.vocabulary import Category, Language, Role, Zone
from tests.builders import NOW, coverage, hit, interaction_payload, span, turn

RULES = packaged_rules()
EVERYTHING = things(GROUPS)
INTAKE = Facts(zone=Zone.INTAKE)
START = NOW - timedelta(minutes=30)
WATCH = Watch(START - timedelta(minutes=10), NOW)


def stay(*, flagged=None, **overrides):
    one = interaction_payload(**overrides)
    raised = {flag.rule_id: flag.rule_version for flag in flags(one, INTAKE, RULES)}
    return Stay(one, INTAKE, raised if flagged is None else flagged)


def tick(name, after_s, *, role="staff", what="category", number=0):
    thing = Thing(what, name, role)
    return Ticked(thing, START + timedelta(seconds=after_s), UUID(int=number))


def moment(name, after_s):
    return tick(name, after_s, role="none", what="rule")


def judged(stays, ticks, rule_id, *, watch=WATCH, watched=EVERYTHING):
    found = judge(stays, ticks, watch, RULES, watched)
    return [(str(one.outcome), one.reason) for one in found if one.thing.name == rule_id]


ABUSIVE = (turn(start_s=44.0, hits=(hit("abusive", 46.0),)),)
QUIET = (turn(start_s=44.0),)


def test_the_four_ends_of_a_rule_about_words():
    swore = [tick("abusive", 48)]
    rule = "abusive_language_staff"
    assert judged([stay(turns=ABUSIVE)], swore, rule) == [("found", None)]
    assert judged([stay(turns=QUIET)], swore, rule) == [("missed", None)]
    assert judged([stay(turns=ABUSIVE)], [], rule) == [("false_alarm", None)]
    assert judged([stay(turns=QUIET)], [], rule) == []


def test_a_citizens_words_are_no_staffs():
    swore = [tick("abusive", 48, role="citizen")]
    assert judged([stay(turns=ABUSIVE)], swore, "abusive_language_staff") == [("false_alarm", None)]
    assert judged([stay(turns=ABUSIVE)], swore, "abuse_by_citizen") == [("missed", None)]


def test_a_rule_about_what_was_not_said_is_asked_by_what_was_ticked():
    # The device heard no greeting and flagged it; the observer heard one.
    talk = tuple(turn(start_s=2.0 + 10 * n, duration_s=6.0, speech_s=5.5) for n in range(12))
    silent = stay(turns=talk)
    assert "greeting_missing" in silent.flagged
    assert judged([silent], [tick("greeting", 5)], "greeting_missing") == [("false_alarm", None)]
    assert judged([silent], [], "greeting_missing") == [("found", None)]


def test_a_moment_is_true_where_it_was_ticked_once_however_often():
    spans = (
        span("citizen_present", start_s=0.0, duration_s=180.0),
        span("raised_voice", role="staff", start_s=44.0, duration_s=30.0),
    )
    loud = stay(spans=spans, flagged={"raised_voice_staff": 1})
    twice = [moment("raised_voice_staff", 45), moment("raised_voice_staff", 60)]
    assert judged([loud], twice, "raised_voice_staff") == [("found", None)]
    assert judged([loud], [], "raised_voice_staff") == [("false_alarm", None)]
    assert judged([stay(flagged={})], twice, "raised_voice_staff") == [("missed", None)]


def test_a_moment_where_the_device_saw_nobody_is_missed_or_left_out():
    lost = [moment("called_with_nobody", 400)]
    assert judged([stay()], lost, "called_with_nobody") == [("missed", None)]
    from_at, to_at = START + timedelta(seconds=300), START + timedelta(seconds=500)
    deaf = Watch(WATCH.from_at, NOW, [Unseen(from_at, to_at, Reason.NOT_MEASURED)])
    found = judged([stay()], lost, "called_with_nobody", watch=deaf)
    assert found == [("left_out", Reason.NOT_MEASURED)]


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"spans": (span("muted", role="citizen"),)}, Reason.MUTED),
        ({"spans": (span("written", role="citizen"),)}, Reason.WRITTEN),
        ({"coverage": coverage(text_staff=0.2)}, Reason.NOT_READ),
        ({"coverage": coverage(audio=0.1)}, Reason.NOT_MEASURED),
        ({"coverage": coverage(categories_sent=(Category.GREETING,))}, Reason.NOT_SENT),
    ],
)
def test_what_was_not_covered_is_held_against_no_rule(overrides, reason):
    one = stay(turns=QUIET, flagged={}, **overrides)
    # Judged on the same coverage the rule would be silent, too: its flag stands for the event.
    flagged = Stay(one.interaction, INTAKE, {"abusive_language_staff": 2})
    assert judged([flagged], [tick("abusive", 48)], "abusive_language_staff") == [
        ("left_out", reason)
    ]


def test_an_interaction_that_was_not_watched_to_its_end_is_left_out():
    late = Watch(START + timedelta(seconds=20), NOW)
    found = judged([stay(turns=ABUSIVE)], [], "abusive_language_staff", watch=late)
    assert found == [("left_out", Reason.EDGE)]


def test_a_rule_is_judged_only_where_all_that_it_reads_is_watched():
    def ids(*groups):
        watched = things(groups)
        return {rule.id for rule in RULES if is_judged(rule, watched)}

    assert "greeting_missing" in ids("courtesy")
    assert "apology_missing" not in ids("courtesy")
    assert "apology_missing" in ids("courtesy", "explaining")
    assert "abusive_language_staff" not in ids("citizen")
    assert ids("moments") == SEEN
    every = ids(*GROUPS)
    assert {rule.id for rule in RULES if rule.kind == "positive"} & every == set()
    assert "abusive_and_raised_staff" not in every  # it ends with the interaction
    assert len(every) > 20


def test_ticks_stand_in_the_place_of_hits_and_unknown_speech_finds_a_turn():
    one = interaction_payload(turns=ABUSIVE)
    told = as_ticked(one, [tick("greeting", 2), tick("escalation", 90, role="citizen")])
    assert [(t.role.value, [h.category.value for h in t.hits]) for t in told.turns] == [
        ("staff", ["greeting"]),
        ("citizen", ["escalation"]),
    ]
    assert as_ticked(one, [moment("dead_air", 9)]).turns[0].hits == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(EVERYTHING)), st.integers(-60, 500)), max_size=8))
def test_a_rule_has_one_end_an_interaction(picked):
    ticks = [
        Ticked(thing, START + timedelta(seconds=s), UUID(int=n))
        for n, (thing, s) in enumerate(picked)
    ]
    stays = [stay(turns=ABUSIVE), stay(started_at=START + timedelta(minutes=5))]
    found = judge(stays, ticks, WATCH, RULES, EVERYTHING)
    lost = sum(thing.what == "rule" for thing, _ in picked)
    for rule in RULES:
        own = [one for one in found if one.thing.name == rule.id]
        assert len(own) <= len(stays) + (lost if rule.id in SEEN else 0)
    assert all((one.outcome is Outcome.LEFT_OUT) == (one.reason is not None) for one in found)


def test_every_button_is_a_category_of_its_side_or_a_rule():
    rule_ids = {rule.id for rule in RULES}
    assert rule_ids >= SEEN
    told = {one.name for one in EVERYTHING if one.what == "category"}
    assert told == {str(c) for c in Category} - {"backchannel"}


def test_the_page_counts_the_rules_as_they_are():
    page = (Path(__file__).parents[2] / "docs" / "truth.md").read_text("utf-8")
    judged = [rule.id for rule in RULES if is_judged(rule, EVERYTHING)]
    words = len([rule_id for rule_id in judged if rule_id not in SEEN])
    assert f"asks for words ({words} of {len(RULES)})" in page
    assert f"that a person sees ({len(SEEN)})" in page


# Figures -------------------------------------------------------------------------------


def counted(name="r", version: int | None = 1, dialect="north", noise="quiet", **counts):
    what = "rule" if version else "category"
    return Counted(what, name, "none", version, dialect, noise, Counts(**counts))


def test_sums_by_dialect_and_noise_are_the_whole():
    given = [
        counted(found=20, missed=5, false_alarms=2),
        counted(dialect="south", noise="loud", found=3, missed=9, left_out=4),
        counted(version=2, found=1),
    ]
    found = {(line.rule_version, line.cut, line.part): line.counts for line in lines(given)}
    assert found[1, "all", ""] == Counts(23, 14, 2, 4)
    assert found[1, "dialect", "south"] == found[1, "noise", "loud"] == Counts(3, 9, 0, 4)
    assert by_rule(given) == {("r", 1): Counts(23, 14, 2, 4), ("r", 2): Counts(1)}


def test_under_thirty_events_a_figure_is_not_verified():
    few, enough = Counts(found=20, missed=9), Counts(found=20, missed=10)
    assert (few.recall.proven, enough.recall.proven) == (False, True)
    assert enough.precision.cases == 20
    assert not enough.precision.proven
    assert enough.recall.value == pytest.approx(2 / 3)
    assert enough.recall.interval == pytest.approx((0.5166, 0.7892), abs=1e-3)
    assert Counts().recall.value is None


# Scripts -------------------------------------------------------------------------------


def test_three_dialects_have_a_script_and_their_lines_are_what_they_say():
    """By the agent's own phrase list, which knows what a clear reading holds."""
    scripts = packaged_scripts()
    assert {script.dialect for script in scripts} == {"north", "central", "south"}
    lexicon = Lexicon.load()
    for script in scripts:
        for line in script.lines:
            told = {thing.name for thing in line.kinds}
            read = lexicon.match(line.says, Role(line.by), Language.VIETNAMESE)
            assert told == {h.category for h in read} - {"backchannel"}, line.says
            assert {thing.role for thing in line.kinds} <= {line.by}
            assert set(line.kinds) <= things(SPOKEN)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("at_s: 7,", "at_s: 0,", r"line 11, field at_s: got 0, expected more"),
        ("kinds: [greeting]", "kinds: [grievance]", r"line 10, field kinds: got 'grievance'"),
        ("dialect: central", "dialect: hue", r"line 5, field dialect: got 'hue'"),
        ("by: citizen", "by: crowd", r"line 11, field by: got 'crowd'"),
        ("script: come_back_central", "script: x", r"field script: got another name"),
    ],
)
def test_a_script_that_is_wrong_says_where(tmp_path, old, new, told):
    name = "come_back_central.yaml"
    text = (PACKAGED / name).read_text("utf-8")
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ScriptError, match=told):
        load_scripts(tmp_path)
