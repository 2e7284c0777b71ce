"""Rows that ingest, the place and the roster read and write. Times are aware; JSON is text.

Frozen dataclasses; those that a city's counters make by the ten thousand a second are tuples,
in the order of their COPY.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DeviceRow:
    device_id: str
    branch_id: str
    counter_id: str
    public_key: bytes
    revoked: bool


@dataclass(frozen=True, slots=True)
class CounterRow:
    branch_id: str
    branch_vi: str
    branch_en: str
    point_id: str
    point_vi: str
    point_en: str
    counter_id: str
    zone: str
    number: int


@dataclass(frozen=True, slots=True)
class AssignmentRow:
    branch_id: str
    counter_id: str
    staff_id: str
    from_at: datetime
    to_at: datetime
    """Excluded: the next clerk may start at this moment."""


class InteractionRow(NamedTuple):
    """Without zone and staff, which the database takes from the place and the roster."""

    branch_id: str
    counter_id: str
    at: datetime
    interaction_id: UUID
    revision: int
    ended_at: datetime
    device_id: str
    source: str
    end_reason: str
    boundary_uncertain: bool
    handling_s: float
    measurements: str
    coverage: str
    spans: str
    models: list[str]
    message_id: UUID
    received_at: datetime


class TurnRow(NamedTuple):
    branch_id: str
    counter_id: str
    at: datetime
    interaction_id: UUID
    turn_no: int
    role: str
    role_confidence: float
    start_s: float
    duration_s: float
    speech_s: float
    continued: bool
    syllables: int | None
    syllables_per_minute: float | None
    loudness_dbfs: float
    loudness_above_baseline_db: float | None
    asr_confidence: float | None
    language: str | None
    backchannel: bool
    sentiment_polarity: float | None
    sentiment_confidence: float | None
    hits: str


class ActivityRow(NamedTuple):
    branch_id: str
    counter_id: str
    at: datetime
    device_id: str
    staff_speech_s: float | None
    citizen_speech_s: float | None
    unknown_speech_s: float | None
    overlap_s: float | None
    staff_level_dbfs: float | None
    citizen_level_dbfs: float | None
    citizen_present_s: float | None
    staff_present_s: float | None
    in_interaction_s: float
    audio_coverage: float
    video_coverage: float


@dataclass(frozen=True, slots=True)
class HealthRow:
    device_id: str
    branch_id: str
    agent_version: str
    health: str
    health_at: datetime


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """What came of a command."""

    device_id: str
    command_id: UUID
    outcome: str
    outcome_at: datetime


@dataclass(frozen=True, slots=True)
class StateRow:
    device_id: str
    branch_id: str
    connection: int
    status: str
    status_since: datetime
    agent_version: str


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """An interaction that goes on, as an alert told of it."""

    branch_id: str
    counter_id: str
    at: datetime
    interaction_id: UUID
    device_id: str
    captured_at: datetime
    payload: str
    message_id: UUID
    received_at: datetime


@dataclass(frozen=True, slots=True)
class RangeRow:
    """Sequences of one stream, both ends included, and what became of them."""

    device_id: str
    stream: str
    first: int
    last: int
    what: Literal["stored", "rejected", "dropped"] = "stored"
    late: bool = False
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DroppedRow:
    device_id: str
    stream: str
    first_sequence: int
    last_sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class RejectRow:
    """`stream` and `sequence` only where the signature was good."""

    branch_id: str | None
    counter_id: str | None
    kind: str | None
    device_id: str | None
    stream: str | None
    sequence: int | None
    reason: str
    detail: str
    size_bytes: int
    message_sha256: bytes


@dataclass(frozen=True, slots=True)
class RejectCountRow:
    """Refused messages of one hour; '' stands for a branch or device that nobody knows."""

    hour: datetime
    branch_id: str
    device_id: str
    reason: str
    messages: int


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What one transaction of ingest writes: of a device one health report and one state."""

    interactions: tuple[InteractionRow, ...] = ()
    turns: tuple[TurnRow, ...] = ()
    activity: tuple[ActivityRow, ...] = ()
    health: tuple[HealthRow, ...] = ()
    outcomes: tuple[OutcomeRow, ...] = ()
    states: tuple[StateRow, ...] = ()
    snapshots: tuple[SnapshotRow, ...] = ()
    dropped: tuple[DroppedRow, ...] = ()
    rejects: tuple[RejectRow, ...] = ()
    reject_counts: tuple[RejectCountRow, ...] = ()
    settled: tuple[RangeRow, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamRow:
    """Where one stream stands after a commit."""

    device_id: str
    stream: str
    settled: tuple[tuple[int, int], ...]
    """The first ranges in order, both ends included; 202 at most."""
    rejected: tuple[tuple[int, str], ...] = field(default=())
    """The latest 100 refused sequences with their reasons, in order."""
    rows: int = 0
    """Settled sequences that were neither refused nor dropped."""
