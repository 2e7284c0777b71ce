"""Counters that need no room: messages of a city's devices, by the agent's own message code.

    fleet = Fleet(counters=1_110, seed=1)
    for topic, message, sent in fleet.minutes(start, 2): ...

What a device measures is drawn by a seed; drafts, ids, bodies, envelopes and signatures are
made by `edge_agent.message`, `schemas.registry` and `schemas.envelope`, as an outbox makes them.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import cast

from nacl.signing import SigningKey

from edge_agent.interaction import Closed
from edge_agent.measure import Measured
from edge_agent.message import Draft, Origin, activity_draft, interaction_draft
from schemas.activity import ActivityWindow
from schemas.envelope import seal
from schemas.health import HealthPayload, LossHealth, OutboxHealth, SensorHealth
from schemas.identifiers import uuid8
from schemas.interaction import (
    ByRole,
    Coverage,
    Hit,
    Measurements,
    Sentiment,
    SentimentSummary,
    Span,
    Turn,
)
from schemas.registry import CURRENT, Body
from schemas.topics import Topic
from schemas.version import VERSION
from schemas.vocabulary import (
    Category,
    EndReason,
    Language,
    Role,
    Sensor,
    SensorState,
    SourceKind,
    SpanKind,
)

BRANCHES = 12
"""Of the city of today; more counters make more branches of the same size."""
COUNTERS_A_BRANCH = 93
INTERACTIONS_AN_HOUR = 3.0
"""4 million dossiers a year at 1,110 counters are 1.8 an hour of 2,000; people who ask, fetch a
result or come back are counted on top."""
HEALTH_EVERY_MIN = 10
_WINDOWS = 6
_TEMPLATES = 64
_MODELS = (
    "whisper-base:905e5bf8",
    "silero-vad:6.2.3",
    "blazeface:7d3f1c20",
    "sentiment:1",
    "abuse:1",
)


@dataclass(slots=True)
class Counter:
    """A device as its hub knows it, with what its outbox counts."""

    branch: str
    counter: str
    device_id: str
    key: SigningKey = field(repr=False)
    stream: str
    sequence: int = 0

    def seal(self, draft: Draft) -> tuple[str, bytes]:
        """(topic, message), numbered and signed as `edge_agent.outbox_rows` does it."""
        self.sequence += 1
        body = Body(
            kind=draft.kind,
            schema_version=CURRENT[draft.kind],
            message_id=draft.message_id,
            device_id=self.device_id,
            stream=self.stream,
            sequence=self.sequence,
            captured_at=draft.captured_at.astimezone(UTC),
            payload=draft.payload,
        )
        topic = str(Topic(self.branch, self.counter, draft.kind))
        return topic, seal(topic, body.encode(), lambda raw: self.key.sign(raw).signature)


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes = field(repr=False)
    rows: int
    """That it becomes in the hub: windows, or the interaction and its turns."""


class Fleet:
    """Not thread-safe. The same seed gives the same keys, measurements and ids."""

    def __init__(self, counters: int, seed: int = 1) -> None:

        self._random = random.Random(seed)
        self.counters = [_counter(number, seed) for number in range(counters)]
        self._measured = [_measured(self._random) for _ in range(_TEMPLATES)]
        self._windows = [_window(self._random) for _ in range(_TEMPLATES)]

    def minute(self, start: datetime) -> Iterator[Message]:
        """All that the fleet sends in the minute after `start`, in the order of sending: each
        counter at its own second.
        """
        minute = int(start.timestamp()) // 60
        order = list(range(len(self.counters)))
        self._random.shuffle(order)
        for number in order:
            counter = self.counters[number]
            yield self._activity(counter, start)
            if self._random.random() < INTERACTIONS_AN_HOUR / 60:
                yield self._interaction(counter, start)
            if (minute + number) % HEALTH_EVERY_MIN == 0:
                yield self._health(counter, start)

    def _origin(self, counter: Counter, anchor: datetime) -> Origin:
        return Origin(counter.device_id, counter.stream, SourceKind.LIVE, anchor, _MODELS)

    def _activity(self, counter: Counter, start: datetime) -> Message:
        windows = [
            self._random.choice(self._windows).model_copy(
                update={"at": start + timedelta(seconds=10 * n)}
            )
            for n in range(_WINDOWS)
        ]
        draft = activity_draft(self._origin(counter, start - timedelta(hours=1)), windows)
        return Message(*counter.seal(draft), len(windows))

    def _interaction(self, counter: Counter, start: datetime) -> Message:
        measured = self._random.choice(self._measured)
        stay = Closed(
            start_s=0.0,
            end_s=measured.measurements.handling_s,
            reason=EndReason.CITIZEN_ABSENT,
            boundary_uncertain=False,
            citizen=(),
            staff=(),
        )
        anchor = start - timedelta(seconds=measured.measurements.handling_s + 20)
        draft = interaction_draft(self._origin(counter, anchor), stay, measured)
        return Message(*counter.seal(draft), 1 + len(measured.turns))

    def _health(self, counter: Counter, start: datetime) -> Message:
        sensors = (Sensor.MICROPHONE_STAFF, Sensor.MICROPHONE_CITIZEN, Sensor.CAMERA)
        payload = HealthPayload(
            sensors=tuple(SensorHealth(sensor=s, state=SensorState.OK) for s in sensors),
            outbox=OutboxHealth(waiting=1, oldest_waiting_s=1.0, dead_letters=0, bytes=4_194_304),
            losses=LossHealth(),
            agent_version=VERSION,
            uptime_s=86_400.0,
            clock_trusted=True,
        )
        message_id = uuid8(counter.device_id, counter.stream, "health", start.isoformat())
        return Message(*counter.seal(Draft("health", payload, message_id, start)), 1)


def _counter(number: int, seed: int) -> Counter:
    branch, place = divmod(number, COUNTERS_A_BRANCH)
    secret = sha256(f"fleet {seed} {number}".encode()).digest()
    return Counter(
        branch=f"chi-nhanh-{branch + 1:03d}",
        counter=f"quay-{place + 1:03d}",
        device_id=f"may-{number + 1:05d}",
        key=SigningKey(secret),
        stream=sha256(b"stream" + secret).hexdigest()[:32],
    )


def _window(draw: random.Random) -> ActivityWindow:
    staff, citizen = draw.uniform(0, 6), draw.uniform(0, 4)
    return ActivityWindow(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        staff_speech_s=round(staff, 2),
        citizen_speech_s=round(citizen, 2),
        unknown_speech_s=0.0,
        overlap_s=round(min(staff, citizen) * 0.1, 2),
        staff_level_dbfs=round(draw.gauss(-27, 3), 1),
        citizen_level_dbfs=round(draw.gauss(-29, 4), 1),
        citizen_present_s=round(draw.uniform(5, 10), 2),
        staff_present_s=10.0,
        in_interaction_s=10.0,
        audio_coverage=1.0,
        video_coverage=round(draw.uniform(0.9, 1), 2),
    )


def _measured(draw: random.Random) -> Measured:
    turns: list[Turn] = []
    at_s = 1.0
    for number in range(draw.randint(8, 40)):
        role = (Role.STAFF, Role.CITIZEN)[number % 2]
        turns.append(_turn(draw, role, at_s))
        at_s = round(at_s + turns[-1].duration_s + draw.uniform(0.3, 4), 2)
    staff = round(sum(t.speech_s for t in turns if t.role is Role.STAFF), 2)
    citizen = round(sum(t.speech_s for t in turns if t.role is Role.CITIZEN), 2)
    spans = (
        Span(kind=SpanKind.CITIZEN_PRESENT, start_s=0.0, duration_s=at_s),
        Span(kind=SpanKind.STAFF_PRESENT, start_s=0.0, duration_s=at_s),
        Span(kind=SpanKind.DEAD_AIR, start_s=round(at_s / 2, 2), duration_s=6.2),
    )
    measurements = Measurements(
        handling_s=at_s,
        talk_time_s=ByRole(staff=staff, citizen=citizen),
        overlap_s=round(draw.uniform(0, 5), 2),
        dead_air_s=6.2,
        longest_dead_air_s=6.2,
        dead_air_threshold_s=5.0,
        response_gap_s=round(draw.uniform(0.2, 1.5), 2),
        interruptions=ByRole(staff=float(draw.randint(0, 2)), citizen=float(draw.randint(0, 1))),
        raised_voice_s=ByRole(staff=0.0, citizen=0.0),
        syllables_per_minute=ByRole(staff=round(draw.gauss(240, 20), 1), citizen=210.5),
        sentiment=SentimentSummary(mean=round(draw.uniform(-0.5, 0.8), 3), turns=len(turns) // 2),
        citizen_present_s=at_s,
        staff_present_s=at_s,
        unattended_s=0.0,
        longest_unattended_s=0.0,
        snr_db=ByRole(staff=round(draw.gauss(22, 3), 1), citizen=round(draw.gauss(18, 3), 1)),
    )
    names = [n for n in Coverage.model_fields if n not in {"missing", "categories_sent"}]
    shares = {name: round(draw.uniform(0.8, 1), 3) for name in names}
    return Measured(tuple(turns), spans, measurements, Coverage(**cast("dict[str, float]", shares)))


def _turn(draw: random.Random, role: Role, at_s: float) -> Turn:
    duration_s = round(draw.uniform(1, 12), 2)
    speech_s = round(duration_s * 0.85, 2)
    syllables = int(speech_s * 4)
    hits: Sequence[Hit] = ()
    if draw.random() < 0.15:
        category = draw.choice((Category.GREETING, Category.THANKS, Category.EXPLANATION))
        hits = (Hit(category=category, offset_s=0.4, confidence=round(draw.uniform(0.7, 1), 3)),)
    citizens = role is Role.CITIZEN
    return Turn(
        role=role,
        role_confidence=round(draw.uniform(0.8, 1), 3),
        start_s=at_s,
        duration_s=duration_s,
        speech_s=speech_s,
        syllables=syllables,
        syllables_per_minute=round(60 * syllables / speech_s, 1),
        loudness_dbfs=round(draw.gauss(-28, 3), 1),
        loudness_above_baseline_db=round(draw.gauss(0, 2), 1),
        asr_confidence=round(draw.uniform(0.5, 1), 3),
        language=Language.VIETNAMESE,
        sentiment=Sentiment(polarity=round(draw.uniform(-1, 1), 3), confidence=0.8)
        if citizens
        else None,
        hits=tuple(hits),
    )
