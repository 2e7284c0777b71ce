"""Weekly shares of flagged interactions by counter and rule, with limits: change or noise."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Final

from hub.scoring.budget import day_of
from hub.scoring.trends import LEAST_WEEKS, SHOWN_FROM, Chart, Week, chart
from hub.store import trends as store
from hub.store.trends import TrendConnection, WeekRow
from hub.web.i18n import Speech
from hub.web.rule_contexts import TrendsPage, TrendView
from hub.web.rulebook import RuleBook
from hub.web.views.places import branch_names

WEEKS: Final = 26
_WIDTH, _HEIGHT = 240.0, 48.0


def trends_page(
    connection: TrendConnection, rulebook: RuleBook, speech: Speech, now: datetime
) -> TrendsPage:
    """Of whole weeks; the running one is not over. What has changed comes first."""
    today = day_of(now)
    until = today - timedelta(days=today.weekday() + 1)
    since = until - timedelta(days=7 * WEEKS - 1)
    rows = store.weeks(connection, since, until)
    names = branch_names(connection, speech)
    found = []
    for (branch_id, counter_id, rule_id), weeks in _series(rows).items():
        drawn = chart(weeks)
        if drawn is None or drawn.points[-1].week.monday != until - timedelta(days=6):
            continue
        place = branch_id, names[branch_id], counter_id
        found.append(_view(*place, rule_id, drawn, rulebook, speech))
    found.sort(key=lambda t: (not t.changed, t.branch_id, t.counter_id, t.rule_id))
    return TrendsPage(
        since=since, until=until, least=SHOWN_FROM, least_weeks=LEAST_WEEKS, trends=found
    )


def _series(rows: list[WeekRow]) -> dict[tuple[str, str, str], list[Week]]:
    """Every rule that was ever raised at a counter, over all weeks with interactions there."""
    interactions: dict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    flagged: dict[tuple[str, str, str], dict[date, int]] = defaultdict(dict)
    for row in rows:
        if row.rule_id:
            flagged[row.branch_id, row.counter_id, row.rule_id][row.monday] = row.n
        else:
            interactions[row.branch_id, row.counter_id][row.monday] = row.n
    return {
        (branch_id, counter_id, rule_id): [
            Week(monday, count, min(count, by_week.get(monday, 0)))
            for monday, count in sorted(interactions[branch_id, counter_id].items())
        ]
        for (branch_id, counter_id, rule_id), by_week in flagged.items()
    }


def _view(
    branch_id: str,
    branch: str,
    counter_id: str,
    rule_id: str,
    drawn: Chart,
    rulebook: RuleBook,
    speech: Speech,
) -> TrendView:
    newest = drawn.points[-1]
    top = max(point.high for point in drawn.points)
    top = max(top, *(point.week.share for point in drawn.points))
    step = _WIDTH / (len(drawn.points) - 1)

    def line(values: list[float]) -> str:
        return " ".join(
            f"{number * step:.1f},{_HEIGHT * (1 - value / top):.1f}"
            for number, value in enumerate(values)
        )

    return TrendView(
        branch_id=branch_id,
        branch=branch,
        counter_id=counter_id,
        rule_id=rule_id,
        title=rulebook.rule_title(rule_id, speech.language),
        interactions=newest.week.interactions,
        flagged=newest.week.flagged,
        share=newest.week.share,
        centre=drawn.centre,
        low=newest.low,
        high=newest.high,
        signals=newest.signals,
        changed=drawn.changed,
        shares=line([point.week.share for point in drawn.points]),
        lows=line([point.low for point in drawn.points]),
        highs=line([point.high for point in drawn.points]),
        centre_y=round(_HEIGHT * (1 - drawn.centre / top), 1),
    )
