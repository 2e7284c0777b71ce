"""What is left of each branch's review flags of today."""

from datetime import datetime

from hub.scoring.budget import CAP, TARGET, day_of
from hub.store import standings
from hub.store.standings import StandingConnection
from hub.web.contexts import BudgetView
from hub.web.i18n import Speech
from hub.web.rulebook import RuleBook
from hub.web.views.places import branch_names


def budgets(
    connection: StandingConnection, rulebook: RuleBook, speech: Speech, now: datetime
) -> list[BudgetView]:
    """Of each branch that has had a review flag today."""
    rows = standings.budget(connection, day_of(now))
    names = branch_names(connection, speech)
    return [
        BudgetView(
            branch_id=branch_id,
            branch=names[branch_id],
            used=sum(row.used for row in of_branch),
            target=TARGET,
            most=CAP,
            held=sum(row.held for row in of_branch),
            trends=[
                rulebook.rule_title(row.rule_id, speech.language)
                for row in of_branch
                if row.trend_since is not None
            ],
        )
        for branch_id in dict.fromkeys(row.branch_id for row in rows)
        for of_branch in ([row for row in rows if row.branch_id == branch_id],)
    ]
