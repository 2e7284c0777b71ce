"""Files of releases on the hub's disk: each under its sha256, whole or not at all."""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

from hub.errors import HubError

SHA256 = re.compile(r"[0-9a-f]{64}")


class FilesError(HubError):
    """A file cannot be taken in or found."""

    code = "files"


def place(folder: Path, sha256: str) -> Path:
    """Where the file lies; raises FilesError for what is no sha256, and so names no file."""
    if not SHA256.fullmatch(sha256):
        raise FilesError("no sha256; expected 64 hexadecimal digits")
    return folder / sha256[:2] / sha256


def take_in(folder: Path, source: Path) -> tuple[str, int]:
    """Copies a file in; its sha256 and its size in bytes. One that is there already is left."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as scratch:
            copy = Path(scratch) / "file"
            shutil.copyfile(source, copy)
            with copy.open("rb+") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                os.fsync(file.fileno())
            size = copy.stat().st_size
            target = place(folder, sha256)
            if size and not target.exists():
                # Its group reads them where a site let it read `folder`: whom the pages run as.
                group = folder.stat().st_mode & 0o050
                target.parent.mkdir(mode=0o700, exist_ok=True)
                mode = stat.S_IMODE(target.parent.stat().st_mode)
                if group & ~mode:
                    target.parent.chmod(mode | group)
                copy.chmod(0o400 | group & 0o040)
                copy.replace(target)
                _sync(target.parent)
    except OSError as error:
        raise FilesError(
            f"{source} cannot be taken in: {error.strerror}; expected a file that can be read, "
            f"and room in {folder}"
        ) from error
    if not size:
        raise FilesError(f"{source} is empty; expected a file with something in it")
    return sha256, size


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
