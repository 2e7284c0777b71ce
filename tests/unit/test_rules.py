"""Three-valued conditions, files that are refused, and what a flag carries."""

import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.scoring.case import Case, Window
from hub.scoring.condition import All, Any, Count, Fact, Measured, Not
from hub.scoring.errors import RubricError, RuleError
from hub.scoring.facts import Facts, Ticket
from hub.scoring.flag import flags
from hub.scoring.rubrics import PACKAGED as RUBRICS
from hub.scoring.rubrics import load_rubrics, rubric_for
from hub.scoring.rules import PACKAGED as RULE_FILES
from hub.scoring.rules import load_rules
from hub.scoring.selectors import Hits, Spans
from schemas.interaction import ByRole, Coverage
from schemas.vocabulary import Category, Role, SpanKind, Zone
from tests.builders import coverage, hit, interaction_payload, measurements, span, turn
from tests.scoring_strategies import NAMES, facts, interactions

RULES = load_rules()
ABUSE = Count(Hits((Category.ABUSIVE,), Role.STAFF))
YES, NO, UNKNOWN = Fact("paused"), Fact("overload"), Fact("no_ticket")
KNOWN = Facts(paused=True, overload=False)


class Given:
    def __init__(self, answer):
        self.answer = answer

    def holds(self, _case):
        return self.answer


CASE = Case(interaction_payload(), KNOWN)
ANSWERS = (True, False, None)


@pytest.mark.parametrize("one", ANSWERS)
@pytest.mark.parametrize("other", ANSWERS)
def test_kleenes_tables(one, other):
    both, either = All([Given(one), Given(other)]), Any([Given(one), Given(other)])
    low = {True: 2, None: 1, False: 0}
    value = {v: k for k, v in low.items()}
    assert both.holds(CASE) is value[min(low[one], low[other])]
    assert either.holds(CASE) is value[max(low[one], low[other])]
    assert Not(Given(one)).holds(CASE) is {True: False, False: True, None: None}[one]


def test_what_is_missing_is_not_known_also_under_not():
    unmeasured = Case(
        interaction_payload(measurements=measurements(longest_unattended_s=None)), KNOWN
    )
    asked = Measured("longest_unattended_s", "at_least", 180)
    assert asked.holds(unmeasured) is None
    assert Not(asked).holds(unmeasured) is None
    assert (YES.holds(CASE), NO.holds(CASE), UNKNOWN.holds(CASE)) == (True, False, None)
    assert Not(UNKNOWN).holds(CASE) is None


@pytest.mark.parametrize(
    ("seen", "answer"),
    [({}, False), ({"text_staff": 0.7}, None), ({"audio": 0.7}, None), ({"roles": 0.7}, None)],
)
def test_a_phrase_not_found_was_not_said_only_where_nearly_all_was_read(seen, answer):
    made = interaction_payload(coverage=coverage(**seen))
    assert ABUSE.holds(Case(made, KNOWN)) is answer
    found = made.model_copy(update={"turns": (turn(hits=(hit("abusive"),)),)})
    assert ABUSE.holds(Case(found, KNOWN)) is True


def test_near_means_between_the_edges_and_time_ranges_cut():
    loud = span(SpanKind.RAISED_VOICE, role=Role.STAFF, start_s=30.0, duration_s=5.0)
    made = interaction_payload(turns=(turn(hits=(hit("abusive", 40.0),)),), spans=(loud,))
    case = Case(made, KNOWN)
    of = Hits((Category.ABUSIVE,), Role.STAFF)
    near = Spans(SpanKind.RAISED_VOICE, Role.STAFF)
    assert Count(of, near=near, within_s=5).holds(case) is True
    assert Count(of, near=near, within_s=4.9).holds(case) is False
    assert (
        Count(Hits((Category.ABUSIVE,), Role.STAFF, window=Window(until_s=39))).holds(case) is False
    )
    assert (
        Count(Hits((Category.ABUSIVE,), Role.STAFF, window=Window(from_s=39))).holds(case) is True
    )
    assert Count(Spans(SpanKind.RAISED_VOICE, lasting_s=6)).holds(case) is False


def test_one_outburst_counts_once():
    hits = tuple(hit("abusive", offset) for offset in (10.0, 11.0, 12.5, 30.0))
    made = interaction_payload(turns=(turn(hits=hits),))
    twice, thrice, four = (Count(ABUSE.of, at_least=n) for n in (2, 3, 4))
    assert four.holds(Case(made, KNOWN)) is True
    assert thrice.holds(Case(made, KNOWN, cool_down_s=2.0)) is True
    assert four.holds(Case(made, KNOWN, cool_down_s=2.0)) is False
    assert thrice.holds(Case(made, KNOWN, cool_down_s=5.0)) is False
    assert twice.holds(Case(made, KNOWN, cool_down_s=5.0)) is True


@settings(max_examples=100, deadline=None)
@given(interactions(), facts(), st.sampled_from(NAMES), st.floats(0, 1))
def test_less_coverage_never_raises_a_flag(interaction, known, name, kept):
    seen = getattr(interaction.coverage, name)
    less = interaction.model_copy(
        update={"coverage": interaction.coverage.model_copy(update={name: seen * kept})}
    )
    before = {f.rule_id for f in flags(interaction, known, RULES)}
    assert {f.rule_id for f in flags(less, known, RULES)} <= before


MEASURED = {
    "interruptions": ByRole(),
    "raised_voice_s": ByRole(),
    "talk_time_s": ByRole(),
    "unattended_s": None,
    "longest_unattended_s": None,
}


@settings(max_examples=60, deadline=None)
@given(interactions(), facts(), st.sampled_from(sorted(MEASURED)))
def test_a_missing_measurement_never_raises_a_flag(interaction, known, name):
    full = Coverage(**dict.fromkeys(NAMES, 1.0))
    seen = interaction.model_copy(update={"coverage": full})
    left = seen.measurements.model_copy(update={name: MEASURED[name]})
    missing = seen.model_copy(update={"measurements": left})
    before = {f.rule_id for f in flags(seen, known, RULES)}
    assert {f.rule_id for f in flags(missing, known, RULES)} <= before


def test_a_flag_carries_what_a_person_needs():
    made = interaction_payload(
        turns=(turn(hits=(hit("abusive", 3.0, 0.9), hit("abusive", 30.0, 0.9))),),
        coverage=coverage(text_staff=0.75),
    )
    (flag,) = flags(made, Facts(zone=Zone.INTAKE), RULES)
    assert (flag.rule_id, flag.kind, flag.severity) == ("abusive_language_staff", "review", 4)
    assert [(e.type, e.kind, e.role, e.offset_s) for e in flag.evidence] == [
        ("hit", Category.ABUSIVE, Role.STAFF, 3.0),
        ("hit", Category.ABUSIVE, Role.STAFF, 30.0),
    ]
    assert flag.coverage == 0.75
    assert "2 lần" in flag.reason_vi
    assert "2 time(s)" in flag.reason_en
    assert flag.flag_id.version == 8


def test_a_flags_id_is_of_interaction_and_rule():
    made = interaction_payload(turns=(turn(hits=(hit("come_back"), hit("abusive"))),))
    again = made.model_copy(update={"revision": 2, "turns": (*made.turns, turn(start_s=50.0))})
    first, second = (
        {f.rule_id: f.flag_id for f in flags(p, Facts(), RULES)} for p in (made, again)
    )
    assert first == second
    assert len(set(first.values())) == 2


@pytest.mark.parametrize(
    ("seen", "vi", "en"),
    [
        ({"handling_s": 1023.0}, "17 phút 3 giây", "17 min 3 s"),
        ({"raised_voice_s": ByRole(staff=4.5)}, "tổng cộng 4,5 giây", "for 4.5 s"),
        ({"raised_voice_s": ByRole(staff=12.0)}, "tổng cộng 12 giây", "for 12 s"),
        ({"interruptions": ByRole(staff=4)}, "nói chen 4 lần, 1,8 lần", "interrupted 4 times, 1.8"),
    ],
)
def test_numbers_in_reasons_are_written_as_people_write_them(seen, vi, en):
    made = interaction_payload(measurements=measurements(**seen))
    (flag,) = flags(made, Facts(zone=Zone.INTAKE, ticket=Ticket(dossiers=1)), RULES)
    assert vi in flag.reason_vi
    assert en in flag.reason_en


def test_a_number_that_is_missing_is_called_not_known():
    (rule,) = (r for r in RULES if r.id == "escalation")
    rule = dataclasses.replace(rule, reason_vi="{waiting_s}", reason_en="{waiting_s}")
    asked = turn(role=Role.CITIZEN, hits=(hit("escalation"),))
    (flag,) = flags(interaction_payload(turns=(asked,)), Facts(), [rule])
    assert (flag.reason_vi, flag.reason_en) == ("không rõ", "not known")


def test_money_and_abuse_never_stop_and_stand_outside_the_budget():
    marked = {r.id: r for r in RULES if r.never_stops}
    assert {"money_hint", "abusive_language_staff", "abuse_by_citizen"} <= marked.keys()
    assert all(rule.outside_budget for rule in marked.values())
    by_id = {rule.id: rule for rule in RULES}
    money = ("money_hint", "off_tariff_money", "off_channel_contact", "citizen_offers_money")
    outside = {rule.id for rule in RULES if rule.reviewed == "outside_branch"}
    assert outside == set(money)
    assert outside <= marked.keys()
    # Asking for the manager is a complaint; the help button is a person who asks.
    assert by_id["escalation"].outside_budget
    assert by_id["help_button"].outside_budget
    assert [rule.id for rule in RULES if rule.weeks_silent != 4] == ["help_button"]
    assert by_id["help_button"].weeks_silent == 0
    ordinary = by_id["greeting_missing"]
    assert (ordinary.reviewed, ordinary.never_stops, ordinary.outside_budget) == (
        "branch",
        False,
        False,
    )
    assert ordinary.weeks_silent == 4


def test_no_title_or_reason_calls_a_flag_a_violation():
    for rule in RULES:
        for text in (rule.title_vi, rule.title_en, rule.reason_vi, rule.reason_en):
            assert not re.search("vi phạm|violation", text, re.IGNORECASE)


# Files that are refused ---------------------------------------------------------------


def edited(tmp_path: Path, source: Path, name: str, old: str, new: str) -> Path:
    """A copy of a packaged folder with one file changed."""
    for path in source.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if path.name == name:
            assert old in text
            text = text.replace(old, new, 1)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "field", "problem"),
    [
        ("kind: review", "kind: verdict", "kind", "expected live, positive, review, shadow, trend"),
        ("severity: 4", "severity: 9", "severity", "number from 1 to 5"),
        ("severity: 4", "severity: 2.5", "severity", "whole number"),
        ("version: 2\n", "", "file", "got no version"),
        ("version: 2", "version: 2\nversion: 3", "version", "got version twice"),
        ("rule: abusive", "rule: abusiv", "rule", "as the file's name says"),
        ("role: staff\n", "role: unknown\n", "role", "expected citizen, none, staff"),
        ("[abusive]", "[swearing]", "categories", "got 'swearing'"),
        ("confidence: 0.8", "confidence: 8", "confidence", "number from 0 to 1"),
        ("at_least: 2", "at_most: 2", "at_most", "unknown field"),
        ("        within_s: 10\n", "", "hits", "got one of near and within_s"),
        ("{audio: 0.3, text_staff: 0.3}", "{}", "coverage", "got no coverage"),
        ("text_staff: 0.3", "text_stuff: 0.3", "text_stuff", "expected one of audio"),
        ("{evidence_count} lần", "{times} lần", "reason_vi", "got {times}"),
        ("when:\n  any:", "when:\n  some:", "when", "got some, expected one of all"),
        ("cool_down_s: 2", "blocked_by: [lunch]", "blocked_by", "got 'lunch'"),
        (
            "within_s: 10",
            "within_s: 10\n        after: {spans: {kind: help}}",
            "hits",
            "got near and",
        ),
        ("        near: {", "        during: {", "within_s", "got a distance beside during"),
        (
            "        near: {spans:",
            "        near: {noise:",
            "near",
            "got noise, expected one of hits",
        ),
        ("near: {spans: {kind", "near: {ticket: {kind", "kind", "unknown field kind"),
        (
            "near: {spans: {kind: raised_voice, role: staff}}",
            "near: {states: {modes: [asleep]}}",
            "modes",
            "got 'asleep', expected closed, open, paused",
        ),
        (
            "near: {spans: {kind: raised_voice, role: staff}}",
            "near: {dossier: {steps: []}}",
            "steps",
            "got an empty list",
        ),
        (
            "near: {spans: {kind: raised_voice, role: staff}}",
            "near: {turns: {role: staff, pace_above: fast}}",
            "pace_above",
            "expected a number",
        ),
        ("within_s: 10", "within_s: 10\n        clock: {from: '25:00'}", "from", "such as 16:30"),
        (
            "within_s: 10",
            "within_s: 10\n        clock: {from: '17:00', until: '9:00'}",
            "until",
            "got 09:00, expected a time after 17:00",
        ),
        ("within_s: 10", "within_s: 10\n        clock: {}", "clock", "expected one of from"),
        ("within_s: 10", "within_s: 10\n        clock: {parts: [tea]}", "parts", "got 'tea'"),
        (
            "within_s: 10",
            "within_s: 10\n        from_s: 60\n        until_s: 30",
            "until_s",
            "lies before from_s",
        ),
        (
            "- hits: {categories: [abusive, disrespect], role: staff}",
            "- states: {modes: [open]}",
            "evidence",
            "got states, expected one of hits, spans",
        ),
        (
            "when:\n  any:",
            "when:\n  started: {weekdays: [monday]}\nx:\n  any:",
            "x",
            "unknown field",
        ),
        ("never_stops: true", "never_stops: maybe", "never_stops", "expected false, true"),
        ("role: staff\n", "role: staff\nreviewed: city\n", "reviewed", "expected branch, outside"),
        ("role: staff\n", "role: staff\nweeks_silent: 0.5\n", "weeks_silent", "whole number"),
        ("severity: 4", "severity: [", "file", "got no valid YAML"),
    ],
)
def test_a_broken_rule_is_refused_with_file_line_and_field(tmp_path, old, new, field, problem):
    folder = edited(tmp_path, RULE_FILES, "abusive_language_staff.yaml", old, new)
    with pytest.raises(RuleError) as caught:
        load_rules(folder)
    text = str(caught.value)
    assert text.startswith("abusive_language_staff.yaml, line ")
    assert caught.value.field == field
    assert problem in text
    lines = (folder / "abusive_language_staff.yaml").read_text(encoding="utf-8").splitlines()
    assert 1 <= caught.value.line <= len(lines)


def test_the_line_is_the_lines_own(tmp_path):
    folder = edited(tmp_path, RULE_FILES, "over_15_minutes.yaml", "above: 900", "above: long")
    line = next(
        number
        for number, text in enumerate(
            (folder / "over_15_minutes.yaml").read_text(encoding="utf-8").splitlines(), start=1
        )
        if "above: long" in text
    )
    with pytest.raises(RuleError, match=rf"over_15_minutes\.yaml, line {line}, field above"):
        load_rules(folder)


def test_a_condition_that_is_a_part_of_itself_is_refused(tmp_path):
    folder = edited(
        tmp_path,
        RULE_FILES,
        "over_15_minutes.yaml",
        "when:\n  measured: {quantity: handling_s_per_dossier, above: 900}",
        "when: &it\n  not: *it",
    )
    with pytest.raises(RuleError, match="field not: got conditions over 12 deep"):
        load_rules(folder)


def test_a_rule_cannot_count_phrases_as_a_quantity(tmp_path):
    folder = edited(
        tmp_path,
        RULE_FILES,
        "over_15_minutes.yaml",
        "{quantity: handling_s_per_dossier, above: 900}",
        "{quantity: greeted, below: 1}",
    )
    with pytest.raises(RuleError, match="ask with hits:"):
        load_rules(folder)


@pytest.mark.parametrize(
    ("old", "new", "field", "problem"),
    [
        ("weight: 20", "weight: 25", "experience", "add up to 105"),
        ("share: 0.7\n", "share: 0.6\n", "items", "add up to 0.9"),
        ("weight: 2\n    neutral: 60", "weight: 3\n    neutral: 60", "experience", "add up to 101"),
        ("group: slip", "group: looks", "group", "got 'looks'"),
        ("[[300, 100], [900, 80]", "[[300, 80], [900, 90]", "curve", "less of this is better"),
        ("[[300, 100], [900, 80]", "[[900, 100], [300, 80]", "curve", "expected a greater"),
        ("[[0, 90], [1, 0]]", "[[0, 90]]", "curve", "got one point"),
        ("[[0, 90], [1, 0]]", "[[0, 90], [1, -5]]", "curve", "number from 0 to 100"),
        ("measures: waiting_s", "measures: patience", "measures", "got 'patience'"),
        ("measures: list_missing_unexcused", "measures: waiting_s", "measures", "own doing"),
        ("measures: away_share", "measures: sentiment_mean", "measures", "own doing"),
        ("[audio_or_video]", "[telepathy]", "coverage", "got 'telepathy'"),
        ("zones: [intake]", "zones: [result]", "zones", "names too"),
        ("zones: [intake]", "zones: [intake, fee]", "zones", "names too"),
        ("- id: handling_time", "- id: waiting", "experience", "got a part twice"),
    ],
)
def test_a_broken_rubric_is_refused_with_file_line_and_field(tmp_path, old, new, field, problem):
    folder = edited(tmp_path, RUBRICS, "intake.yaml", old, new)
    with pytest.raises(RubricError) as caught:
        load_rubrics(folder)
    assert caught.value.field == field
    assert problem in str(caught.value)
    assert ", line " in str(caught.value)


def test_a_zone_without_a_rubric_and_too_loud_a_voice_are_refused(tmp_path):
    folder = edited(tmp_path, RUBRICS, "intake.yaml", "zones: [intake]", "zones: [intake]")
    (folder / "result.yaml").unlink()
    with pytest.raises(RubricError, match="no rubric for result"):
        load_rubrics(folder)
    text = (RUBRICS / "intake.yaml").read_text(encoding="utf-8")
    louder = text.replace("weight: 4\n    neutral: 60", "weight: 8\n    neutral: 60", 1).replace(
        "weight: 14\n", "weight: 10\n"
    )
    (folder / "intake.yaml").write_text(louder, encoding="utf-8")
    with pytest.raises(RubricError, match="got 14 for the citizen's voice, expected 10 at most"):
        load_rubrics(folder)


def test_a_folder_without_files_or_with_bytes_that_are_no_text_is_refused(tmp_path):
    with pytest.raises(RuleError, match=r"got no \.yaml file"):
        load_rules(tmp_path)
    (tmp_path / "x.yaml").write_bytes(b"rule: x\ntitle_vi: \xff\n")
    with pytest.raises(RuleError, match=r"x\.yaml, line 2, field file: got no UTF-8"):
        load_rules(tmp_path)
    (tmp_path / "x.yaml").write_text("", encoding="utf-8")
    with pytest.raises(RuleError, match="got an empty file"):
        load_rules(tmp_path)


def test_a_zone_that_nobody_knows_is_refused():
    from hub.scoring.errors import NoRubricError

    with pytest.raises(NoRubricError, match="no rubric names the zone kitchen"):
        rubric_for("kitchen")
