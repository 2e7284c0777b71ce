"""Scripts that two people play at a counter. Their words are ours and stand in the repository;
what is stored of playing one is the kind of each phrase and when its line was said.

```yaml
script: supplement_north
title_vi: ...
title_en: ...
dialect: north            # north, central, south
parts:                    # who reads what
  staff: {vi: ..., en: ...}
  citizen: {vi: ..., en: ...}
lines:
  - {at_s: 0, by: staff, says: "Cháu chào bác ạ.", kinds: [greeting]}
```
`at_s` is the time by which a line is begun, from the first line on. `kinds` names what the line
holds, nothing where it holds an innocent look-alike.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal, cast

from hub.scoring.located import Located, definition_files, read_located
from hub.truth.errors import ScriptError
from hub.truth.watched import SPOKEN, Thing, things

PACKAGED: Final = Path(__file__).parent / "scripts"
Side = Literal["staff", "citizen"]
_SIDES: Final[tuple[Side, Side]] = ("staff", "citizen")
_LONGEST_S = 900.0


@dataclass(frozen=True, slots=True)
class Part:
    """Who reads it, in two languages."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class ScriptLine:
    at_s: float
    by: Side
    says: str
    kinds: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class Script:
    id: str
    title_vi: str
    title_en: str
    dialect: str
    parts: dict[Side, Part]
    lines: tuple[ScriptLine, ...]


def load_scripts(folder: Path = PACKAGED) -> tuple[Script, ...]:
    """In the order of their ids. Raises ScriptError with file, line and field."""
    return tuple(
        _script(read_located(path, ScriptError), path.stem)
        for path in definition_files(folder, ScriptError)
    )


@cache
def packaged_scripts() -> tuple[Script, ...]:
    return load_scripts()


def script_named(name: str | None) -> Script | None:
    return next((one for one in packaged_scripts() if one.id == name), None)


def _script(whole: Located, stem: str) -> Script:
    fields = whole.fields(("script", "title_vi", "title_en", "dialect", "parts", "lines"))
    if fields["script"].name() != stem:
        fields["script"].fail(f"got another name, expected {stem} as the file's", "correct it")
    parts = fields["parts"].fields(_SIDES)
    return Script(
        id=stem,
        title_vi=fields["title_vi"].text(),
        title_en=fields["title_en"].text(),
        dialect=fields["dialect"].one_of(("north", "central", "south")),
        parts={side: _part(parts[side]) for side in _SIDES},
        lines=_lines(fields["lines"]),
    )


def _part(located: Located) -> Part:
    fields = located.fields(("vi", "en"))
    return Part(fields["vi"].text(), fields["en"].text())


def _lines(located: Located) -> tuple[ScriptLine, ...]:
    known = {(one.role, one.name): one for one in things(SPOKEN) if one.what == "category"}
    lines: list[ScriptLine] = []
    for item in located.items():
        fields = item.fields(("at_s", "by", "says"), ("kinds",))
        side = cast("Side", fields["by"].one_of(_SIDES))
        at_s = fields["at_s"].number(0, _LONGEST_S)
        if lines and at_s <= lines[-1].at_s:
            fields["at_s"].fail(f"got {at_s:g}, expected more than the line before", "correct it")
        kinds = (
            fields["kinds"].names_of(sorted({name for role, name in known if role == side}))
            if "kinds" in fields
            else ()
        )
        lines.append(
            ScriptLine(at_s, side, fields["says"].text(), tuple(known[side, k] for k in kinds))
        )
    return tuple(lines)
