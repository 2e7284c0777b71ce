"""Whether a rollout may go on: what each device says decides."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.control.gate import SILENT_AFTER, Standing, in_the_way, stand, wider
from hub.store.releases import RolloutDeviceRow

NOW = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
RELEASE = 4


def device(config=None, *, version=7, release_no=RELEASE, health_at=NOW) -> RolloutDeviceRow:
    return RolloutDeviceRow(
        "may-01", "hoan-kiem", "quay-01", version, release_no, config, health_at
    )


def config(state, version=7, wanted=7, reason=None):
    return {"state": state, "version": version, "wanted": wanted, "reason": reason}


@pytest.mark.parametrize(
    ("row", "standing", "reason"),
    [
        (device(config("ok")), Standing.GOOD, None),
        (device(config("ok", version=6)), Standing.PENDING, None),
        (device(config("ok", wanted=6, version=6)), Standing.PENDING, "has not heard of it"),
        (device(config("pending", reason="fetch")), Standing.PENDING, "fetch"),
        (device(config("failed", reason="lexicon")), Standing.FAILED, "lexicon"),
        (device(config("rolled_back", reason="crashed")), Standing.ROLLED_BACK, "crashed"),
        # Of an earlier version it says nothing about this one.
        (device(config("failed", wanted=6)), Standing.PENDING, "has not heard of it"),
        (device(None), Standing.PENDING, "has not heard of it"),
        (device("nonsense"), Standing.PENDING, "has not heard of it"),
        (device(config("ok"), release_no=3), Standing.PENDING, "not told yet"),
        (device(config("ok"), version=None), Standing.PENDING, "not told yet"),
        (device(config("ok"), health_at=None), Standing.SILENT, "never reported"),
        (
            device(config("ok"), health_at=NOW - SILENT_AFTER - timedelta(seconds=1)),
            Standing.SILENT,
            "last report 2026-03-10 02:29 UTC",
        ),
    ],
)
def test_how_a_device_stands(row, standing, reason):
    found = stand(row, RELEASE, NOW)
    assert (found.standing, found.reason) == (standing, reason)
    assert (found in in_the_way([found])) == (standing is not Standing.GOOD)


def test_a_device_in_the_way_is_named_with_its_place_and_reason():
    found = stand(device(config("rolled_back", reason="crashed")), RELEASE, NOW)
    assert str(found) == "may-01 at hoan-kiem/quay-01: rolled back (crashed)"


def test_the_stages_end_with_all():
    assert [wider(stage) for stage in ("counter", "branch", "all")] == ["branch", "all", None]
