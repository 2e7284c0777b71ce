"""What the pages of truth sessions show, as data; the report's JSON is the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ShareView:
    """A figure with its 90 % interval by Wilson."""

    events: int
    value: float | None
    low: float
    high: float
    verified: bool
    """At least `needed` events; under them the figure says nothing yet."""
    needed: int


@dataclass(frozen=True, slots=True)
class TruthLine:
    what: str
    name: str
    label: str
    role: str
    rule_version: int | None
    cut: str
    """`all`, `dialect` or `noise`."""
    part: str
    """Which dialect or noise; empty for all."""
    found: int
    missed: int
    false_alarms: int
    left_out: int
    precision: ShareView
    recall: ShareView


@dataclass(frozen=True, slots=True)
class LeftOut:
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class TruthReport:
    since: datetime
    days: int
    sessions: int
    waiting: int
    """Ended, and to be matched (again)."""
    observed_s: float
    matched_at: datetime | None
    needed: int
    """Events from which a figure is verified."""
    lines: Sequence[TruthLine]
    reasons: Sequence[LeftOut]


@dataclass(frozen=True, slots=True)
class PlaceView:
    value: str
    """`branch/counter`."""
    branch: str
    number: int
    zone: str


@dataclass(frozen=True, slots=True)
class ScriptView:
    id: str
    title: str
    dialect: str


@dataclass(frozen=True, slots=True)
class SessionView:
    session_id: UUID
    branch_id: str
    counter_id: str
    number: int | None
    kind: str
    script: str | None
    dialect: str
    noise: str
    login: str | None
    started_at: datetime
    ended_at: datetime | None
    state: str
    matched: bool
    ticks: int
    own: bool
    """Of the person who looks at the page."""


@dataclass(frozen=True, slots=True)
class TruthHome:
    places: Sequence[PlaceView]
    scripts: Sequence[ScriptView]
    groups: Sequence[str]
    dialects: Sequence[str]
    noises: Sequence[str]
    sessions: Sequence[SessionView]


@dataclass(frozen=True, slots=True)
class ButtonView:
    what: str
    name: str
    role: str
    label: str


@dataclass(frozen=True, slots=True)
class GroupView:
    group: str
    buttons: Sequence[ButtonView]


@dataclass(frozen=True, slots=True)
class PartView:
    side: str
    who: str


@dataclass(frozen=True, slots=True)
class LineView:
    at_s: float
    by: str
    says: str
    kinds: Sequence[ButtonView]


@dataclass(frozen=True, slots=True)
class TickView:
    at: datetime
    label: str
    role: str


@dataclass(frozen=True, slots=True)
class TruthSession:
    session: SessionView
    writing: bool
    """Open, and of the person who looks at it: the buttons are shown."""
    groups: Sequence[GroupView]
    script: str | None
    parts: Sequence[PartView]
    lines: Sequence[LineView]
    ticks: Sequence[TickView]
