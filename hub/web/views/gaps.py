"""For the operator: which messages did not come as they should, by device and stream."""

from datetime import datetime, timedelta
from typing import Final

from hub.store import fleet
from hub.store.fleet import FleetConnection
from hub.web.machine_contexts import Gaps, GapView, RefusedView

DAYS: Final = (1, 7, 30)
_RANGES = 5


def gaps(connection: FleetConnection, now: datetime, days: int) -> Gaps:
    since = now - timedelta(days=days)
    found = fleet.gaps(connection, since)
    return Gaps(
        days=days,
        since=since,
        choices=DAYS,
        streams=[
            GapView(
                branch_id=row.branch_id,
                counter_id=row.counter_id,
                number=row.number,
                device_id=row.device_id,
                stream=row.stream,
                missing=row.missing,
                ranges=[(first, last) for first, last in row.missing_ranges[:_RANGES]],
                more_ranges=len(row.missing_ranges) > _RANGES,
                late=row.late,
                doubled=row.doubled,
                rejected=row.rejected,
                dropped=row.dropped,
                settled=row.settled,
                captured_at=row.captured_at,
                updated_at=row.updated_at,
            )
            for row in found
        ],
        refused=[
            RefusedView(row.branch_id or None, row.device_id or None, row.reason, row.messages)
            for row in fleet.refused(connection, since)
        ],
    )
