"""manifest.json: what a backup is, signed by the hub's key. Without it a folder is no backup."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from hub.backup.errors import BackupError
from hub.embedded.files import sync_folder

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
DUMP = "database.dump"
FORMAT = 1
_DOMAIN = b"hailong backup manifest 1\n"
_MOST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manifest:
    name: str
    created_at: str
    program: str
    """Version that made it."""
    server_version: int
    migrations: tuple[tuple[str, str], ...]
    rows: dict[str, int]
    """By table, of the very snapshot that was dumped."""
    dump_bytes: int
    dump_sha256: str
    """Of the file as it lies there."""
    recipient: str | None
    """X25519 key, hex, of who can decrypt it; None where it is not encrypted."""
    erasures: int
    erasures_head: str
    """How far the erasure list went when the backup was made."""
    format: int = FORMAT


def write(folder: Path, manifest: Manifest, key: SigningKey) -> None:
    """The signature first, so that a manifest never stands without one."""
    raw = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode() + b"\n"
    write_private(folder / SIGNATURE, key.sign(_DOMAIN + raw).signature.hex().encode() + b"\n")
    write_private(folder / MANIFEST, raw)
    sync_folder(folder)


def write_private(path: Path, raw: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path, key: VerifyKey) -> Manifest:
    """Verified. Raises BackupError: missing, unsigned, altered, of an unknown form."""
    try:
        raw = _small(folder / MANIFEST)
    except FileNotFoundError as error:
        raise BackupError(
            f"{folder} has no {MANIFEST}: it is no backup, or one that was broken off"
        ) from error
    try:
        signature = bytes.fromhex(_small(folder / SIGNATURE).decode("ascii").strip())
    except (FileNotFoundError, ValueError) as error:
        raise BackupError(f"{folder} has no signature in {SIGNATURE}; nothing was done") from error
    try:
        key.verify(_DOMAIN + raw, signature)
    except (BadSignatureError, ValueError) as error:
        raise BackupError(
            f"{folder / MANIFEST} is not signed by this hub's key: it was altered, or is another "
            "hub's; nothing was done"
        ) from error
    return _parsed(json.loads(raw), folder)


def verify_dump(folder: Path, manifest: Manifest) -> Path:
    """The dump, which has the bytes that the manifest says. Reads all of it."""
    path = folder / DUMP
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise BackupError(f"{path} is missing; nothing was done") from error
    if sha256 != manifest.dump_sha256:
        raise BackupError(
            f"{path} is damaged: sha256 {sha256[:16]}, the manifest says "
            f"{manifest.dump_sha256[:16]}; nothing was done"
        )
    return path


def _small(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST)


def _parsed(body: dict[str, Any], folder: Path) -> Manifest:
    if body.get("format") != FORMAT:
        raise BackupError(
            f"{folder} has form {body.get('format')!r}; this program reads {FORMAT}: use the "
            "program that made it"
        )
    migrations = tuple((str(name), str(sha256)) for name, sha256 in body["migrations"])
    return Manifest(**{**body, "migrations": migrations})
