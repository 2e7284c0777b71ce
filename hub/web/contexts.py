"""What each page shows, as data. The JSON API answers with the same classes, so that a page
and its JSON cannot differ. Times are aware, durations in seconds, shares 0 to 1; texts that
a rule, a rubric or a place brings along are in the reader's language.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

Measured = Literal["scored", "not_enough", "waiting"]
"""A figure, not enough measured for one, or not scored yet."""


@dataclass(frozen=True, slots=True)
class SensorFault:
    sensor: str
    state: str


@dataclass(frozen=True, slots=True)
class CounterView:
    branch_id: str
    counter_id: str
    number: int
    zone: str
    device_id: str | None
    state: Literal["online", "offline", "unknown"]
    state_since: datetime | None
    faults: Sequence[SensorFault]
    today: int
    week: int
    latest_at: datetime | None
    open_live: int
    open_review: int
    unmeasured: int
    """Interactions of the last seven days for which not enough was measured."""


@dataclass(frozen=True, slots=True)
class ZoneView:
    zone: str
    counters: Sequence[CounterView]


@dataclass(frozen=True, slots=True)
class PointView:
    point_id: str
    name: str
    zones: Sequence[ZoneView]


@dataclass(frozen=True, slots=True)
class VisitView:
    """Who went to look at an alert."""

    login: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class AlertView:
    flag_id: UUID
    interaction_id: UUID
    title: str
    counter_id: str
    number: int | None
    zone: str | None
    raised_at: datetime
    state: str
    """new, update, quiet (not heard of for a while), confirmed, withdrawn or lost."""
    ended: bool
    visits: Sequence[VisitView]
    went: bool
    """Whoever is reading has been there."""


@dataclass(frozen=True, slots=True)
class FailureView:
    """A channel that could not be told of so many alerts."""

    channel: str
    failed: int


@dataclass(frozen=True, slots=True)
class AlertList:
    live: int
    alerts: Sequence[AlertView]
    failures: Sequence[FailureView]


@dataclass(frozen=True, slots=True)
class BranchView:
    branch_id: str
    name: str
    points: Sequence[PointView]


@dataclass(frozen=True, slots=True)
class FigureBrief:
    state: Measured
    value: float | None
    low: float | None
    high: float | None
    calibrated: bool
    """Whether ratings by citizens have their bar in it."""


@dataclass(frozen=True, slots=True)
class InteractionItem:
    interaction_id: UUID
    branch_id: str
    counter_id: str
    number: int | None
    zone: str
    at: datetime
    handling_s: float
    boundary_uncertain: bool
    index: FigureBrief
    """The list's figure; on the overview the citizen's experience."""
    audio_coverage: float
    video_coverage: float
    live: int
    review: int
    trend: int
    open: int


@dataclass(frozen=True, slots=True)
class Overview:
    as_of: datetime
    branches: Sequence[BranchView]
    recent: Sequence[InteractionItem]
    today: int
    open_live: int
    open_review: int
    unmeasured: int
    offline: int


@dataclass(frozen=True, slots=True)
class CounterChoice:
    branch_id: str
    counter_id: str
    number: int
    zone: str


@dataclass(frozen=True, slots=True)
class InteractionFilter:
    branch: str | None = None
    counter: str | None = None
    day: date | None = None
    """A day in Hanoi."""
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class InteractionList:
    figure: str
    """Which of the two figures `index` of each item is."""
    items: Sequence[InteractionItem]
    chosen: InteractionFilter
    counters: Sequence[CounterChoice]
    next: str | None
    """Goes into `before` for the page after this one; None on the last."""


@dataclass(frozen=True, slots=True)
class PartView:
    id: str
    title: str
    weight: float
    neutral: float
    value: float | None
    """0 to 100; None where nothing of it was measured."""
    coverage: float
    contribution: float
    """Points of the figure; the contributions add up to it."""


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """The same figure of the same interaction under another version of its rubric."""

    rubric: str
    rubric_version: int
    value: float | None
    low: float | None
    high: float | None
    scored_at: datetime


@dataclass(frozen=True, slots=True)
class FigureView:
    figure: str
    rubric: str
    rubric_version: int
    state: Measured
    value: float | None
    low: float | None
    high: float | None
    coverage: float
    parts: Sequence[PartView]
    ratings: int | None
    """How many ratings by citizens it was calibrated to; None: not calibrated."""
    rated_until: date | None
    others: Sequence[OtherVersion]


@dataclass(frozen=True, slots=True)
class HitView:
    category: str
    label: str
    offset_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class TurnView:
    role: str
    start_s: float
    duration_s: float
    loudness_dbfs: float
    above_baseline_db: float | None
    polarity: float | None
    """Of the citizen's words alone; never of staff."""
    syllables_per_minute: float | None
    language: str | None
    backchannel: bool
    hits: Sequence[HitView]


@dataclass(frozen=True, slots=True)
class SpanView:
    kind: str
    label: str
    role: str | None
    start_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class MeasurementView:
    """`staff` and `citizen` for what each side has of its own, else `value`."""

    id: str
    label: str
    unit: Literal["s", "count", "per_minute", "decibels", "polarity"]
    value: float | None
    staff: float | None
    citizen: float | None
    by_role: bool
    coverage: float | None
    reason: str | None
    """Why something is missing, in words; None where nothing is."""


@dataclass(frozen=True, slots=True)
class PrecisionView:
    """How often the flags of this version of the rule proved right: at the flag's branch, or
    over the whole city where the branch has fewer than 30 decisions with a ground.
    """

    decided: int
    with_ground: int
    """Of these, rest on an independent ground and have a clear outcome."""
    value: float | None
    low: float | None
    high: float | None
    unknown_share: float | None
    proven: bool
    """From 30 decisions with a ground on."""
    pooled: bool
    """Over the whole city."""
    own: int
    """Where it is pooled: the branch's own decisions with a ground."""


@dataclass(frozen=True, slots=True)
class ReviewView:
    review_no: int
    outcome: str
    ground: str
    decided_at: datetime
    decided_by: str


@dataclass(frozen=True, slots=True)
class EvidenceView:
    label: str
    offset_s: float | None
    duration_s: float | None
    role: str | None


@dataclass(frozen=True, slots=True)
class FlagView:
    flag_id: UUID
    interaction_id: UUID
    branch_id: str
    counter_id: str
    number: int | None
    zone: str | None
    at: datetime
    raised_at: datetime
    rule_id: str
    rule_version: int
    title: str
    kind: str
    severity: int
    role: str
    state: str
    coverage: float
    reason: str | None
    """Why a person is asked to look; with one interaction alone, not in a list."""
    evidence: Sequence[EvidenceView]
    precision: PrecisionView
    reviews: Sequence[ReviewView]
    city: bool
    """Reviewed by the city's QA and not by the branch."""
    may_decide: bool
    """The reader is of those who decide on it."""


@dataclass(frozen=True, slots=True)
class GoodMomentView:
    """Something that was done well. It asks nothing and is counted against nobody."""

    rule_id: str
    title: str
    reason: str
    evidence: Sequence[EvidenceView]


@dataclass(frozen=True, slots=True)
class InteractionDetail:
    interaction_id: UUID
    revision: int
    branch_id: str
    branch: str
    point: str | None
    counter_id: str
    number: int | None
    zone: str
    staff_id: str | None
    """A pseudonym; only for the branch's supervisor and the clerk."""
    at: datetime
    ended_at: datetime
    duration_s: float
    handling_s: float
    source: str
    end_reason: str
    boundary_uncertain: bool
    coverage: dict[str, float]
    missing: Sequence[str]
    not_sent: Sequence[str]
    """Kinds of phrases, in words, whose hits the device does not send: of those nothing is known."""
    models: Sequence[str]
    figures: Sequence[FigureView]
    measurements: Sequence[MeasurementView]
    turns: Sequence[TurnView]
    spans: Sequence[SpanView]
    flags: Sequence[FlagView]
    good_moments: Sequence[GoodMomentView]
    may_decide: bool


@dataclass(frozen=True, slots=True)
class BudgetView:
    """What a branch's day has room for; money, abuse and complaints stand outside."""

    branch_id: str
    branch: str
    """Its name."""
    used: int
    target: int
    """From here on the day's weakest rule goes on as a trend."""
    most: int
    held: int
    """Flags that became trends."""
    trends: Sequence[str]
    """Titles of the rules that go on as trends for the rest of the day."""


@dataclass(frozen=True, slots=True)
class Queue:
    waiting: Sequence[FlagView]
    trends: Sequence[FlagView]
    may_decide: bool
    budgets: Sequence[BudgetView]


@dataclass(frozen=True, slots=True)
class Me:
    login: str
    role: str
    branches: Sequence[str]
    language: str
    csrf_token: str
    """For the X-CSRF-Token header of everything that changes something."""


@dataclass(frozen=True, slots=True)
class RuleView:
    rule_id: str
    version: int
    title: str
    kind: str
    severity: int
    role: str


@dataclass(frozen=True, slots=True)
class RubricPartView:
    id: str
    title: str
    weight: float
    neutral: float


@dataclass(frozen=True, slots=True)
class RubricView:
    rubric: str
    version: int
    title: str
    zones: Sequence[str]
    figure: str
    parts: Sequence[RubricPartView]


JsonObject = dict[str, Any]
