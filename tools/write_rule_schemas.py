"""Writes the JSON Schemas of rules and of their cases, for editors. `make schemas`.

An editor that knows YAML schemas completes names and marks faults while one types; what a
schema cannot say (an order of two values, which quantity counts phrases) `hailong hub rules
check` says.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

from hub.scoring import case_facts, case_files, rule_cases, rules
from hub.scoring.condition import COMPARISONS
from hub.scoring.condition_files import COUNT, FORMS, MOST, RELATIONS
from hub.scoring.facts import YES_OR_NO, CounterMode, DossierOutcome, DossierStep, PauseReason
from hub.scoring.local_time import PartOfDay, Weekday
from hub.scoring.measured import MEASURED
from hub.scoring.moments import TICKET_MOMENTS
from hub.scoring.quantities import COVERAGES
from hub.scoring.selector_files import (
    CLOCK,
    EVIDENCE,
    FASTEST,
    FOREVER,
    SELECTORS,
    SIDES,
    WINDOW,
)
from schemas.interaction import Measurements
from schemas.vocabulary import Category, Language, Role, SpanKind, Zone

FOLDER = rules.PACKAGED
Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
YES: Schema = {"type": "boolean"}
NAME: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}
TIME: Schema = {"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"}
OFFSET: Schema = {"type": "number"}
SECONDS: Schema = {"type": "number", "minimum": 0, "maximum": FOREVER}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
LEAST_COVERAGE: Schema = {"type": "number", "minimum": 0.05, "maximum": 1}


def named(names: Iterable[str]) -> Schema:
    return {"enum": sorted(str(name) for name in names)}


def some(items: Schema, *, unique: bool = True) -> Schema:
    return {"type": "array", "items": items, "minItems": 1} | (
        {"uniqueItems": True} if unique else {}
    )


def fields(known: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    made: Schema = {
        "type": "object",
        "properties": dict(known),
        "additionalProperties": False,
    }
    needed = sorted(required)
    return made | {"required": needed} if needed else made


def only_one(known: Mapping[str, Schema]) -> Schema:
    return fields(known) | {"minProperties": 1, "maxProperties": 1}


def ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


SELECTOR_FIELDS: Mapping[str, Schema] = {
    "categories": some(named(Category)),
    "role": named(SIDES),
    "confidence": SHARE,
    "kind": named(SpanKind),
    "lasting_s": SECONDS,
    "pace_above": {"type": "number", "minimum": 0, "maximum": FASTEST},
    "pace_below": {"type": "number", "minimum": 0, "maximum": FASTEST},
    "languages": some(named(Language)),
    "gap_above_s": SECONDS,
    "moments": some(named(TICKET_MOMENTS)),
    "steps": some(named(DossierStep)),
    "modes": some(named(CounterMode)),
    "reasons": some(named(PauseReason)),
}
WINDOW_FIELDS: Mapping[str, Schema] = {
    "from_s": OFFSET | {"description": "seconds from the start; negative: before it"},
    "until_s": OFFSET | {"description": "seconds from the start"},
    "last_s": SECONDS | {"description": "within so many seconds before the end"},
    "clock": ref("clock"),
}
CLOCK_FIELDS: Mapping[str, Schema] = {
    "from": TIME,
    "until": TIME,
    "weekdays": some(named(Weekday)),
    "parts": some(named(PartOfDay)),
}
COUNT_FIELDS: Mapping[str, Schema] = {
    "at_least": {"type": "integer", "minimum": 1, "maximum": MOST},
    **{relation: ref("selector") for relation in RELATIONS},
    "within_s": SECONDS,
}
assert set(WINDOW_FIELDS) == set(WINDOW)
assert set(CLOCK_FIELDS) == set(CLOCK)
assert set(COUNT_FIELDS) == set(COUNT)


def selector(form: str, more: Mapping[str, Schema] | None = None) -> Schema:
    kind = SELECTORS[form]
    own = {name: SELECTOR_FIELDS[name] for name in (*kind.required, *kind.optional)}
    return fields({**own, **WINDOW_FIELDS, **(more or {})}, kind.required)


def definitions() -> Schema:
    conditions: dict[str, Schema] = {
        "all": some(ref("condition"), unique=False),
        "any": some(ref("condition"), unique=False),
        "not": ref("condition"),
        "measured": fields(
            {
                "quantity": named(n for n, quantity in MEASURED.items() if not quantity.phrases),
                **dict.fromkeys(COMPARISONS, OFFSET),
            },
            ("quantity",),
        )
        | {"minProperties": 2, "maxProperties": 2},
        "fact": named(YES_OR_NO),
        "started": ref("clock"),
        **{form: selector(form, COUNT_FIELDS) for form in SELECTORS},
    }
    assert set(conditions) == set(FORMS)
    return {
        "clock": fields(CLOCK_FIELDS)
        | {"minProperties": 1, "description": "local time in Hanoi; until is not included"},
        "selector": only_one({form: selector(form) for form in SELECTORS}),
        "evidence": only_one({form: selector(form) for form in EVIDENCE}),
        "condition": only_one(conditions),
    }


RULE_FIELDS: Mapping[str, Schema] = {
    "rule": NAME | {"description": "the file's name"},
    "version": {"type": "integer", "minimum": 1, "description": "raise it with every change"},
    "kind": named(rules.KINDS)
    | {
        "description": "live: walk over; review: ask; trend: by the week; shadow: measured, never "
        "shown; positive: a good moment"
    },
    "severity": {"type": "integer", "minimum": 1, "maximum": 5, "description": "5 the gravest"},
    "role": named((*SIDES, "none")) | {"description": "whose doing it asks about"},
    "title_vi": TEXT,
    "title_en": TEXT,
    "reason_vi": TEXT,
    "reason_en": TEXT,
    "coverage": fields(dict.fromkeys(COVERAGES, LEAST_COVERAGE)) | {"minProperties": 1},
    "when": ref("condition"),
    "evidence": some(ref("evidence"), unique=False),
    "zones": some(named(Zone)) | {"description": "where it holds; everywhere when left out"},
    "blocked_by": some(named(rules.BLOCKS))
    | {"description": "facts that silence it where they are known to hold"},
    "cool_down_s": {
        "type": "number",
        "minimum": 0,
        "maximum": 600,
        "description": "hits or spans of one kind and role closer than this are one event",
    },
    "reviewed": named(rules.REVIEWED),
    "never_stops": YES | {"description": "money and abuse: does not switch itself off"},
    "outside_budget": YES | {"description": "money, abuse, complaints: never held back"},
    "weeks_silent": {
        "type": "integer",
        "minimum": 0,
        "maximum": 52,
        "description": "weeks for which a new rule is seen by QA alone; 4 when left out",
    },
}
assert set(RULE_FIELDS) == {*rules.REQUIRED, *rules.OPTIONAL}

SAID_FIELDS: Mapping[str, Schema] = {
    "at_s": SECONDS,
    "by": named(Role),
    "kinds": some(named(Category), unique=False),
    "confidence": SHARE | {"description": "of each kind; 0.9 when left out"},
    "lasting_s": {"type": "number", "minimum": 0.1, "maximum": 600},
    "pace": {"type": "number", "minimum": 0, "maximum": FASTEST},
    "language": named(Language),
    "read": YES | {"description": "false: it was not understood"},
    "sure": SHARE | {"description": "how surely it is known who spoke"},
    "clear": SHARE | {"description": "how surely the words were understood"},
    "polarity": {"type": "number", "minimum": -1, "maximum": 1},
    "short": YES | {"description": "nothing but dạ, vâng, ừ"},
}
assert set(SAID_FIELDS) == set(case_files.SAID)
_TIMED: Schema = {"anyOf": [SECONDS, {"const": "none"}]}
_BY_ROLE = ("talk_time_s", "interruptions", "raised_voice_s", "syllables_per_minute", "snr_db")
_NOT_SAID = ("handling_s", "dead_air_threshold_s", "sentiment", "expression", "unknown_talk_time_s")
CASE_FIELDS: Mapping[str, Schema] = {
    "started": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}$"},
    "length_s": {"type": "number", "minimum": 1, "maximum": FOREVER},
    "open": YES,
    "cut_off": YES,
    "boundary_uncertain": YES,
    "said": some(fields(SAID_FIELDS, ("at_s", "by")), unique=False),
    "spans": some(
        fields(
            {"at_s": SECONDS, "kind": named(SpanKind), "role": named(SIDES), "lasting_s": SECONDS},
            ("at_s", "kind"),
        ),
        unique=False,
    ),
    "measured": fields(
        {
            name: fields({str(side): _TIMED for side in SIDES}) if name in _BY_ROLE else _TIMED
            for name in Measurements.model_fields
            if name not in _NOT_SAID
        }
    ),
    "coverage": fields(dict.fromkeys(case_files.SHARES, SHARE)),
    "not_sent": some(named(Category)),
    "zone": named(Zone),
    "facts": fields(
        {
            **dict.fromkeys(case_facts.SAID_OUTRIGHT, YES),
            "waiting_s": {"type": "number", "minimum": 0},
            "dossier_outcome": named(get_args(DossierOutcome)),
            "called_with_nobody": {"type": "integer", "minimum": 0, "maximum": 1000},
        }
    ),
    "ticket": fields(
        {
            **{f"{name}_s": OFFSET for name in case_facts.TICKET_TIMES},
            **dict.fromkeys(case_facts.TICKET_FACTS, YES),
            "dossiers": {"type": "integer", "minimum": 0, "maximum": 1000},
        }
    ),
    "visit": fields(
        {
            "sent_back": {"type": "integer", "minimum": 0, "maximum": 1000},
            "transfers": {"type": "integer", "minimum": 0, "maximum": 1000},
            "rating_in_burst": YES,
        }
    ),
    "dossier": {
        "anyOf": [
            {"const": "nothing"},
            some(fields({"step": named(DossierStep), "at_s": OFFSET}, ("step", "at_s"))),
        ]
    },
    "states": some(
        fields(
            {
                "mode": named(CounterMode),
                "from_s": OFFSET,
                "until_s": OFFSET,
                "reason": named(PauseReason),
            },
            ("mode", "from_s"),
        )
    ),
    "hours": some({"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$"}),
    "holidays": some({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
}
assert set(CASE_FIELDS) == {*case_files.HEARD, *case_facts.KNOWN}


def rule_schema() -> Schema:
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A rule of the hub; README.md says what its fields mean",
        **fields(RULE_FIELDS, rules.REQUIRED),
        "definitions": definitions(),
    }


def cases_schema() -> Schema:
    known = {name: ref(name) for name in CASE_FIELDS}
    one = fields({"name": TEXT, **known}, ("name",))
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A rule's cases; README.md says what their fields mean",
        **fields(
            {
                "rule": NAME,
                "usual": fields(known),
                "fires": some(ref("case"), unique=False) | {"minItems": rule_cases.LEAST},
                "innocent": some(ref("case"), unique=False) | {"minItems": rule_cases.LEAST},
            },
            ("rule", "fires", "innocent"),
        ),
        "definitions": {"case": one, **CASE_FIELDS},
    }


def documents() -> dict[Path, str]:
    """What stands in each file."""
    made = {
        FOLDER / "rule.schema.json": rule_schema(),
        FOLDER / rule_cases.FOLDER / "cases.schema.json": cases_schema(),
    }
    return {
        path: json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
        for path, schema in made.items()
    }


def main() -> None:
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
