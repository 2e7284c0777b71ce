"""Reads files of scenarios. A fault names file, line and field."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from hub.scoring.case_facts import KNOWN
from hub.scoring.located import Located, definition_files, read_located
from hub.scoring.rubrics import FIGURES, FigureName
from hub.scoring.rules import load_rules
from tests.scenarios.script import Expected, Scenario, ScenarioError, Script, Sound
from tests.scenarios.script_files import SCRIPT, number, read_script

FOLDER = Path(__file__).parent
DIALECTS = ("north", "centre", "south")
BOUNDS = ("at_least", "at_most")
COMPARED = ("lower", "not_lower", "higher", "not_higher")
_LISTS = ("expect", "forbid", "may")
ALL = (
    "name", "dialect", "as", "stays", "sound", "later", "known_wrong", "figures", "compare",
    *SCRIPT, *_LISTS, *KNOWN,
)  # fmt: skip
"""The fields of one."""


def load(folder: Path = FOLDER) -> tuple[Scenario, ...]:
    """All scenarios of a folder, in the order of files. Raises ScenarioError."""
    rules = frozenset(rule.id for rule in load_rules())
    found: dict[str, Scenario] = {}
    for path in definition_files(folder, ScenarioError):
        whole = read_located(path, ScenarioError)
        fields = whole.fields(("scenarios",), ("usual",))
        usual = fields["usual"].fields((), ALL) if "usual" in fields else {}
        for item in fields["scenarios"].items():
            one = _Reader(item, usual, rules).scenario(found)
            if one.name in found:
                item.fail(f"got the name {one.name!r} twice", "name each differently")
            found[one.name] = one
    for one in found.values():
        if one.compare is not None and one.compare[0] not in found:
            raise ScenarioError(
                one.file, one.line, "compare", f"got no scenario {one.compare[0]!r}",
                "name one as it stands under name:",
            )  # fmt: skip
    return tuple(found.values())


class _Reader:
    """One scenario. `usual`: what holds for each of its file."""

    def __init__(self, item: Located, usual: Mapping[str, Located], rules: frozenset[str]) -> None:
        self._item = item
        self._own = item.fields(("name",), ALL)
        self._fields = {**usual, **self._own}
        self._rules = rules

    def scenario(self, before: Mapping[str, Scenario]) -> Scenario:
        fields = self._fields
        facts = {name: value for name, value in fields.items() if name in KNOWN}
        later, at_first = self._later(facts)
        return Scenario(
            file=self._item.file,
            line=self._item.line,
            name=fields["name"].text(),
            dialect=fields["dialect"].one_of(DIALECTS) if "dialect" in fields else "north",
            script=self._script(before),
            stays=fields["stays"].whole(0, 9) if "stays" in fields else 1,
            facts=facts,
            later=later,
            at_first=at_first,
            expected=self._expected(fields, self._item),
            bounds=self._bounds(),
            compare=self._compare(),
            sound=self._sound(),
        )

    def _script(self, before: Mapping[str, Scenario]) -> Script:
        if "as" not in self._own:
            return read_script(self._fields, self._item)
        name = self._own["as"].text()
        if name not in before:
            self._own["as"].fail(f"got no scenario {name!r} before this one", "name one above it")
        for own in SCRIPT:
            if own in self._own:
                self._own[own].fail(
                    f"got {own} beside as:", "leave it out: what happens is the other's"
                )
        return before[name].script

    def _later(
        self, facts: Mapping[str, Located]
    ) -> tuple[Mapping[str, Located] | None, Expected | None]:
        if "later" not in self._fields:
            return None, None
        located = self._fields["later"]
        given = located.fields((), (*KNOWN, "at_first"))
        first = given.pop("at_first", None)
        if first is None:
            located.fail("got no at_first, expected it here", "say what was expected before")
        return {**facts, **given}, self._expected(first.fields((), _LISTS), first)

    def _expected(self, fields: Mapping[str, Located], about: Located) -> Expected:
        expect, forbid, may = (
            frozenset(fields[n].names_of(self._rules)) if n in fields else frozenset()
            for n in _LISTS
        )
        both = (expect & forbid) | (expect & may) | (forbid & may)
        if both:
            about.fail(f"got {min(both)} in two of the lists", "leave it in one of them")
        wrong = self._known_wrong(expect | forbid) if about is self._item else {}
        return Expected(expect, forbid, may, wrong)

    def _known_wrong(self, said: frozenset[str]) -> dict[str, str]:
        if "known_wrong" not in self._own:
            return {}
        compare = self._compare()
        compared = {name for name, _ in compare[1]} if compare else set()
        found = {}
        for name, why in self._own["known_wrong"].pairs():
            if name not in said and name not in compared:
                why.fail(
                    f"got {name}, which is under none of expect, forbid and compare",
                    "say there what would be right",
                )
            found[name] = why.text()
        return found

    def _bounds(self) -> tuple[tuple[FigureName, str, float | None], ...]:
        found: list[tuple[FigureName, str, float | None]] = []
        for name, value in self._figures("figures").items():
            if isinstance(value.node, yaml.ScalarNode):
                value.one_of(("none",))
                found.append((name, "none", None))
                continue
            bounds = value.fields((), BOUNDS)
            found += [(name, bound, points.number(0, 100)) for bound, points in bounds.items()]
        return tuple(found)

    def _figures(self, field: str) -> dict[FigureName, Located]:
        if field not in self._fields:
            return {}
        given = self._fields[field].fields((), FIGURES)
        return {name: given[name] for name in FIGURES if name in given}

    def _compare(self) -> tuple[str, tuple[tuple[FigureName, str], ...]] | None:
        if "compare" not in self._fields:
            return None
        given = self._fields["compare"].fields(("to",), FIGURES)
        signs = [(name, given[name].one_of(COMPARED)) for name in FIGURES if name in given]
        return given["to"].text(), tuple(signs)

    def _sound(self) -> Sound | None:
        if "sound" not in self._own:
            return None
        given = self._own["sound"].fields(
            ("staff", "citizen"), ("words_per_minute", "may_miss", "noise_dbfs")
        )
        missed = given["may_miss"].names_of(self._rules) if "may_miss" in given else ()
        return Sound(
            staff=given["staff"].text(),
            citizen=given["citizen"].text(),
            words_per_minute=given["words_per_minute"].whole(80, 250)
            if "words_per_minute" in given
            else 140,
            may_miss=frozenset(missed),
            noise_dbfs=number(given, "noise_dbfs", -60.0, -90, -20),
        )
