"""What rules and rubrics are called on the screens, in either language."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self
from uuid import UUID

from hub.scoring.facts import Facts
from hub.scoring.flag import flags, good_moments
from hub.scoring.rubrics import FIGURES, Rubric, RubricPart, load_rubrics
from hub.scoring.rules import Rule, load_rules
from hub.scoring.worker import rebuild
from hub.store.pages import InteractionRow, TurnRow
from hub.store.scoring import Queued, StoredInteraction
from hub.web.contexts import EvidenceView, GoodMomentView, RubricPartView, RubricView, RuleView
from hub.web.i18n import Speech, UiLanguage
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Zone


@dataclass(frozen=True, slots=True)
class RuleBook:
    """A rule or part that is in force no more keeps its id as its name: old flags stay."""

    rules_by_id: Mapping[str, Rule]
    rubrics_in_force: Sequence[Rubric]

    @classmethod
    def load(cls) -> Self:
        return cls({rule.id: rule for rule in load_rules()}, load_rubrics())

    def rule_title(self, rule_id: str, language: UiLanguage) -> str:
        rule = self.rules_by_id.get(rule_id)
        return title(rule, language) if rule else rule_id

    def reviewed_outside(self, rule_id: str) -> bool:
        """Whether people of another place look at what it raises."""
        rule = self.rules_by_id.get(rule_id)
        return rule is not None and rule.reviewed == "outside_branch"

    def part_title(self, rubric_id: str, part_id: str, language: UiLanguage) -> str:
        for rubric in self.rubrics_in_force:
            for part in (part for parts in rubric.parts.values() for part in parts):
                if rubric.id == rubric_id and part.id == part_id:
                    return title(part, language)
        return part_id

    def reasons(
        self, row: InteractionRow, turns: Sequence[TurnRow], language: UiLanguage
    ) -> dict[UUID, tuple[int, str]]:
        """By flag: the rule's version and its sentence, filled in with the interaction's numbers.

        Worked out again, because a flag is stored without sentences; of a rule that has
        changed since there is none.
        """
        raised = flags(
            _payload(row, turns), Facts(zone=Zone(row.zone)), list(self.rules_by_id.values())
        )
        return {
            flag.flag_id: (
                flag.rule_version,
                flag.reason_vi if language == "vi" else flag.reason_en,
            )
            for flag in raised
        }

    def good_moments(
        self, row: InteractionRow, turns: Sequence[TurnRow], speech: Speech
    ) -> list[GoodMomentView]:
        """Worked out when they are looked at: they are no flags and are stored nowhere."""
        found = good_moments(
            _payload(row, turns), Facts(zone=Zone(row.zone)), list(self.rules_by_id.values())
        )
        return [
            GoodMomentView(
                rule_id=moment.rule_id,
                title=moment.title_vi if speech.language == "vi" else moment.title_en,
                reason=moment.reason_vi if speech.language == "vi" else moment.reason_en,
                evidence=evidence_views([one.as_json() for one in moment.evidence], speech),
            )
            for moment in found
        ]

    def rules(self, language: UiLanguage) -> list[RuleView]:
        return [
            RuleView(
                rule_id=rule.id,
                version=rule.version,
                title=title(rule, language),
                kind=rule.kind,
                severity=rule.severity,
                role=rule.role,
            )
            for rule in self.rules_by_id.values()
        ]

    def rubrics(self, language: UiLanguage) -> list[RubricView]:
        return [
            RubricView(
                rubric=rubric.id,
                version=rubric.version,
                title=title(rubric, language),
                zones=[str(zone) for zone in rubric.zones],
                figure=figure,
                parts=[
                    RubricPartView(part.id, title(part, language), part.weight, part.neutral)
                    for part in rubric.parts[figure]
                ],
            )
            for rubric in self.rubrics_in_force
            for figure in FIGURES
        ]


def _payload(row: InteractionRow, turns: Sequence[TurnRow]) -> InteractionPayload:
    return rebuild(
        StoredInteraction(
            key=Queued(row.branch_id, row.counter_id, row.at, row.interaction_id),
            zone=row.zone,
            columns=asdict(row),
            turns=[{k: v for k, v in asdict(turn).items() if k != "turn_no"} for turn in turns],
        )
    )


def title(named: Rule | Rubric | RubricPart, language: UiLanguage) -> str:
    return named.title_vi if language == "vi" else named.title_en


def evidence_views(pieces: Sequence[Mapping[str, Any]], speech: Speech) -> list[EvidenceView]:
    """`pieces` as the scoring worker stored them: hits and spans, never words."""
    return [
        EvidenceView(
            label=(
                speech.word("category", piece["category"])
                if piece["type"] == "hit"
                else speech.word("span", piece["kind"])
            ),
            offset_s=piece["offset_s"],
            duration_s=piece["duration_s"] if piece["type"] == "span" else None,
            role=piece.get("role"),
        )
        for piece in pieces
    ]
