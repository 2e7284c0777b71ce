import random
from datetime import timedelta

import pytest

from schemas.vocabulary import RejectReason, Role
from tests.builders import (
    NOW,
    activity_payload,
    dropped_payload,
    health_payload,
    interaction_payload,
    interaction_uuid,
    state_payload,
    turn,
)
from tests.devices import wait_until

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("kind", ["embedded", "mosquitto"])
def test_every_kind_of_message_becomes_rows_and_is_confirmed(
    kind, request, start_ingest, hub_db, sender
):
    if kind == "embedded":
        address = request.getfixturevalue("broker")
    else:
        address = request.getfixturevalue("mosquitto").address
    ingest = start_ingest(address)
    payload = interaction_payload()
    with ingest.device(sender) as device:
        device.publish(
            sender.message(state_payload(connection=3)),
            sender.message(payload),
            sender.message(activity_payload()),
            sender.message(health_payload()),
        )
        confirm = device.confirm_when(lambda c: c.settled_below == 4)
    assert (confirm.stream, confirm.settled, confirm.missing, confirm.rejected, confirm.rows) == (
        sender.stream,
        (),
        (),
        (),
        3,
    )
    rows = hub_db.rows("SELECT interaction_id, zone, at, handling_s FROM hailong.interactions")
    assert rows == [(payload.interaction_id, "intake", payload.started_at, 180.0)]
    assert hub_db.rows("SELECT turn_no, role FROM hailong.turns ORDER BY turn_no") == [
        (1, "staff"),
        (2, "citizen"),
    ]
    assert hub_db.value("SELECT count(*) FROM hailong_private.activity") == 6
    assert hub_db.value("SELECT interaction_id FROM hailong.scoring_queue") == (
        payload.interaction_id
    )
    wait_until(lambda: hub_db.value("SELECT count(*) FROM hailong.device_status") == 1)
    wait_until(lambda: hub_db.value("SELECT connection FROM hailong.device_status") == 3)
    status, health = hub_db.rows("SELECT status, health FROM hailong.device_status")[0]
    assert status == "online"
    assert health["outbox"]["bytes"] == 4096


def test_duplicates_in_any_order_end_as_one_row_each(ingest, hub_db, sender):
    messages = [sender.message(interaction_payload()) for _ in range(20)]
    shuffled = messages * 3
    random.Random(7).shuffle(shuffled)
    with ingest.device(sender) as device:
        device.publish(*shuffled)
        confirm = device.confirm_when(lambda c: c.settled_below == 21)
    assert (confirm.missing, confirm.rows) == ((), 20)
    assert hub_db.value("SELECT count(*) FROM hailong.interactions") == 20
    assert hub_db.value("SELECT count(*) FROM hailong.turns") == 40
    assert hub_db.value("SELECT settled::text FROM hailong.streams") == "{[1,21)}"


def test_a_known_row_that_comes_again_is_confirmed_again(ingest, sender):
    message = sender.message(interaction_payload())
    with ingest.device(sender) as device:
        device.publish(message)
        first = device.confirm()
        device.publish(message)
        assert device.confirm() == first


def test_gaps_are_named_until_they_are_filled(ingest, sender):
    messages = [sender.message(health_payload()) for _ in range(9)]
    with ingest.device(sender) as device:
        device.publish(*[messages[n - 1] for n in (1, 2, 5, 9)])
        confirm = device.confirm_when(lambda c: len(c.missing) == 2)
        assert confirm.settled_below == 3
        assert [(r.first, r.last) for r in confirm.settled] == [(5, 5), (9, 9)]
        assert [(r.first, r.last) for r in confirm.missing] == [(3, 4), (6, 8)]
        device.publish(*[messages[n - 1] for n in (3, 4, 6, 7, 8)])
        assert device.confirm_when(lambda c: c.settled_below == 10).missing == ()


def test_what_an_outbox_dropped_is_settled_without_a_row(ingest, hub_db, sender):
    first = sender.message(health_payload())
    sender.sequence = 10
    with ingest.device(sender) as device:
        device.publish(first, sender.message(dropped_payload(sender.stream, (2, 10))))
        confirm = device.confirm_when(lambda c: c.settled_below == 12)
    assert (confirm.missing, confirm.rows) == ((), 2)
    assert hub_db.rows(
        "SELECT device_id, first_sequence, last_sequence, reason FROM hailong.dropped"
    ) == [(sender.device_id, 2, 10, "space")]


def test_a_malformed_message_is_recorded_told_and_the_next_is_processed(ingest, hub_db, sender):
    body = sender.body(interaction_payload()).encode()
    broken = sender.sealed("interaction", body.replace(b'"revision":1', b'"revision":0'))
    with ingest.device(sender) as device:
        device.publish(broken, sender.message(interaction_payload()), broken)
        confirm = device.confirm_when(lambda c: c.settled_below == 3)
    assert [(r.sequence, r.reason) for r in confirm.rejected] == [(1, RejectReason.SCHEMA)]
    assert confirm.rows == 1
    assert hub_db.rows(
        "SELECT device_id, stream, sequence, kind, reason, detail FROM hailong.rejects"
    ) == [
        (
            sender.device_id,
            sender.stream,
            1,
            "interaction",
            "schema",
            "interaction does not fit its schema: payload.revision: greater_than_equal",
        )
    ]
    assert hub_db.value("SELECT count(*) FROM hailong.interactions") == 1


def test_nobody_settles_a_sequence_of_another_device(ingest, hub_db, sender, enrolled):
    stranger = enrolled()
    forged = sender.message(interaction_payload(), sequence=1)
    body = forged[1][65:]
    topic, raw = stranger.sealed("interaction", body)  # the stranger's signature
    with ingest.device(stranger) as device:
        device.publish(
            (forged[0], raw), (topic, raw), (forged[0], b"\x01"), (forged[0], b"\x07" * 90)
        )
        device.publish(stranger.message(health_payload()))
        assert device.confirm().settled_below == 2
    assert hub_db.rows("SELECT device_id FROM hailong.streams") == [(stranger.device_id,)]
    found = hub_db.rows("SELECT reason, sequence FROM hailong.rejects ORDER BY reason")
    assert found == [
        ("bad_envelope", None),
        ("bad_signature", None),
        ("unknown_envelope_version", None),
    ]


def test_a_row_that_the_database_refuses_does_not_take_its_batch_with_it(ingest, hub_db, sender):
    messages = [sender.message(interaction_payload()) for _ in range(12)]
    # Fits the schema, not the column: integer goes to 2^31 - 1.
    bad = interaction_payload(turns=(turn(syllables=2**40),))
    messages.insert(5, sender.message(bad))
    with ingest.device(sender) as device:
        device.publish(*messages)
        confirm = device.confirm_when(lambda c: c.settled_below == 14)
    assert [(r.sequence, r.reason) for r in confirm.rejected] == [(13, RejectReason.DATABASE)]
    assert hub_db.value("SELECT count(*) FROM hailong.interactions") == 12
    assert hub_db.rows("SELECT reason, detail FROM hailong.rejects") == [
        ("database", "the database refused the row (row_refused)")
    ]


def test_a_higher_revision_replaces_and_a_lower_one_changes_nothing(ingest, hub_db, sender):
    known = {"interaction_id": interaction_uuid(1), "started_at": NOW - timedelta(minutes=20)}
    second = interaction_payload(
        **known, revision=2, turns=(turn(role=Role.CITIZEN),), boundary_uncertain=True
    )
    with ingest.device(sender) as device:
        device.publish(sender.message(interaction_payload(**known)))
        device.confirm_when(lambda c: c.settled_below == 2)
        hub_db.rows("DELETE FROM hailong.scoring_queue")
        device.publish(sender.message(second))
        device.confirm_when(lambda c: c.settled_below == 3)
        assert hub_db.value("SELECT count(*) FROM hailong.scoring_queue") == 1
        hub_db.rows("DELETE FROM hailong.scoring_queue")
        device.publish(sender.message(interaction_payload(**known)))
        device.confirm_when(lambda c: c.settled_below == 4)
    assert hub_db.rows("SELECT revision, boundary_uncertain FROM hailong.interactions") == [
        (2, True)
    ]
    assert hub_db.rows("SELECT role FROM hailong.turns") == [("citizen",)]
    assert hub_db.value("SELECT count(*) FROM hailong.scoring_queue") == 0


def test_two_revisions_in_one_batch_leave_the_higher(ingest, hub_db, sender):
    known = {"interaction_id": interaction_uuid(2), "started_at": NOW - timedelta(minutes=20)}
    with ingest.device(sender) as device:
        device.publish(
            sender.message(interaction_payload(**known, revision=3, turns=())),
            sender.message(interaction_payload(**known, revision=2)),
        )
        device.confirm_when(lambda c: c.settled_below == 3)
    assert hub_db.rows("SELECT revision FROM hailong.interactions") == [(3,)]
    assert hub_db.value("SELECT count(*) FROM hailong.turns") == 0


def test_the_last_will_of_an_older_connection_is_ignored(ingest, hub_db, sender):
    with ingest.device(sender) as device:
        device.publish(sender.message(state_payload(connection=7, status="online")))
        device.publish(sender.message(state_payload(connection=6, status="offline")))
        device.publish(sender.message(health_payload()))
        device.confirm()
        query = "SELECT connection, status FROM hailong.device_status"
        wait_until(lambda: hub_db.value(query) is not None)
        assert hub_db.rows(query) == [(7, "online")]
        device.publish(sender.message(state_payload(connection=7, status="offline")))
        wait_until(lambda: hub_db.rows(query) == [(7, "offline")])


def test_the_clerk_of_the_roster_is_written_to_the_interaction(ingest, hub_db, sender):
    hub_db.rows("INSERT INTO hailong.staff VALUES ('cb-1', %s)", sender.branch)
    hub_db.rows(
        "INSERT INTO hailong.assignments VALUES (%s, %s, 'cb-1', %s, %s)",
        sender.branch,
        sender.counter,
        NOW - timedelta(hours=1),
        NOW - timedelta(minutes=10),
    )
    within, after = NOW - timedelta(minutes=30), NOW - timedelta(minutes=10)
    with ingest.device(sender) as device:
        device.publish(
            sender.message(interaction_payload(started_at=within)),
            sender.message(interaction_payload(started_at=after)),
        )
        device.confirm_when(lambda c: c.settled_below == 3)
    assert hub_db.rows("SELECT at, staff_id FROM hailong.interactions ORDER BY at") == [
        (within, "cb-1"),
        (after, None),
    ]


def test_a_revoked_device_is_refused_at_once(ingest, hub_db, sender):
    with ingest.device(sender) as device:
        device.publish(sender.message(health_payload()))
        device.confirm()
        hub_db.rows("UPDATE hailong.devices SET revoked_at = now()")
        device.publish(sender.message(health_payload()))
        query = "SELECT reason, sequence FROM hailong.rejects"
        wait_until(lambda: hub_db.rows(query) == [("revoked", None)])
    assert hub_db.value("SELECT settled::text FROM hailong.streams") == "{[1,2)}"
