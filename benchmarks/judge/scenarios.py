"""Precision and recall by rule over the scripted interactions of tests/scenarios.

    python -m benchmarks.judge.scenarios

Each scenario says which flags must come; every other flag of it is a false one, unless the
scenario leaves it open. What is known to be wrong counts as wrong. The scripts were written to be
hard: the shares say what the rules do on them, not what a branch's day would show. Most phrases
that must be found were known to those who wrote the lists; unseen.yaml holds some that were not.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.machine import Figure, result, show
from hub.scoring.rules import RuleKind, load_rules
from tests.scenarios.judge import Judged, compare, judge, media_s
from tests.scenarios.scenario_files import load

KINDS: tuple[RuleKind, ...] = ("live", "review", "trend", "shadow", "positive")
NEVER_FALSE = frozenset({"abuse_by_citizen", "abusive_language_staff", "money_hint"})
"""A false one of these accuses a person of the gravest things."""
_LEAST = 80
_UNSEEN = "unseen.yaml"
"""Phrases that were written after the lists of phrases, and never added to them."""
_PRECISION = 0.72
"""Of review flags: DOMAIN.md's bound for one unfounded flag a clerk a month."""


@dataclass(frozen=True, slots=True)
class Row:
    rule: str
    kind: RuleKind
    expected: int
    found: int
    """Of those expected."""
    false: int
    innocent: int
    """Scenarios that name it as forbidden."""

    @property
    def precision(self) -> float | None:
        return _share(self.found, self.found + self.false)

    @property
    def recall(self) -> float | None:
        return _share(self.found, self.expected)


def played() -> list[Judged]:
    return [judge(scenario) for scenario in load()]


def rows(judged: Sequence[Judged]) -> list[Row]:
    return [
        _row(rule.id, kind, judged) for kind in KINDS for rule in load_rules() if rule.kind == kind
    ]


def _row(rule: str, kind: RuleKind, judged: Sequence[Judged]) -> Row:
    expected = [one for one in judged if rule in one.scenario.expected.expect]
    others = [
        one
        for one in judged
        if rule not in one.scenario.expected.expect | one.scenario.expected.may
    ]
    return Row(
        rule=rule,
        kind=kind,
        expected=len(expected),
        found=sum(rule in one.raised for one in expected),
        false=sum(rule in one.raised for one in others),
        innocent=sum(rule in one.scenario.expected.forbid for one in others),
    )


def figures(judged: Sequence[Judged]) -> list[Figure]:
    found = rows(judged)
    made = [
        Figure("scripted interactions", float(len(judged)), "", goal=_LEAST, better="higher"),
        Figure(
            "of different scripts",
            float(len({one.scenario.script for one in judged})),
            "",
            goal=_LEAST,
            better="higher",
        ),
        Figure("media time that was played", media_s(judged) / 60, "minutes"),
        Figure(
            "scenarios not as their file says",
            float(sum(bool(one.wrong) for one in judged) + len(compare(judged))),
            "",
            goal=0.0,
        ),
        Figure(
            "things known to be wrong",
            float(sum(len(one.scenario.expected.known_wrong) for one in judged)),
            "",
        ),
        Figure(
            "rules with a case that must fire and an innocent one",
            sum(bool(row.expected and row.innocent) for row in found) / len(found),
            "share",
            goal=1.0,
            better="higher",
        ),
        Figure(
            "false flags of abuse and money",
            float(sum(row.false for row in found if row.rule in NEVER_FALSE)),
            "flags",
            goal=0.0,
        ),
    ]
    for kind in KINDS:
        ones = [row for row in found if row.kind == kind]
        hits, false = sum(row.found for row in ones), sum(row.false for row in ones)
        goal = _PRECISION if kind == "review" else None
        made.append(
            Figure(f"precision, {kind}", _share(hits, hits + false), "share", goal, "higher")
        )
        expected = sum(row.expected for row in ones)
        made.append(Figure(f"recall, {kind}", _share(hits, expected), "share", better="higher"))
    unseen = rows([one for one in judged if one.scenario.file == _UNSEEN])
    made.append(
        Figure(
            "recall on phrases that no list was written for",
            _share(sum(row.found for row in unseen), sum(row.expected for row in unseen)),
            "share",
            better="higher",
        )
    )
    return made


def notes(judged: Sequence[Judged]) -> list[str]:
    """The table by rule, a line each; then what is known to be wrong."""
    table = [
        f"{row.kind}: {row.rule}: precision {_text(row.precision)}, recall {_text(row.recall)} "
        f"(found {row.found} of {row.expected}, false {row.false}, innocent look-alikes "
        f"{row.innocent})"
        for row in rows(judged)
    ]
    known = [
        f"known to be wrong: {one.scenario}: {what}: {why}"
        for one in judged
        for what, why in one.scenario.expected.known_wrong.items()
    ]
    return table + known


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _text(share: float | None) -> str:
    return "–" if share is None else f"{share:.2f}"


def main() -> int:
    """0 where each scenario is as its file says."""
    judged = played()
    show(result(figures(judged), notes=notes(judged)))
    wrong = [f"{one.scenario}: {said}" for one in judged for said in one.wrong] + compare(judged)
    for line in wrong:
        print(f"wrong: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
