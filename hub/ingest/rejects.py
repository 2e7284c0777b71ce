"""Refused messages as rows. What a message held is not kept: a stranger may have written it."""

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.ingest.verify import Refused, Verified
from hub.store.rows import RejectCountRow, RejectRow
from schemas.vocabulary import RejectReason

log = logging.getLogger(__name__)

KEPT_AN_HOUR = 10_000
"""Single refused messages that a worker records; beyond it they are counted alone, so that a
flood fills neither disk nor log."""
_TOLD_S = 10.0


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


def count_rows(refused: Iterable[Refused]) -> tuple[RejectCountRow, ...]:
    counts = Counter(
        (_hour(r.received.received_at), *r.counted_under, r.reason.value) for r in refused
    )
    return tuple(RejectCountRow(*key, messages) for key, messages in sorted(counts.items()))


def refused_by_database(verified: Verified, code: str) -> Refused:
    """The row fits the schema and the database still refuses it."""
    body = verified.body
    return Refused(
        RejectReason.DATABASE,
        f"the database refused the row ({code})",
        verified.received,
        verified.topic,
        body.device_id,
        body.stream,
        body.sequence,
        (verified.topic.branch, body.device_id),
    )


@dataclass
class RejectBudget:
    """Which refused messages are recorded one by one, and what the log is told of them. For any
    thread.
    """

    kept_an_hour: int = KEPT_AN_HOUR
    _hour: datetime | None = None
    _left: int = 0
    _untold: Counter[str] = field(default_factory=Counter)
    _told_at_s: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def keeps(self, refused: Refused) -> bool:
        """A device must be told of its own row, so that one is always recorded."""
        if refused.sequence is not None:
            return True
        hour = _hour(refused.received.received_at)
        with self._lock:
            if hour != self._hour:
                self._hour, self._left = hour, self.kept_an_hour
            self._left -= 1
            return self._left >= 0

    def tell(self, refused: Sequence[Refused], now_s: float) -> None:
        """One line in 10 s at most; monotonic time."""
        with self._lock:
            self._untold.update(r.reason.value for r in refused)
            if not self._untold or now_s - self._told_at_s < _TOLD_S:
                return
            reasons = ", ".join(f"{reason} {n}" for reason, n in sorted(self._untold.items()))
            self._untold.clear()
            self._told_at_s = now_s
        devices = sorted({r.counted_under[1] for r in refused if r.counted_under[1]})
        of = f" of {', '.join(devices[:3])}{' and others' if len(devices) > 3 else ''}"
        log.warning("messages rejected%s: %s", of if devices else "", reasons)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
