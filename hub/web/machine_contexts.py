"""What the pages about devices and stored data show, as data: see hub/web/contexts.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hub.web.contexts import SensorFault


@dataclass(frozen=True, slots=True)
class PressView:
    key: str
    at: datetime
    asked_by: str


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """What a device is to run and what it says that it runs; 0 is as it was installed."""

    wanted: int
    actual: int | None
    """None where it does not say."""
    state: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class DeviceView:
    device_id: str
    branch_id: str
    counter_id: str
    number: int | None
    zone: str | None
    state: Literal["online", "offline", "unknown"]
    state_since: datetime | None
    agent_version: str | None
    enrolled_at: datetime
    revoked_at: datetime | None
    health_at: datetime | None
    sensors: Sequence[SensorFault]
    waiting: int | None
    dead_letters: int | None
    clock_trusted: bool | None
    overload: str | None
    """What the device has stopped doing to keep up; None where it keeps up."""
    presses: Sequence[PressView]
    """Keys pressed at the counter, as the last health message tells them."""
    release: ReleaseView | None
    """None where the hub never told it what to run."""
    settled: int
    dropped: int


@dataclass(frozen=True, slots=True)
class RejectView:
    reject_id: int
    received_at: datetime
    branch_id: str | None
    counter_id: str | None
    kind: str | None
    device_id: str | None
    sequence: int | None
    reason: str
    detail: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Machines:
    devices: Sequence[DeviceView]
    rejects: Sequence[RejectView]


@dataclass(frozen=True, slots=True)
class GapView:
    branch_id: str
    counter_id: str
    number: int | None
    device_id: str
    stream: str
    missing: int
    ranges: Sequence[tuple[int, int]]
    """The first missing sequences, both ends included."""
    more_ranges: bool
    late: int
    doubled: int
    rejected: int
    dropped: int
    settled: int
    captured_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class RefusedView:
    branch_id: str | None
    device_id: str | None
    reason: str
    messages: int


@dataclass(frozen=True, slots=True)
class Gaps:
    days: int
    since: datetime
    choices: Sequence[int]
    streams: Sequence[GapView]
    refused: Sequence[RefusedView]


@dataclass(frozen=True, slots=True)
class KeptClass:
    name: str
    label: str
    holds: str
    rows: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Kept:
    classes: Sequence[KeptClass]
