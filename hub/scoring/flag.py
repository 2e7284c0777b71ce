"""Interaction, facts and rules -> flags. Pure. A flag asks a person to look; it finds nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from hub.scoring.case import Case, Evidence, apart
from hub.scoring.facts import Facts, known_to_hold
from hub.scoring.heard import Heard
from hub.scoring.measured import MEASURED
from hub.scoring.quantities import coverage_of
from hub.scoring.rules import COUNTED, Accused, Rule, RuleKind, placeholders
from schemas.identifiers import uuid8
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Role

MOST_EVIDENCE = 50
"""Pieces shown with one flag; the timeline has all of them."""
POSITIVE: RuleKind = "positive"
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
    """Gravest first, without good moments. Of a snapshot of an open interaction only live rules
    are asked: the rest of it may still hold what a review or a trend would miss.
    """
    raised = _raised(interaction, facts, [rule for rule in rules if rule.kind != POSITIVE])
    return sorted(raised, key=lambda flag: (-flag.severity, flag.rule_id))


def good_moments(
    interaction: InteractionPayload, facts: Facts, rules: Sequence[Rule]
) -> list[Flag]:
    """What the rules of kind positive found, in the order of time. To be shown, never to be
    stored as a flag, decided upon or counted against anybody.
    """
    found = _raised(interaction, facts, [rule for rule in rules if rule.kind == POSITIVE])
    return sorted(found, key=lambda moment: (_first_s(moment), moment.rule_id))


def _raised(interaction: InteractionPayload, facts: Facts, rules: Sequence[Rule]) -> list[Flag]:
    memory: dict[Role, list[Heard]] = {}
    return [
        _flag(rule, case)
        for rule in rules
        if fires(rule, case := Case(interaction, facts, rule.cool_down_s, memory))
    ]


def _first_s(moment: Flag) -> float:
    return moment.evidence[0].offset_s if moment.evidence else 0.0


def fires(rule: Rule, case: Case) -> bool:
    """Only a known yes fires; only a known fact blocks."""
    return silenced_by(rule, case) is None


def silenced_by(rule: Rule, case: Case) -> str | None:
    """What keeps the rule silent, in words; None: it fires."""
    if case.interaction.open and rule.kind != "live":
        return "the interaction is still open"
    if rule.zones and case.facts.zone not in rule.zones:
        return f"the zone is {case.facts.zone or 'not known'}"
    for name, least in rule.coverage.items():
        seen = coverage_of(case.interaction, name)
        if seen < least:
            return f"coverage {name} is {seen:g}, under {least:g}"
    for name in rule.blocked_by:
        if _blocks(name, case):
            return f"blocked by {name}"
    answer = rule.when.holds(case)
    if answer is None:
        return "its condition is not known to hold"
    return None if answer else "its condition does not hold"


def flag_id(interaction_id: UUID, rule_id: str) -> UUID:
    return uuid8(str(interaction_id), rule_id)


def _blocks(name: str, case: Case) -> bool:
    if name == "boundary_uncertain":
        return case.interaction.boundary_uncertain
    if name == "ended":
        return not case.interaction.open
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
            value = MEASURED[name].of(case.interaction, case.facts)
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
