"""A batch as rows, the budget of recorded refusals, and what commands read."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from click import ClickException

from hub.cli_ingest import parse_since
from hub.ingest.batch import arrivals_of
from hub.ingest.rejects import RejectBudget
from hub.ingest.verify import Received, verify
from hub.settings import HubSettings, SettingsError
from hub.store.rows import DeviceRow
from tests.builders import NOW, Sender, health_payload, interaction_payload, state_payload

SENDER = Sender()
DEVICES = {
    SENDER.device_id: DeviceRow(
        SENDER.device_id, SENDER.branch, SENDER.counter, SENDER.public_key, revoked=False
    )
}


def judged(*messages, devices=DEVICES, now=NOW):
    return [verify(Received(topic, raw, now), devices, now) for topic, raw in messages]


def test_of_a_batch_the_newest_health_and_the_latest_connection_count():
    old, new = (
        SENDER.message(health_payload(uptime_s=s), captured_at=NOW - timedelta(seconds=60 - s))
        for s in (1.0, 2.0)
    )
    states = [
        SENDER.message(state_payload(connection=5)),
        SENDER.message(state_payload(connection=5, status="offline")),
        SENDER.message(state_payload(connection=4, status="online")),
    ]
    made = arrivals_of(judged(new, old, *states))
    assert [row.health_at for row in made.health] == [NOW - timedelta(seconds=58)]
    assert [(row.connection, row.status) for row in made.states] == [(5, "offline")]
    assert len(made.settled) == 2


def test_of_two_revisions_in_a_batch_the_higher_is_stored():
    first = interaction_payload(revision=2)
    later = interaction_payload(
        revision=1, interaction_id=first.interaction_id, started_at=first.started_at
    )
    made = arrivals_of(judged(SENDER.message(first), SENDER.message(later)))
    assert [row.revision for row in made.interactions] == [2]
    assert len(made.turns) == len(first.turns)


def test_refusals_are_counted_by_hour_device_and_reason():
    stranger = Sender(device_id="ke-la")
    topic, raw = SENDER.message(health_payload())
    forged = (topic, raw + b" ")
    batch = judged(forged, forged, stranger.message(health_payload()))
    made = arrivals_of(batch, lambda _: False)
    assert made.rejects == ()
    assert [(r.branch_id, r.device_id, r.reason, r.messages) for r in made.reject_counts] == [
        ("", "", "unknown_device", 1),
        (SENDER.branch, SENDER.device_id, "bad_signature", 2),
    ]


def test_the_budget_is_of_an_hour_and_never_spares_a_devices_own_row():
    budget = RejectBudget(kept_an_hour=1)
    (strange,) = judged(Sender(device_id="ke-la").message(health_payload()))
    (later,) = judged(
        Sender(device_id="ke-la").message(health_payload()), now=NOW + timedelta(hours=1)
    )
    (own,) = judged(SENDER.message(health_payload(), captured_at=NOW - timedelta(days=40)))
    assert [budget.keeps(r) for r in (strange, strange, own, own, later)] == [
        True,
        False,
        True,
        True,
        True,
    ]


def test_the_log_tells_of_refusals_once_in_ten_seconds(caplog):
    caplog.set_level(logging.WARNING)
    budget = RejectBudget()
    refused = judged(Sender(device_id="ke-la").message(health_payload()))
    for at_s in (0.0, 1.0, 9.9, 10.0):
        budget.tell(refused, at_s)
    assert [r.getMessage() for r in caplog.records] == [
        "messages rejected: unknown_device 1",
        "messages rejected: unknown_device 3",
    ]


def test_since_is_a_span_or_a_time():
    now = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
    assert parse_since("90m", now) == now - timedelta(minutes=90)
    assert parse_since("7d", now) == now - timedelta(days=7)
    assert parse_since("2026-03-10T07:30", now) == datetime(2026, 3, 10, 0, 30, tzinfo=UTC)
    assert parse_since("2026-03-10T07:30+00:00", now).hour == 7
    for text in ("", "yesterday", "7w", "-1h"):
        with pytest.raises(ClickException, match="--since cannot be read"):
            parse_since(text, now)


@pytest.mark.parametrize("window", ["0", "65536", "ten", "-1", "1.5"])
def test_a_window_that_no_broker_can_give_is_refused(window):
    environment = {
        "HAILONG_DATABASE_URL": "postgresql://localhost/hailong",
        "HAILONG_BROKER_URL": "mqtt://localhost",
        "HAILONG_INGEST_WINDOW": window,
    }
    with pytest.raises(SettingsError, match="HAILONG_INGEST_WINDOW cannot be read"):
        HubSettings.from_environment(environment)
