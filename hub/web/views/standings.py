"""For QA: how each rule stands at a branch, how right it proved, and what it raised lately."""

from datetime import datetime, timedelta
from typing import Final

from hub.casework.precision import measured, recall
from hub.scoring.rules import Rule
from hub.store import standings as store
from hub.store import truth as truth_store
from hub.store.standings import RaisedRow, StandingConnection, StandingRow
from hub.truth.counted import counted
from hub.truth.figures import Counts, by_rule
from hub.web.i18n import Speech
from hub.web.rule_contexts import EntryView, RulesPage, StandingView
from hub.web.rulebook import RuleBook, title
from hub.web.views.budgets import budgets
from hub.web.views.flags import precision_view
from hub.web.views.places import branch_names
from hub.web.views.truth import DAYS as TRUTH_DAYS
from hub.web.views.truth import share_view

DAYS: Final = 28
_ENTRIES: Final = 30
_KINDS: Final = ("live", "review", "trend", "shadow")
"""A positive rule raises no flag."""


def rules_page(
    connection: StandingConnection,
    rulebook: RuleBook,
    speech: Speech,
    chosen: str | None,
    now: datetime,
) -> RulesPage:
    """Of one branch; the first, where none of the reader's was chosen."""
    names = branch_names(connection, speech)
    branch_id = chosen if chosen in names else next(iter(names), "")
    last = {
        (row.rule_id, row.rule_version): row
        for row in store.standings(connection)
        if row.branch_id == branch_id
    }
    raised = {
        (row.rule_id, row.rule_version): row
        for row in store.raised(connection, now - timedelta(days=DAYS))
        if row.branch_id == branch_id
    }
    proven = measured(connection)
    told = by_rule(counted(truth_store.counts(connection, now - timedelta(days=TRUTH_DAYS))))
    nothing = Counts()
    in_force = [rule for rule in rulebook.rules_by_id.values() if rule.kind in _KINDS]
    return RulesPage(
        branch_id=branch_id,
        branches=tuple(names),
        names=names,
        days=DAYS,
        rules=[
            StandingView(
                rule_id=rule.id,
                version=rule.version,
                title=title(rule, speech.language),
                kind=rule.kind,
                never_stops=rule.never_stops,
                outside_budget=rule.outside_budget,
                outside_branch=rule.reviewed == "outside_branch",
                entry=_entry(last.get((rule.id, rule.version)), rulebook, speech),
                precision=precision_view(proven.of(branch_id, rule.id, rule.version)),
                recall=share_view(
                    recall(
                        told.get((rule.id, rule.version), nothing).found,
                        told.get((rule.id, rule.version), nothing).missed,
                    )
                ),
                bulk=proven.of(branch_id, rule.id, rule.version).bulk,
                **_raised(raised.get((rule.id, rule.version))),
            )
            for rule in sorted(in_force, key=_order)
        ],
        budgets=[b for b in budgets(connection, rulebook, speech, now) if b.branch_id == branch_id],
        history=[
            entry
            for row in store.latest(connection, branch_id, _ENTRIES)
            if (entry := _entry(row, rulebook, speech)) is not None
        ],
    )


def _order(rule: Rule) -> tuple[int, int, str]:
    return _KINDS.index(rule.kind), -rule.severity, rule.id


def _raised(row: RaisedRow | None) -> dict[str, int]:
    if row is None:
        return {"raised": 0, "shown": 0, "over_budget": 0, "sampled": 0}
    return {
        "raised": row.raised,
        "shown": row.shown,
        "over_budget": row.over_budget,
        "sampled": row.sampled,
    }


def _entry(row: StandingRow | None, rulebook: RuleBook, speech: Speech) -> EntryView | None:
    if row is None:
        return None
    return EntryView(
        rule_id=row.rule_id,
        version=row.rule_version,
        title=rulebook.rule_title(row.rule_id, speech.language),
        standing=row.standing,
        reason=row.reason,
        since=row.since,
        silent_until=row.silent_until,
        with_ground=row.with_ground,
        founded=row.founded,
        pooled=row.pooled,
        set_by=row.set_by,
    )
