"""Whether a rollout may go on to a wider stage: what each device of this one says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from hub.store.releases import RolloutDeviceRow
from schemas.vocabulary import ConfigState

SILENT_AFTER = timedelta(minutes=30)
"""Three of the usual intervals: a device that has not reported for so long may be one that the
release broke."""
STAGES = ("counter", "branch", "all")


class Standing(StrEnum):
    GOOD = "good"
    PENDING = "pending"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class DeviceStanding:
    device: RolloutDeviceRow
    standing: Standing
    reason: str | None = None

    def __str__(self) -> str:
        place = f"{self.device.device_id} at {self.device.branch_id}/{self.device.counter_id}"
        why = f" ({self.reason})" if self.reason else ""
        return f"{place}: {self.standing.replace('_', ' ')}{why}"


def stand(
    device: RolloutDeviceRow,
    release_no: int,
    now: datetime,
    silent_after: timedelta = SILENT_AFTER,
) -> DeviceStanding:
    """How a device stands to the rollout's release."""
    if device.health_at is None:
        return DeviceStanding(device, Standing.SILENT, "never reported")
    if now - device.health_at > silent_after:
        return DeviceStanding(
            device, Standing.SILENT, f"last report {device.health_at:%Y-%m-%d %H:%M} UTC"
        )
    if device.release_no != release_no or device.version is None:
        return DeviceStanding(device, Standing.PENDING, "not told yet")
    config = device.config if isinstance(device.config, dict) else {}
    return DeviceStanding(device, *_reported(config, device.version))


def _reported(config: Mapping[str, Any], version: int) -> tuple[Standing, str | None]:
    state, reason = config.get("state"), config.get("reason")
    if config.get("wanted") != version:
        return Standing.PENDING, "has not heard of it"
    if state in (ConfigState.FAILED, ConfigState.ROLLED_BACK):
        return Standing(state), reason
    if state == ConfigState.OK and config.get("version") == version:
        return Standing.GOOD, None
    return Standing.PENDING, reason


def in_the_way(standings: Sequence[DeviceStanding]) -> list[DeviceStanding]:
    return [one for one in standings if one.standing is not Standing.GOOD]


def wider(stage: str) -> str | None:
    """The stage after this one; None after the last."""
    after = STAGES.index(stage) + 1
    return STAGES[after] if after < len(STAGES) else None
