"""One line of `hailong hub check`."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """Also the exit code of the worst one."""

    OK = 0
    WARN = 1
    WRONG = 2


@dataclass(frozen=True, slots=True)
class Finding:
    about: str
    level: Level
    words: str
    """What was found, and for what is not well what to do."""

    def __str__(self) -> str:
        return f"{self.level.name.lower():5}  {self.about}: {self.words}"


def ok(about: str, words: str) -> Finding:
    return Finding(about, Level.OK, words)


def warn(about: str, words: str) -> Finding:
    return Finding(about, Level.WARN, words)


def wrong(about: str, words: str) -> Finding:
    return Finding(about, Level.WRONG, words)


def worst(findings: Iterable[Finding]) -> Level:
    return max((one.level for one in findings), default=Level.OK)
