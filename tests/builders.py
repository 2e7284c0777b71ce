"""Valid messages for tests: say only what the test is about, the rest is an ordinary day.

payload = interaction_payload(turns=(turn(hits=(hit("abusive"),)),))
sender = Sender()                       # a device with its own key, stream and sequences
topic, raw = sender.message(payload)
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from nacl.signing import SigningKey

from schemas.activity import ActivityPayload, ActivityWindow
from schemas.control import StatePayload
from schemas.envelope import seal
from schemas.fields import SequenceRange, Wire
from schemas.health import DroppedPayload, HealthPayload, LossHealth, OutboxHealth, SensorHealth
from schemas.interaction import (
    ByRole,
    Coverage,
    Hit,
    InteractionPayload,
    Measurements,
    SentimentSummary,
    Span,
    Turn,
)
from schemas.registry import CURRENT, SEQUENCED, Body
from schemas.topics import Topic
from schemas.vocabulary import (
    Category,
    Connection,
    DropReason,
    EndReason,
    Language,
    Role,
    Sensor,
    SensorState,
    SourceKind,
    SpanKind,
)

BRANCH = "hoan-kiem"
COUNTER = "quay-05"
DEVICE = "dev-hk-05"
NOW = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
"""A Tuesday, 10:00 in Hanoi: the clock that tests inject."""
SHARES = [name for name in Coverage.model_fields if name not in {"missing", "categories_sent"}]
"""The fields of Coverage that say how much was seen."""


def hit(category: Category | str, offset_s: float = 1.0, confidence: float = 0.95) -> Hit:
    return Hit(category=Category(category), offset_s=offset_s, confidence=confidence)


def span(kind: SpanKind | str, **overrides: Any) -> Span:
    given: dict[str, Any] = {"kind": SpanKind(kind), "start_s": 10.0, "duration_s": 5.0}
    return Span(**{**given, **overrides})


def turn(**overrides: Any) -> Turn:
    """An ordinary staff turn of four seconds."""
    given: dict[str, Any] = {
        "role": Role.STAFF,
        "role_confidence": 0.97,
        "start_s": 1.0,
        "duration_s": 4.0,
        "speech_s": 3.5,
        "syllables": 14,
        "syllables_per_minute": 240.0,
        "loudness_dbfs": -24.0,
        "loudness_above_baseline_db": 0.5,
        "asr_confidence": 0.9,
        "language": Language.VIETNAMESE,
    }
    return Turn(**{**given, **overrides})


def measurements(**overrides: Any) -> Measurements:
    given: dict[str, Any] = {
        "handling_s": 180.0,
        "talk_time_s": ByRole(staff=70.0, citizen=60.0),
        "overlap_s": 1.0,
        "dead_air_s": 8.0,
        "longest_dead_air_s": 8.0,
        "dead_air_threshold_s": 5.0,
        "response_gap_s": 0.6,
        "interruptions": ByRole(staff=0, citizen=0),
        "raised_voice_s": ByRole(staff=0, citizen=0),
        "syllables_per_minute": ByRole(staff=240.0, citizen=220.0),
        "sentiment": SentimentSummary(mean=0.1, turns=6),
        "citizen_present_s": 180.0,
        "staff_present_s": 180.0,
        "unattended_s": 0.0,
        "longest_unattended_s": 0.0,
        "snr_db": ByRole(staff=24.0, citizen=22.0),
    }
    return Measurements(**{**given, **overrides})


def coverage(**overrides: Any) -> Coverage:
    return Coverage(**{**dict.fromkeys(SHARES, 1.0), **overrides})


def interaction_payload(**overrides: Any) -> InteractionPayload:
    """Three minutes, well measured, one greeting; `started_at` moves `ended_at` with it."""
    started_at = overrides.get("started_at", NOW - timedelta(minutes=30))
    given: dict[str, Any] = {
        "interaction_id": uuid4(),
        "revision": 1,
        "started_at": started_at,
        "ended_at": started_at + timedelta(seconds=180),
        "source": SourceKind.LIVE,
        "end_reason": EndReason.CITIZEN_ABSENT,
        "turns": (
            turn(hits=(hit(Category.GREETING),)),
            turn(role=Role.CITIZEN, start_s=6.0),
        ),
        "spans": (span(SpanKind.CITIZEN_PRESENT, start_s=0.0, duration_s=180.0),),
        "measurements": measurements(),
        "coverage": coverage(),
        "models": ("whisper-base:905e5bf8", "silero-vad:6.2.3"),
    }
    return InteractionPayload(**{**given, **overrides})


def activity_payload(at: datetime = NOW - timedelta(minutes=2), windows: int = 6) -> Any:
    return ActivityPayload(
        windows=tuple(
            ActivityWindow(
                at=at + timedelta(seconds=10 * n),
                staff_speech_s=3.0,
                citizen_speech_s=2.0,
                overlap_s=0.0,
                staff_level_dbfs=-25.0,
                citizen_level_dbfs=-27.0,
                citizen_present_s=10.0,
                staff_present_s=10.0,
                in_interaction_s=10.0,
                audio_coverage=1.0,
                video_coverage=1.0,
            )
            for n in range(windows)
        )
    )


def health_payload(**overrides: Any) -> HealthPayload:
    given: dict[str, Any] = {
        "sensors": (SensorHealth(sensor=Sensor.CAMERA, state=SensorState.OK),),
        "outbox": OutboxHealth(waiting=0, oldest_waiting_s=0, dead_letters=0, bytes=4096),
        "losses": LossHealth(),
        "agent_version": "0.1.0",
        "uptime_s": 60.0,
        "clock_trusted": True,
    }
    return HealthPayload(**{**given, **overrides})


def dropped_payload(stream: str, *ranges: tuple[int, int]) -> DroppedPayload:
    return DroppedPayload(
        dropped_stream=stream,
        ranges=tuple(SequenceRange(first=a, last=b) for a, b in ranges),
        reason=DropReason.SPACE,
    )


def state_payload(connection: int = 1, status: str = "online", **overrides: Any) -> StatePayload:
    given: dict[str, Any] = {
        "connection": connection,
        "status": Connection(status),
        "since": NOW - timedelta(minutes=1),
        "agent_version": "0.1.0",
    }
    return StatePayload(**{**given, **overrides})


def kind_of(payload: Wire) -> str:
    names: dict[type[Wire], str] = {
        ActivityPayload: "activity",
        InteractionPayload: "interaction",
        HealthPayload: "health",
        DroppedPayload: "dropped",
        StatePayload: "state",
    }
    return names[type(payload)]


@dataclass
class Sender:
    """A device as the hub meets it: identity, key, one stream with its next sequence."""

    device_id: str = DEVICE
    branch: str = BRANCH
    counter: str = COUNTER
    key: SigningKey = field(default_factory=SigningKey.generate, repr=False)
    stream: str = field(default_factory=lambda: uuid4().hex)
    sequence: int = 0

    @property
    def public_key(self) -> bytes:
        return bytes(self.key.verify_key)

    def body(self, payload: Wire, **overrides: Any) -> Body:
        """`sequence` and everything else of Body can be set; the next number is the default."""
        kind = overrides.get("kind", kind_of(payload))
        given: dict[str, Any] = {
            "kind": kind,
            "schema_version": CURRENT[kind],
            "message_id": uuid4(),
            "device_id": self.device_id,
            "captured_at": NOW - timedelta(seconds=5),
            "payload": payload,
        }
        if kind in SEQUENCED:
            if "sequence" not in overrides:
                self.sequence += 1
            given |= {"stream": self.stream, "sequence": self.sequence}
        return Body(**{**given, **overrides})

    def topic(self, kind: str) -> str:
        return str(Topic(self.branch, self.counter, kind))

    def sealed(self, kind: str, body: bytes) -> tuple[str, bytes]:
        topic = self.topic(kind)
        return topic, seal(topic, body, lambda message: self.key.sign(message).signature)

    def message(self, payload: Wire, **overrides: Any) -> tuple[str, bytes]:
        body = self.body(payload, **overrides)
        return self.sealed(body.kind, body.encode())


def signed_message(
    payload: Wire | None = None, sender: Sender | None = None, **overrides: Any
) -> tuple[str, bytes]:
    """(topic, bytes) of one valid message, by default an interaction of a new device."""
    return (sender or Sender()).message(payload or interaction_payload(), **overrides)


def interaction_uuid(number: int) -> UUID:
    """The same small number is the same id in every test."""
    return UUID(int=(8 << 76) | (2 << 62) | number)
