"""Golden messages: what a device in the field sends for ever, to the byte."""

import json
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from pydantic import BaseModel

from schemas.envelope import SIGNATURE_BYTES, seal, signed_bytes, unseal
from schemas.registry import CURRENT, PAYLOADS, SEQUENCED, Kind, parse
from schemas.topics import DOWN, UP
from tests.wire_samples import BODIES, GOLDEN, KEY, PUBLIC_KEY, golden_files, sealed, topic

NAMES = sorted(BODIES)


def test_each_kind_and_version_has_its_golden_file():
    files = [path.stem for path in golden_files()]
    assert files == NAMES == sorted(f"{kind}-{version}" for kind, version in PAYLOADS)
    assert set(CURRENT) == set(get_args(Kind)) == UP | {"confirm", "config", "command"}
    assert SEQUENCED <= UP
    assert not UP & DOWN


@pytest.mark.parametrize("name", NAMES)
def test_encoding_gives_the_golden_bytes(name):
    assert sealed(BODIES[name].kind, BODIES[name].encode()) == (GOLDEN / f"{name}.bin").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_the_golden_bytes_give_the_same_objects(name):
    read = parse(unseal((GOLDEN / f"{name}.bin").read_bytes()).body)
    assert read == BODIES[name]
    assert type(read.payload) is type(BODIES[name].payload)
    assert read.encode() == BODIES[name].encode()


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_verifies_by_the_fixed_public_key_and_for_its_topic_alone(name):
    kind = BODIES[name].kind
    message = unseal((GOLDEN / f"{name}.bin").read_bytes())
    key = VerifyKey(PUBLIC_KEY)
    assert key.verify(signed_bytes(topic(kind), message.body), message.signature)
    with pytest.raises(BadSignatureError):
        key.verify(signed_bytes(topic("ticket"), message.body), message.signature)


@pytest.mark.parametrize("name", NAMES)
def test_the_readable_body_beside_it_says_the_same(name):
    raw = unseal((GOLDEN / f"{name}.bin").read_bytes()).body
    assert json.loads((GOLDEN / f"{name}.json").read_bytes()) == json.loads(raw)


def test_the_layout_byte_by_byte():
    raw = (GOLDEN / "state-1.bin").read_bytes()
    text = "hailong/v1/hoan-kiem/quay-05/state"
    body = raw[65:]
    assert raw[0:1] == b"\x01"
    assert body[:48] == b'{"kind":"state","schema_version":1,"message_id":'
    assert body.isascii()
    assert body.endswith(b"}")
    signed = b"hailong message v1" + b"\x00" + b"\x00\x22" + text.encode() + body
    assert len(text) == 0x22
    assert signed_bytes(text, body) == signed
    assert raw[1:65] == KEY.sign(signed).signature


def test_what_is_signed_tells_topic_and_body_apart():
    assert signed_bytes("ab", b"c") != signed_bytes("a", b"bc")
    assert signed_bytes("", b"\x00\x00") != signed_bytes("\x00\x00", b"")


def test_signing_happens_once_over_all_but_the_version():
    asked = []

    def sign(message: bytes) -> bytes:
        asked.append(message)
        return bytes(SIGNATURE_BYTES)

    assert seal("a/b", b"{}", sign) == b"\x01" + bytes(64) + b"{}"
    assert asked == [b"hailong message v1\x00\x00\x03a/b{}"]


def filled(model: BaseModel) -> Iterator[tuple[type[BaseModel], str]]:
    """(model, field) of everything in a message that is not None or empty."""
    for name in type(model).model_fields:
        value: Any = getattr(model, name)
        if value is not None and value != ():
            yield type(model), name
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, BaseModel):
                yield from filled(part)


def test_together_they_fill_every_field_of_the_wire():
    found = {place for body in BODIES.values() for place in filled(body)}
    models = {model for model, _ in found}
    missing = {(m.__name__, name) for m in models for name in m.model_fields} - {
        (m.__name__, name) for m, name in found
    }
    assert len(models) > 15
    assert not missing
