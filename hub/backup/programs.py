"""pg_dump and pg_restore of a fitting version, run without a shell and without a password."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from hub.backup.errors import BackupError
from hub.embedded.binaries import installed
from hub.embedded.errors import EmbeddedError

SETTING = "HAILONG_POSTGRES_PROGRAMS"
_VERSION_TIMEOUT_S = 20
CHUNK = 1024 * 1024


def find(program: str, server_version: int, folder: Path | None = None) -> Path:
    """pg_dump or pg_restore, of the server's version or a newer one: of `folder` alone where it
    is given, else the first in PATH, else the embedded PostgreSQL's.
    """
    wanted = server_version // 10000
    found: list[str] = []
    for place in _places(program, folder):
        major = _major(place)
        if major is not None and major >= wanted:
            return place
        found.append(f"{place} is {'no program' if major is None else f'of version {major}'}")
    raise BackupError(
        f"no {program} of PostgreSQL {wanted} or newer, which the server's version asks for "
        f"({'; '.join(found) or 'none found'}); install postgresql-client-{wanted}, or name "
        f"the folder of its programs in {SETTING}"
    )


def _places(program: str, folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder / program
        return
    in_path = shutil.which(program)
    if in_path:
        yield Path(in_path)
    try:
        yield installed() / "bin" / program
    except EmbeddedError:
        return


def _major(program: Path) -> int | None:
    try:
        done = subprocess.run(  # noqa: S603 - a program that the operator installed, no shell
            [str(program), "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_VERSION_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return int(match.group(1)) if match else None


@contextmanager
def running(command: list[str]) -> Iterator[IO[bytes]]:
    """What the program writes, to be read to its end. Raises BackupError when it fails."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(  # noqa: S603 - found above, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env=_environment(),
        )
        assert child.stdout is not None
        try:
            with child.stdout:
                yield child.stdout
            status = child.wait()
        except BaseException:
            child.kill()
            child.wait()
            raise
        if status:
            raise BackupError(f"{Path(command[0]).name} ended with {status}: {_reason(said)}")


def feed(command: list[str], parts: Iterable[bytes]) -> None:
    """Gives the program its standard input. Raises BackupError when it fails."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(  # noqa: S603 - found above, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env=_environment(),
        )
        assert child.stdin is not None
        try:
            for part in parts:
                child.stdin.write(part)
            child.stdin.close()
        except BrokenPipeError:
            pass  # it says itself why it went
        except BaseException:
            child.kill()
            child.wait()
            raise
        status = child.wait()
        if status:
            raise BackupError(f"{Path(command[0]).name} ended with {status}: {_reason(said)}")


def _environment() -> dict[str, str]:
    """Nothing of libpq's own variables: the URL says it all."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


def _reason(said: IO[bytes]) -> str:
    """The first error without anything in quotes, which may be a row's."""
    said.seek(0)
    lines = said.read(65536).decode(errors="replace").splitlines()
    first = next((line for line in lines if "error" in line), "it did not say why")
    return re.sub(r'"[^"]*"', '"..."', first)[:300]
