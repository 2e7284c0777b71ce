"""Messages of a batch as rows: pure, in the order of arrival."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from hub.ingest.rejects import reject_row
from hub.ingest.verify import Refused, Verified
from hub.store.rows import (
    ActivityRow,
    Arrivals,
    DroppedRow,
    HealthRow,
    InteractionRow,
    OutcomeRow,
    RangeRow,
    StateRow,
    TurnRow,
)
from schemas.activity import ActivityPayload
from schemas.control import StatePayload
from schemas.health import DroppedPayload, HealthPayload
from schemas.interaction import InteractionPayload

Judged = Verified | Refused


def count_rows(judged: Judged) -> int:
    """How many rows a message becomes, to bound a transaction by."""
    if isinstance(judged, Verified):
        payload = judged.body.payload
        if isinstance(payload, InteractionPayload):
            return 1 + len(payload.turns)
        if isinstance(payload, ActivityPayload):
            return len(payload.windows)
    return 1


def branches_of(batch: Iterable[Judged]) -> list[str]:
    """What the transaction must see: branches of the verified messages."""
    return sorted({j.topic.branch for j in batch if isinstance(j, Verified)})


def arrivals_of(batch: Iterable[Judged]) -> Arrivals:
    interactions: dict[tuple[str, str, str], tuple[InteractionRow, list[TurnRow]]] = {}
    activity: list[ActivityRow] = []
    health: list[HealthRow] = []
    outcomes: list[OutcomeRow] = []
    states: list[StateRow] = []
    dropped: list[DroppedRow] = []
    refused: list[Refused] = []
    settled: list[RangeRow] = []
    for judged in batch:
        settled += _settled(judged)
        if isinstance(judged, Refused):
            refused.append(judged)
            continue
        payload = judged.body.payload
        if isinstance(payload, InteractionPayload):
            row = _interaction(judged, payload)
            key = (row.branch_id, row.counter_id, f"{row.at.isoformat()} {row.interaction_id}")
            held = interactions.get(key)
            # One statement cannot meet a row twice: of one batch the highest revision counts.
            if held is None or held[0].revision < row.revision:
                interactions[key] = (row, _turns(row, payload))
        elif isinstance(payload, ActivityPayload):
            activity += _activity(judged, payload)
        elif isinstance(payload, HealthPayload):
            health.append(_health(judged, payload))
            outcomes += _outcomes(judged, payload)
        elif isinstance(payload, StatePayload):
            states.append(_state(judged, payload))
        elif isinstance(payload, DroppedPayload):
            dropped += _dropped(judged, payload)
    return Arrivals(
        interactions=tuple(row for row, _ in interactions.values()),
        turns=tuple(turn for _, turns in interactions.values() for turn in turns),
        activity=tuple(activity),
        health=tuple(health),
        outcomes=tuple(outcomes),
        states=tuple(states),
        dropped=tuple(dropped),
        rejects=tuple(reject_row(r) for r in refused),
        settled=tuple(settled),
    )


def _settled(judged: Judged) -> list[RangeRow]:
    """Committed and rejected rows by their own sequence, dropped ones by what they name."""
    if isinstance(judged, Refused):
        device, stream, sequence = judged.device_id, judged.stream, judged.sequence
    else:
        body = judged.body
        device, stream, sequence = body.device_id, body.stream, body.sequence
    if device is None or stream is None or sequence is None:
        return []
    rows = [RangeRow(device, stream, sequence, sequence)]
    if isinstance(judged, Verified) and isinstance(judged.body.payload, DroppedPayload):
        lost = judged.body.payload
        rows += [RangeRow(device, lost.dropped_stream, r.first, r.last) for r in lost.ranges]
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


def _turns(row: InteractionRow, payload: InteractionPayload) -> list[TurnRow]:
    return [
        TurnRow(
            branch_id=row.branch_id,
            counter_id=row.counter_id,
            at=row.at,
            interaction_id=row.interaction_id,
            turn_no=number,
            role=turn.role.value,
            role_confidence=turn.role_confidence,
            start_s=turn.start_s,
            duration_s=turn.duration_s,
            speech_s=turn.speech_s,
            continued=turn.continued,
            syllables=turn.syllables,
            syllables_per_minute=turn.syllables_per_minute,
            loudness_dbfs=turn.loudness_dbfs,
            loudness_above_baseline_db=turn.loudness_above_baseline_db,
            asr_confidence=turn.asr_confidence,
            language=turn.language.value if turn.language else None,
            backchannel=turn.backchannel,
            sentiment_polarity=turn.sentiment.polarity if turn.sentiment else None,
            sentiment_confidence=turn.sentiment.confidence if turn.sentiment else None,
            hits=_json_list(turn.hits),
        )
        for number, turn in enumerate(payload.turns, start=1)
    ]


def _activity(verified: Verified, payload: ActivityPayload) -> list[ActivityRow]:
    return [
        ActivityRow(
            branch_id=verified.topic.branch,
            counter_id=verified.topic.counter,
            device_id=verified.body.device_id,
            **window.model_dump(),
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
