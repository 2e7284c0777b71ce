"""`hailong hub rules check`, as somebody who writes a rule meets it."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft7Validator

from hailong.cli import main
from hub.scoring.case_facts import KNOWN
from hub.scoring.case_files import HEARD, SAID
from hub.scoring.condition_files import COUNT, FORMS
from hub.scoring.errors import RuleError
from hub.scoring.facts import YES_OR_NO, CounterMode, DossierStep, PauseReason
from hub.scoring.local_time import PartOfDay
from hub.scoring.measured import MEASURED
from hub.scoring.moments import TICKET_MOMENTS
from hub.scoring.quantities import QUANTITIES
from hub.scoring.rule_cases import FOLDER, load_cases, try_rule
from hub.scoring.rules import KINDS, OPTIONAL, PACKAGED, REQUIRED, load_rules
from hub.scoring.selector_files import CLOCK, SELECTORS, WINDOW
from tools.write_rule_schemas import documents

RULE = "called_with_nobody"


@pytest.fixture
def folder(tmp_path) -> Path:
    """One rule with its cases."""
    (tmp_path / FOLDER).mkdir()
    for name in (f"{RULE}.yaml", f"{FOLDER}/{RULE}.yaml"):
        shutil.copy(PACKAGED / name, tmp_path / name)
    return tmp_path


def edit(path: Path, old: str, new: str) -> int:
    """Replaces once; the line it stood in."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def check(*paths):
    return CliRunner().invoke(main, ["hub", "rules", "check", *map(str, paths)])


def test_the_packaged_rules_do_what_their_cases_say():
    told = check()
    assert told.exit_code == 0, told.output
    count = len(load_rules())
    assert told.stdout.splitlines()[-1] == (
        f"{count} rules tried, 0 cases wrong, 0 files cannot be used"
    )
    assert len(told.stdout.splitlines()) == count + 1


def test_a_file_or_a_folder_may_be_named(folder):
    for path in (folder, folder / f"{RULE}.yaml"):
        told = check(path)
        assert told.exit_code == 0
        assert told.stdout.startswith("called_with_nobody: 2 fire, 5 innocent do not\n1 rules")


def test_a_rule_that_asks_too_much_or_too_little_is_told_by_its_cases(folder):
    edit(folder / f"{RULE}.yaml", "at_least: 3", "at_least: 4")
    told = check(folder)
    assert told.exit_code == 1
    assert told.stderr == (
        "cases/called_with_nobody.yaml, line 5, case 'ba số liền không có người': expected the "
        "rule to fire, it is silent: its condition does not hold; correct the rule or the case\n"
    )
    edit(folder / f"{RULE}.yaml", "at_least: 4", "at_least: 2")
    told = check(folder)
    assert told.exit_code == 1
    assert "case 'hai số, người dân bỏ về': expected the rule to be silent, it fires" in told.stderr


def test_a_rule_without_cases_cannot_be_used(folder):
    (folder / FOLDER / f"{RULE}.yaml").unlink()
    told = check(folder)
    assert told.exit_code == 2
    assert "cases/called_with_nobody.yaml, line 1, field file: got No such file" in told.stderr
    assert "0 rules tried, 0 cases wrong, 1 files cannot be used" in told.stdout


def test_cases_of_no_rule_are_told(folder):
    shutil.copy(folder / FOLDER / f"{RULE}.yaml", folder / FOLDER / "lost.yaml")
    told = check(folder)
    assert told.exit_code == 2
    assert "cases/lost.yaml, line 1, field rule: got cases of no rule" in told.stderr


def test_a_broken_rule_is_told_and_the_others_are_tried(folder):
    for name in (f"{RULE}.yaml", f"{FOLDER}/{RULE}.yaml"):
        (folder / name.replace(RULE, "again")).write_text(
            (folder / name).read_text("utf-8").replace(f"rule: {RULE}", "rule: again"), "utf-8"
        )
    line = edit(folder / f"{RULE}.yaml", "kind: review", "kind: verdict")
    told = check(folder)
    assert told.exit_code == 2
    assert f"called_with_nobody.yaml, line {line}, field kind: got 'verdict'" in told.stderr
    assert "again: 2 fire, 5 innocent do not" in told.stdout


@pytest.mark.parametrize(
    ("old", "new", "field", "problem"),
    [
        ("facts: {called_with_nobody: 3}", "facts: {nobody: 3}", "nobody", "unknown field nobody"),
        ("called_with_nobody: 3", "called_with_nobody: 3.5", "called_with_nobody", "whole number"),
        ("system_fault: true", "system_fault: yes", "system_fault", "expected false, true"),
        ("{zone: intake}", "{zone: kitchen}", "zone", "got 'kitchen'"),
        ("{zone: intake}", "{said: [{at_s: 3}]}", "said", "got no by"),
        ("{zone: intake}", "{said: [{at_s: 3, by: dog}]}", "by", "got 'dog'"),
        ("{zone: intake}", "{said: [{at_s: 3, by: staff, kinds: [joke]}]}", "kinds", "got 'joke'"),
        ("{zone: intake}", "{said: [{at_s: 3, by: unknown, kinds: [abusive]}]}", "said",
         "no device could send"),
        ("{zone: intake}", "{said: [{at_s: 3, by: staff, polarity: 1}]}", "said",
         "no device could send"),
        ("{zone: intake}", "{measured: {mood: 3}}", "mood", "got mood, expected one of"),
        ("{zone: intake}", "{measured: {handling_s: 3}}", "handling_s", "handling time is length_s"),
        ("{zone: intake}", "{coverage: {telepathy: 1}}", "telepathy", "got telepathy"),
        ("{zone: intake}", "{started: tomorrow}", "started", "expected local time such as"),
        ("{zone: intake}", "{ticket: {closed_s: late}}", "closed_s", "expected a number"),
        ("{zone: intake}", "{dossier: something}", "dossier", "expected nothing"),
        ("{zone: intake}", "{dossier: [{step: eaten, at_s: 3}]}", "step", "got 'eaten'"),
        ("{zone: intake}", "{states: [{mode: open}]}", "states", "got no from_s"),
        ("{zone: intake}", "{hours: [morning]}", "hours", "expected hours such as"),
        ("{zone: intake}", "{hours: ['07:30-11:30'], holidays: [Tet]}", "holidays", "a day such as"),
        ("rule: called", "rule: recalled", "rule", "as the file's name says"),
        ("name: hai số, người dân bỏ về", "name: mười số, không biết có quá tải không", "name",
         "twice"),
        ("fires:\n", "fired:\n", "fired", "unknown field fired"),
    ],
)  # fmt: skip
def test_a_broken_case_is_refused_with_file_line_and_field(folder, old, new, field, problem):
    path = folder / FOLDER / f"{RULE}.yaml"
    line = edit(path, old, new)
    with pytest.raises(RuleError) as caught:
        load_cases(path)
    assert caught.value.field == field
    assert problem in str(caught.value)
    assert str(caught.value).startswith(f"cases/{RULE}.yaml, line ")
    assert abs(caught.value.line - line) <= 1


def test_as_many_innocent_cases_as_others_and_two_of_each(folder):
    path = folder / FOLDER / f"{RULE}.yaml"
    whole = yaml.safe_load(path.read_text("utf-8"))

    def refused(**changed) -> str:
        path.write_text(yaml.safe_dump({**whole, **changed}, allow_unicode=True), "utf-8")
        with pytest.raises(RuleError) as caught:
            try_rule(folder / f"{RULE}.yaml")
        return str(caught.value)

    assert "got 1 case(s), expected 2 or more" in refused(fires=whole["fires"][:1])
    assert "got 1 innocent case(s) and 2 that fire" in refused(innocent=whole["innocent"][:1])


def test_the_readme_names_every_field_form_and_fact():
    readme = (PACKAGED / "README.md").read_text("utf-8")
    for names in (
        (*REQUIRED, *OPTIONAL, *FORMS, *COUNT, *WINDOW, *CLOCK, *YES_OR_NO, *HEARD, *KNOWN, *SAID),
        *((*form.required, *form.optional) for form in SELECTORS.values()),
        (*TICKET_MOMENTS, *DossierStep, *CounterMode, *PauseReason, *PartOfDay, *KINDS),
        (n for n in MEASURED if n not in QUANTITIES),
    ):
        for name in names:
            assert re.search(rf"\b{name}\b", readme), name


# What editors read ------------------------------------------------------------------------


class AsWritten(yaml.SafeLoader):
    """Days stay text, as in YAML 1.2."""


AsWritten.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if not tag.endswith(":timestamp")]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_the_schemas_are_current_and_no_packaged_file_breaks_them(path):
    text = documents()[path]
    assert path.read_text("utf-8") == text, "run `make schemas`"
    validator = Draft7Validator(json.loads(text))
    Draft7Validator.check_schema(validator.schema)
    files = sorted(path.parent.glob("*.yaml"))
    assert files
    for file in files:
        written = file.read_text("utf-8")
        assert written.startswith(f"# yaml-language-server: $schema={path.name}\n"), file.name
        faults = list(validator.iter_errors(yaml.load(written, AsWritten)))
        assert faults == [], file.name


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("rule.schema.json", "kind: review", "kind: verdict"),
        ("rule.schema.json", "at_least: 3", "at_least: three"),
        ("rule.schema.json", "quantity: called_with_nobody", "quantity: greeted"),
        ("rule.schema.json", "when:\n  measured", "when:\n  felt"),
        ("rule.schema.json", "spans: {kind: citizen_present}", "states: {modes: [open]}"),
        ("rule.schema.json", "[overload, system_fault]", "[overload, lunch]"),
        ("rule.schema.json", "severity: 2", "severity: 2\nmood: bad"),
        ("cases.schema.json", "called_with_nobody: 3", "called_with_nobody: some"),
        ("cases.schema.json", "open: true", "open: perhaps"),
        ("cases.schema.json", "zone: intake", "zone: kitchen"),
    ],
)
def test_an_editor_marks_what_the_hub_would_refuse(name, old, new):
    path = next(one for one in documents() if one.name == name)
    written = (path.parent / f"{RULE}.yaml").read_text("utf-8")
    validator = Draft7Validator(json.loads(documents()[path]))
    assert old in written
    assert list(validator.iter_errors(yaml.load(written.replace(old, new, 1), AsWritten)))
