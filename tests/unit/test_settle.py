from nacl.signing import SigningKey

from hub.ingest.settle import Confirmations, confirm_payload
from hub.store.rows import StreamRow
from schemas import envelope, registry
from schemas.vocabulary import RejectReason
from tests.builders import NOW

STREAM, OTHER = "a" * 32, "b" * 32
COUNTERS = {"dev-1": ("hk", "quay-1"), "dev-2": ("hk", "quay-2")}


def told(*settled, **more):
    return confirm_payload(StreamRow("dev-1", STREAM, tuple(settled), **more))


def ranges(parts):
    return [(r.first, r.last) for r in parts]


def test_what_is_settled_from_the_first_row_on_is_one_number():
    confirm = told((1, 7), rows=7)
    assert (confirm.settled_below, confirm.settled, confirm.missing, confirm.rows) == (8, (), (), 7)


def test_gaps_lie_between_settled_ranges_and_before_the_first():
    confirm = told((1, 2), (5, 5), (9, 12))
    assert confirm.settled_below == 3
    assert ranges(confirm.settled) == [(5, 5), (9, 12)]
    assert ranges(confirm.missing) == [(3, 4), (6, 8)]
    confirm = told((3, 4))
    assert (confirm.settled_below, ranges(confirm.missing)) == (1, [(1, 2)])


def test_a_second_row_without_the_first_is_a_gap_of_one():
    confirm = told((2, 2))
    assert (confirm.settled_below, ranges(confirm.settled)) == (1, [(2, 2)])
    assert ranges(confirm.missing) == [(1, 1)]


def test_a_confirmation_holds_a_hundred_of_each_at_most():
    many = tuple((n, n) for n in range(1, 1001, 2))
    refused = tuple((n, "schema") for n in range(1, 301, 2))
    confirm = told(*many, rejected=refused)
    assert ranges(confirm.settled) == [(n, n) for n in range(3, 203, 2)]
    assert ranges(confirm.missing) == [(n, n) for n in range(2, 202, 2)]
    assert [r.sequence for r in confirm.rejected] == [n for n, _ in refused[-100:]]
    assert confirm.rejected[0].reason is RejectReason.SCHEMA


def opened(message):
    topic, raw = message
    return topic, registry.parse(envelope.unseal(raw).body)


def test_one_a_device_a_second_and_the_latest_wins():
    key = SigningKey.generate()
    confirmations = Confirmations(lambda m: key.sign(m).signature, lambda: NOW)
    confirmations.note([StreamRow("dev-1", STREAM, ((1, 1),))], COUNTERS)
    confirmations.note([StreamRow("dev-2", STREAM, ((1, 1),))], COUNTERS)
    first = confirmations.due(10.0)
    assert [opened(m)[0] for m in first] == [
        "hailong/v1/hk/quay-1/confirm",
        "hailong/v1/hk/quay-2/confirm",
    ]
    for last in (2, 3):
        confirmations.note([StreamRow("dev-1", STREAM, ((1, last),))], COUNTERS)
    assert confirmations.due(10.9) == []
    (later,) = confirmations.due(11.0)
    topic, body = opened(later)
    assert (body.device_id, body.captured_at, body.payload.settled_below) == ("dev-1", NOW, 4)
    key.verify_key.verify(
        envelope.signed_bytes(topic, envelope.unseal(later[1]).body),
        envelope.unseal(later[1]).signature,
    )
    assert confirmations.due(99.0) == []


def test_two_streams_of_a_device_take_turns():
    confirmations = Confirmations(lambda m: bytes(64), lambda: NOW)
    rows = [StreamRow("dev-1", name, ((1, 1),)) for name in (STREAM, OTHER)]
    confirmations.note(rows, COUNTERS)
    streams = [opened(confirmations.due(at)[0])[1].payload.stream for at in (0.0, 1.0)]
    assert streams == [STREAM, OTHER]
