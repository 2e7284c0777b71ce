"""The wire's fixed samples: a test key, one message of each (kind, version), the files.

tests/data/wire/golden/KIND-VERSION.bin    the message, to the byte
tests/data/wire/golden/KIND-VERSION.json   its body, laid out for reading
tests/data/wire/bad/REASON/NAME.json       a body, to be sealed here, that gets this reason
tests/data/wire/bad/REASON/NAME.bin        a whole message that gets this reason
tests/data/wire/bad_topics.json            topics that are none of ours

Golden files are never written again: a device in the field sends them for ever. A changed
field is a new version with a file of its own.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey

from schemas.activity import ActivityPayload, ActivityWindow
from schemas.control import ConfirmPayload, RejectedSequence, StatePayload
from schemas.envelope import seal
from schemas.fields import SequenceRange, Wire
from schemas.health import (
    CommandReport,
    ConfigHealth,
    DroppedPayload,
    HealthPayload,
    LossHealth,
    OutboxHealth,
    Press,
    SensorHealth,
)
from schemas.identifiers import interaction_id, message_id
from schemas.interaction import (
    ByRole,
    Coverage,
    ExpressionSummary,
    Hit,
    InteractionPayload,
    Measurements,
    Sentiment,
    SentimentSummary,
    Span,
    Turn,
)
from schemas.registry import SEQUENCED, Body
from schemas.release import (
    CommandPayload,
    ConfigPayload,
    LexiconEntry,
    ModelEntry,
    ReleaseSettings,
)
from schemas.topics import Topic
from schemas.vocabulary import (
    Category,
    CommandKind,
    CommandOutcome,
    ConfigFault,
    ConfigState,
    Connection,
    DropReason,
    EndReason,
    Key,
    Language,
    Missing,
    ModelFile,
    Overload,
    RejectReason,
    Role,
    Sensor,
    SensorState,
    SharedList,
    SourceKind,
    SpanKind,
)

FOLDER = Path(__file__).parent / "data" / "wire"
GOLDEN = FOLDER / "golden"
BAD = FOLDER / "bad"
KEY = SigningKey(bytes(range(32)))
"""A test key that everybody knows: for samples and for nothing else."""
PUBLIC_KEY = bytes.fromhex("03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8")
DEVICE = "dev-hk-05"
STREAM = "000102030405060708090a0b0c0d0e0f"
AT = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)


def topic(kind: str) -> str:
    return str(Topic("hoan-kiem", "quay-05", kind))


def sealed(kind: str, body: bytes) -> bytes:
    return seal(topic(kind), body, lambda message: KEY.sign(message).signature)


def golden_files() -> list[Path]:
    return sorted(GOLDEN.glob("*.bin"))


def bad_messages() -> Iterator[tuple[str, RejectReason, bytes]]:
    """(name, reason, message) of each known-bad file; bodies are signed as a device would."""
    for path in sorted(BAD.glob("*/*.*")):
        raw = path.read_bytes()
        if path.suffix == ".json":
            raw = sealed("state", raw)
        yield f"{path.parent.name}/{path.name}", RejectReason(path.parent.name), raw


def places(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """(path, value) of all that a JSON value holds, itself first."""
    yield path, data
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from places(value, (*path, key))


def replaced(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """`data` with what stands at `path` replaced; nothing is changed in place."""
    if not path:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)  # type: ignore[index]
    return copy


def _ago(seconds: float) -> datetime:
    return AT - timedelta(seconds=seconds)


def _turns() -> tuple[Turn, ...]:
    return (
        Turn(
            role=Role.STAFF,
            role_confidence=0.97,
            start_s=1.25,
            duration_s=4,
            speech_s=3.5,
            syllables=14,
            syllables_per_minute=240,
            loudness_dbfs=-24.5,
            loudness_above_baseline_db=0.5,
            asr_confidence=0.875,
            language=Language.VIETNAMESE,
            hits=(Hit(category=Category.GREETING, offset_s=1.5, confidence=0.95),),
        ),
        Turn(
            role=Role.CITIZEN,
            role_confidence=0.91,
            start_s=6,
            duration_s=28,
            speech_s=20,
            continued=True,
            loudness_dbfs=-27,
            sentiment=Sentiment(polarity=-0.25, confidence=0.75),
        ),
        Turn(
            role=Role.UNKNOWN,
            role_confidence=0.4,
            start_s=34,
            duration_s=0.5,
            speech_s=0.5,
            loudness_dbfs=-31,
            backchannel=True,
            hits=(Hit(category=Category.BACKCHANNEL, offset_s=34.25, confidence=0.5),),
        ),
    )


def _interaction(*, still_open: bool) -> InteractionPayload:
    return InteractionPayload(
        interaction_id=interaction_id(DEVICE, STREAM, 60_000),
        revision=1,
        open=still_open,
        started_at=_ago(185.5),
        ended_at=_ago(5.5),
        source=SourceKind.LIVE,
        end_reason=EndReason.CITIZEN_ABSENT,
        turns=_turns(),
        spans=(
            Span(kind=SpanKind.CITIZEN_PRESENT, start_s=0, duration_s=180),
            Span(kind=SpanKind.RAISED_VOICE, role=Role.CITIZEN, start_s=7, duration_s=1.5),
            Span(kind=SpanKind.MUTED, role=Role.CITIZEN, start_s=40, duration_s=20),
        ),
        measurements=Measurements(
            handling_s=180,
            talk_time_s=ByRole(staff=3.5, citizen=20),
            unknown_talk_time_s=0.5,
            overlap_s=0,
            dead_air_s=8,
            longest_dead_air_s=8,
            dead_air_threshold_s=5,
            response_gap_s=-0.25,
            interruptions=ByRole(staff=0, citizen=1),
            raised_voice_s=ByRole(citizen=1.5),
            syllables_per_minute=ByRole(staff=240),
            sentiment=SentimentSummary(mean=-0.25, first_half=-0.5, second_half=0.125, turns=8),
            expression=ExpressionSummary(mean_valence=0.125, samples=300, coverage=0.5),
            citizen_present_s=180,
            staff_present_s=170,
            unattended_s=10,
            longest_unattended_s=10,
            snr_db=ByRole(staff=24, citizen=22),
        ),
        coverage=Coverage(
            audio=1,
            video=0.5,
            roles=0.979,
            text_staff=1,
            text_citizen=0,
            sentiment=0.125,
            overlap=1,
            raised_voice_staff=0,
            raised_voice_citizen=1,
            presence=0.5,
            missing=(Missing.NO_BASELINE, Missing.LOW_CONFIDENCE),
            # One of the two says it: what a device without such a release sends is left as it was.
            categories_sent=(Category.BACKCHANNEL, Category.GREETING) if still_open else None,
        ),
        models=("whisper-base:905e5bf8", "silero-vad:6.2.3"),
    )


def _activity() -> ActivityPayload:
    heard = ActivityWindow(
        at=_ago(60),
        staff_speech_s=3.5,
        citizen_speech_s=2,
        overlap_s=0.25,
        staff_level_dbfs=-25,
        citizen_level_dbfs=-27.5,
        citizen_present_s=10,
        staff_present_s=10,
        in_interaction_s=10,
        audio_coverage=1,
        video_coverage=1,
    )
    deaf = ActivityWindow(at=_ago(50), in_interaction_s=0, audio_coverage=0, video_coverage=0)
    shared = ActivityWindow(
        at=_ago(40), unknown_speech_s=4, in_interaction_s=10, audio_coverage=1, video_coverage=0
    )
    return ActivityPayload(windows=(heard, deaf, shared))


_COMMAND = message_id(DEVICE, STREAM, "command", 60_000, 2)


def _health() -> HealthPayload:
    return HealthPayload(
        sensors=(
            SensorHealth(
                sensor=Sensor.MICROPHONE_STAFF, state=SensorState.CLIPPED, level_dbfs=-0.5
            ),
            SensorHealth(sensor=Sensor.CAMERA, state=SensorState.COVERED),
        ),
        outbox=OutboxHealth(waiting=3, oldest_waiting_s=12.5, dead_letters=0, bytes=40_960),
        losses=LossHealth(
            audio_dropped_s=0.5, video_frames_dropped=7, model_failures=1, alerts_dropped=2
        ),
        agent_version="0.1.0",
        uptime_s=86_401.5,
        clock_trusted=True,
        overload=Overload.FEWER_FRAMES,
        presses=(Press(key=Key.MUTE, at=_ago(20), asked_by=Role.CITIZEN),),
        config=ConfigHealth(
            version=6, wanted=7, state=ConfigState.ROLLED_BACK, reason=ConfigFault.MODELS_FAILED
        ),
        commands=(CommandReport(command_id=_COMMAND, outcome=CommandOutcome.DONE, at=_ago(4)),),
    )


def _confirm() -> ConfirmPayload:
    return ConfirmPayload(
        stream=STREAM,
        settled_below=40,
        settled=(SequenceRange(first=42, last=44),),
        missing=(SequenceRange(first=40, last=41),),
        rejected=(RejectedSequence(sequence=17, reason=RejectReason.CLOCK),),
        rows=42,
    )


def _config() -> ConfigPayload:
    return ConfigPayload(
        version=7,
        release=12,
        settings=ReleaseSettings(
            beam_size=5,
            threads=2,
            expression=False,
            speakers=True,
            dead_s=20,
            stalled_s=5,
            frozen_s=15,
            clipped_s=10,
            appear_s=0.3,
            vanish_s=2,
            min_face=0.08,
            stay_margin=0.5,
            health_interval_s=60,
            in_flight=100,
            resend_after_s=5,
            resend_max_s=60,
            reconnect_max_s=60,
            keepalive_s=30,
        ),
        lexicon=(
            LexiconEntry(list=Category.GREETING, sha256="ab" * 32, bytes=4_096),
            LexiconEntry(list=SharedList.WORDS, sha256="cd" * 32, bytes=1_024),
        ),
        models=(ModelEntry(model=ModelFile.SENTIMENT, sha256="ef" * 32, bytes=40_960),),
        categories=(Category.BACKCHANNEL, Category.GREETING),
    )


_PAYLOADS: dict[tuple[str, int], Wire] = {
    ("activity", 1): _activity(),
    ("interaction", 1): _interaction(still_open=False),
    ("alert", 1): _interaction(still_open=True),
    ("health", 1): _health(),
    ("dropped", 1): DroppedPayload(
        dropped_stream="f" * 32,
        ranges=(SequenceRange(first=1, last=600), SequenceRange(first=700, last=700)),
        reason=DropReason.SPACE,
        seconds_lost=36_000,
    ),
    ("state", 1): StatePayload(
        connection=12, status=Connection.ONLINE, since=_ago(1), agent_version="0.1.0"
    ),
    ("confirm", 1): _confirm(),
    ("config", 1): _config(),
    ("command", 1): CommandPayload(
        command_id=_COMMAND,
        command=CommandKind.RESEND,
        expires_at=AT + timedelta(hours=1),
        stream=STREAM,
        ranges=(SequenceRange(first=40, last=41),),
    ),
}


def body(kind: str, version: int) -> Body:
    """Built as a producer builds it; ids and times are the same in every run."""
    numbered: dict[str, Any] = {"stream": STREAM, "sequence": 41} if kind in SEQUENCED else {}
    return Body(
        kind=kind,
        schema_version=version,
        message_id=message_id(DEVICE, STREAM, kind, 60_000, 1),
        device_id=DEVICE,
        captured_at=AT,
        payload=_PAYLOADS[kind, version],
        **numbered,
    )


BODIES: dict[str, Body] = {f"{kind}-{version}": body(kind, version) for kind, version in _PAYLOADS}
"""By the golden file's name."""
