"""The device's private folder: 0700, its files 0600, each replaced whole or not at all."""

import os
import stat
import tempfile
from pathlib import Path

from edge_agent.errors import StateFolderError


def open_state_folder(path: Path) -> Path:
    """Makes the folder, or checks that nobody else can look into an existing one.

    An existing folder's mode is never changed: the setting may name a shared one by mistake.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise StateFolderError(
            f"state folder {path}: {error.strerror}; name a folder this user may write to"
        ) from error
    if mode & 0o077:
        raise StateFolderError(
            f"state folder {path} is open to others: got mode {mode:04o}, expected 0700; "
            f"run: chmod 700 {path}"
        )
    return path


def write_private(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Writes 0600, synced, all or nothing.

    Raises FileExistsError when `replace` is False and the file is there; else
    StateFolderError where the disk refuses.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                Path(name).replace(path)
            else:
                os.link(name, path)
        finally:
            Path(name).unlink(missing_ok=True)
        sync_folder(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise StateFolderError(
            f"{path} cannot be written: {error.strerror}; free space or check the folder's rights"
        ) from error


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class ConnectionCounter:
    """Raised and kept at each connect, so that a late Last Will is known as such."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            text = path.read_text("ascii").strip()
        except FileNotFoundError:
            text = "0"
        except (OSError, UnicodeDecodeError) as error:
            raise StateFolderError(
                f"{path} cannot be read; expected one whole number; delete it"
            ) from error
        if not (text.isdecimal() and len(text) < 16):
            # The device learns its last number again from its retained state.
            raise StateFolderError(f"{path} is damaged: expected one whole number; delete it")
        self.value = int(text)

    def rise(self) -> int:
        return self._keep(self.value + 1)

    def rise_above(self, seen: int) -> None:
        """A signed state of ours with a higher number: the file was lost since."""
        if seen > self.value:
            self._keep(seen)

    def _keep(self, value: int) -> int:
        write_private(self._path, b"%d\n" % value)
        self.value = value
        return value
