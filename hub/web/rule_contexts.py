"""What the pages about rules show, as data: see hub/web/contexts.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from hub.scoring.backtest import Trial
from hub.web.contexts import BudgetView, PrecisionView
from hub.web.truth_contexts import ShareView


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry of a rule's history at a branch."""

    rule_id: str
    version: int
    title: str
    standing: str
    reason: str
    since: datetime
    silent_until: datetime | None
    with_ground: int
    founded: int
    """Decisions that it was judged by."""
    pooled: bool
    set_by: str | None


@dataclass(frozen=True, slots=True)
class StandingView:
    """A rule in force at one branch. `raised` and what follows: in the page's days."""

    rule_id: str
    version: int
    title: str
    kind: str
    never_stops: bool
    outside_budget: bool
    outside_branch: bool
    entry: EntryView | None
    """None: it has met no interaction of the branch yet."""
    precision: PrecisionView
    recall: ShareView
    """By truth sessions of all branches that the reader sees."""
    bulk: int
    raised: int
    shown: int
    over_budget: int
    sampled: int


@dataclass(frozen=True, slots=True)
class RulesPage:
    branch_id: str
    branches: Sequence[str]
    names: Mapping[str, str]
    """Of the branches, by id."""
    days: int
    rules: Sequence[StandingView]
    budgets: Sequence[BudgetView]
    history: Sequence[EntryView]


@dataclass(frozen=True, slots=True)
class TrendView:
    """One rule at one counter. Lines are points of a picture 240 wide and 48 high."""

    branch_id: str
    branch: str
    """Its name."""
    counter_id: str
    rule_id: str
    title: str
    interactions: int
    flagged: int
    share: float
    centre: float
    low: float
    high: float
    signals: Sequence[str]
    changed: bool
    shares: str
    lows: str
    highs: str
    centre_y: float


@dataclass(frozen=True, slots=True)
class TrendsPage:
    since: date
    until: date
    least: int
    least_weeks: int
    trends: Sequence[TrendView]


@dataclass(frozen=True, slots=True)
class TrialPage:
    """`trial` is what was found, `fault` why nothing was tried; neither before the first try."""

    text: str
    since: date
    most_characters: int
    names: Mapping[str, str]
    """Of the reader's branches, by id."""
    trial: Trial | None = None
    fault: str | None = None
