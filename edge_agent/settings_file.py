"""Writes what enrolment learned into the settings file, and leaves every other line as it is."""

import json
import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge_agent.errors import SettingsError

Values = Mapping[str, str]
_HEADER = re.compile(r"""\s*\[\[?\s*[\w\-."' ]+\]\]?\s*(#.*)?$""")
_TLS_HEADER = re.compile(r"\s*\[\s*tls\s*\]\s*(#.*)?$")
_SAYS_NOTHING = re.compile(r"\s*(#.*)?$")


def read_settings(file: Path) -> tuple[str, dict[str, Any]]:
    """Text and values; both empty where there is no file yet. Raises SettingsError."""
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return "", {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{file} cannot be read ({type(error).__name__}); expected a TOML file"
        ) from error
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: no TOML: {error}") from error


def merged(text: str, top: Values, tls: Values) -> str:
    """The text with these values set at its top and in [tls].

    Raises SettingsError where a file is written so that this cannot be done line by line.
    """
    lines = text.splitlines()
    first = next((n for n, line in enumerate(lines) if _HEADER.match(line)), len(lines))
    root, rest = lines[:first], lines[first:]
    start = next((n for n, line in enumerate(rest) if _TLS_HEADER.match(line)), None)
    # Comments at its end speak of the section that follows.
    end = 1 + max((n for n, line in enumerate(root) if not _SAYS_NOTHING.match(line)), default=-1)
    about = _trimmed(root[end:])
    while about and not about[0].strip():
        about = about[1:]
    root = [*_set(root[:end], top), "", *about]
    if start is None:
        made = [*_trimmed([*root, *rest]), "", "[tls]", *_set([], tls)]
    else:
        following = (n for n in range(start + 1, len(rest)) if _HEADER.match(rest[n]))
        stop = next(following, len(rest))
        section = _set(rest[start + 1 : stop], tls)
        after = ["", *rest[stop:]] if stop < len(rest) else []
        made = [*root, *rest[: start + 1], *_trimmed(section), *after]
    result = "\n".join(made) + "\n"
    _check(text, result, top, tls)
    return result


def write_settings(file: Path, text: str) -> None:
    """All or nothing; an existing file keeps its mode, a new one has 0600."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                handle.write(text)
                handle.flush()
                os.fsync(handle.fileno())
            if file.exists():
                shutil.copymode(file, name)
            Path(name).replace(file)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be written: {error.strerror}; run this as its owner"
        ) from error


def _set(lines: list[str], values: Values) -> list[str]:
    made = list(lines)
    for name, value in values.items():
        # JSON strings are TOML strings.
        line = f"{name} = {json.dumps(value, ensure_ascii=False)}"
        at = next((n for n, old in enumerate(made) if re.match(rf"\s*{name}\s*=", old)), None)
        if at is None:
            made = [*_trimmed(made), line]
        else:
            made[at] = line
    return made


def _trimmed(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def _check(before: str, after: str, top: Values, tls: Values) -> None:
    """Reading says whether the lines were what they looked like."""
    wanted = tomllib.loads(before)
    kept = wanted.get("tls")
    wanted |= {**top, "tls": {**(kept if isinstance(kept, dict) else {}), **tls}}
    try:
        same = tomllib.loads(after) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        by_hand = [*_set([], top), "[tls]", *_set([], tls)]
        raise SettingsError(
            "the settings file is written in a way that cannot be changed line by line; put these "
            "into it by hand: " + " | ".join(by_hand)
        )
