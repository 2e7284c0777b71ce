"""Known-bad messages: each gets its reason, and no error says what the message held."""

import json
import logging
import traceback
from dataclasses import replace
from typing import Any

import pytest

from schemas import topics
from schemas.envelope import (
    HEADER_BYTES,
    MAX_BYTES,
    Sealed,
    seal,
    signed_bytes,
    unseal,
)
from schemas.errors import (
    EnvelopeError,
    MessageTooLargeError,
    SchemaError,
    TopicError,
    WireError,
)
from schemas.registry import Body, parse, read_object
from schemas.vocabulary import RejectReason
from tests.wire_samples import BODIES, FOLDER, bad_messages, places, replaced, sealed

MARKER = "noi-dung-bi-lo"
WORDS = f"{MARKER}: Bác ơi, chờ cháu một lát"
BAD = {name: (reason, raw) for name, reason, raw in bad_messages()}
TOPICS = [
    (why, topic)
    for why, listed in json.loads((FOLDER / "bad_topics.json").read_bytes()).items()
    for topic in listed
]


def read(message: bytes) -> Body:
    return parse(unseal(message).body)


def refusal(message: bytes) -> WireError:
    with pytest.raises(WireError) as caught:
        read(message)
    return caught.value


def fault_of(body: Any) -> WireError | None:
    """The error of a body given as a JSON value; None where it is taken."""
    try:
        parse(json.dumps(body).encode())
    except WireError as error:
        return error
    return None


def all_text(error: BaseException) -> str:
    """Whatever a log, a crash reporter or a debugger could print of an error."""
    said = [
        str(error),
        repr(error),
        repr(error.args),
        repr(vars(error)),
        "".join(traceback.format_exception(error)),
    ]
    for behind in (error.__cause__, error.__context__):
        if behind is not None:
            said += [all_text(behind), repr(getattr(behind, "doc", "")), repr(behind.args)]
    return "\n".join(said)


def test_the_files_cover_every_reason_that_the_wire_alone_can_give():
    hubs_own = {"unknown_device", "revoked", "bad_signature", "clock", "database"}
    made_here = {"too_large", "topic_mismatch"}
    assert {reason.value for reason, _ in BAD.values()} == (
        {reason.value for reason in RejectReason} - hubs_own - made_here
    )


@pytest.mark.parametrize("name", BAD)
def test_a_known_bad_message_gets_its_reason_and_is_not_repeated(name):
    reason, raw = BAD[name]
    error = refusal(raw)
    assert error.reason is reason
    assert MARKER not in all_text(error)
    assert (error.__cause__, error.__context__) == (None, None)


def test_most_files_hold_the_marker_that_must_not_be_repeated():
    unmarked = {name for name, (_, raw) in BAD.items() if MARKER.encode() not in raw}
    assert len(unmarked) < 25 < len(BAD) / 4


def test_an_error_that_does_repeat_it_would_be_seen():
    inner = json.JSONDecodeError("Expecting value", WORDS, 0)
    outer = EnvelopeError("body is no JSON")
    outer.__cause__ = inner
    assert MARKER in all_text(outer)


def test_a_logged_refusal_has_no_content_in_its_traceback(caplog):
    body = replaced(json.loads(BODIES["state-1"].encode()), ("payload", "since"), WORDS)
    try:
        parse(json.dumps(body).encode())
    except WireError:
        logging.getLogger("wire").exception("refused")
    assert "SchemaError: state does not fit its schema: payload.since: value_error" in caplog.text
    assert MARKER not in caplog.text


def test_a_message_may_have_256_kib_and_no_byte_more():
    body = BODIES["state-1"].encode()
    largest = body + b" " * (MAX_BYTES - HEADER_BYTES - len(body))
    assert read(sealed("state", largest)) == BODIES["state-1"]
    with pytest.raises(MessageTooLargeError, match="262145 bytes; expected 262144 at most"):
        unseal(sealed("state", largest) + b" ")
    with pytest.raises(MessageTooLargeError):
        sealed("state", largest + b" ")
    assert MessageTooLargeError.reason is RejectReason.TOO_LARGE


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(65)])
def test_nothing_is_sealed_with_a_signature_of_another_length(signature):
    with pytest.raises(EnvelopeError, match=f"signature of {len(signature)} bytes"):
        seal("a/b", b"{}", lambda _: signature)


def test_nothing_is_sealed_without_a_body():
    with pytest.raises(EnvelopeError, match="body of 0"):
        sealed("state", b"")


@pytest.mark.parametrize("topic", ["a" * 65_536, f"{MARKER}\ud800", f"{MARKER}?\udfff"])
def test_a_topic_that_mqtt_cannot_carry_is_not_signed(topic):
    with pytest.raises(TopicError) as caught:
        signed_bytes(topic, b"{}")
    assert MARKER not in all_text(caught.value)


def test_the_repr_of_a_split_message_hides_its_body():
    assert MARKER not in repr(Sealed(1, bytes(64), WORDS.encode()))


@pytest.mark.parametrize(("why", "topic"), TOPICS)
def test_a_topic_that_is_none_of_ours(why, topic):
    with pytest.raises(TopicError) as caught:
        topics.parse(topic)
    assert caught.value.reason is RejectReason.TOPIC_MISMATCH


@pytest.mark.parametrize(
    "topic",
    [
        f"hailong/v1/{MARKER}!/b/state",
        f"hailong/v1/a/{MARKER}!/state",
        f"hailong/v1/a/b/{MARKER}",
        f"{MARKER}/v1/a/b/state",
        MARKER,
    ],
)
def test_a_refused_topic_is_not_repeated(topic):
    with pytest.raises(TopicError) as caught:
        topics.parse(topic)
    assert MARKER not in all_text(caught.value)


@pytest.mark.parametrize("kind", sorted(topics.UP | topics.DOWN))
def test_a_topic_is_built_and_read_alike(kind):
    topic = topics.Topic("hoan-kiem", "q" * 32, kind)
    assert topics.parse(str(topic)) == topic
    with pytest.raises(TopicError):
        replace(topic, branch="Hoàn Kiếm")


def test_what_a_hub_subscribes_to():
    assert topics.up_filters() == [f"hailong/v1/+/+/{kind}" for kind in sorted(topics.UP)]
    shared = topics.up_filters("ingest")
    assert "hailong/v1/+/+/state" in shared
    assert "$share/ingest/hailong/v1/+/+/interaction" in shared


STRINGS = [
    (name, path)
    for name, body in sorted(BODIES.items())
    for path, value in places(json.loads(body.encode()))
    if isinstance(value, str)
]


@pytest.mark.parametrize(
    "text", [WORDS, "noi dung bi lo", "nội-dung", MARKER + "\n", "", "\0", "🙂"]
)
def test_no_string_of_the_wire_takes_free_text(text):
    taken = []
    for name, path in STRINGS:
        fault = fault_of(replaced(json.loads(BODIES[name].encode()), path, text))
        if fault is None:
            taken.append((name, path))
        else:
            assert MARKER not in all_text(fault)
            assert fault.reason in (RejectReason.SCHEMA, RejectReason.UNKNOWN_KIND)
    assert len(STRINGS) > 80
    assert taken == []


@pytest.mark.parametrize(
    "value", [True, "1", None, [], {}, [[]], 10**300, -(10**300), 1e308, -1e308]
)
def test_no_number_takes_another_type_or_an_absurd_size(value):
    """None is the same as left out, so a field that may be left out takes it."""
    taken = set()
    for name, body in BODIES.items():
        plain = json.loads(body.encode())
        for path, old in places(plain):
            if type(old) in (int, float):
                fault = fault_of(replaced(plain, path, value))
                if fault is None:
                    taken.add((name, path[-1]))
                else:
                    assert fault.reason in (RejectReason.SCHEMA, RejectReason.UNKNOWN_VERSION)
    if value is None:
        assert ("interaction-1", "syllables") in taken
        assert not any(field in ("start_s", "handling_s", "sequence") for _, field in taken)
    else:
        assert taken == set()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_a_body_is_utf_8_whatever_else_a_reader_could_guess(encoding):
    plain = BODIES["state-1"].encode()
    assert read_object(plain) == json.loads(plain)
    with pytest.raises(EnvelopeError):
        read_object(json.dumps({"ý": "\u1ebf"}, ensure_ascii=False).encode(encoding))


def test_a_message_is_cut_short_up_to_the_first_byte_of_its_body():
    raw = sealed("state", b"{}")
    for length in range(1, HEADER_BYTES + 1):
        with pytest.raises(EnvelopeError, match=f"message of {length} bytes is cut short"):
            unseal(raw[:length])
    assert unseal(raw[: HEADER_BYTES + 1]).body == b"{"


def test_an_absurdly_nested_body_is_refused_wherever_the_nest_lies():
    nest = b"[" * 100_000
    for raw in (nest, b'{"kind":' + nest, b'{"kind":"state","schema_version":1,"payload":' + nest):
        with pytest.raises(EnvelopeError):
            parse(raw)


def test_a_field_name_of_a_stranger_is_not_repeated_to_a_producer():
    with pytest.raises(SchemaError) as caught:
        parse(
            json.dumps(json.loads(BODIES["state-1"].encode()) | {"payload": {MARKER: 1}}).encode()
        )
    assert MARKER not in all_text(caught.value)
    assert str(caught.value).startswith("state does not fit its schema: payload.")
