"""Reads what happens in a scenario: lines, presence, faults, keys. See README.md for the form."""

from collections.abc import Mapping
from datetime import datetime

import yaml

from hub.scoring.case_files import USUAL_START
from hub.scoring.local_time import HERE
from hub.scoring.located import Located
from schemas.vocabulary import Key, Language, Overload, Role
from tests.scenarios.script import Interval, Line, Script

SPEAKERS = ("staff", "citizen", "hall")
FAULTS = {
    "microphone_staff_dead": "dead0",
    "microphone_citizen_dead": "dead1",
    "microphone_staff_clipped": "clipped0",
    "microphone_citizen_clipped": "clipped1",
    "camera_covered": "dark",
    "camera_frozen": "frozen",
    "camera_gone": "gap",
}
PAUSE_S = 0.9
"""From one line to the next where nothing is said of it: longer than what ends a turn."""
PACE = 240.0
"""Syllables a minute."""
ENDING_S = 2.0
"""From the last word to the citizen's leaving."""
_LONGEST_S = 3600.0
SCRIPT = (
    "said", "citizen_there", "staff_away", "faults", "keys", "spare", "usual_known",
    "microphones", "camera", "started",
)  # fmt: skip
"""The fields of it."""
LINE = (*SPEAKERS, "at_s", "gap_s", "lasting_s", "louder_db", "pace", "clear", "language", "heard")


def read_script(fields: Mapping[str, Located], about: Located) -> Script:
    if "said" not in fields and "citizen_there" not in fields:
        about.fail("got neither said nor citizen_there", "say what happens")
    lines = _lines(fields["said"]) if "said" in fields else ()
    last_s = max((one.end_s for one in lines if one.who != "hall"), default=0.0)
    there: tuple[Interval, ...] = ((0.0, round(last_s + ENDING_S, 2)),)
    if "citizen_there" in fields:
        there = _presence(fields["citizen_there"])
    started = USUAL_START
    if "started" in fields:
        try:
            started = datetime.strptime(fields["started"].text(), "%Y-%m-%d %H:%M").replace(
                tzinfo=HERE
            )
        except ValueError:
            fields["started"].fail(
                f"got {fields['started'].text()[:40]!r}, expected local time such as "
                "2026-03-10 10:00",
                "correct it",
            )
    return Script(
        lines=lines,
        there=there,
        away=_intervals(fields, "staff_away"),
        faults=_faults(fields),
        keys=_keys(fields),
        spare=_spare(fields),
        usual_known="usual_known" in fields and fields["usual_known"].yes(),
        microphones=fields["microphones"].whole(1, 2) if "microphones" in fields else 2,
        camera=fields["camera"].yes() if "camera" in fields else True,
        started=started,
    )


def _lines(located: Located) -> tuple[Line, ...]:
    lines: list[Line] = []
    now_s = 1.0 - PAUSE_S
    for item in located.items():
        one = _line(item, now_s)
        own = [before for before in lines if before.who == one.who != "hall"]
        if any(before.end_s > one.at_s and one.end_s > before.at_s for before in own):
            item.fail(f"got {one.who} twice at once", "move one of the lines")
        lines.append(one)
        if one.who != "hall":
            now_s = one.end_s
    return tuple(sorted(lines, key=lambda one: one.at_s))


def _line(located: Located, now_s: float) -> Line:
    fields = located.fields((), LINE)
    who = [name for name in SPEAKERS if name in fields]
    if len(who) != 1:
        located.fail(f"got {len(who)} speakers", f"name one of {', '.join(SPEAKERS)}")
    if "at_s" in fields and "gap_s" in fields:
        located.fail("got both at_s and gap_s", "leave one out")
    text = fields[who[0]].text()
    pace = number(fields, "pace", PACE, 40, 600)
    lasting_s = number(fields, "lasting_s", len(text.split()) * 60 / pace, 0.2, 120)
    gap_s = number(fields, "gap_s", PAUSE_S, -30, _LONGEST_S)
    at_s = number(fields, "at_s", now_s + gap_s, -30, _LONGEST_S)
    return Line(
        who=who[0],
        text=text,
        at_s=round(at_s, 2),
        lasting_s=round(lasting_s, 2),
        louder_db=number(fields, "louder_db", 0.0, -30, 26),
        clear=number(fields, "clear", 0.9, 0, 1),
        language=Language(fields["language"].one_of(list(Language)))
        if "language" in fields
        else Language.VIETNAMESE,
        heard=fields["heard"].text() if "heard" in fields else text,
    )


def number(
    fields: Mapping[str, Located], name: str, usual: float, low: float, high: float
) -> float:
    return fields[name].number(low, high) if name in fields else usual


def _intervals(fields: Mapping[str, Located], name: str) -> tuple[Interval, ...]:
    if name not in fields:
        return ()
    found = []
    for item in fields[name].items():
        ends = [end.number(-30, _LONGEST_S) for end in item.items()]
        if len(ends) != 2 or not ends[0] < ends[1]:
            item.fail("expected [from, until] in seconds", "correct it")
        found.append((ends[0], ends[1]))
    return tuple(sorted(found))


def _presence(located: Located) -> tuple[Interval, ...]:
    """`nobody`: no citizen comes."""
    if isinstance(located.node, yaml.ScalarNode):
        located.one_of(("nobody",))
        return ()
    return _intervals({"it": located}, "it")


def _faults(fields: Mapping[str, Located]) -> tuple[tuple[str, float, float], ...]:
    if "faults" not in fields:
        return ()
    found = []
    for item in fields["faults"].items():
        given = item.fields(("what",), ("from_s", "until_s"))
        low_s = number(given, "from_s", -_LONGEST_S, -_LONGEST_S, _LONGEST_S)
        high_s = number(given, "until_s", _LONGEST_S, -_LONGEST_S, _LONGEST_S)
        found.append((FAULTS[given["what"].one_of(FAULTS)], low_s, high_s))
    return tuple(found)


def _keys(fields: Mapping[str, Located]) -> tuple[tuple[float, Key, Role], ...]:
    if "keys" not in fields:
        return ()
    found = []
    for item in fields["keys"].items():
        given = item.fields(("at_s", "key", "by"))
        by = Role(given["by"].one_of((Role.STAFF, Role.CITIZEN)))
        found.append((given["at_s"].number(-30, _LONGEST_S), Key(given["key"].one_of(Key)), by))
    return tuple(found)


def _spare(fields: Mapping[str, Located]) -> tuple[tuple[float, Overload], ...]:
    if "spare" not in fields:
        return ()
    found = []
    for item in fields["spare"].items():
        given = item.fields(("at_s", "step"))
        step = Overload(given["step"].one_of(Overload))
        found.append((given["at_s"].number(-30, _LONGEST_S), step))
    return tuple(found)
