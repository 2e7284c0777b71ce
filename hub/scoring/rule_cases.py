"""A rule's cases: interactions that must fire it, and innocent ones that must not.

They stand in cases/ beside the rule's file and under its name. `hailong hub rules check` tries
them; a hub that starts reads the rules alone.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hub.scoring.case import Case
from hub.scoring.case_facts import KNOWN, read_facts
from hub.scoring.case_files import HEARD, read_interaction
from hub.scoring.errors import RuleError
from hub.scoring.facts import Facts
from hub.scoring.flag import silenced_by
from hub.scoring.located import Located, read_located
from hub.scoring.rules import Rule, read_rule
from schemas.interaction import InteractionPayload

FOLDER = "cases"
LEAST = 2
"""Cases that must fire. Innocent ones: at least as many as those."""
Expected = Literal["fires", "innocent"]


@dataclass(frozen=True, slots=True)
class RuleCase:
    name: str
    expected: Expected
    interaction: InteractionPayload
    facts: Facts
    line: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A case that does not do what it says."""

    file: str
    line: int
    case: str
    problem: str

    def __str__(self) -> str:
        return (
            f"{self.file}, line {self.line}, case {self.case!r}: {self.problem}; "
            "correct the rule or the case"
        )


@dataclass(frozen=True, slots=True)
class Tried:
    rule: Rule
    fires: int
    innocent: int
    wrong: tuple[Wrong, ...]


def cases_file(rule_file: Path) -> Path:
    return rule_file.parent / FOLDER / rule_file.name


def load_cases(path: Path) -> tuple[RuleCase, ...]:
    """Raises RuleError with file, line and field; also where cases are too few."""
    whole = read_located(path, RuleError, f"{FOLDER}/{path.name}")
    fields = whole.fields(("rule", "fires", "innocent"), ("usual",))
    if fields["rule"].name() != path.stem:
        fields["rule"].fail(
            f"got {fields['rule'].name()}, expected {path.stem} as the file's name says",
            "correct one of them",
        )
    usual = fields["usual"].fields((), (*HEARD, *KNOWN)) if "usual" in fields else {}
    fires = [_case(item, "fires", usual) for item in fields["fires"].items()]
    innocent = [_case(item, "innocent", usual) for item in fields["innocent"].items()]
    if len(fires) < LEAST:
        fields["fires"].fail(f"got {len(fires)} case(s), expected {LEAST} or more", "add one")
    if len(innocent) < len(fires):
        fields["innocent"].fail(
            f"got {len(innocent)} innocent case(s) and {len(fires)} that fire, expected at least "
            "as many innocent ones",
            "add what looks alike and must not fire",
        )
    cases = (*fires, *innocent)
    names: set[str] = set()
    for case in cases:
        if case.name in names:
            raise RuleError(
                whole.file, case.line, "name", f"got {case.name!r} twice", "name each differently"
            )
        names.add(case.name)
    return cases


def _case(located: Located, expected: Expected, usual: dict[str, Located]) -> RuleCase:
    own = located.fields(("name",), (*HEARD, *KNOWN))
    fields = {**usual, **own}
    interaction = read_interaction(fields, located)
    return RuleCase(
        own["name"].text(), expected, interaction, read_facts(fields, interaction), located.line
    )


def try_rule(rule_file: Path) -> Tried:
    """Reads one rule and its cases and tries them. Raises RuleError."""
    rule = read_rule(rule_file)
    path = cases_file(rule_file)
    cases = load_cases(path)
    wrong = tuple(
        Wrong(f"{FOLDER}/{path.name}", case.line, case.name, problem)
        for case in cases
        if (problem := _problem(rule, case)) is not None
    )
    count = {name: sum(case.expected == name for case in cases) for name in ("fires", "innocent")}
    return Tried(rule, count["fires"], count["innocent"], wrong)


def _problem(rule: Rule, case: RuleCase) -> str | None:
    silence = silenced_by(rule, Case(case.interaction, case.facts, rule.cool_down_s))
    if case.expected == "fires":
        return None if silence is None else f"expected the rule to fire, it is silent: {silence}"
    return "expected the rule to be silent, it fires" if silence is None else None
