"""The devices, by what they last said of themselves."""

from collections.abc import Sequence
from typing import Final

from hub.checks.finding import Finding, ok, warn, wrong
from hub.store.operations import FleetRow

ABOUT: Final = "devices"
SILENT_S: Final = 1500.0
"""Devices tell how they are every ten minutes."""
_NAMED: Final = 5


def check_devices(rows: Sequence[FleetRow]) -> list[Finding]:
    if not rows:
        return [warn(ABOUT, "none is enrolled; `hailong hub devices enrol` takes one")]
    heard = [row for row in rows if row.age_s is not None]
    silent = [r.device_id for r in heard if r.age_s is not None and r.age_s > SILENT_S]
    never = [row.device_id for row in rows if row.age_s is None]
    clocks = [r.device_id for r in heard if r.health and r.health.get("clock_trusted") is False]
    found = []
    if silent:
        all_of_them = len(silent) == len(heard)
        words = f"{_few(silent)} told nothing for {SILENT_S / 60:.0f} minutes"
        found.append(
            wrong(ABOUT, f"{words}: all that were ever heard; look at broker and ingest first")
            if all_of_them
            else warn(ABOUT, f"{words}; look at their power and network")
        )
    if never:
        found.append(
            warn(ABOUT, f"{_few(never)} never told anything; finish setting up, or revoke")
        )
    if clocks:
        found.append(warn(ABOUT, f"{_few(clocks)} do not trust their clock; turn NTP on there"))
    return found or [
        ok(ABOUT, f"{len(rows)} enrolled, all heard in the last {SILENT_S / 60:.0f} min")
    ]


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} ({', '.join(names[:_NAMED])}{more})"
