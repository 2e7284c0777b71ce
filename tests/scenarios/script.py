"""Reads scenarios: what happens at a counter, what the systems knew, what must come of it.

The form is README.md's. A fault names file, line and field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import yaml

from hub.scoring.case_facts import KNOWN
from hub.scoring.case_files import USUAL_START
from hub.scoring.errors import DefinitionError
from hub.scoring.local_time import HERE
from hub.scoring.located import Located, definition_files, read_located
from hub.scoring.rubrics import FIGURES, FigureName
from hub.scoring.rules import load_rules
from schemas.vocabulary import Key, Language, Overload, Role

FOLDER = Path(__file__).parent
SPEAKERS = ("staff", "citizen", "hall")
DIALECTS = ("north", "centre", "south")
FAULTS = {
    "microphone_staff_dead": "dead0",
    "microphone_citizen_dead": "dead1",
    "microphone_staff_clipped": "clipped0",
    "microphone_citizen_clipped": "clipped1",
    "camera_covered": "dark",
    "camera_frozen": "frozen",
    "camera_gone": "gap",
}
BOUNDS = ("at_least", "at_most")
COMPARED = ("lower", "not_lower", "higher", "not_higher")
PAUSE_S = 0.9
"""From one line to the next where nothing is said of it: longer than what ends a turn."""
PACE = 240.0
"""Syllables a minute."""
ENDING_S = 2.0
"""From the last word to the citizen's leaving."""
_LONGEST_S = 3600.0
_SCRIPT = (
    "said", "citizen_there", "staff_away", "faults", "keys", "spare", "usual_known",
    "microphones", "camera", "started",
)  # fmt: skip
_LISTS = ("expect", "forbid", "may")
_ALL = (
    "name", "dialect", "as", "stays", "sound", "later", "known_wrong", "figures", "compare",
    *_SCRIPT, *_LISTS, *KNOWN,
)  # fmt: skip
_LINE = (*SPEAKERS, "at_s", "gap_s", "lasting_s", "louder_db", "pace", "clear", "language", "heard")

Interval = tuple[float, float]


class ScenarioError(DefinitionError):
    code = "scenario"


@dataclass(frozen=True, slots=True)
class Line:
    """`hall`: a sound of the hall that reaches both microphones alike."""

    who: str
    text: str
    at_s: float
    """From the citizen's coming; what was said before it is negative."""
    lasting_s: float
    louder_db: float
    """Than this voice usually is."""
    clear: float
    """Confidence of the transcript."""
    language: Language
    heard: str
    """What the scripted transcriber writes."""

    @property
    def end_s(self) -> float:
        return self.at_s + self.lasting_s


@dataclass(frozen=True, slots=True)
class Script:
    """What is played. Times are seconds from the citizen's coming."""

    lines: tuple[Line, ...]
    there: tuple[Interval, ...]
    away: tuple[Interval, ...]
    faults: tuple[tuple[str, float, float], ...]
    keys: tuple[tuple[float, Key, Role], ...]
    spare: tuple[tuple[float, Overload], ...]
    usual_known: bool
    """Both have spoken for a minute before, so that a raised voice can be told."""
    microphones: int
    camera: bool
    started: datetime

    @property
    def end_s(self) -> float:
        """When the citizen has left; without one, the last word's end."""
        ends = [high for _, high in self.there] or [one.end_s for one in self.lines]
        return max(ends)


@dataclass(frozen=True, slots=True)
class Expected:
    expect: frozenset[str]
    forbid: frozenset[str]
    may: frozenset[str]
    """Neither asked for nor wrong."""
    known_wrong: Mapping[str, str] = field(default_factory=dict)
    """Rule, or figure compared, -> why it is not yet as the lists say."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Played through synthesised voices and the real models of sound and words too."""

    staff: str
    citizen: str
    """Voices of espeak-ng."""
    words_per_minute: int
    may_miss: frozenset[str]
    """Rules whose phrase Whisper misreads of this voice."""
    noise_dbfs: float


@dataclass(frozen=True, slots=True)
class Scenario:
    file: str
    line: int
    name: str
    dialect: str
    script: Script
    stays: int
    facts: Mapping[str, Located]
    later: Mapping[str, Located] | None
    """What came to be known after the first judgement; `expected` is of the last one."""
    at_first: Expected | None
    expected: Expected
    bounds: tuple[tuple[FigureName, str, float | None], ...]
    """Figure, at_least or at_most or none, and the points."""
    compare: tuple[str, tuple[tuple[FigureName, str], ...]] | None
    """Name of another scenario, and how this one's figures stand to its."""
    sound: Sound | None

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"


def load(folder: Path = FOLDER) -> tuple[Scenario, ...]:
    """All scenarios of a folder, in the order of files. Raises ScenarioError."""
    rules = frozenset(rule.id for rule in load_rules())
    found: dict[str, Scenario] = {}
    for path in definition_files(folder, ScenarioError):
        whole = read_located(path, ScenarioError)
        fields = whole.fields(("scenarios",), ("usual",))
        usual = fields["usual"].fields((), _ALL) if "usual" in fields else {}
        for item in fields["scenarios"].items():
            one = _Reader(item, usual, rules).scenario(found)
            if one.name in found:
                item.fail(f"got the name {one.name!r} twice", "name each differently")
            found[one.name] = one
    for one in found.values():
        if one.compare is not None and one.compare[0] not in found:
            raise ScenarioError(
                one.file, one.line, "compare", f"got no scenario {one.compare[0]!r}",
                "name one as it stands under name:",
            )  # fmt: skip
    return tuple(found.values())


class _Reader:
    """One scenario. `usual`: what holds for each of its file."""

    def __init__(self, item: Located, usual: Mapping[str, Located], rules: frozenset[str]) -> None:
        self._item = item
        self._own = item.fields(("name",), _ALL)
        self._fields = {**usual, **self._own}
        self._rules = rules

    def scenario(self, before: Mapping[str, Scenario]) -> Scenario:
        fields = self._fields
        facts = {name: value for name, value in fields.items() if name in KNOWN}
        later, at_first = self._later(facts)
        return Scenario(
            file=self._item.file,
            line=self._item.line,
            name=fields["name"].text(),
            dialect=fields["dialect"].one_of(DIALECTS) if "dialect" in fields else "north",
            script=self._script(before),
            stays=fields["stays"].whole(0, 9) if "stays" in fields else 1,
            facts=facts,
            later=later,
            at_first=at_first,
            expected=self._expected(fields, self._item),
            bounds=self._bounds(),
            compare=self._compare(),
            sound=self._sound(),
        )

    def _script(self, before: Mapping[str, Scenario]) -> Script:
        if "as" not in self._own:
            return _script(self._fields, self._item)
        name = self._own["as"].text()
        if name not in before:
            self._own["as"].fail(f"got no scenario {name!r} before this one", "name one above it")
        for own in _SCRIPT:
            if own in self._own:
                self._own[own].fail(
                    f"got {own} beside as:", "leave it out: what happens is the other's"
                )
        return before[name].script

    def _later(
        self, facts: Mapping[str, Located]
    ) -> tuple[Mapping[str, Located] | None, Expected | None]:
        if "later" not in self._fields:
            return None, None
        located = self._fields["later"]
        given = located.fields((), (*KNOWN, "at_first"))
        first = given.pop("at_first", None)
        if first is None:
            located.fail("got no at_first, expected it here", "say what was expected before")
        return {**facts, **given}, self._expected(first.fields((), _LISTS), first)

    def _expected(self, fields: Mapping[str, Located], about: Located) -> Expected:
        expect, forbid, may = (
            frozenset(fields[n].names_of(self._rules)) if n in fields else frozenset()
            for n in _LISTS
        )
        both = (expect & forbid) | (expect & may) | (forbid & may)
        if both:
            about.fail(f"got {min(both)} in two of the lists", "leave it in one of them")
        wrong = self._known_wrong(expect | forbid) if about is self._item else {}
        return Expected(expect, forbid, may, wrong)

    def _known_wrong(self, said: frozenset[str]) -> dict[str, str]:
        if "known_wrong" not in self._own:
            return {}
        compare = self._compare()
        compared = {name for name, _ in compare[1]} if compare else set()
        found = {}
        for name, why in self._own["known_wrong"].pairs():
            if name not in said and name not in compared:
                why.fail(
                    f"got {name}, which is under none of expect, forbid and compare",
                    "say there what would be right",
                )
            found[name] = why.text()
        return found

    def _bounds(self) -> tuple[tuple[FigureName, str, float | None], ...]:
        found: list[tuple[FigureName, str, float | None]] = []
        for name, value in self._figures("figures").items():
            if isinstance(value.node, yaml.ScalarNode):
                value.one_of(("none",))
                found.append((name, "none", None))
                continue
            bounds = value.fields((), BOUNDS)
            found += [(name, bound, number.number(0, 100)) for bound, number in bounds.items()]
        return tuple(found)

    def _figures(self, field: str) -> dict[FigureName, Located]:
        if field not in self._fields:
            return {}
        given = self._fields[field].fields((), FIGURES)
        return {name: given[name] for name in FIGURES if name in given}

    def _compare(self) -> tuple[str, tuple[tuple[FigureName, str], ...]] | None:
        if "compare" not in self._fields:
            return None
        given = self._fields["compare"].fields(("to",), FIGURES)
        signs = [(name, given[name].one_of(COMPARED)) for name in FIGURES if name in given]
        return given["to"].text(), tuple(signs)

    def _sound(self) -> Sound | None:
        if "sound" not in self._own:
            return None
        given = self._own["sound"].fields(
            ("staff", "citizen"), ("words_per_minute", "may_miss", "noise_dbfs")
        )
        missed = given["may_miss"].names_of(self._rules) if "may_miss" in given else ()
        return Sound(
            staff=given["staff"].text(),
            citizen=given["citizen"].text(),
            words_per_minute=given["words_per_minute"].whole(80, 250)
            if "words_per_minute" in given
            else 140,
            may_miss=frozenset(missed),
            noise_dbfs=_number(given, "noise_dbfs", -60.0, -90, -20),
        )


def _script(fields: Mapping[str, Located], about: Located) -> Script:
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
    fields = located.fields((), _LINE)
    who = [name for name in SPEAKERS if name in fields]
    if len(who) != 1:
        located.fail(f"got {len(who)} speakers", f"name one of {', '.join(SPEAKERS)}")
    if "at_s" in fields and "gap_s" in fields:
        located.fail("got both at_s and gap_s", "leave one out")
    text = fields[who[0]].text()
    pace = _number(fields, "pace", PACE, 40, 600)
    lasting_s = _number(fields, "lasting_s", len(text.split()) * 60 / pace, 0.2, 120)
    gap_s = _number(fields, "gap_s", PAUSE_S, -30, _LONGEST_S)
    at_s = _number(fields, "at_s", now_s + gap_s, -30, _LONGEST_S)
    return Line(
        who=who[0],
        text=text,
        at_s=round(at_s, 2),
        lasting_s=round(lasting_s, 2),
        louder_db=_number(fields, "louder_db", 0.0, -30, 26),
        clear=_number(fields, "clear", 0.9, 0, 1),
        language=Language(fields["language"].one_of(list(Language)))
        if "language" in fields
        else Language.VIETNAMESE,
        heard=fields["heard"].text() if "heard" in fields else text,
    )


def _number(
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
        low_s = _number(given, "from_s", -_LONGEST_S, -_LONGEST_S, _LONGEST_S)
        high_s = _number(given, "until_s", _LONGEST_S, -_LONGEST_S, _LONGEST_S)
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
