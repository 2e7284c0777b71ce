"""Rules: one readable file each, checked when it is loaded. See rules/README.md for the form."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from hub.scoring.case import Selector
from hub.scoring.condition import Condition
from hub.scoring.condition_files import read_condition
from hub.scoring.errors import RuleError
from hub.scoring.facts import YES_OR_NO
from hub.scoring.located import Located, definition_files, read_located
from hub.scoring.measured import MEASURED
from hub.scoring.quantities import COVERAGES
from hub.scoring.selector_files import EVIDENCE, read_selector
from schemas.vocabulary import Role, Zone

PACKAGED = Path(__file__).parent / "rules"
RuleKind = Literal["live", "review", "trend", "shadow", "positive"]
Accused = Literal["staff", "citizen", "none"]
Reviewed = Literal["branch", "outside_branch"]
KINDS: tuple[RuleKind, ...] = ("live", "review", "trend", "shadow", "positive")
"""`positive`: a good moment. It is shown as one, is never stored as a flag and asks nothing."""
REVIEWED: tuple[Reviewed, ...] = ("branch", "outside_branch")
BLOCKS = (*YES_OR_NO, "boundary_uncertain", "ended")
"""`ended`: the interaction is over, and a rule of another kind asks about it now."""
COUNTED = "evidence_count"
WEEKS_SILENT = 4
_PLACEHOLDER = re.compile(r"\{([a-z0-9_]*)\}")
REQUIRED = (
    "rule",
    "version",
    "kind",
    "severity",
    "role",
    "title_vi",
    "title_en",
    "reason_vi",
    "reason_en",
    "coverage",
    "when",
    "evidence",
)
OPTIONAL = (
    "zones",
    "blocked_by",
    "cool_down_s",
    "reviewed",
    "never_stops",
    "outside_budget",
    "weeks_silent",
)


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    version: int
    kind: RuleKind
    severity: int
    """1 to 5, 5 the gravest."""
    role: Accused
    """Whose doing the flag asks about."""
    title_vi: str
    title_en: str
    reason_vi: str
    reason_en: str
    """Why a person is asked to look, with {quantity} and {evidence_count} to be filled in."""
    coverage: Mapping[str, float]
    """Least coverage by name of quantities.COVERAGES."""
    when: Condition
    evidence: tuple[Selector, ...]
    zones: tuple[Zone, ...]
    """Empty: every zone, also one that is not known."""
    blocked_by: tuple[str, ...]
    """Facts that silence the rule where they are known to hold."""
    cool_down_s: float
    """What follows within this time of the same kind is the same event and counts once."""
    reviewed: Reviewed = "branch"
    """`outside_branch`: by people of another place, the clerk unnamed before a decision."""
    never_stops: bool = False
    """Does not switch itself off however few of its flags are found founded: a branch could
    dismiss its way to silence."""
    outside_budget: bool = False
    """Does not count towards the branch's flags of a day, and is never held back by them."""
    weeks_silent: int = WEEKS_SILENT
    """Weeks for which a new rule, or a branch's first, is seen by QA alone."""


def load_rules(folder: Path = PACKAGED) -> tuple[Rule, ...]:
    """In the order of their ids. Raises RuleError with file, line and field."""
    return tuple(read_rule(path) for path in definition_files(folder, RuleError))


def read_rule(path: Path) -> Rule:
    """One file. Raises RuleError with file, line and field."""
    return rule_of(read_located(path, RuleError), path.stem)


@cache
def packaged_rules() -> tuple[Rule, ...]:
    return load_rules()


def placeholders(text: str) -> list[str]:
    return _PLACEHOLDER.findall(text)


def rule_of(whole: Located, stem: str) -> Rule:
    fields = whole.fields(REQUIRED, OPTIONAL)
    if fields["rule"].name() != stem:
        fields["rule"].fail(
            f"got {fields['rule'].name()}, expected {stem} as the file's name says",
            "correct one of them",
        )
    return Rule(
        id=stem,
        version=fields["version"].whole(1, 1_000_000),
        kind=cast("RuleKind", fields["kind"].one_of(KINDS)),
        severity=fields["severity"].whole(1, 5),
        role=cast("Accused", fields["role"].one_of((Role.STAFF, Role.CITIZEN, "none"))),
        title_vi=fields["title_vi"].text(),
        title_en=fields["title_en"].text(),
        reason_vi=_reason(fields["reason_vi"]),
        reason_en=_reason(fields["reason_en"]),
        coverage=_coverage(fields["coverage"]),
        when=read_condition(fields["when"]),
        evidence=tuple(read_selector(item, EVIDENCE) for item in fields["evidence"].items()),
        zones=tuple(Zone(name) for name in fields["zones"].names_of(list(Zone)))
        if "zones" in fields
        else (),
        blocked_by=fields["blocked_by"].names_of(BLOCKS) if "blocked_by" in fields else (),
        cool_down_s=fields["cool_down_s"].number(0, 600) if "cool_down_s" in fields else 0.0,
        reviewed=cast("Reviewed", fields["reviewed"].one_of(REVIEWED))
        if "reviewed" in fields
        else "branch",
        never_stops="never_stops" in fields and fields["never_stops"].yes(),
        outside_budget="outside_budget" in fields and fields["outside_budget"].yes(),
        weeks_silent=fields["weeks_silent"].whole(0, 52)
        if "weeks_silent" in fields
        else WEEKS_SILENT,
    )


def _coverage(located: Located) -> dict[str, float]:
    """At least one: a flag always says how much was seen."""
    least = {}
    for name, value in located.pairs():
        if name not in COVERAGES:
            value.fail(f"got {name}, expected one of {', '.join(COVERAGES)}", "correct it")
        least[name] = value.number(0.05, 1)
    if not least:
        located.fail("got no coverage, expected one", "say what must have been seen")
    return least


def _reason(located: Located) -> str:
    text = located.text()
    for name in placeholders(text):
        if name != COUNTED and name not in MEASURED:
            located.fail(
                f"got {{{name}}}, expected a quantity or {{{COUNTED}}}", "correct the name"
            )
    return text
