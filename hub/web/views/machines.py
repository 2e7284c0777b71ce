"""For the operator: how each device is, what was refused; for the privacy officer: what is kept."""

from datetime import datetime
from typing import Any, Final

from hub.store import pages
from hub.store.pages import DeviceRow, KeptRow, PageConnection, RejectRow
from hub.web.i18n import Speech
from hub.web.machine_contexts import (
    DeviceView,
    Kept,
    KeptClass,
    Machines,
    PressView,
    RejectView,
    ReleaseView,
)
from hub.web.views.overview import sensors, state
from hub.web.words import N_
from schemas.vocabulary import ConfigState, Overload

REJECTS: Final = 50
_CLASSES: Final = {
    "interactions": (
        N_("Interactions"),
        N_(
            "When, where, how long; measurements as numbers; spans; no words, no sound, no picture."
        ),
    ),
    "turns": (
        N_("Turns"),
        N_("Who spoke from when to when, how loud, which kind of phrase; never the words."),
    ),
    "activity": (
        N_("Counter activity"),
        N_("Seconds of speech and presence in windows of ten seconds."),
    ),
    "scores": (N_("Figures"), N_("The two figures with their parts and intervals.")),
    "ratings": (
        N_("Ratings"),
        N_("Stars that citizens pressed, when and where; no name and no words."),
    ),
    "flags": (N_("Flags"), N_("Which rule asked about which interaction, and where in it.")),
    "reviews": (
        N_("Decisions"),
        N_("Who decided what on which ground; nothing of it is ever changed."),
    ),
    "open_interactions": (
        N_("Interactions that go on"),
        N_(
            "The newest snapshot of each, with the same measurements; deleted when it ends, or "
            "after a day."
        ),
    ),
    "alerts": (
        N_("Live alerts"),
        N_("Which rule called somebody to a counter, where in the interaction, how it ended."),
    ),
    "alert_visits": (
        N_("Visits on alerts"),
        N_("Who went to look, and when; nothing of it is ever changed."),
    ),
    "truth_sessions": (
        N_("Truth sessions"),
        N_("Who observed which counter when, after the clerk and citizens were told."),
    ),
    "truth_ticks": (
        N_("Taps of truth sessions"),
        N_("Which kind of phrase or moment was tapped when; no words, no note."),
    ),
    "truth_matches": (
        N_("Results of truth sessions"),
        N_("What was found, missed or a false alarm; no interaction is named."),
    ),
    "rollups": (
        N_("Sums by counter"),
        N_("By day: how many, sums and spread of each measurement; no single interaction."),
    ),
    "hour_rollups": (
        N_("Sums by hour"),
        N_("The same by hour of the day, over a month."),
    ),
    "staff_rollups": (
        N_("Sums by clerk"),
        N_(
            "By staff pseudonym and day, of the clerk's own part alone; the names are with the "
            "personnel office."
        ),
    ),
    "activity_rollups": (
        N_("Activity by hour"),
        N_("Seconds of speech and presence in an hour of a counter."),
    ),
    "assignments": (
        N_("Roster"),
        N_("Which staff pseudonym sat at which counter; the names are with the personnel office."),
    ),
    "device_status": (N_("Device states"), N_("The last word of each device on itself.")),
    "rejects": (
        N_("Refused messages"),
        N_("Reason, size and fingerprint of a refused message; not the message."),
    ),
}


def machines(connection: PageConnection) -> Machines:
    return Machines(
        devices=[_device(row) for row in pages.devices(connection)],
        rejects=rejects(connection),
    )


def devices(connection: PageConnection) -> list[DeviceView]:
    return [_device(row) for row in pages.devices(connection)]


def rejects(connection: PageConnection, before: int | None = None) -> list[RejectView]:
    return [_reject(row) for row in pages.rejects(connection, before=before, limit=REJECTS)]


def kept(connection: PageConnection, speech: Speech) -> Kept:
    return Kept([_class(row, speech) for row in pages.kept(connection)])


def _device(row: DeviceRow) -> DeviceView:
    health: dict[str, Any] = row.health or {}
    outbox: dict[str, Any] = health.get("outbox", {})
    return DeviceView(
        device_id=row.device_id,
        branch_id=row.branch_id,
        counter_id=row.counter_id,
        number=row.number,
        zone=row.zone,
        state=state(row.status),
        state_since=row.status_since,
        agent_version=row.agent_version,
        enrolled_at=row.enrolled_at,
        revoked_at=row.revoked_at,
        health_at=row.health_at,
        sensors=sensors(health),
        waiting=outbox.get("waiting"),
        dead_letters=outbox.get("dead_letters"),
        clock_trusted=health.get("clock_trusted"),
        overload=_overload(health),
        presses=[
            PressView(press["key"], datetime.fromisoformat(press["at"]), press["asked_by"])
            for press in health.get("presses", [])
        ],
        release=_release(row, health.get("config") or {}),
        settled=row.settled,
        dropped=row.dropped,
    )


def _release(row: DeviceRow, config: dict[str, Any]) -> ReleaseView | None:
    """A device that has not heard of the wanted version yet is pending, whatever it says of the
    one before.
    """
    if row.wanted_version is None:
        return None
    heard = config.get("wanted") == row.wanted_version
    actual = row.actual_release
    if actual is None and config.get("version") == 0:
        actual = 0
    return ReleaseView(
        wanted=row.wanted_release or 0,
        actual=actual,
        state=config.get("state", ConfigState.PENDING) if heard else ConfigState.PENDING,
        reason=config.get("reason") if heard else None,
    )


def _overload(health: dict[str, Any]) -> str | None:
    step: str = health.get("overload", Overload.NONE)
    return None if step == Overload.NONE else step


def _reject(row: RejectRow) -> RejectView:
    return RejectView(
        reject_id=row.reject_id,
        received_at=row.received_at,
        branch_id=row.branch_id,
        counter_id=row.counter_id,
        kind=row.kind,
        device_id=row.device_id,
        sequence=row.sequence,
        reason=row.reason,
        detail=row.detail,
        bytes=row.bytes,
    )


def _class(row: KeptRow, speech: Speech) -> KeptClass:
    label, holds = _CLASSES[row.name]
    return KeptClass(row.name, speech.text(label), speech.text(holds), row.rows, row.oldest)
