"""Servers that go away in the middle: what was taken is stored once, and nothing is lost."""

import logging
import os
import signal
from datetime import timedelta

import pytest

from hub.embedded.broker import EmbeddedBroker
from hub.settings import Address
from tests.builders import NOW, health_payload, interaction_payload, interaction_uuid
from tests.devices import DeviceClient, wait_until

pytestmark = pytest.mark.integration


def test_a_database_killed_in_the_middle_has_every_row_once(
    ingest, hub_db, postgres_server, sender, caplog
):
    caplog.set_level(logging.INFO, "hub.ingest")
    messages = [
        sender.message(
            interaction_payload(
                interaction_id=interaction_uuid(n), started_at=NOW - timedelta(minutes=n)
            )
        )
        for n in range(1, 241)
    ]
    with ingest.device(sender) as device:
        device.publish(*messages[:60])
        wait_until(lambda: hub_db.value("SELECT count(*) FROM hailong.interactions") > 0)
        os.kill(postgres_server.embedded.pid, signal.SIGKILL)
        device.publish(*messages[60:])
        wait_until(lambda: not ingest.service.ready)
        postgres_server.embedded.start()
        confirm = device.confirm_when(lambda c: c.settled_below == 241, timeout_s=30)
    assert (confirm.missing, confirm.rejected, confirm.rows) == ((), (), 240)
    assert hub_db.value("SELECT count(*) FROM hailong.interactions") == 240
    assert hub_db.value("SELECT count(*) FROM hailong.turns") == 480
    told = [r.getMessage() for r in caplog.records if "trying again for ever" in r.getMessage()]
    address = postgres_server.embedded.address
    assert len(told) == 1
    assert f"{address.host}:{address.port}" in told[0]


def test_a_broker_that_forgets_everything_is_found_again(start_ingest, hub_db, sender, tmp_path):
    embedded = EmbeddedBroker(tmp_path)
    with embedded:
        broker = Address(embedded.address.host, embedded.address.port)
        ingest = start_ingest(broker)
        first = sender.message(health_payload())
        with ingest.device(sender) as device:
            device.publish(first)
            assert device.confirm().settled_below == 2
        os.kill(embedded.pid, signal.SIGKILL)
        wait_until(lambda: not ingest.service.ready)
        embedded.start()
        wait_until(lambda: ingest.service.ready)
        second = sender.message(interaction_payload())
        with DeviceClient(broker, sender, ingest.verify_key) as device:
            device.publish(first, second)  # what the device had no confirmation of, again
            confirm = device.confirm_when(lambda c: c.settled_below == 3)
        assert (confirm.missing, confirm.rows) == ((), 2)
        assert hub_db.value("SELECT count(*) FROM hailong.interactions") == 1


def test_messages_of_the_time_without_a_hub_are_stored_by_the_next(
    start_ingest, hub_db, broker, sender
):
    first = start_ingest(broker, client_id=f"hub-of-{sender.branch}")
    with first.device(sender) as device:
        device.publish(sender.message(health_payload()))
        device.confirm()
        first.stop()
        device.publish(sender.message(interaction_payload()))
        assert hub_db.value("SELECT count(*) FROM hailong.interactions") == 0
        again = start_ingest(broker, client_id=f"hub-of-{sender.branch}")
        wait_until(lambda: hub_db.value("SELECT count(*) FROM hailong.interactions") == 1)
    assert again.service.ready
