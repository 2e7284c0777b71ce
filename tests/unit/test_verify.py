import json
from datetime import datetime, timedelta

import pytest
from nacl.signing import SigningKey

from hub.ingest.rejects import reject_row
from hub.ingest.verify import Received, Refused, Verified, verify
from hub.store.rows import DeviceRow
from schemas.envelope import MAX_BYTES, seal
from schemas.vocabulary import RejectReason
from tests.builders import (
    NOW,
    Sender,
    activity_payload,
    health_payload,
    interaction_payload,
    state_payload,
)

SENDER = Sender(key=SigningKey(b"\x07" * 32))
DEVICE = DeviceRow(SENDER.device_id, SENDER.branch, SENDER.counter, SENDER.public_key, False)


def judge(message, *, device=DEVICE, now=NOW):
    topic, raw = message
    devices = {device.device_id: device} if device else {}
    return verify(Received(topic, raw, now), devices, now)


def changed(**fields):
    """A signed interaction whose body was changed before signing; None takes a field out."""
    body = json.loads(SENDER.body(interaction_payload()).encode())
    body = {k: v for k, v in (body | fields).items() if v is not None}
    return SENDER.sealed("interaction", json.dumps(body).encode())


def test_a_valid_message_of_each_kind_is_verified():
    for payload in (interaction_payload(), activity_payload(), health_payload(), state_payload()):
        judged = judge(SENDER.message(payload))
        assert isinstance(judged, Verified)
        assert judged.body.payload == payload


def test_1_size():
    topic, raw = SENDER.message(interaction_payload())
    judged = judge((topic, raw + b" " * MAX_BYTES))
    assert (judged.reason, judged.sequence) == (RejectReason.TOO_LARGE, None)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", RejectReason.BAD_ENVELOPE),
        (b"\x01", RejectReason.BAD_ENVELOPE),
        (b"\x01" + b"s" * 64, RejectReason.BAD_ENVELOPE),
        (b"\x01" + b"s" * 64 + b"no json", RejectReason.BAD_ENVELOPE),
        (b"\x01" + b"s" * 64 + b"[1]", RejectReason.BAD_ENVELOPE),
        (b"\x01" + b"s" * 64 + b"[" * 100_000, RejectReason.BAD_ENVELOPE),
        (b"\x02" + b"s" * 64 + b"{}", RejectReason.UNKNOWN_ENVELOPE_VERSION),
    ],
)
def test_2_envelope(raw, reason):
    judged = judge((SENDER.topic("interaction"), raw))
    assert judged.reason is reason
    assert reject_row(judged).branch_id == SENDER.branch


@pytest.mark.parametrize(
    "topic", ["", "hailong/v1/a/b", "hailong/v2/a/b/health", "hailong/v1/Ồn ào/b/health"]
)
def test_3_topic_is_ours(topic):
    _, raw = SENDER.message(health_payload())
    judged = judge((topic, raw))
    assert judged.reason is RejectReason.TOPIC_MISMATCH
    assert judged.detail == "topic is none that counters send on"
    assert reject_row(judged).branch_id is None


def test_3_topic_goes_up():
    judged = judge(SENDER.sealed("confirm", SENDER.body(health_payload()).encode()))
    assert judged.reason is RejectReason.TOPIC_MISMATCH


def test_4_device_is_enrolled():
    judged = judge(SENDER.message(health_payload()), device=None)
    assert (judged.reason, judged.device_id) == (RejectReason.UNKNOWN_DEVICE, SENDER.device_id)
    judged = judge(changed(device_id="A name? A sentence, perhaps."))
    assert (judged.reason, judged.device_id) == (RejectReason.UNKNOWN_DEVICE, None)


def test_4_device_is_not_revoked():
    revoked = DeviceRow(SENDER.device_id, SENDER.branch, SENDER.counter, SENDER.public_key, True)
    judged = judge(SENDER.message(health_payload()), device=revoked)
    assert (judged.reason, judged.stream) == (RejectReason.REVOKED, None)


@pytest.mark.parametrize("place", [{"branch": "ba-dinh"}, {"counter": "quay-06"}])
def test_4_device_stands_at_this_counter(place):
    elsewhere = Sender(key=SENDER.key, **place)
    judged = judge(elsewhere.message(health_payload()))
    assert (judged.reason, judged.stream) == (RejectReason.TOPIC_MISMATCH, None)


def test_5_signature_is_the_devices_over_topic_and_body():
    message = SENDER.message(interaction_payload())
    topic, raw = message
    forgeries = [
        (topic, raw.replace(b'"revision":1', b'"revision":2')),
        (topic, raw[:1] + bytes(64) + raw[65:]),
        (SENDER.topic("health"), raw),  # moved to another topic
        Sender().message(interaction_payload()),  # another key, this device's name
        (topic, seal(topic, raw[65:], lambda m: SENDER.key.sign(m[1:]).signature)),
    ]
    for forged in forgeries:
        judged = judge(forged)
        assert judged.reason is RejectReason.BAD_SIGNATURE
        assert (judged.stream, judged.sequence) == (None, None)


def test_5_a_proof_under_another_key_than_the_device_s_own_proves_nothing():
    topic, raw = SENDER.message(interaction_payload())
    now_another = DeviceRow(
        SENDER.device_id,
        SENDER.branch,
        SENDER.counter,
        bytes(SigningKey(b"\x08" * 32).verify_key),
        False,
    )
    received = Received(topic, raw, NOW, proof=SENDER.public_key)
    assert isinstance(verify(received, {DEVICE.device_id: DEVICE}, NOW), Verified)
    judged = verify(received, {DEVICE.device_id: now_another}, NOW)
    assert (judged.reason, judged.sequence) == (RejectReason.BAD_SIGNATURE, None)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": "gossip"}, RejectReason.UNKNOWN_KIND),
        ({"schema_version": 99}, RejectReason.UNKNOWN_VERSION),
        ({"payload": {}}, RejectReason.SCHEMA),
        ({"captured_at": "yesterday"}, RejectReason.SCHEMA),
    ],
)
def test_6_body_fits_its_schema_and_is_told_by_its_number(fields, reason):
    judged = judge(changed(**fields))
    assert judged.reason is reason
    assert (judged.stream, judged.sequence) == (SENDER.stream, SENDER.sequence)


@pytest.mark.parametrize(
    "fields",
    [
        {"sequence": None},
        {"sequence": "one"},
        {"sequence": 0},
        {"sequence": 2**60},
        {"stream": "x"},
    ],
)
def test_6_a_sequence_that_is_none_is_not_settled(fields):
    judged = judge(changed(**fields))
    assert (judged.reason, judged.stream, judged.sequence) == (RejectReason.SCHEMA, None, None)


def test_6_body_is_of_the_topics_kind():
    body = SENDER.body(health_payload())
    judged = judge(SENDER.sealed("activity", body.encode()))
    assert (judged.reason, judged.sequence) == (RejectReason.TOPIC_MISMATCH, body.sequence)


OLDEST, NEWEST = NOW - timedelta(days=35), NOW + timedelta(minutes=5)
TICK = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("at", "passes"),
    [(OLDEST, True), (OLDEST - TICK, False), (NEWEST, True), (NEWEST + TICK, False)],
)
def test_7_clock(at, passes):
    zero = {"ended_at": at}
    messages = [
        SENDER.message(health_payload(), captured_at=at),
        SENDER.message(interaction_payload(started_at=at, **zero)),
        SENDER.message(activity_payload(at, windows=1)),
    ]
    for message in messages:
        judged = judge(message)
        assert isinstance(judged, Verified if passes else Refused)
        if not passes:
            assert judged.reason is RejectReason.CLOCK
            assert judged.sequence is not None


def test_7_each_window_of_an_activity_is_asked():
    at = NEWEST - timedelta(seconds=10)
    assert isinstance(judge(SENDER.message(activity_payload(at, windows=2))), Verified)
    assert judge(SENDER.message(activity_payload(at, windows=3))).reason is RejectReason.CLOCK


def test_7_a_birth_of_long_ago_is_retained_and_stays_valid():
    birth = state_payload()
    judged = judge(SENDER.message(birth, captured_at=NOW - timedelta(days=100)))
    assert isinstance(judged, Verified)
    judged = judge(SENDER.message(birth, captured_at=NOW + timedelta(hours=1)))
    assert judged.reason is RejectReason.CLOCK
    for since in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):
        never = state_payload(since=datetime.fromisoformat(since))
        assert judge(SENDER.message(never)).reason is RejectReason.CLOCK


def test_no_detail_and_no_repr_repeats_what_a_message_held():
    secret = "chao-bac"
    messages = [
        changed(kind=secret),
        changed(payload={secret: secret}),
        changed(device_id=f"{secret}!"),
        (f"hailong/v1/{secret}!/b/health", SENDER.message(health_payload())[1]),
        (SENDER.topic("health"), b"\x01" + b"s" * 64 + secret.encode()),
    ]
    for message in messages:
        judged = judge(message)
        assert isinstance(judged, Refused)
        assert secret not in judged.detail
        assert secret not in repr(reject_row(judged))
        assert secret not in repr(Received("t", message[1], NOW))
        assert len(judged.detail) <= 300
