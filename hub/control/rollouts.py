"""An operator's steps of a rollout: start, widen, pause, resume, back.

Every function takes a Database that signs in as hailong_migrator.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.control.gate import SILENT_AFTER, DeviceStanding, in_the_way, stand, wider
from hub.store import releases
from hub.store.errors import ReleaseRefusedError, RowRefusedError
from hub.store.pool import Database
from hub.store.releases import RolloutRow, StepRow

_NAMED = 10
"""Devices in the way that an error names; `rollout status` names all."""


@dataclass(frozen=True, slots=True)
class Status:
    rollout: RolloutRow
    steps: list[StepRow]
    devices: list[DeviceStanding]


def start(database: Database, *, release_no: int, branch: str, counter: str, taken_by: str) -> int:
    """How many devices are to run it. An earlier rollout is replaced where it has reached all."""
    try:
        with releases.locked(database) as connection:
            releases.want(connection)  # so that a new device has what it can go back to
            going = releases.open_rollout(connection)
            if going is not None and going.stage != "all":
                raise ReleaseRefusedError(
                    f"rollout {going.rollout_no} of release {going.release_no} has reached its "
                    f"{going.stage} only; take it on to all (rollout widen) or back (rollout back)"
                )
            if going is not None:
                releases.change_rollout(
                    connection, going, "replaced", taken_by, paused=going.paused, ended="replaced"
                )
            made = releases.put_rollout(
                connection, release_no=release_no, branch=branch, counter=counter
            )
            releases.put_step(connection, made.rollout_no, "start", made.stage, taken_by)
            if not releases.rollout_devices(connection, made):
                raise ReleaseRefusedError(
                    f"no device is enrolled at {branch}/{counter}; begin where one is"
                )
            return releases.want(connection)
    except RowRefusedError as error:
        raise ReleaseRefusedError(
            f"no release {release_no}, or no counter {branch[:40]}/{counter[:40]}; see hailong "
            "hub releases list"
        ) from error


def widen(
    database: Database,
    *,
    taken_by: str,
    now: datetime,
    silent_after: timedelta = SILENT_AFTER,
    despite: bool = False,
) -> tuple[str, int]:
    """The stage that is reached now, and how many devices more are to run it."""
    with releases.locked(database) as connection:
        going = _going(releases.open_rollout(connection))
        stage = wider(going.stage)
        if stage is None:
            raise ReleaseRefusedError(f"rollout {going.rollout_no} has reached all devices")
        if going.paused:
            raise ReleaseRefusedError(
                f"rollout {going.rollout_no} is paused; resume it first (rollout resume)"
            )
        found = releases.rollout_devices(connection, going)
        bad = in_the_way([stand(d, going.release_no, now, silent_after) for d in found])
        if bad and not despite:
            more = f"; and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
            raise ReleaseRefusedError(
                f"not taken on to {stage}: {'; '.join(map(str, bad[:_NAMED]))}{more}. Wait, or "
                "look into it; --despite-failures goes on all the same"
            )
        releases.change_rollout(
            connection, going, "widen", taken_by, stage=stage, despite=bool(bad)
        )
        return stage, releases.want(connection)


def pause(database: Database, *, taken_by: str, paused: bool) -> None:
    """Devices that were told go on; no further one is told meanwhile."""
    with releases.locked(database) as connection:
        going = _going(releases.open_rollout(connection))
        if going.paused == paused:
            raise ReleaseRefusedError(
                f"rollout {going.rollout_no} {'is paused already' if paused else 'is not paused'}"
            )
        releases.change_rollout(
            connection, going, "pause" if paused else "resume", taken_by, paused=paused
        )
        releases.want(connection)


def back(database: Database, *, taken_by: str) -> int:
    """How many devices are to run again what they ran before."""
    with releases.locked(database) as connection:
        going = _going(releases.open_rollout(connection))
        releases.change_rollout(
            connection, going, "back", taken_by, paused=going.paused, ended="back"
        )
        return releases.want_back(connection, going.rollout_no)


def status(
    database: Database, now: datetime, silent_after: timedelta = SILENT_AFTER
) -> Status | None:
    """None where no rollout goes on."""
    with database.transaction() as connection:
        going = releases.open_rollout(connection)
        if going is None:
            return None
        found = releases.rollout_devices(connection, going)
        return Status(
            going,
            releases.steps(connection, going.rollout_no),
            [stand(d, going.release_no, now, silent_after) for d in found],
        )


def _going(rollout: RolloutRow | None) -> RolloutRow:
    if rollout is None:
        raise ReleaseRefusedError("no rollout goes on; start one (rollout start)")
    return rollout
