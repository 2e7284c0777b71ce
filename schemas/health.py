"""How a device is: its sensors, its outbox, what it lost. Never a fact about a person."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from schemas.fields import (
    Count,
    Decibels,
    LongSeconds,
    Seconds,
    SequenceRange,
    StreamId,
    Timestamp,
    Version,
    Wire,
)
from schemas.vocabulary import (
    CommandOutcome,
    ConfigFault,
    ConfigState,
    DropReason,
    Key,
    Overload,
    Role,
    Sensor,
    SensorState,
)


class SensorHealth(Wire):
    sensor: Sensor
    state: SensorState
    level_dbfs: Decibels | None = None


class OutboxHealth(Wire):
    waiting: Count
    """Rows the hub has not settled."""
    oldest_waiting_s: LongSeconds
    dead_letters: Count
    bytes: Count


class LossHealth(Wire):
    """Counted losses before and beside the outbox, since the agent's start (law 5)."""

    audio_dropped_s: LongSeconds = 0
    video_frames_dropped: Count = 0
    model_failures: Count = 0
    alerts_dropped: Count | None = None
    """Snapshots of open interactions that could not be sent within 2 minutes; None from a device
    that sends none."""


class Press(Wire):
    """A key at the counter: that it was pressed, when, and for whom. Never why."""

    key: Key
    at: Timestamp
    asked_by: Role


class ConfigHealth(Wire):
    """Which release a device runs, and how it stands to the latest that it was told to run."""

    version: Count
    """In use; 0 is the device as it was installed."""
    wanted: Count
    """The latest that came; 0 before any."""
    state: ConfigState
    """Of the wanted one."""
    reason: ConfigFault | None = None


class CommandReport(Wire):
    command_id: UUID
    outcome: CommandOutcome
    at: Timestamp


class HealthPayload(Wire):
    sensors: Annotated[tuple[SensorHealth, ...], Field(max_length=8)]
    outbox: OutboxHealth
    losses: LossHealth
    agent_version: Version
    uptime_s: LongSeconds
    clock_trusted: bool
    overload: Overload = Overload.NONE
    presses: Annotated[tuple[Press, ...], Field(max_length=16)] = ()
    """Since the message before."""
    config: ConfigHealth | None = None
    commands: Annotated[tuple[CommandReport, ...], Field(max_length=16)] = ()
    """What came of commands since the message before."""


class DroppedPayload(Wire):
    """Rows that left an outbox unconfirmed: what they were is lost, that they were is not."""

    dropped_stream: StreamId
    ranges: Annotated[tuple[SequenceRange, ...], Field(min_length=1, max_length=100)]
    reason: DropReason
    seconds_lost: Seconds | None = None
