"""The measurements table: each with its unit, its own coverage, and why it is missing.

Missing is not zero and not bad (law 4): what was not measured stays None with a reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from hub.web.contexts import MeasurementView
from hub.web.i18n import Speech
from hub.web.words import N_
from schemas.vocabulary import Missing

Unit = Literal["s", "count", "per_minute", "decibels", "polarity"]

_SENSORS: Final = (Missing.SENSOR_INVALID, Missing.MUTED, Missing.OVERLOAD)
_SOUND: Final = (*_SENSORS, Missing.WRITTEN, Missing.MODEL_FAILED)
_PICTURE: Final = (Missing.NO_VIDEO, *_SENSORS, Missing.MODEL_FAILED)
_ROLES: Final = (Missing.ROLE_UNKNOWN, Missing.SINGLE_CHANNEL, *_SOUND)
_TWO: Final = (Missing.SINGLE_CHANNEL, *_SOUND)
"""Of what takes two microphones."""
_TEXT: Final = (Missing.OTHER_LANGUAGE, Missing.LOW_CONFIDENCE, *_ROLES)


@dataclass(frozen=True, slots=True)
class _Line:
    id: str
    label: str
    unit: Unit
    coverage: tuple[str, ...]
    """Fields of Coverage that say how much of it was seen; the least of them holds."""
    reasons: tuple[Missing, ...]
    by_role: bool = False


_LINES: Final = (
    _Line("handling_s", N_("Handling time"), "s", (), ()),
    _Line("talk_time_s", N_("Talk time"), "s", ("roles",), _ROLES, by_role=True),
    _Line("unknown_talk_time_s", N_("Talk time, speaker not known"), "s", ("audio",), _SOUND),
    _Line("overlap_s", N_("Overlap"), "s", ("overlap",), _ROLES),
    _Line(
        "interruptions", N_("Interruptions, by who interrupts"), "count", ("overlap",), _ROLES, True
    ),
    _Line("response_gap_s", N_("Time until staff answer (median)"), "s", ("overlap",), _ROLES),
    _Line("dead_air_s", N_("Dead air in all"), "s", ("audio",), _TWO),
    _Line("longest_dead_air_s", N_("Longest dead air"), "s", ("audio",), _TWO),
    _Line(
        "raised_voice_s",
        N_("Louder than usual"),
        "s",
        ("raised_voice_staff", "raised_voice_citizen"),
        (Missing.NO_BASELINE, *_ROLES),
        by_role=True,
    ),
    _Line(
        "syllables_per_minute",
        N_("Speaking rate"),
        "per_minute",
        ("text_staff", "text_citizen"),
        _TEXT,
        by_role=True,
    ),
    _Line("sentiment.mean", N_("Tone of the citizen's words"), "polarity", ("sentiment",), _TEXT),
    _Line(
        "sentiment.first_half",
        N_("Tone in the first half"),
        "polarity",
        ("sentiment",),
        (Missing.TOO_FEW_TURNS, *_TEXT),
    ),
    _Line(
        "sentiment.second_half",
        N_("Tone in the second half"),
        "polarity",
        ("sentiment",),
        (Missing.TOO_FEW_TURNS, *_TEXT),
    ),
    _Line("citizen_present_s", N_("Citizen present"), "s", ("presence",), _PICTURE),
    _Line("staff_present_s", N_("Staff present"), "s", ("presence",), _PICTURE),
    _Line("unattended_s", N_("Counter without staff"), "s", ("presence",), _PICTURE),
    _Line("longest_unattended_s", N_("Longest without staff"), "s", ("presence",), _PICTURE),
    _Line("snr_db", N_("Voice above noise"), "decibels", ("audio",), _TWO, by_role=True),
)
_ASIDE: Final = frozenset({"sentiment.first_half", "sentiment.second_half", "unknown_talk_time_s"})
"""Shown only where there is something to show: halves that exist, talk of an unknown role."""
NOT_MEASURED: Final = N_("not measured this time")


def measurement_views(
    measurements: Mapping[str, Any], coverage: Mapping[str, Any], speech: Speech
) -> Iterator[MeasurementView]:
    missing = list(coverage.get("missing", ()))
    for line in _LINES:
        found = _lookup(measurements, line.id)
        if line.id in _ASIDE and (found is None or (found == 0 and line.unit == "s")):
            continue
        sides = found if line.by_role and isinstance(found, Mapping) else {}
        staff, citizen = sides.get("staff"), sides.get("citizen")
        value = None if line.by_role else found
        gone = (staff is None or citizen is None) if line.by_role else value is None
        shares = [coverage[name] for name in line.coverage if name in coverage]
        yield MeasurementView(
            id=line.id,
            label=speech.text(line.label),
            unit=line.unit,
            value=value,
            staff=staff,
            citizen=citizen,
            by_role=line.by_role,
            coverage=min(shares) if shares else None,
            reason=_why(line.reasons, missing, speech) if gone else None,
        )


def _lookup(measurements: Mapping[str, Any], path: str) -> Any:
    found: Any = measurements
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _why(reasons: Sequence[Missing], missing: Sequence[str], speech: Speech) -> str:
    """Those of the device's reasons that bear on this measurement."""
    told = [speech.word("missing", reason) for reason in reasons if reason in missing]
    return "; ".join(told) if told else speech.text(NOT_MEASURED)
