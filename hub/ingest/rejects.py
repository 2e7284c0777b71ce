"""Refused messages as rows. What a message held is not kept: a stranger may have written it."""

from hub.ingest.verify import Refused, Verified
from hub.store.rows import RejectRow
from schemas.vocabulary import RejectReason


def reject_row(refused: Refused) -> RejectRow:
    topic = refused.topic
    return RejectRow(
        branch_id=topic.branch if topic else None,
        counter_id=topic.counter if topic else None,
        kind=topic.kind if topic else None,
        device_id=refused.device_id,
        stream=refused.stream,
        sequence=refused.sequence,
        reason=refused.reason.value,
        detail=refused.detail,
        size_bytes=len(refused.received.payload),
        message_sha256=refused.sha256,
    )


def refused_by_database(verified: Verified, code: str) -> Refused:
    """The row fits the schema and the database still refuses it."""
    return Refused(
        RejectReason.DATABASE,
        f"the database refused the row ({code})",
        verified.received,
        verified.topic,
        verified.body.device_id,
        verified.body.stream,
        verified.body.sequence,
    )
