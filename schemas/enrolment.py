"""Enrolment and renewal between a device and the hub, over HTTPS: the token, requests, answers.

The device makes two keys that never leave it: Ed25519 for its messages, ECDSA P-256 for TLS.
The certificate request proves that it holds the second, `proof` that it holds the first.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from schemas.fields import Identifier, Wire

AUTHORITY_PATH = "/api/v1/authority"
ENROL_PATH = "/api/v1/devices/enrol"
RENEW_PATH = "/api/v1/devices/renew"
_TOKEN = re.compile(r"hailong1\.([A-Za-z0-9_-]{20,1000})")
_ENROL, _RENEW = b"hailong enrolment v1", b"hailong renewal v1"

Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Hex64 = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
Pem = Annotated[str, Field(min_length=50, max_length=8192, pattern=r"^-----BEGIN ")]


class TokenError(ValueError):
    """What was given is no enrolment token, or names no hub that a device may ask."""


class _TokenParts(Wire):
    hub_url: Annotated[str, Field(max_length=300)]
    authority_sha256: Hex32
    device_id: Identifier
    token_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    secret: Hex32


@dataclass(frozen=True, slots=True)
class EnrolmentToken:
    """What an operator hands to whoever sets up the device. It works once."""

    hub_url: str
    """https://host:port, where the device enrols."""
    authority_sha256: str
    """SHA-256 of the certificate by which the device is to know the hub, in hex."""
    device_id: str
    token_id: str
    secret: str = field(repr=False)

    def __str__(self) -> str:
        parts = _TokenParts(
            hub_url=self.hub_url,
            authority_sha256=self.authority_sha256,
            device_id=self.device_id,
            token_id=self.token_id,
            secret=self.secret,
        )
        raw = base64.urlsafe_b64encode(parts.model_dump_json().encode())
        return f"hailong1.{raw.decode().rstrip('=')}"

    @classmethod
    def parse(cls, text: str) -> "EnrolmentToken":
        """Raises TokenError; never repeats the text."""
        found = _TOKEN.fullmatch(text.strip())
        if found is None:
            raise TokenError(
                f"no enrolment token: got {len(text.strip())} characters, expected the one line "
                "that `hailong hub devices enrol` printed"
            )
        try:
            raw = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))
            parts = _TokenParts.model_validate(json.loads(raw))
        except (binascii.Error, ValueError, ValidationError) as error:
            raise TokenError(
                "the enrolment token is damaged; copy the whole line, or make another one"
            ) from error
        check_hub_url(parts.hub_url)
        return cls(
            parts.hub_url, parts.authority_sha256, parts.device_id, parts.token_id, parts.secret
        )


class AuthorityAnswer(Wire):
    """Anybody may ask for it; a device believes it by the token's fingerprint alone."""

    certificate: Pem


class EnrolRequest(Wire):
    token_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    secret: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", repr=False)]
    device_id: Identifier
    message_key: Hex32
    """Ed25519, public."""
    request: Pem
    """PKCS 10, signed by the TLS key; its common name is the device."""
    proof: Hex64
    """Signature of `enrol_bytes` by the message key."""


class RenewRequest(Wire):
    device_id: Identifier
    at: Annotated[int, Field(ge=0, le=2**40)]
    """The device's clock, in Unix seconds: an old request is not taken again."""
    request: Pem
    proof: Hex64
    """Signature of `renew_bytes` by the enrolled message key."""


class EnrolAnswer(Wire):
    """The same for a renewal: counter and addresses may have changed since."""

    device_id: Identifier
    branch: Identifier
    counter: Identifier
    certificate: Pem
    authority: Pem
    """By which broker and hub are to be known."""
    hub_public_key: Hex32
    broker_url: Annotated[str, Field(max_length=300)]
    hub_url: Annotated[str, Field(max_length=300)]


def enrol_bytes(token_id: str, device_id: str, request: str) -> bytes:
    return _bound(_ENROL, token_id, device_id, request)


def renew_bytes(device_id: str, at: int, request: str) -> bytes:
    return _bound(_RENEW, device_id, str(at), request)


def secret_digest(secret: str) -> bytes:
    """All that the hub keeps of a token's secret."""
    return hashlib.sha256(bytes.fromhex(secret)).digest()


def is_authority(certificate_der: bytes, sha256: str) -> bool:
    return hmac.compare_digest(hashlib.sha256(certificate_der).hexdigest(), sha256)


def check_hub_url(url: str) -> None:
    """Raises TokenError unless it is https://host[:port]."""
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" and parts.hostname and (parts.port or 443) > 0
    except ValueError:
        good = False
    if not good or parts.username or parts.path.strip("/") or parts.query or parts.fragment:
        raise TokenError("the hub's address cannot be used; expected https://host:port")


def _bound(domain: bytes, *parts: str) -> bytes:
    """Each part with its length before it, so that no two lists give the same bytes."""
    raw = [part.encode() for part in parts]
    return domain + b"\0" + b"".join(len(r).to_bytes(4, "big") + r for r in raw)
