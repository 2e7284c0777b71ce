"""A truth session as a tablet sends it, and the counter's day beside it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from schemas.fields import Wire
from tests.builders import NOW, activity_payload, hit, interaction_payload, span, turn

BEGAN = NOW - timedelta(minutes=40)
"""Of the session; the counter's interaction runs from NOW - 30 min on, for three minutes."""
START = NOW - timedelta(minutes=30)
OVER = NOW - timedelta(minutes=20)

CHOICE = {
    "mode": "observer",
    "dialect": "north",
    "noise": "ordinary",
    "watched": ["courtesy", "conduct", "moments"],
    "clerk_told": "yes",
    "citizens_told": "yes",
}


def tick(name: str, at: datetime, offset_s: float = 0.0, **overrides: Any) -> dict[str, Any]:
    """`at` on the hub's clock; `offset_s`: how far that is ahead of the tablet's."""
    hub_ms = round(at.timestamp() * 1000)
    given = {
        "id": str(uuid4()),
        "what": "category",
        "name": name,
        "role": "staff",
        "tablet_ms": hub_ms - round(offset_s * 1000),
        "offset_ms": round(offset_s * 1000),
        "error_ms": 20,
    }
    return {**given, **overrides}


def counters_day() -> list[Wire]:
    """Heard from the session's begin to its end: a greeting at 1 s, abusive words at 46 s. For
    the last two minutes the counter was not heard.
    """
    talk = (
        turn(start_s=0.5, hits=(hit("greeting", 1.0),)),
        turn(start_s=44.0, hits=(hit("abusive", 46.0),)),
        turn(start_s=100.0),
    )
    spans = (
        span("citizen_present", start_s=0.0, duration_s=180.0),
        span("staff_present", start_s=0.0, duration_s=180.0),
    )
    heard = [activity_payload(BEGAN + timedelta(minutes=n)) for n in range(18)]
    return [interaction_payload(turns=talk, spans=spans), *heard]
