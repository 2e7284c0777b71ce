"""measurements -> message: the payloads of the wire, with ids that a replay gives again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from edge_agent.fit import fit
from edge_agent.interaction import Closed
from edge_agent.measure import Measured
from schemas.activity import ActivityPayload, ActivityWindow
from schemas.fields import Wire
from schemas.identifiers import interaction_id, message_id
from schemas.interaction import InteractionPayload
from schemas.registry import Kind
from schemas.vocabulary import SourceKind


@dataclass(frozen=True, slots=True)
class Draft:
    """What the outbox numbers and signs."""

    kind: Kind
    payload: Wire
    message_id: UUID
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose media this is. `source`: the live stream's id or the recording's sha256."""

    device_id: str
    source: str
    kind: SourceKind
    anchor: datetime
    """Wall time of media time 0."""
    models: tuple[str, ...]

    def at(self, media_s: float) -> datetime:
        return self.anchor + timedelta(milliseconds=round(media_s * 1000))


def interaction_draft(origin: Origin, stay: Closed, measured: Measured) -> Draft:
    payload = _payload(origin, stay, measured, still_open=False)
    start_ms = round(stay.start_s * 1000)
    return Draft(
        "interaction",
        payload,
        message_id(origin.device_id, origin.source, "interaction", start_ms, payload.revision),
        payload.ended_at,
    )


def alert_draft(
    origin: Origin, stay: Closed, measured: Measured, number: int, now_s: float
) -> Draft:
    """The `number`th snapshot of an interaction that goes on, taken at `now_s`."""
    start_ms = round(stay.start_s * 1000)
    return Draft(
        "alert",
        _payload(origin, stay, measured, still_open=True),
        message_id(origin.device_id, origin.source, "alert", start_ms, number),
        origin.at(now_s),
    )


def _payload(
    origin: Origin, stay: Closed, measured: Measured, *, still_open: bool
) -> InteractionPayload:
    measured = fit(measured)
    return InteractionPayload(
        interaction_id=interaction_id(origin.device_id, origin.source, round(stay.start_s * 1000)),
        open=still_open,
        started_at=origin.at(stay.start_s),
        ended_at=origin.at(stay.end_s),
        source=origin.kind,
        end_reason=stay.reason,
        boundary_uncertain=stay.boundary_uncertain,
        turns=measured.turns,
        spans=measured.spans,
        measurements=measured.measurements,
        coverage=measured.coverage,
        models=origin.models,
    )


def activity_draft(origin: Origin, windows: Sequence[ActivityWindow]) -> Draft:
    """The windows of one minute of wall time, six at most."""
    start_ms = round((windows[0].at - origin.anchor).total_seconds() * 1000)
    return Draft(
        "activity",
        ActivityPayload(windows=tuple(windows)),
        message_id(origin.device_id, origin.source, "activity", start_ms, 1),
        windows[-1].at,
    )
