"""What a scenario is: what happens at a counter, what the systems knew, what must come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hub.scoring.errors import DefinitionError
from hub.scoring.located import Located
from hub.scoring.rubrics import FigureName
from schemas.vocabulary import Key, Language, Overload, Role

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
