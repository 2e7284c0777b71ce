"""Rollups on a real database: exact after any change, by one worker or two."""

import os
import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub.scoring.rollups import RollupWorker
from hub.store.rollup_check import check
from tests.rollup_city import City

pytestmark = pytest.mark.integration
OPERATIONS = int(os.environ.get("HAILONG_ROLLUP_OPERATIONS", "2000"))
"""`make test-rollups` runs 10,000."""


def differences(city):
    return [str(d) for month in check(city.migrator) for d in month.differences]


def test_after_many_random_operations_rollups_are_what_the_rows_say(hub_db):
    city = City(hub_db, seed=4)
    for _ in range(4):
        city.operate(OPERATIONS // 4)
        # Before the queue is empty: what waits is no difference.
        assert differences(city) == []
        city.rollups.interactions()
        assert hub_db.value("SELECT count(*) FROM hailong.rollup_queue") == 0
        assert city.kept() == city.recomputed()
    assert differences(city) == []
    assert sum(s.n for c, s in city.kept()["rollups"].items() if c[1] == "interactions") == len(
        city.keys
    )
    city.erase(len(city.keys))
    city.rollups.interactions()
    assert city.kept() == {"rollups": {}, "staff_rollups": {}, "hour_rollups": {}}
