"""Makes a backup: one snapshot, dumped and counted, beside a signed manifest."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from nacl.public import PublicKey
from nacl.signing import SigningKey

from hub.backup import cipher, manifest, programs
from hub.backup.errors import BackupError
from hub.backup.manifest import Manifest
from hub.embedded.files import Lock, sync_folder
from hub.privacy.erasures import ErasureList
from hub.store.backup import WITHOUT_ROWS, Snapshot, snapshot
from hub.store.pool import Database
from schemas.version import VERSION

_NAME = re.compile(r"hailong-\d{8}T\d{6}Z(-\d+)?")
_MOMENT = "%Y%m%dT%H%M%SZ"
_PARTIAL = ".partial-"


@dataclass(frozen=True, slots=True)
class Source:
    database: Database
    """Signs in as hailong_backup, and is open."""
    url: str
    """The same, for pg_dump; names a password file and holds no password."""
    state: Path
    key: SigningKey


def make_backup(
    source: Source,
    out: Path,
    *,
    recipient: PublicKey | None = None,
    keep: int | None = None,
    postgres_programs: Path | None = None,
) -> Path:
    """The new folder below `out`, whole or not there at all. With `keep` the oldest beyond that
    many go, after the new one stands.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _only_one(out):
        _remove_broken_off(out)
        now = datetime.now(UTC)
        name = _free_name(out, now)
        partial = out / f"{_PARTIAL}{name}"
        partial.mkdir(mode=0o700)
        try:
            made = _dump(source, partial, name, now, recipient, postgres_programs)
            manifest.write(partial, made, source.key)
            partial.rename(out / name)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        sync_folder(out)
        if keep is not None:
            for old in backups(out)[:-keep]:
                shutil.rmtree(old)
    return out / name


def backups(out: Path) -> list[Path]:
    """Complete ones, oldest first."""
    return sorted(
        folder
        for folder in out.iterdir()
        if _NAME.fullmatch(folder.name) and (folder / manifest.MANIFEST).is_file()
    )


def made_at(backup: Path) -> datetime:
    """When its snapshot was taken, by its name: a copy keeps that, and not the folder's time."""
    moment = backup.name.split("-")[1]
    return datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC)


def _dump(
    source: Source,
    folder: Path,
    name: str,
    now: datetime,
    recipient: PublicKey | None,
    postgres_programs: Path | None,
) -> Manifest:
    erasures = ErasureList.begin(source.state, source.key, now).head()
    with snapshot(source.database) as held:
        if held.erased > erasures.entries:
            raise BackupError(
                f"the database knows {held.erased} erasures, the list in {source.state} "
                f"{erasures.entries}: put the newest list back, or what was erased could return"
            )
        command = _command(source, held, postgres_programs)
        with programs.running(command) as dumped:
            parts = _parts(dumped)
            if recipient is not None:
                parts = cipher.encrypt(parts, recipient)
            size, sha256 = _write(folder / manifest.DUMP, parts)
    return Manifest(
        name=name,
        created_at=now.isoformat(timespec="seconds"),
        program=VERSION,
        server_version=held.server_version,
        migrations=held.migrations,
        rows=dict(held.rows),
        dump_bytes=size,
        dump_sha256=sha256,
        recipient=None if recipient is None else bytes(recipient).hex(),
        erasures=erasures.entries,
        erasures_head=erasures.sha256,
    )


def _command(source: Source, held: Snapshot, postgres_programs: Path | None) -> list[str]:
    program = programs.find("pg_dump", held.server_version, postgres_programs)
    return [
        str(program),
        "--format=custom",
        "--compress=6",
        f"--snapshot={held.name}",
        "--no-owner",
        "--no-password",
        f"--exclude-table-data={WITHOUT_ROWS}",
        "--exclude-table=public.hailong_restores",
        f"--dbname={source.url}",
    ]


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(programs.CHUNK):
        yield part


def _write(path: Path, parts: Iterator[bytes]) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for part in parts:
            file.write(part)
            digest.update(part)
            size += len(part)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _free_name(out: Path, now: datetime) -> str:
    first = name = f"hailong-{now:{_MOMENT}}"
    number = 1
    while (out / name).exists():
        number += 1
        name = f"{first}-{number}"
    return name


def _remove_broken_off(out: Path) -> None:
    """We hold the lock, so nobody writes them any more."""
    for folder in out.glob(f"{_PARTIAL}*"):
        shutil.rmtree(folder)


@contextmanager
def _only_one(out: Path) -> Iterator[None]:
    lock = Lock(out / ".lock", f"the backup into {out}")
    lock.acquire()
    try:
        yield
    finally:
        lock.release()
