"""Reads the cases of a rule: what was said and seen, and what systems knew. See
rules/README.md for the form. What a case does not say is an ordinary, well measured talk of
three minutes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from hub.scoring.local_time import HERE
from hub.scoring.located import Located
from schemas.identifiers import uuid8
from schemas.interaction import (
    ByRole,
    Coverage,
    Hit,
    InteractionPayload,
    Measurements,
    Sentiment,
    Span,
    Turn,
)
from schemas.vocabulary import Category, EndReason, Language, Role, SourceKind, SpanKind

Fields = Mapping[str, Located]
HEARD = (
    "started",
    "length_s",
    "open",
    "cut_off",
    "boundary_uncertain",
    "said",
    "spans",
    "measured",
    "coverage",
    "not_sent",
)
SAID = (
    "at_s", "by", "kinds", "confidence", "lasting_s", "pace", "language", "read", "sure",
    "clear", "polarity", "short",
)  # fmt: skip
SPAN = ("at_s", "kind", "role", "lasting_s")
SHARES = tuple(n for n in Coverage.model_fields if n not in {"missing", "categories_sent"})
USUAL_START = datetime(2026, 3, 10, 10, 0, tzinfo=HERE)
"""A Tuesday."""
USUAL_LENGTH_S = 180.0
_LONGEST_S = 86_400.0
_BREATH_S = 0.8
"""From one kind of a turn to its next."""
_VOICED = 0.875


def read_interaction(fields: Fields, about: Located) -> InteractionPayload:
    """`fields` as HEARD names them; `about` is what to blame for what does not go together."""
    length_s = _number(fields, "length_s", USUAL_LENGTH_S, 1, _LONGEST_S)
    start = _started(fields["started"]) if "started" in fields else USUAL_START
    ended = EndReason.SOURCE_ENDED if _yes(fields, "cut_off") else EndReason.CITIZEN_ABSENT
    try:
        return InteractionPayload(
            interaction_id=uuid8("case", about.file, str(about.line)),
            open=_yes(fields, "open"),
            started_at=start,
            ended_at=start + timedelta(seconds=length_s),
            source=SourceKind.LIVE,
            end_reason=ended,
            boundary_uncertain=_yes(fields, "boundary_uncertain"),
            turns=tuple(_turns(fields.get("said"))),
            spans=tuple(_spans(fields.get("spans"), length_s)),
            measurements=_measurements(fields.get("measured"), length_s),
            coverage=_coverage(fields.get("coverage"), fields.get("not_sent")),
            models=("whisper-base:905e5bf8",),
        )
    except ValidationError as error:
        about.fail(_first(error), "correct the case")


def _first(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in fault["loc"])
    return f"got a case that no device could send ({where}: {fault['msg']})"


def _yes(fields: Fields, name: str) -> bool:
    return name in fields and fields[name].yes()


def _number(fields: Fields, name: str, usual: float, low: float, high: float) -> float:
    return fields[name].number(low, high) if name in fields else usual


def _started(located: Located) -> datetime:
    try:
        return datetime.strptime(located.text(), "%Y-%m-%d %H:%M").replace(tzinfo=HERE)
    except ValueError:
        located.fail(
            f"got {located.text()[:40]!r}, expected local time such as 2026-03-10 10:00",
            "correct it",
        )


def _turns(located: Located | None) -> Sequence[Turn]:
    if located is None:
        return [
            _turn(Role.STAFF, 1.0, (Category.GREETING,)),
            _turn(Role.CITIZEN, 6.0, ()),
            _turn(Role.STAFF, 170.0, (Category.CLOSING,)),
        ]
    return [_said(item) for item in located.items()]


def _said(located: Located) -> Turn:
    fields = located.fields(("at_s", "by"), SAID)
    role = Role(fields["by"].one_of(list(Role)))
    kinds: tuple[Category, ...] = ()
    if "kinds" in fields:
        kinds = tuple(Category(item.one_of(list(Category))) for item in fields["kinds"].items())
    given: dict[str, Any] = {}
    if "pace" in fields:
        given["syllables_per_minute"] = fields["pace"].number(0, 3000)
    if "language" in fields:
        given["language"] = Language(fields["language"].one_of(list(Language)))
    if "read" in fields and not fields["read"].yes():
        given |= dict.fromkeys(("syllables", "syllables_per_minute", "asr_confidence", "language"))
    if "clear" in fields:
        given["asr_confidence"] = fields["clear"].number(0, 1)
    if "polarity" in fields:
        given["sentiment"] = Sentiment(polarity=fields["polarity"].number(-1, 1), confidence=0.8)
    try:
        return _turn(
            role,
            fields["at_s"].number(0, _LONGEST_S),
            kinds,
            _number(fields, "confidence", 0.9, 0, 1),
            lasting_s=_number(fields, "lasting_s", 4.0, 0.1, 600),
            role_confidence=_number(fields, "sure", 0.97, 0, 1),
            backchannel=_yes(fields, "short"),
            **given,
        )
    except ValidationError as error:
        located.fail(_first(error), "correct this turn")


def _turn(
    role: Role,
    at_s: float,
    kinds: Sequence[Category],
    confidence: float = 0.9,
    lasting_s: float = 4.0,
    **given: Any,
) -> Turn:
    return Turn(
        **{
            "role": role,
            "role_confidence": 0.97,
            "start_s": at_s,
            "duration_s": lasting_s,
            "speech_s": lasting_s * _VOICED,
            "syllables": 14,
            "syllables_per_minute": 240.0,
            "loudness_dbfs": -24.0,
            "loudness_above_baseline_db": 0.5,
            "asr_confidence": 0.9,
            "language": Language.VIETNAMESE,
            "hits": tuple(
                Hit(category=kind, offset_s=round(at_s + n * _BREATH_S, 2), confidence=confidence)
                for n, kind in enumerate(kinds)
            ),
            **given,
        }
    )


def _spans(located: Located | None, length_s: float) -> list[Span]:
    spans = [] if located is None else [_span(item) for item in located.items()]
    if not any(span.kind is SpanKind.CITIZEN_PRESENT for span in spans):
        spans.append(Span(kind=SpanKind.CITIZEN_PRESENT, start_s=0.0, duration_s=length_s))
    return spans


def _span(located: Located) -> Span:
    fields = located.fields(("at_s", "kind"), SPAN)
    return Span(
        kind=SpanKind(fields["kind"].one_of(list(SpanKind))),
        role=Role(fields["role"].one_of((Role.STAFF, Role.CITIZEN))) if "role" in fields else None,
        start_s=fields["at_s"].number(0, _LONGEST_S),
        duration_s=_number(fields, "lasting_s", 3.0, 0, _LONGEST_S),
    )


def _measurements(located: Located | None, length_s: float) -> Measurements:
    given: dict[str, Any] = {
        "handling_s": length_s,
        "talk_time_s": ByRole(staff=70.0, citizen=60.0),
        "overlap_s": 1.0,
        "dead_air_s": 8.0,
        "longest_dead_air_s": 8.0,
        "dead_air_threshold_s": 5.0,
        "response_gap_s": 0.6,
        "interruptions": ByRole(staff=0, citizen=0),
        "raised_voice_s": ByRole(staff=0, citizen=0),
        "syllables_per_minute": ByRole(staff=240.0, citizen=220.0),
        "citizen_present_s": length_s,
        "staff_present_s": length_s,
        "unattended_s": 0.0,
        "longest_unattended_s": 0.0,
        "snr_db": ByRole(staff=24.0, citizen=22.0),
    }
    for name, value in [] if located is None else located.pairs():
        if name not in given or name in {"handling_s", "dead_air_threshold_s"}:
            value.fail(
                f"got {name}, expected one of {', '.join(sorted(given))}",
                "correct its name; the handling time is length_s",
            )
        if isinstance(given[name], ByRole):
            sides = value.fields((), ("staff", "citizen"))
            given[name] = ByRole(**{side: _measure(number) for side, number in sides.items()})
        else:
            given[name] = _measure(value)
    return Measurements(**given)


def _measure(located: Located) -> float | None:
    """`none`: could not be measured."""
    return None if located.text() == "none" else located.number(0, _LONGEST_S)


def _coverage(located: Located | None, not_sent: Located | None) -> Coverage:
    shares = dict.fromkeys(SHARES, 1.0)
    for name, value in [] if located is None else located.pairs():
        if name not in shares:
            value.fail(f"got {name}, expected one of {', '.join(SHARES)}", "correct its name")
        shares[name] = value.number(0, 1)
    kept = None
    if not_sent is not None:
        lacking = not_sent.names_of(list(Category))
        kept = tuple(category for category in Category if category not in lacking)
    return Coverage(**shares, categories_sent=kept)
