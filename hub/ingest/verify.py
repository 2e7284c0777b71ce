"""Whether a message may be believed: pure functions, with devices and clock passed in."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.ingest.signatures import is_signed_by
from hub.store.rows import DeviceRow
from schemas import envelope, registry, topics
from schemas.activity import ActivityPayload
from schemas.control import StatePayload
from schemas.envelope import Sealed
from schemas.errors import TopicError, WireError
from schemas.interaction import InteractionPayload
from schemas.registry import Body
from schemas.topics import Topic
from schemas.vocabulary import RejectReason

OLDEST = timedelta(days=35)
NEWEST = timedelta(minutes=5)
OLDEST_STATE = timedelta(days=3650)
"""A birth stays on the broker as long as its connection lives."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_STREAM = re.compile(r"[0-9a-f]{32}")
_DETAIL_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Received:
    """A message as the broker handed it over; `received_at` is the hub's clock."""

    topic: str
    payload: bytes = field(repr=False)
    received_at: datetime
    trace: str | None = None
    """W3C traceparent, where traces are on and the sender made one. Unsigned: believed for
    nothing but drawing a line."""
    proof: bytes = field(default=b"", repr=False)
    """The public key under which the signature was found good beside the judging, else empty."""


@dataclass(frozen=True, slots=True)
class Verified:
    topic: Topic
    body: Body
    received: Received


@dataclass(frozen=True, slots=True)
class Refused:
    """`stream` and `sequence` stand here only if the signature was good: a sender who cannot
    be verified settles nothing, and no device is told of what it may not have sent.
    """

    reason: RejectReason
    detail: str
    received: Received
    topic: Topic | None = None
    device_id: str | None = None
    """As claimed, where `stream` is None."""
    stream: str | None = None
    sequence: int | None = None
    counted_under: tuple[str, str] = ("", "")
    """Branch and device as enrolled; empty where no such device is."""

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.received.payload).digest()


@dataclass(frozen=True, slots=True)
class Opened:
    """A message with its outside in order; who it says to come from is not believed yet."""

    received: Received
    topic: Topic
    sealed: Sealed
    data: Mapping[str, Any] = field(repr=False)
    """The body as JSON gives it; empty where `body` is there."""
    device_id: str | None
    stream: str | None
    sequence: int | None
    body: Body | None = field(default=None, repr=False)
    """Where it is of the current version and fits its schema in every way: read once."""


def unwrap(received: Received) -> Opened | Refused:
    """Checks that need no knowledge of devices:

    1. size: 256 KiB at most (too_large)
    2. envelope: a known version, a signature, a JSON body (unknown_envelope_version,
       bad_envelope)
    3. topic: one of ours, going up (topic_mismatch)
    """
    # 1. Size and 2. envelope
    topic = _topic_or_none(received.topic)
    try:
        sealed = envelope.unseal(received.payload)
        if topic is not None and topic.kind in topics.UP:
            body = registry.parse_sound(topic.kind, sealed.body)
            if body is not None:
                who = (body.device_id, body.stream, body.sequence)
                return Opened(received, topic, sealed, {}, *who, body)
        data = registry.read_object(sealed.body)
    except WireError as error:
        return _refused(error.reason, str(error), received, topic)
    device, stream, sequence = _claim(data)
    # 3. Topic
    if topic is None or topic.kind not in topics.UP:
        # Without the topic: a stranger chose it.
        detail = "topic is none that counters send on"
        return _refused(RejectReason.TOPIC_MISMATCH, detail, received, None, device)
    return Opened(received, topic, sealed, data, device, stream, sequence)


def check(opened: Opened, devices: Mapping[str, DeviceRow], now: datetime) -> Verified | Refused:
    """Checks against what is enrolled, in this order:

    4. device: enrolled (unknown_device), not revoked (revoked), at this topic's counter
       (topic_mismatch)
    5. signature over topic and body by the device's key (bad_signature)
    6. body: kind, version and schema known (unknown_kind, unknown_version, schema,
       bad_envelope), and of the topic's kind (topic_mismatch)
    7. clock: captured_at and each time that chooses a partition lie within
       [now - 35 days, now + 5 min]; a birth may be ten years old (clock)

    From 6 on the sender is who it says, so its sequence may be settled as rejected.
    """
    received, topic = opened.received, opened.topic
    # 4. Device
    device = devices.get(opened.device_id) if opened.device_id else None
    fault = _device_fault(device, topic)
    if fault is not None:
        return _refused(*fault, received, topic, opened.device_id, device=device)
    assert device is not None
    # 5. Signature
    signed_by = device.public_key
    sealed = opened.sealed
    if received.proof != signed_by and not is_signed_by(
        signed_by, received.topic, sealed.body, sealed.signature
    ):
        detail = "signature does not fit topic, body and the device's enrolled key"
        return _refused(
            RejectReason.BAD_SIGNATURE, detail, received, topic, device.device_id, device=device
        )
    # 6. Body
    known = (topic, device.device_id, opened.stream, opened.sequence)
    try:
        body = opened.body or registry.parse_object(opened.sealed.body, opened.data)
    except WireError as error:
        return _refused(error.reason, str(error), received, *known, device=device)
    if body.kind != topic.kind:
        detail = f"body is {body.kind}, topic is {topic.kind}"
        return _refused(RejectReason.TOPIC_MISMATCH, detail, received, *known, device=device)
    # 7. Clock
    oldest = OLDEST_STATE if body.kind == "state" else OLDEST
    earliest, latest = now - oldest, now + NEWEST
    for name, at in _times(body):
        if not earliest <= at <= latest:
            lag_s = (now - at).total_seconds()
            way = "before" if lag_s > 0 else "after"
            detail = (
                f"{name} lies {abs(lag_s):.0f} s {way} the hub's clock; expected at most "
                f"{oldest.total_seconds():.0f} s before and {NEWEST.total_seconds():.0f} s after it"
            )
            return _refused(RejectReason.CLOCK, detail, received, *known, device=device)
    return Verified(topic, body, received)


def verify(
    received: Received, devices: Mapping[str, DeviceRow], now: datetime
) -> Verified | Refused:
    """All checks, 1 to 7, of one message."""
    opened = unwrap(received)
    return opened if isinstance(opened, Refused) else check(opened, devices, now)


def _claim(data: Mapping[str, Any]) -> tuple[str | None, str | None, int | None]:
    """Which device, stream and sequence a body says it is."""
    device, stream, sequence = data.get("device_id"), data.get("stream"), data.get("sequence")
    numbered = (
        isinstance(stream, str)
        and _STREAM.fullmatch(stream) is not None
        and isinstance(sequence, int)
        and not isinstance(sequence, bool)
        and 1 <= sequence <= 2**53
    )
    return (
        device if isinstance(device, str) and _NAME.fullmatch(device) else None,
        stream if numbered else None,
        sequence if numbered else None,
    )


def _device_fault(device: DeviceRow | None, topic: Topic) -> tuple[RejectReason, str] | None:
    if device is None:
        return RejectReason.UNKNOWN_DEVICE, "no such device is enrolled"
    if device.revoked:
        return RejectReason.REVOKED, "the device's key was revoked"
    if (device.branch_id, device.counter_id) != (topic.branch, topic.counter):
        return (
            RejectReason.TOPIC_MISMATCH,
            f"the device is enrolled at {device.branch_id}/{device.counter_id}",
        )
    return None


def _times(body: Body) -> list[tuple[str, datetime]]:
    """captured_at, what chooses a partition, and what a page shows of a device."""
    times = [("captured_at", body.captured_at)]
    if isinstance(body.payload, InteractionPayload):
        times.append(("started_at", body.payload.started_at))
        times.append(("ended_at", body.payload.ended_at))
    elif isinstance(body.payload, ActivityPayload):
        times += [("window", window.at) for window in body.payload.windows]
    elif isinstance(body.payload, StatePayload):
        times.append(("since", body.payload.since))
    return times


def _topic_or_none(text: str) -> Topic | None:
    try:
        return topics.parse(text)
    except TopicError:
        return None


def _refused(
    reason: RejectReason,
    detail: str,
    received: Received,
    topic: Topic | None,
    device_id: str | None = None,
    stream: str | None = None,
    sequence: int | None = None,
    *,
    device: DeviceRow | None = None,
) -> Refused:
    short = detail[:_DETAIL_CHARACTERS]
    under = (device.branch_id, device.device_id) if device else ("", "")
    return Refused(reason, short, received, topic, device_id, stream, sequence, under)
