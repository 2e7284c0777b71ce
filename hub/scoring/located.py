"""Reads YAML and keeps the line of every value, so that a fault can be found and mended."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import NoReturn

import yaml

from hub.scoring.errors import DefinitionError

# The parser in C where PyYAML was built with it: ten times as fast, the same marks.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Located:
    """One value of a file with where it stands."""

    file: str
    field: str
    node: yaml.Node
    error: type[DefinitionError]

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    def fail(self, problem: str, remedy: str) -> NoReturn:
        raise self.error(self.file, self.line, self.field, problem, remedy)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> dict[str, "Located"]:
        """The values of a mapping that has all required names and no unknown one."""
        needed, known = set(required), {*required, *optional}
        found: dict[str, Located] = {}
        for name, value in self.pairs():
            if name not in known:
                value.fail(
                    f"got the unknown field {name}, expected {', '.join(sorted(known))}",
                    "correct its name or remove it",
                )
            found[name] = value
        lacking = sorted(needed - found.keys())
        if lacking:
            self.fail(f"got no {lacking[0]}, expected it here", f"add {lacking[0]}:")
        return found

    def pairs(self) -> list[tuple[str, "Located"]]:
        if not isinstance(self.node, yaml.MappingNode):
            self.fail("got no fields, expected `name: value`", "write it as fields")
        found: dict[str, Located] = {}
        for key, value in self.node.value:
            name = str(key.value)
            if name in found:
                Located(self.file, name, key, self.error).fail(
                    f"got {name} twice", "remove one of them"
                )
            found[name] = Located(self.file, name, value, self.error)
        return list(found.items())

    def items(self) -> list["Located"]:
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail("got no list, expected one", "write one `- item` a line, or [a, b]")
        if not self.node.value:
            self.fail("got an empty list, expected an item", "add one or remove the field")
        return [Located(self.file, self.field, item, self.error) for item in self.node.value]

    def text(self) -> str:
        value = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        if not str(value).strip():
            self.fail("got no text, expected one", "write it after the colon")
        return " ".join(str(value).split())

    def name(self) -> str:
        if not _NAME.fullmatch(self.text()):
            self.fail(
                f"got {self.text()[:40]!r}, expected lower-case letters, digits and _", "rename it"
            )
        return self.text()

    def one_of(self, known: Iterable[str]) -> str:
        choices = sorted(known)
        if self.text() not in choices:
            self.fail(f"got {self.text()[:40]!r}, expected {', '.join(choices)}", "correct it")
        return self.text()

    def names_of(self, known: Iterable[str]) -> tuple[str, ...]:
        choices = tuple(known)
        names = tuple(item.one_of(choices) for item in self.items())
        if len(set(names)) < len(names):
            self.fail("got a name twice", "remove one of them")
        return names

    def number(self, low: float, high: float) -> float:
        try:
            value = float(self.text())
        except ValueError:
            value = float("nan")
        if not low <= value <= high:  # also refuses nan
            self.fail(
                f"got {self.text()[:40]!r}, expected a number from {low:g} to {high:g}",
                "correct it",
            )
        return value

    def whole(self, low: int, high: int) -> int:
        value = self.number(low, high)
        if not value.is_integer():
            self.fail(f"got {self.text()[:40]!r}, expected a whole number", "correct it")
        return int(value)

    def only_one_of(self, forms: tuple[str, ...]) -> tuple[str, "Located"]:
        """The one field of a mapping, and its name."""
        pairs = self.pairs()
        if len(pairs) != 1 or pairs[0][0] not in forms:
            got = ", ".join(name for name, _ in pairs) or "nothing"
            self.fail(f"got {got}, expected one of {', '.join(forms)}", "write one a list item")
        return pairs[0]

    def clock(self) -> time:
        """A time of day such as 16:30."""
        if not _CLOCK.fullmatch(self.text()):
            self.fail(f"got {self.text()[:40]!r}, expected a time such as 16:30", "correct it")
        hours, minutes = self.text().split(":")
        return time(int(hours), int(minutes))

    def yes(self) -> bool:
        return self.one_of(("true", "false")) == "true"


def read_located(path: Path, error: type[DefinitionError], name: str | None = None) -> Located:
    """The whole file, called `name` in what is said of it, by default as the path ends. Raises
    `error` where it is missing, unreadable or no YAML.
    """
    name = name or path.name
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=LOADER)
    except OSError as fault:
        raise error(name, 1, "file", f"got {fault.strerror}", "put the file back") from fault
    except UnicodeDecodeError as fault:
        line = fault.object.count(b"\n", 0, fault.start) + 1
        raise error(name, line, "file", "got no UTF-8", "save it as UTF-8") from fault
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = f"got no valid YAML ({getattr(fault, 'problem', None) or 'a control character'})"
        raise error(name, line, "file", problem, "correct that line") from fault
    if node is None:
        raise error(name, 1, "file", "got an empty file", "fill it in or remove it")
    return Located(name, "file", node, error)


def definition_files(folder: Path, error: type[DefinitionError]) -> list[Path]:
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise error(folder.name, 1, "folder", "got no .yaml file", "put the files back")
    return paths
