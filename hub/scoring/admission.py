"""What becomes of raised flags at a branch: shown as the rule asks, held back, or sampled.

A flag is judged once, when it is raised for the first time. Scored again or sent again it stays
as it was shown, and spends no budget a second time.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from hub.scoring.budget import DayBudget, TrendReason, Weakness, day_of
from hub.scoring.flag import Flag
from hub.scoring.rules import Rule, RuleKind
from hub.scoring.standing import (
    UNJUDGED,
    Held,
    Pooled,
    Reason,
    Standing,
    Stood,
    Tally,
    first_use,
    is_sampled,
    pool,
)
from hub.store import standings as store
from hub.store.scoring import Queued
from hub.store.standings import BudgetRow, StandingConnection, StandingRow

log = logging.getLogger(__name__)
_Version = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Admitted:
    """How a flag is shown, and to whom."""

    flag: Flag
    kind: RuleKind
    held: Held | None = None
    sampled: bool = False
    city: bool = False
    """Reviewed by the city's QA and not by the branch."""


class Admission:
    """Of one branch, for one transaction on `connection`."""

    def __init__(
        self,
        connection: StandingConnection,
        branch_id: str,
        rules: Sequence[Rule],
        now: datetime,
    ) -> None:
        """Writes down where a version of a rule meets its first interaction of the branch."""
        self._connection = connection
        self._branch = branch_id
        self._rules = {rule.id: rule for rule in rules}
        self._now = now
        self._standings = _known(connection, branch_id)
        self._budget: DayBudget | None = None
        self._judged: Mapping[_Version, float] | None = None
        new = [
            rule
            for rule in rules
            if rule.kind != "positive" and (rule.id, rule.version) not in self._standings
        ]
        for rule in new:
            stood = first_use(rule, now)
            store.add_standing(connection, entry(branch_id, rule, 1, stood))
        if new:
            # Another worker may have been first.
            self._standings = _known(connection, branch_id)

    def admit(self, key: Queued, raised: Sequence[Flag]) -> list[Admitted]:
        """In the order given. What was raised before comes with the rule's own kind, which the
        database does not take over.
        """
        known = (
            store.known_flags(self._connection, key, [flag.flag_id for flag in raised])
            if raised
            else set()
        )
        return [
            Admitted(flag, flag.kind) if flag.flag_id in known else self._judge(flag)
            for flag in raised
        ]

    def _judge(self, flag: Flag) -> Admitted:
        rule = self._rules[flag.rule_id]
        stood = self._standings[rule.id, rule.version]
        shown = _by_standing(flag, rule, stood)
        if shown.kind != "review" or shown.city or rule.outside_budget or self._spend(rule):
            return shown
        if shown.sampled:
            return Admitted(flag, "shadow", "stopped")
        return Admitted(flag, "trend", "budget")

    def _spend(self, rule: Rule) -> bool:
        day = day_of(self._now)
        if self._budget is None:
            store.lock_branch(self._connection, self._branch)
            self._budget = _day_budget(store.budget(self._connection, day))
        before = dict(self._budget.trends)
        admitted = self._budget.admit(rule.id, self._weakness)
        for told in self._budget.trends.keys() - before.keys():
            self._tell(told, self._budget)
        spent = BudgetRow(self._branch, day, rule.id, int(admitted), int(not admitted), None, None)
        store.spend(self._connection, spent)
        return admitted

    def _tell(self, rule_id: str, budget: DayBudget) -> None:
        """QA, once a rule and day."""
        reason = budget.trends[rule_id]
        told = BudgetRow(self._branch, day_of(self._now), rule_id, 0, 0, self._now, reason)
        store.spend(self._connection, told)
        log.warning(
            "%s has %d review flags today; rule %s goes on as a trend until tomorrow",
            self._branch,
            budget.total,
            rule_id,
        )

    def _weakness(self, rule_id: str) -> Weakness:
        if self._judged is None:
            self._judged = judged_shares(self._connection, self._branch)
        rule = self._rules.get(rule_id)
        if rule is None:
            # In force this morning and no more: nothing is lost if it is the first to go.
            return Weakness(0.0, 0, rule_id)
        judged = self._judged.get((rule.id, rule.version), Tally().judged)
        return Weakness(judged, rule.severity, rule.id)


def live_allowed(
    connection: StandingConnection, branch_id: str, rules: Sequence[Rule]
) -> list[Rule]:
    """Of a branch, the rules that may raise a live alert there: those in force. One that is silent
    or stopped is asked of the finished interaction alone, which writes down its first use.
    """
    known = _known(connection, branch_id)
    return [
        rule
        for rule in rules
        if (
            stood.standing in {"active", "city"}
            if (stood := known.get((rule.id, rule.version)))
            else rule.weeks_silent == 0
        )
    ]


def judged_shares(connection: StandingConnection, branch_id: str) -> dict[_Version, float]:
    """What each version of each rule is judged by at a branch, where there is a decision."""
    own = {
        (row.rule_id, row.rule_version): Tally(row.decided, row.with_ground, row.founded)
        for row in store.tallies(connection)
        if row.branch_id == branch_id
    }
    city = {
        (row.rule_id, row.rule_version): Tally(row.decided, row.with_ground, row.founded)
        for row in store.figures(connection)
    }
    return {
        version: pool(own.get(version, Tally()), city.get(version, Tally())).tally.judged
        for version in own.keys() | city.keys()
    }


def entry(
    branch_id: str,
    rule: Rule,
    number: int,
    stood: Stood,
    judged: Pooled = UNJUDGED,
    set_by: str | None = None,
) -> StandingRow:
    """As it is stored; `judged`: the decisions that brought it about."""
    return StandingRow(
        branch_id=branch_id,
        rule_id=rule.id,
        rule_version=rule.version,
        standing_no=number,
        standing=stood.standing,
        reason=stood.reason,
        since=stood.since,
        silent_until=stood.silent_until,
        seed=stood.seed,
        counted_from=stood.counted_from,
        decided=judged.tally.decided,
        with_ground=judged.tally.with_ground,
        founded=judged.tally.founded,
        pooled=judged.pooled,
        set_by=set_by,
    )


def stood_of(row: StandingRow) -> Stood:
    standing = cast("Standing", row.standing)
    reason = cast("Reason", row.reason)
    return Stood(  # the table's own checks know these words alone
        standing, reason, row.since, row.silent_until, row.seed, row.counted_from
    )


def _known(connection: StandingConnection, branch_id: str) -> dict[_Version, Stood]:
    return {
        (row.rule_id, row.rule_version): stood_of(row)
        for row in store.standings(connection)
        if row.branch_id == branch_id
    }


def _day_budget(rows: Sequence[BudgetRow]) -> DayBudget:
    budget = DayBudget()
    for row in rows:
        budget.used[row.rule_id] = row.used
        if row.trend_reason is not None:
            reason: TrendReason = "cap" if row.trend_reason == "cap" else "target"
            budget.trends[row.rule_id] = reason
    return budget


def _by_standing(flag: Flag, rule: Rule, stood: Stood) -> Admitted:
    shown = Admitted(flag, rule.kind, city=rule.reviewed == "outside_branch")
    if stood.standing == "silent":
        return replace(shown, kind="shadow", held="silent")
    if stood.standing == "city":
        return replace(shown, city=True)
    if stood.standing == "trend":
        return replace(shown, kind="trend", held="unknown")
    if stood.standing == "stopped":
        if stood.seed is not None and is_sampled(stood.seed, flag.flag_id):
            return replace(shown, sampled=True)
        return replace(shown, kind="shadow", held="stopped")
    return shown
