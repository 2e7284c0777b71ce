"""Alerts that wait: bounded in number and age, counted when dropped, superseded by the end."""

from dataclasses import replace
from uuid import UUID

import pytest

from edge_agent.alert_queue import MOST, OLDEST_S, AlertQueue
from edge_agent.identity import DeviceIdentity
from edge_agent.message import Draft
from schemas.envelope import unseal
from schemas.registry import parse
from tests.builders import BRANCH, COUNTER, DEVICE, NOW, interaction_payload


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(tmp_path, clock):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return AlertQueue(DeviceIdentity.load_or_create(folder, DEVICE, BRANCH, COUNTER), clock)


def draft(interaction=1, number=1):
    payload = interaction_payload().model_copy(
        update={"open": True, "interaction_id": UUID(int=interaction)}
    )
    return Draft("alert", payload, UUID(int=1000 * interaction + number), NOW)


def ids(queue):
    taken = []
    while (alert := queue.take()) is not None:
        taken.append(parse(unseal(alert.message).body).message_id.int)
    return taken


def test_what_goes_out_is_signed_by_the_device_for_its_topic(queue):
    queue.put(draft())
    alert = queue.take()
    sealed = unseal(alert.message)
    assert queue.topic == f"hailong/v1/{BRANCH}/{COUNTER}/alert"
    assert queue._identity.signed_by_us(queue.topic, sealed)
    body = parse(sealed.body)
    assert (body.kind, body.stream, body.sequence, body.payload) == (
        "alert", None, None, draft().payload,
    )  # fmt: skip


def test_a_newer_snapshot_takes_the_place_of_one_that_waits_and_nothing_is_lost(queue):
    queue.put(draft(1, 1))
    queue.put(draft(2, 1))
    queue.put(draft(1, 2))
    assert (ids(queue), queue.dropped) == ([2001, 1002], 0)


def test_the_finished_interaction_takes_the_place_of_its_alerts(queue):
    queue.put(draft(1))
    queue.put(draft(2))
    given = queue.take()
    queue.ended(given.interaction_id)
    queue.ended(UUID(int=2))
    queue.connection_lost()
    assert (ids(queue), queue.dropped) == ([], 0)


def test_what_is_too_old_is_dropped_and_counted(queue, clock):
    queue.put(draft(1))
    clock.now_s += OLDEST_S
    queue.put(draft(2))
    clock.now_s += 0.1
    assert (queue.dropped, ids(queue)) == (1, [2001])


def test_of_too_many_the_oldest_are_dropped_and_counted(queue):
    for number in range(1, MOST + 4):
        queue.put(draft(number))
    assert queue.dropped == 3
    assert ids(queue) == [1000 * n + 1 for n in range(4, MOST + 4)]


def test_what_no_broker_acknowledged_goes_out_again_unless_a_newer_one_waits(queue):
    for number in (1, 2, 3):
        queue.put(draft(number))
    first, _, _ = queue.take(), queue.take(), queue.take()
    queue.sent(first)
    queue.put(draft(2, 2))
    queue.connection_lost()
    assert ids(queue) == [3001, 2002]


def test_what_the_broker_refuses_is_dropped_and_counted(queue):
    queue.put(draft(1))
    queue.refused(queue.take())
    queue.connection_lost()
    assert (ids(queue), queue.dropped) == ([], 1)


def test_a_draft_of_an_interaction_that_ended_is_refused_by_the_wire(queue):
    with pytest.raises(ValueError, match="open interaction"):
        queue.put(replace(draft(), payload=interaction_payload()))
