"""Ed25519 signatures of messages: found good beside the judging where the key is known already.

The arithmetic takes about a third of judging. The connection's process does it under the key
that it was told last for the counter, and says under which; judging compares that with the
device's key of now, and does it itself where they differ. So a wrong or missing key costs time,
and never lets a message pass.
"""

from collections.abc import Mapping

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from schemas import envelope
from schemas.errors import WireError


def is_signed_by(public_key: bytes, topic: str, body: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(public_key).verify(envelope.signed_bytes(topic, body), signature)
    except (BadSignatureError, ValueError, WireError):
        return False
    return True


class KnownKeys:
    """Counter -> the public key that its messages are tried with."""

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}

    def learn(self, keys: Mapping[str, bytes]) -> None:
        self._keys |= keys

    def proof(self, topic: str, message: bytes) -> bytes:
        """The key under which the signature is good; empty where none is known or it is not."""
        key = self._keys.get(counter_of(topic))
        if key is None:
            return b""
        try:
            sealed = envelope.unseal(message)
        except WireError:
            return b""
        return key if is_signed_by(key, topic, sealed.body, sealed.signature) else b""


def counter_of(topic: str) -> str:
    """What all topics of a counter begin with."""
    return topic.rpartition("/")[0]
