"""A signature found good beside the judging is believed under the device's key of now alone."""

import pytest
from nacl.signing import SigningKey

from hub.ingest.signatures import KnownKeys, is_signed_by
from schemas.envelope import seal

TOPIC = "hailong/v1/hoan-kiem/quay-07/health"
COUNTER = "hailong/v1/hoan-kiem/quay-07"
KEY, OTHER = SigningKey(b"1" * 32), SigningKey(b"2" * 32)
PUBLIC, OTHER_PUBLIC = bytes(KEY.verify_key), bytes(OTHER.verify_key)


def message(key: SigningKey = KEY, topic: str = TOPIC) -> bytes:
    return seal(topic, b"{}", lambda signed: key.sign(signed).signature)


def test_the_proof_is_the_key_that_fits():
    known = KnownKeys()
    known.learn({COUNTER: PUBLIC})
    assert known.proof(TOPIC, message()) == PUBLIC


@pytest.mark.parametrize(
    ("topic", "sent"),
    [
        (TOPIC, message(OTHER)),
        (TOPIC, message(topic=TOPIC.replace("health", "state"))),
        (TOPIC, message()[:-1]),
        (TOPIC, message()[:-1] + b"]"),
        (TOPIC, b"\x02" + message()[1:]),
        (TOPIC, b""),
        (TOPIC.replace("quay-07", "quay-08"), message()),
        ("", message()),
    ],
    ids=["another key", "another topic", "cut", "changed", "version", "empty", "unknown", "none"],
)
def test_whatever_does_not_fit_proves_nothing(topic, sent):
    known = KnownKeys()
    known.learn({COUNTER: PUBLIC})
    assert known.proof(topic, sent) == b""


def test_a_key_that_was_replaced_is_replaced_here_too():
    known = KnownKeys()
    known.learn({COUNTER: PUBLIC})
    known.learn({COUNTER: OTHER_PUBLIC})
    assert (known.proof(TOPIC, message()), known.proof(TOPIC, message(OTHER))) == (
        b"",
        OTHER_PUBLIC,
    )


def test_a_key_that_is_none_signs_nothing():
    assert not is_signed_by(b"short", TOPIC, b"{}", b"x" * 64)
