"""Branch, points, zones, counters: what is going on now."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final, Literal

from hub.store import pages
from hub.store.pages import CounterRow, PageConnection
from hub.web.contexts import BranchView, CounterView, Overview, PointView, SensorFault, ZoneView
from hub.web.i18n import HANOI, Speech
from hub.web.views.interactions import item
from hub.web.words import HEALTHY_SENSOR_STATES

RECENT: Final = 12
LOOK_BACK: Final = timedelta(days=7)


def overview(connection: PageConnection, speech: Speech, now: datetime) -> Overview:
    midnight = now.astimezone(HANOI).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = pages.counters(connection, day_start=midnight, week_start=now - LOOK_BACK)
    recent = pages.interactions(connection, limit=RECENT)
    return Overview(
        as_of=now,
        branches=list(branches(rows, speech)),
        recent=[item(row) for row in recent],
        today=sum(r.today for r in rows),
        open_live=sum(r.open_live for r in rows),
        open_review=sum(r.open_review for r in rows),
        unmeasured=sum(r.unmeasured for r in rows),
        offline=sum(r.device_id is not None and state(r.status) != "online" for r in rows),
    )


def branches(rows: Iterable[CounterRow], speech: Speech) -> Iterator[BranchView]:
    """`rows` in the order of the query: branch, point, zone, number."""
    vietnamese = speech.language == "vi"
    for branch_id, of_branch in groupby(rows, key=lambda r: r.branch_id):
        counters = list(of_branch)
        points = []
        for point_id, of_point in groupby(counters, key=lambda r: r.point_id):
            at_point = list(of_point)
            name = at_point[0].point_vi if vietnamese else at_point[0].point_en
            zones = [
                ZoneView(zone, [_counter(r) for r in of_zone])
                for zone, of_zone in groupby(at_point, key=lambda r: r.zone)
            ]
            points.append(PointView(point_id, name, zones))
        name = counters[0].branch_vi if vietnamese else counters[0].branch_en
        yield BranchView(branch_id, name, points)


def state(status: str | None) -> Literal["online", "offline", "unknown"]:
    """A device that never said anything is not offline: nothing is known of it."""
    if status == "online":
        return "online"
    return "offline" if status == "offline" else "unknown"


def sensors(health: Any) -> Sequence[SensorFault]:
    return [
        SensorFault(str(s["sensor"]), str(s["state"])) for s in (health or {}).get("sensors", [])
    ]


def _counter(row: CounterRow) -> CounterView:
    faults = [s for s in sensors(row.health) if s.state not in HEALTHY_SENSOR_STATES]
    return CounterView(
        branch_id=row.branch_id,
        counter_id=row.counter_id,
        number=row.number,
        zone=row.zone,
        device_id=row.device_id,
        state=state(row.status),
        state_since=row.status_since,
        faults=faults,
        today=row.today,
        week=row.week,
        latest_at=row.latest_at,
        open_live=row.open_live,
        open_review=row.open_review,
        unmeasured=row.unmeasured,
    )
