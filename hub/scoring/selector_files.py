"""Reads what a rule looks for: hits, spans, turns, ticket, dossier, states; and where in time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time

from hub.scoring.case import ANYWHERE, Selector, Window
from hub.scoring.facts import CounterMode, DossierStep, PauseReason
from hub.scoring.local_time import Clock, PartOfDay, Weekday
from hub.scoring.located import Located
from hub.scoring.moments import TICKET_MOMENTS, CounterStates, DossierEvents, TicketMoments
from hub.scoring.selectors import Hits, Spans, Turns
from schemas.vocabulary import Category, Language, Role, SpanKind

SIDES = (Role.STAFF, Role.CITIZEN)
WINDOW = ("from_s", "until_s", "last_s", "clock")
CLOCK = ("from", "until", "weekdays", "parts")
FOREVER = 86_400.0
FASTEST = 3000.0
Fields = Mapping[str, Located]


def _role(fields: Fields) -> Role:
    return Role(fields["role"].one_of(SIDES))


def _seconds(fields: Fields, name: str) -> float:
    return fields[name].number(0, FOREVER) if name in fields else 0.0


def _hits(fields: Fields, window: Window) -> Hits:
    return Hits(
        tuple(Category(name) for name in fields["categories"].names_of(list(Category))),
        _role(fields),
        fields["confidence"].number(0, 1) if "confidence" in fields else 0.5,
        window,
    )


def _spans(fields: Fields, window: Window) -> Spans:
    return Spans(
        SpanKind(fields["kind"].one_of(list(SpanKind))),
        _role(fields) if "role" in fields else None,
        _seconds(fields, "lasting_s"),
        window,
    )


def _turns(fields: Fields, window: Window) -> Turns:
    def pace(name: str) -> float | None:
        return fields[name].number(0, FASTEST) if name in fields else None

    return Turns(
        _role(fields),
        _seconds(fields, "lasting_s"),
        pace("pace_above"),
        pace("pace_below"),
        tuple(Language(name) for name in fields["languages"].names_of(list(Language)))
        if "languages" in fields
        else (),
        _seconds(fields, "gap_above_s") if "gap_above_s" in fields else None,
        window,
    )


def _ticket(fields: Fields, window: Window) -> TicketMoments:
    named = fields["moments"].names_of(TICKET_MOMENTS)
    return TicketMoments(tuple(name for name in TICKET_MOMENTS if name in named), window)


def _dossier(fields: Fields, window: Window) -> DossierEvents:
    names = fields["steps"].names_of(list(DossierStep))
    return DossierEvents(tuple(DossierStep(name) for name in names), window)


def _states(fields: Fields, window: Window) -> CounterStates:
    return CounterStates(
        tuple(CounterMode(name) for name in fields["modes"].names_of(list(CounterMode))),
        tuple(PauseReason(name) for name in fields["reasons"].names_of(list(PauseReason)))
        if "reasons" in fields
        else (),
        _seconds(fields, "lasting_s"),
        window,
    )


@dataclass(frozen=True, slots=True)
class Form:
    required: tuple[str, ...]
    optional: tuple[str, ...]
    read: Callable[[Fields, Window], Selector]


SELECTORS: Mapping[str, Form] = {
    "hits": Form(("categories", "role"), ("confidence",), _hits),
    "spans": Form(("kind",), ("role", "lasting_s"), _spans),
    "turns": Form(
        ("role",), ("lasting_s", "pace_above", "pace_below", "languages", "gap_above_s"), _turns
    ),
    "ticket": Form(("moments",), (), _ticket),
    "dossier": Form(("steps",), (), _dossier),
    "states": Form(("modes",), ("reasons", "lasting_s"), _states),
}
EVIDENCE = ("hits", "spans")
"""What stands on an interaction's timeline, and so may be shown with a flag."""


def read_selector(located: Located, forms: tuple[str, ...] = tuple(SELECTORS)) -> Selector:
    """One of `forms`, without a count."""
    form, value = located.only_one_of(forms)
    kind = SELECTORS[form]
    return read_fields(form, value.fields(kind.required, (*kind.optional, *WINDOW)))


def read_fields(form: str, fields: Fields) -> Selector:
    return SELECTORS[form].read(fields, _window(fields))


def _window(fields: Fields) -> Window:
    if not any(name in fields for name in WINDOW):
        return ANYWHERE
    from_s = fields["from_s"].number(-FOREVER, FOREVER) if "from_s" in fields else float("-inf")
    until_s = fields["until_s"].number(-FOREVER, FOREVER) if "until_s" in fields else float("inf")
    if from_s > until_s:
        fields["until_s"].fail(
            f"got {until_s:g}, which lies before from_s {from_s:g}", "correct one of them"
        )
    return Window(
        from_s,
        until_s,
        fields["last_s"].number(0, FOREVER) if "last_s" in fields else None,
        clock(fields["clock"]) if "clock" in fields else None,
    )


def clock(located: Located) -> Clock:
    """Local time: {from, until, weekdays, parts}."""
    fields = located.fields((), CLOCK)
    if not fields:
        located.fail(f"got no field, expected one of {', '.join(CLOCK)}", "add one")
    from_ = fields["from"].clock() if "from" in fields else time.min
    until = fields["until"].clock() if "until" in fields else time.max
    if from_ >= until:
        fields["until" if "until" in fields else "from"].fail(
            f"got {until:%H:%M}, expected a time after {from_:%H:%M}", "correct one of them"
        )
    return Clock(
        from_,
        until,
        tuple(Weekday(name) for name in fields["weekdays"].names_of(list(Weekday)))
        if "weekdays" in fields
        else (),
        tuple(PartOfDay(name) for name in fields["parts"].names_of(list(PartOfDay)))
        if "parts" in fields
        else (),
    )
