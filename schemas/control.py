"""Messages that keep the flow itself going: births and deaths up, confirmations down."""

from typing import Annotated

from pydantic import Field

from schemas.fields import Count, Sequence, SequenceRange, StreamId, Timestamp, Version, Wire
from schemas.vocabulary import Connection, RejectReason


class StatePayload(Wire):
    """Retained. A late Last Will carries an older `connection` than the birth after it."""

    connection: Annotated[int, Field(ge=1, le=2**53)]
    """A counter that the device keeps on disk and raises at each connect."""
    status: Connection
    since: Timestamp
    agent_version: Version


class RejectedSequence(Wire):
    sequence: Sequence
    reason: RejectReason


class ConfirmPayload(Wire):
    """What the hub has settled of one stream: committed, rejected or dropped."""

    stream: StreamId
    settled_below: Annotated[int, Field(ge=1, le=2**53 + 1)]
    """Each sequence below this one is settled."""
    settled: Annotated[tuple[SequenceRange, ...], Field(max_length=100)] = ()
    """Settled ranges above `settled_below`."""
    missing: Annotated[tuple[SequenceRange, ...], Field(max_length=100)] = ()
    """Gaps below the highest sequence seen; the device sends these rows again."""
    rejected: Annotated[tuple[RejectedSequence, ...], Field(max_length=100)] = ()
    rows: Count = 0
    """Rows of this stream that the hub holds, for the operator's eye."""
