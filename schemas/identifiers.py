"""Deterministic ids: the same media measured again gives the same id."""

import hashlib
import uuid


def uuid8(*parts: str | int) -> uuid.UUID:
    """UUIDv8 (RFC 9562, section 5.8) of the SHA-256 of the parts, each length-prefixed."""
    digest = hashlib.sha256()
    for part in parts:
        raw = str(part).encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    value = bytearray(digest.digest()[:16])
    value[6] = (value[6] & 0x0F) | 0x80
    value[8] = (value[8] & 0x3F) | 0x80
    return uuid.UUID(bytes=bytes(value))


def interaction_id(device_id: str, source: str, start_ms: int) -> uuid.UUID:
    """`source` is the live stream's id or the recording's sha256; start in media time."""
    return uuid8(device_id, source, "interaction", start_ms)


def message_id(device_id: str, source: str, kind: str, start_ms: int, revision: int) -> uuid.UUID:
    return uuid8(device_id, source, kind, start_ms, revision)
