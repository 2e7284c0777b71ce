"""YAML whose every part remembers its line, so that an error names where to look."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml

from edge_agent.errors import AgentError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C parser where the wheel has it: loading takes half the time."""


class LexiconError(AgentError):
    """A file of phrases or words cannot be used: which one, where and what to change."""

    code = "lexicon"

    def __init__(self, file: str, line: int, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{file}, line {line}, field {field}: {problem}; {remedy}")
        self.file = file
        self.line = line
        self.field = field


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file: its YAML node, its field's name and the file's name."""

    file: str
    field: str
    node: yaml.Node

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    def fail(self, problem: str, remedy: str) -> NoReturn:
        raise LexiconError(self.file, self.line, self.field, problem, remedy)

    def fields(self, known: set[str], required: set[str]) -> dict[str, "Part"]:
        """A mapping's values by name; only `known` names, all `required` ones, none twice."""
        found: dict[str, Part] = {}
        for name, part in self.items():
            if name not in known:
                part.fail(
                    f"got the field {name}, expected one of {', '.join(sorted(known))}",
                    "correct or remove it",
                )
            found[name] = part
        missing = sorted(required - found.keys())
        if missing:
            self.fail(f"got no field {missing[0]}, expected it here", f"add {missing[0]}:")
        return found

    def items(self) -> Iterator[tuple[str, "Part"]]:
        if not isinstance(self.node, yaml.MappingNode):
            self.fail(f"got {_kind(self.node)}, expected fields", "write `name: value` lines")
        seen: set[str] = set()
        for key, value in self.node.value:
            name = str(key.value)
            part = Part(self.file, name, value)
            if name in seen:
                part.fail(f"got {name} twice, expected it once", "remove one of them")
            seen.add(name)
            yield name, part

    def entries(self) -> "list[Part]":
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail(f"got {_kind(self.node)}, expected a list", "write one `- item` a line")
        return [Part(self.file, self.field, item) for item in self.node.value]

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            self.fail(f"got {_kind(self.node)}, expected a text", "write it on one line")
        value = str(self.node.value).strip()
        if not value:
            self.fail("got nothing, expected a text", "fill it in or remove the line")
        return value

    def texts(self) -> list[str]:
        return [item.text() for item in self.entries()]

    def number(self, low: float, high: float) -> float:
        try:
            value = float(self.text())
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.fail(f"got {self.text()}, expected a number from {low} to {high}", "correct it")
        return value

    def flag(self) -> bool:
        value = self.text()
        if value not in {"yes", "no", "true", "false"}:
            self.fail(f"got {value}, expected yes or no", "correct it")
        return value in {"yes", "true"}


def read(path: Path) -> Part:
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=_LOADER)
    except FileNotFoundError as error:
        raise LexiconError(
            path.name, 1, "file", "got no such file, expected it", "restore it from the package"
        ) from error
    except OSError as error:
        raise LexiconError(
            path.name, 1, "file", f"got {error.strerror}", "make the file readable"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise LexiconError(
            path.name, line, "file", "got bytes that are not UTF-8", "save the file as UTF-8"
        ) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise LexiconError(
            path.name, line, "file", f"got no valid YAML: {error.problem}", "correct that line"
        ) from error
    except yaml.reader.ReaderError as error:
        raise LexiconError(
            path.name, 1, "file", "got a control character, expected text", "remove it"
        ) from error
    if node is None:
        raise LexiconError(path.name, 1, "file", "got an empty file", "restore it from the package")
    return Part(path.name, "file", node)


def digest(paths: list[Path]) -> str:
    """First 12 hexadecimal digits of the SHA-256 over names and bytes, in the given order."""
    whole = hashlib.sha256()
    for path in paths:
        raw = path.read_bytes()
        whole.update(f"{path.name}\0{len(raw)}\0".encode() + raw)
    return whole.hexdigest()[:12]


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "fields"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a text"
