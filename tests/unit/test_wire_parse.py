"""Round trips, additions within a version, and bytes that went wrong on the way."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from pydantic import BaseModel, ValidationError

from schemas.envelope import HEADER_BYTES, signed_bytes, unseal
from schemas.errors import WireError
from schemas.registry import PAYLOADS, READERS, Body, parse, parse_sound
from tests.builders import (
    Sender,
    activity_payload,
    health_payload,
    interaction_payload,
    state_payload,
)
from tests.wire_samples import BODIES, GOLDEN, PUBLIC_KEY, places, replaced, sealed, topic
from tests.wire_strategies import bodies

NAMES = sorted(BODIES)
KEY = VerifyKey(PUBLIC_KEY)
STATE = GOLDEN.joinpath("state-1.bin").read_bytes()
UNHURRIED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@settings(max_examples=100, **UNHURRIED)
@given(bodies())
def test_whatever_a_producer_can_build_comes_back_the_same(body):
    raw = body.encode()
    read = parse(raw)
    assert read == body
    assert read.encode() == raw


@settings(max_examples=300, **UNHURRIED)
@given(
    st.sampled_from(NAMES),
    st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8
    ),
    st.sampled_from(["change", "insert", "remove", "cut"]),
)
def test_a_message_changed_on_the_way_is_refused_or_has_a_bad_signature(name, edits, how):
    golden = GOLDEN.joinpath(f"{name}.bin").read_bytes()
    raw = bytearray(golden)
    for where, byte in edits:
        at = int(where * len(raw))
        if how == "change":
            raw[at] = byte
        elif how == "insert":
            raw.insert(at, byte)
        elif how == "remove":
            del raw[at]
        else:
            del raw[max(at, 1) :]
    fault = fault_of(bytes(raw))
    if fault is not None:
        assert fault.reason
        assert (fault.__cause__, fault.__context__) == (None, None)
    elif bytes(raw) != golden:
        message = unseal(bytes(raw))
        with pytest.raises(BadSignatureError):
            KEY.verify(signed_bytes(topic(BODIES[name].kind), message.body), message.signature)


def fault_of(raw: bytes) -> WireError | None:
    """Anything but a WireError goes through and fails the test."""
    try:
        parse(unseal(raw).body)
    except WireError as error:
        return error
    return None


@settings(max_examples=300, **UNHURRIED)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_bytes_that_are_no_message_raise_nothing_but_wire_errors(raw):
    with pytest.raises(WireError):
        parse(unseal(raw).body)
    with pytest.raises(WireError):
        parse(raw)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, **UNHURRIED)
@given(st.data(), st.sampled_from(NAMES), _JSON)
def test_any_json_in_any_place_of_a_body_raises_nothing_but_wire_errors(data, name, value):
    plain = json.loads(BODIES[name].encode())
    path = data.draw(st.sampled_from([path for path, _ in places(plain)]))
    try:
        read = parse(json.dumps(replaced(plain, path, value)).encode())
    except WireError:
        return
    assert read.kind == BODIES[name].kind


def objects(name: str) -> list[tuple[Any, ...]]:
    plain = json.loads(BODIES[name].encode())
    return [path for path, value in places(plain) if isinstance(value, dict)]


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


@pytest.mark.parametrize("name", NAMES)
def test_a_consumer_takes_additions_at_every_level(name):
    plain = json.loads(BODIES[name].encode())
    later = {"a_later_field": {"x": [1, {"y": None}]}, "": 1, "payload ": []}
    for path in objects(name):
        raw = json.dumps(replaced(plain, path, at(plain, path) | later)).encode()
        assert parse(raw) == BODIES[name]
        assert parse(raw).encode() == BODIES[name].encode()


@pytest.mark.parametrize("name", NAMES)
def test_a_producer_can_add_nothing_at_any_level(name):
    plain = json.loads(BODIES[name].encode())
    reader = READERS[BODIES[name].kind, BODIES[name].schema_version]
    assert reader.model_validate_json(json.dumps(plain)).payload == BODIES[name].payload
    for path in objects(name):
        raw = json.dumps(replaced(plain, path, at(plain, path) | {"more": 1}))
        with pytest.raises(ValidationError) as caught:
            reader.model_validate_json(raw)
        assert [e["type"] for e in caught.value.errors()] == ["extra_forbidden"]


@pytest.mark.parametrize("name", NAMES)
def test_null_is_the_same_as_left_out(name):
    plain = json.loads(BODIES[name].encode())
    for path in objects(name):
        for field, value in at(plain, path).items():
            without = {k: v for k, v in at(plain, path).items() if k != field}
            outcomes = []
            for changed in (without, without | {field: None}):
                try:
                    outcomes.append(parse(json.dumps(replaced(plain, path, changed)).encode()))
                except WireError as error:
                    outcomes.append(error.reason)
            defaults = isinstance(value, bool | list) or field in {
                "revision",
                "unknown_talk_time_s",
                "audio_dropped_s",
                "video_frames_dropped",
                "model_failures",
                "rows",
                "overload",
            }
            # A field with a default of its own may be left out, and is then never null.
            assert outcomes[0] == outcomes[1] or (defaults and outcomes[1] == "schema")


def test_a_body_cannot_be_built_with_the_payload_of_another_kind():
    for (kind, version), payload in PAYLOADS.items():
        for other in BODIES.values():
            if type(other.payload) is not payload:
                with pytest.raises(ValidationError, match="payload is not of this kind"):
                    Body(
                        **{
                            **dict(BODIES[f"{kind}-{version}"]),
                            "payload": other.payload,
                        }
                    )


def parts(model: BaseModel) -> list[BaseModel]:
    found = [model]
    for value in dict(model).values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, BaseModel):
                found += parts(part)
    return found


def test_every_part_of_a_message_is_frozen():
    for body in BODIES.values():
        for part in parts(body):
            with pytest.raises(ValidationError, match="frozen"):
                setattr(part, next(iter(type(part).model_fields)), None)


def test_a_changed_byte_anywhere_in_a_message_is_noticed():
    body = BODIES["state-1"].encode()
    for at_byte in range(1, len(STATE)):
        raw = STATE[:at_byte] + bytes([STATE[at_byte] ^ 0x01]) + STATE[at_byte + 1 :]
        message = unseal(raw)
        with pytest.raises(BadSignatureError):
            KEY.verify(signed_bytes(topic("state"), message.body), message.signature)
    assert sealed("state", body) == STATE
    assert len(STATE) == HEADER_BYTES + len(body)


def test_what_is_sound_is_read_in_one_pass_and_nothing_else_is():
    """`parse_sound` may only say yes where `parse` does, and then the same."""
    for payload in (interaction_payload(), activity_payload(), health_payload(), state_payload()):
        raw = Sender().body(payload).encode()
        kind = parse(raw).kind
        found = parse_sound(kind, raw)
        assert found is not None
        whole = parse(raw)
        assert found.payload == whole.payload
        assert (found.device_id, found.stream, found.sequence, found.captured_at) == (
            whole.device_id,
            whole.stream,
            whole.sequence,
            whole.captured_at,
        )
        twice = raw[:-1] + b"," + raw[1:].split(b",", 1)[0] + b"}"
        spaced = raw.replace(b'":', b'" :', 1)
        extra = raw[:-1] + b',"later":1}'
        for unusual in (twice, spaced, extra, raw[:-1], b"\xef\xbb\xbf" + raw, b"[]", b""):
            assert parse_sound(kind, unusual) is None
        assert parse_sound("health" if kind != "health" else "activity", raw) is None
        assert parse_sound("thermometer", raw) is None
