"""The envelope: 1 version byte, a 64-byte Ed25519 signature, the JSON body.

Signed are a domain string, the topic and the body, so that a message can neither be moved
to another counter's topic nor taken for something else signed with the same key. Keys are
passed in as functions: this package knows no cryptography library.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from schemas.errors import (
    EnvelopeError,
    MessageTooLargeError,
    TopicError,
    UnknownEnvelopeVersionError,
)

VERSION = 1
SIGNATURE_BYTES = 64
HEADER_BYTES = 1 + SIGNATURE_BYTES
MAX_BYTES = 256 * 1024
DOMAIN = b"hailong message v1"

Sign = Callable[[bytes], bytes]
"""Message to 64-byte Ed25519 signature."""


@dataclass(frozen=True, slots=True)
class Sealed:
    version: int
    signature: bytes
    body: bytes = field(repr=False)


def signed_bytes(topic: str, body: bytes) -> bytes:
    """Domain, a zero byte, the topic's length (2 bytes, big-endian), topic, body: no two
    (topic, body) pairs give the same bytes. Raises TopicError.
    """
    # As MQTT: 65,535 bytes of UTF-8. "replace" gives "?" for a lone surrogate.
    raw = topic.encode(errors="replace")
    if len(raw) > 0xFFFF or raw.decode() != topic:
        raise TopicError("topic is none of MQTT; expected UTF-8 of 65535 bytes at most")
    return DOMAIN + b"\0" + len(raw).to_bytes(2, "big") + raw + body


def seal(topic: str, body: bytes, sign: Sign) -> bytes:
    """Raises MessageTooLargeError, TopicError, or EnvelopeError (no body, or no signature)."""
    signature = sign(signed_bytes(topic, body))
    if len(signature) != SIGNATURE_BYTES or not body:
        raise EnvelopeError(
            f"signature of {len(signature)} bytes and body of {len(body)}; expected "
            f"{SIGNATURE_BYTES} and at least 1"
        )
    message = bytes([VERSION]) + signature + body
    if len(message) > MAX_BYTES:
        raise MessageTooLargeError(f"message of {len(message)} bytes; expected {MAX_BYTES} at most")
    return message


def unseal(message: bytes) -> Sealed:
    """Splits a message without trusting it; whoever reads it checks the signature.

    Raises MessageTooLargeError, EnvelopeError or UnknownEnvelopeVersionError.
    """
    if len(message) > MAX_BYTES:
        raise MessageTooLargeError(f"message of {len(message)} bytes; expected {MAX_BYTES} at most")
    if not message:
        raise EnvelopeError("empty message")
    if message[0] != VERSION:
        raise UnknownEnvelopeVersionError(
            f"envelope version {message[0]}; this side knows {VERSION}"
        )
    if len(message) <= HEADER_BYTES:
        raise EnvelopeError(
            f"message of {len(message)} bytes is cut short; expected over {HEADER_BYTES}"
        )
    return Sealed(message[0], message[1:HEADER_BYTES], message[HEADER_BYTES:])
