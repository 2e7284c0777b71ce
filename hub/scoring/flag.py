"""Interaction, facts and rules -> flags. Pure. A flag asks a person to look; it finds nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from hub.scoring.condition import Case, Evidence, apart
from hub.scoring.facts import Facts, known_to_hold
from hub.scoring.quantities import QUANTITIES, coverage_of
from hub.scoring.rules import COUNTED, Accused, Rule, RuleKind, placeholders
from schemas.identifiers import uuid8
from schemas.interaction import InteractionPayload

MOST_EVIDENCE = 50
"""Pieces shown with one flag; the timeline has all of them."""
_Language = Literal["vi", "en"]


@dataclass(frozen=True, slots=True)
class Flag:
    flag_id: UUID
    """Of interaction and rule: raised again, it is the same flag."""
    interaction_id: UUID
    rule_id: str
    rule_version: int
    kind: RuleKind
    severity: int
    role: Accused
    title_vi: str
    title_en: str
    reason_vi: str
    reason_en: str
    evidence: tuple[Evidence, ...]
    """In the order of time."""
    coverage: float
    """The least of those that the rule rests on."""


def flags(interaction: InteractionPayload, facts: Facts, rules: Sequence[Rule]) -> list[Flag]:
    """Gravest first. Of a snapshot of an open interaction only live rules are asked: the rest
    of it may still hold what a review or a trend would miss.
    """
    raised = [
        _flag(rule, case)
        for rule in rules
        if (rule.kind == "live" or not interaction.open)
        and fires(rule, case := Case(interaction, facts, rule.cool_down_s))
    ]
    return sorted(raised, key=lambda flag: (-flag.severity, flag.rule_id))


def fires(rule: Rule, case: Case) -> bool:
    """Only a known yes fires; only a known fact blocks."""
    if rule.zones and case.facts.zone not in rule.zones:
        return False
    if any(coverage_of(case.interaction, name) < least for name, least in rule.coverage.items()):
        return False
    if any(_blocks(name, case) for name in rule.blocked_by):
        return False
    return rule.when.holds(case) is True


def flag_id(interaction_id: UUID, rule_id: str) -> UUID:
    return uuid8(str(interaction_id), rule_id)


def _blocks(name: str, case: Case) -> bool:
    if name == "boundary_uncertain":
        return case.interaction.boundary_uncertain
    return known_to_hold(name, case.facts) is True


def _flag(rule: Rule, case: Case) -> Flag:
    found = {one for selector in rule.evidence for one in selector.found(case)}
    evidence = sorted(found, key=lambda e: (e.offset_s, e.type, e.kind))
    # A sentence against a person counts what was said; a raised voice beside it is no word.
    said = [one for one in evidence if one.type == "hit"]
    counted = len(apart(said or evidence, case.cool_down_s))
    return Flag(
        flag_id=flag_id(case.interaction.interaction_id, rule.id),
        interaction_id=case.interaction.interaction_id,
        rule_id=rule.id,
        rule_version=rule.version,
        kind=rule.kind,
        severity=rule.severity,
        role=rule.role,
        title_vi=rule.title_vi,
        title_en=rule.title_en,
        reason_vi=_filled(rule.reason_vi, case, counted, "vi"),
        reason_en=_filled(rule.reason_en, case, counted, "en"),
        evidence=tuple(evidence[:MOST_EVIDENCE]),
        coverage=min(coverage_of(case.interaction, name) for name in rule.coverage),
    )


def _filled(text: str, case: Case, counted: int, language: _Language) -> str:
    for name in placeholders(text):
        if name == COUNTED:
            shown = str(counted)
        else:
            value = QUANTITIES[name].of(case.interaction, case.facts)
            shown = _shown(name, value, language)
        text = text.replace(f"{{{name}}}", shown)
    return text


def _shown(name: str, value: float | None, language: _Language) -> str:
    if value is None:
        return "không rõ" if language == "vi" else "not known"
    if name.endswith("_share"):
        return f"{value * 100:.0f} %"
    if name.endswith("_s") and value >= 60:
        minutes, seconds = divmod(round(value), 60)
        return (
            f"{minutes} phút {seconds} giây" if language == "vi" else f"{minutes} min {seconds} s"
        )
    number = f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"
    if language == "vi":
        number = number.replace(".", ",")
    if not name.endswith("_s"):
        return number
    return f"{number} giây" if language == "vi" else f"{number} s"
