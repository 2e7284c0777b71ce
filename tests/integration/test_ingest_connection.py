"""The process that holds a worker's connection: killed or hung, another takes its place, and
nothing is lost; without its worker it ends.
"""

import os
import signal
from datetime import timedelta

import psutil
import pytest

from hub.ingest import subscriber
from tests.builders import NOW, interaction_payload, interaction_uuid

pytestmark = pytest.mark.integration


def interactions(sender, numbers):
    return [
        sender.message(
            interaction_payload(
                interaction_id=interaction_uuid(n), started_at=NOW - timedelta(minutes=n)
            )
        )
        for n in numbers
    ]


def test_killed_in_the_middle_it_loses_nothing(ingest, hub_db, sender):
    first = ingest.service._subscriber.pid
    with ingest.device(sender) as device:
        device.publish(*interactions(sender, range(1, 61)))
        os.kill(first, signal.SIGKILL)
        device.publish(*interactions(sender, range(61, 121)))
        confirm = device.confirm_when(lambda c: c.settled_below == 121, timeout_s=30)
    assert (confirm.missing, confirm.rejected, confirm.rows) == ((), (), 120)
    assert hub_db.value("SELECT count(*) FROM hailong.interactions") == 120
    assert ingest.service._subscriber.pid != first


def test_hung_it_is_replaced(start_ingest, hub_db, broker, sender, monkeypatch):
    monkeypatch.setattr(subscriber, "_SILENT_S", 6.0)
    ingest = start_ingest(broker)
    first = ingest.service._subscriber.pid
    with ingest.device(sender) as device:
        os.kill(first, signal.SIGSTOP)
        device.publish(*interactions(sender, range(1, 31)))
        confirm = device.confirm_when(lambda c: c.settled_below == 31, timeout_s=30)
    assert confirm.rows == 30
    assert hub_db.value("SELECT count(*) FROM hailong.interactions") == 30
    assert not psutil.pid_exists(first)


def test_it_ends_with_the_worker(ingest):
    process = psutil.Process(ingest.service._subscriber.pid)
    ingest.stop()
    assert not process.is_running()
