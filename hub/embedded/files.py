"""Small files of the services: secrets, locks and logs of bounded size."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.embedded.errors import InUseError

_LOG_BYTES = 1024 * 1024


def write_private(path: Path, text: str) -> None:
    """Replaces `path` by a file of mode 0600, whole or not at all."""
    partial = path.with_name(path.name + ".new")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a rename in `folder` outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Lock:
    """One supervisor a service and state folder; let go by the kernel when it dies."""

    def __init__(self, path: Path, service: str) -> None:
        self._path = path
        self._service = service
        self._handle: int | None = None

    def __enter__(self) -> Self:
        self.acquire(wait=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def acquire(self, *, wait: bool = False) -> None:
        """Raises InUseError, which names the process that holds it, unless it may wait."""
        if self._handle is not None:
            return
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            holder = os.read(handle, 32).decode(errors="replace").strip()
            os.close(handle)
            raise InUseError(
                f"{self._service} of this state folder is already run by process "
                f"{holder or 'unknown'}: stop that process, or use another state folder"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class Log:
    """A server's log file. At each start a file over 1 MiB becomes `.1`, so two stay."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._start = 0

    def open(self) -> int:
        """A descriptor to append to, which the caller closes."""
        if self.path.exists() and self.path.stat().st_size > _LOG_BYTES:
            self.path.replace(self.path.with_name(self.path.name + ".1"))
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._start = os.fstat(handle).st_size
        return handle

    def tail(self, lines: int = 5) -> str:
        """The last lines since `open`, in one line."""
        with self.path.open("rb") as file:
            file.seek(max(self._start, self.path.stat().st_size - 4096))
            text = file.read().decode(errors="replace")
        last = [line.strip() for line in text.splitlines() if line.strip()][-lines:]
        return " | ".join(last) or "(the log is empty)"
