"""Messages of a batch as rows: pure, in the order of arrival."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from hub.ingest.rejects import count_rows, reject_row
from hub.ingest.verify import Refused, Verified
from hub.store.rows import (
    ActivityRow,
    Arrivals,
    DroppedRow,
    HealthRow,
    InteractionRow,
    OutcomeRow,
    RangeRow,
    SnapshotRow,
    StateRow,
    TurnRow,
)
from schemas.activity import ActivityPayload
from schemas.control import StatePayload
from schemas.health import DroppedPayload, HealthPayload
from schemas.interaction import InteractionPayload

Judged = Verified | Refused
LATE = timedelta(minutes=10)
"""After what it tells of; later than this, live pages have passed it by."""


def rows_of(judged: Judged) -> int:
    """How many rows a message becomes, to bound a transaction by."""
    if isinstance(judged, Verified):
        payload = judged.body.payload
        if isinstance(payload, InteractionPayload) and not payload.open:
            return 1 + len(payload.turns)
        if isinstance(payload, ActivityPayload):
            return len(payload.windows)
    return 1


def branches_of(batch: Iterable[Judged]) -> list[str]:
    """What the transaction must see: branches of the verified messages."""
    return sorted({j.topic.branch for j in batch if isinstance(j, Verified)})


def arrivals_of(
    batch: Iterable[Judged], keeps: Callable[[Refused], bool] = lambda _: True
) -> Arrivals:
    """`keeps` says which refused messages are recorded one by one; all are counted."""
    gathered = _Gathered()
    refused: list[Refused] = []
    settled: list[RangeRow] = []
    for judged in batch:
        settled += _settled(judged)
        if isinstance(judged, Refused):
            refused.append(judged)
        else:
            gathered.add(judged)
    return Arrivals(
        interactions=tuple(row for row, _ in gathered.interactions.values()),
        turns=tuple(turn for _, turns in gathered.interactions.values() for turn in turns),
        activity=tuple(gathered.activity),
        health=tuple(gathered.health.values()),
        outcomes=tuple(gathered.outcomes),
        states=tuple(gathered.states.values()),
        snapshots=tuple(gathered.snapshots.values()),
        dropped=tuple(gathered.dropped),
        rejects=tuple(reject_row(r) for r in refused if keeps(r)),
        reject_counts=count_rows(refused),
        settled=tuple(settled),
    )


@dataclass
class _Gathered:
    """One statement cannot meet a row twice: of one batch the highest revision of an
    interaction counts, the latest snapshot of one that goes on, a device's newest health and its
    latest connection.
    """

    interactions: dict[tuple[str, str, datetime, UUID], tuple[InteractionRow, list[TurnRow]]] = (
        field(default_factory=dict)
    )
    activity: list[ActivityRow] = field(default_factory=list)
    health: dict[str, HealthRow] = field(default_factory=dict)
    outcomes: list[OutcomeRow] = field(default_factory=list)
    states: dict[str, StateRow] = field(default_factory=dict)
    snapshots: dict[UUID, SnapshotRow] = field(default_factory=dict)
    dropped: list[DroppedRow] = field(default_factory=list)

    def add(self, verified: Verified) -> None:
        payload = verified.body.payload
        if isinstance(payload, ActivityPayload):
            self.activity += _activity(verified, payload)
        elif isinstance(payload, InteractionPayload) and payload.open:
            taken = _snapshot(verified, payload)
            earlier = self.snapshots.setdefault(taken.interaction_id, taken)
            if earlier.captured_at < taken.captured_at:
                self.snapshots[taken.interaction_id] = taken
        elif isinstance(payload, InteractionPayload):
            self._add_interaction(_interaction(verified, payload), payload)
        elif isinstance(payload, HealthPayload):
            self.outcomes += _outcomes(verified, payload)
            report = _health(verified, payload)
            before = self.health.setdefault(report.device_id, report)
            if before.health_at <= report.health_at:
                self.health[report.device_id] = report
        elif isinstance(payload, StatePayload):
            state = _state(verified, payload)
            older = self.states.setdefault(state.device_id, state)
            if older.connection <= state.connection:
                self.states[state.device_id] = state
        elif isinstance(payload, DroppedPayload):
            self.dropped += _dropped(verified, payload)

    def _add_interaction(self, row: InteractionRow, payload: InteractionPayload) -> None:
        key = (row.branch_id, row.counter_id, row.at, row.interaction_id)
        held = self.interactions.get(key)
        if held is None or held[0].revision < row.revision:
            self.interactions[key] = (row, _turns(row, payload))


def _settled(judged: Judged) -> list[RangeRow]:
    """Committed and rejected rows by their own sequence, dropped ones by what they name."""
    if isinstance(judged, Refused):
        device, stream, sequence = judged.device_id, judged.stream, judged.sequence
    else:
        body = judged.body
        device, stream, sequence = body.device_id, body.stream, body.sequence
    if device is None or stream is None or sequence is None:
        return []
    if isinstance(judged, Refused):
        return [RangeRow(device, stream, sequence, sequence, "rejected")]
    captured_at = judged.body.captured_at
    late = judged.received.received_at - captured_at > LATE
    rows = [RangeRow(device, stream, sequence, sequence, "stored", late, captured_at)]
    if isinstance(judged.body.payload, DroppedPayload):
        lost = judged.body.payload
        rows += [
            RangeRow(device, lost.dropped_stream, r.first, r.last, "dropped") for r in lost.ranges
        ]
    return rows


def _interaction(verified: Verified, payload: InteractionPayload) -> InteractionRow:
    return InteractionRow(
        branch_id=verified.topic.branch,
        counter_id=verified.topic.counter,
        at=payload.started_at,
        interaction_id=payload.interaction_id,
        revision=payload.revision,
        ended_at=payload.ended_at,
        device_id=verified.body.device_id,
        source=payload.source.value,
        end_reason=payload.end_reason.value,
        boundary_uncertain=payload.boundary_uncertain,
        handling_s=payload.measurements.handling_s,
        measurements=_json(payload.measurements),
        coverage=_json(payload.coverage),
        spans=_json_list(payload.spans),
        models=list(payload.models),
        message_id=verified.body.message_id,
        received_at=verified.received.received_at,
    )


def _snapshot(verified: Verified, payload: InteractionPayload) -> SnapshotRow:
    return SnapshotRow(
        branch_id=verified.topic.branch,
        counter_id=verified.topic.counter,
        at=payload.started_at,
        interaction_id=payload.interaction_id,
        device_id=verified.body.device_id,
        captured_at=verified.body.captured_at,
        payload=_json(payload),
        message_id=verified.body.message_id,
        received_at=verified.received.received_at,
    )


def _turns(row: InteractionRow, payload: InteractionPayload) -> list[TurnRow]:
    branch, counter, at, interaction = row.branch_id, row.counter_id, row.at, row.interaction_id
    return [
        TurnRow(
            branch,
            counter,
            at,
            interaction,
            number,
            turn.role.value,
            turn.role_confidence,
            turn.start_s,
            turn.duration_s,
            turn.speech_s,
            turn.continued,
            turn.syllables,
            turn.syllables_per_minute,
            turn.loudness_dbfs,
            turn.loudness_above_baseline_db,
            turn.asr_confidence,
            turn.language.value if turn.language else None,
            turn.backchannel,
            turn.sentiment.polarity if turn.sentiment else None,
            turn.sentiment.confidence if turn.sentiment else None,
            _json_list(turn.hits) if turn.hits else "[]",
        )
        for number, turn in enumerate(payload.turns, start=1)
    ]


def _activity(verified: Verified, payload: ActivityPayload) -> list[ActivityRow]:
    branch, counter = verified.topic.branch, verified.topic.counter
    device = verified.body.device_id
    return [
        ActivityRow(
            branch,
            counter,
            window.at,
            device,
            window.staff_speech_s,
            window.citizen_speech_s,
            window.unknown_speech_s,
            window.overlap_s,
            window.staff_level_dbfs,
            window.citizen_level_dbfs,
            window.citizen_present_s,
            window.staff_present_s,
            window.in_interaction_s,
            window.audio_coverage,
            window.video_coverage,
        )
        for window in payload.windows
    ]


def _health(verified: Verified, payload: HealthPayload) -> HealthRow:
    return HealthRow(
        device_id=verified.body.device_id,
        branch_id=verified.topic.branch,
        agent_version=payload.agent_version,
        health=_json(payload),
        health_at=verified.body.captured_at,
    )


def _outcomes(verified: Verified, payload: HealthPayload) -> list[OutcomeRow]:
    device = verified.body.device_id
    return [
        OutcomeRow(device, told.command_id, told.outcome.value, told.at)
        for told in payload.commands
    ]


def _state(verified: Verified, payload: StatePayload) -> StateRow:
    return StateRow(
        device_id=verified.body.device_id,
        branch_id=verified.topic.branch,
        connection=payload.connection,
        status=payload.status.value,
        status_since=payload.since,
        agent_version=payload.agent_version,
    )


def _dropped(verified: Verified, payload: DroppedPayload) -> list[DroppedRow]:
    return [
        DroppedRow(
            verified.body.device_id,
            payload.dropped_stream,
            lost.first,
            lost.last,
            payload.reason.value,
        )
        for lost in payload.ranges
    ]


def _json(model: BaseModel) -> str:
    return model.model_dump_json(exclude_none=True)


def _json_list(models: Iterable[BaseModel]) -> str:
    plain: list[Any] = [m.model_dump(mode="json", exclude_none=True) for m in models]
    return json.dumps(plain, separators=(",", ":"))
