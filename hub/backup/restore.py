"""The way back: a verified backup into an empty database, then the erasures, then ingest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nacl.public import PrivateKey
from nacl.signing import VerifyKey

from hub.backup import cipher, programs
from hub.backup.errors import BackupError
from hub.backup.manifest import Manifest, read, verify_dump
from hub.privacy.erasures import ErasureList, Head
from hub.store import backup as store
from hub.store import erasures as erasing
from hub.store.backup import Pending
from hub.store.migrate import load_migrations, migrate
from hub.store.pool import Database


@dataclass(frozen=True, slots=True)
class Target:
    database: Database
    """Signs in as hailong_migrator, and is open. Made by `hailong hub bootstrap`, empty."""
    url: str
    """The same, for pg_restore."""
    state: Path
    """Holds the erasure list."""
    key: VerifyKey


@dataclass(frozen=True, slots=True)
class Restored:
    manifest: Manifest
    applied: tuple[str, ...]
    """Migrations that this program added."""
    erasures: int
    """Entries replayed."""
    erased_rows: int


def restore(
    target: Target,
    folder: Path,
    *,
    key: PrivateKey | None = None,
    postgres_programs: Path | None = None,
) -> Restored:
    """Everything that can be checked is checked before the first byte is written.

    Broken off later, the database stays marked and ingest shut: drop it and begin again.
    """
    manifest = read(folder, target.key)
    _check_schema(manifest)
    _check_key(manifest, key)
    dump = verify_dump(folder, manifest)
    ErasureList(target.state, target.key).read(Head(manifest.erasures, manifest.erasures_head))
    version = store.server_version(target.database)
    if version // 10000 < manifest.server_version // 10000:
        raise BackupError(
            f"the server is PostgreSQL {version // 10000}, the backup of "
            f"{manifest.server_version // 10000}; restore into that version or a newer one"
        )
    program = programs.find("pg_restore", version, postgres_programs)
    occupied = store.occupied_by(target.database)
    if occupied is not None:
        raise BackupError(
            f"{target.database.address} is not empty (it has {occupied}); restore into a new "
            "database: `hailong hub bootstrap` makes one"
        )
    pending = Pending(manifest.name, manifest.erasures, manifest.erasures_head)
    store.mark_restored(target.database, pending)
    programs.feed(_command(program, target.url), _dumped(dump, key if manifest.recipient else None))
    _check_rows(manifest.rows, store.count_rows(target.database), target.database.address)
    applied = migrate(target.database)
    entries, rows = replay(target)
    return Restored(manifest, tuple(applied), entries, rows)


def replay(target: Target) -> tuple[int, int]:
    """Applies the whole erasure list and lets ingest open; entries and rows it touched.

    Raises ErasureListError when the list does not reach as far as a restored backup knew it.
    """
    erasures = ErasureList(target.state, target.key)
    for pending in store.pending_restores(target.database):
        erasures.read(Head(pending.entries, pending.sha256))
    entries = erasures.read()
    rows = erasing.apply(target.database, entries)
    store.mark_replayed(target.database)
    return len(entries), rows


def _command(program: Path, url: str) -> list[str]:
    return [
        str(program),
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-password",
        f"--dbname={url}",
    ]


def _dumped(dump: Path, key: PrivateKey | None) -> Iterator[bytes]:
    with dump.open("rb") as file:
        if key is not None:
            yield from cipher.decrypt(file, key)
            return
        while part := file.read(programs.CHUNK):
            yield part


def _check_schema(manifest: Manifest) -> None:
    known = [(m.name, m.sha256) for m in load_migrations()]
    ahead = [name for name, _ in manifest.migrations[len(known) :]]
    if ahead:
        raise BackupError(
            f"the backup has migration {ahead[0]}, which this program does not know; it was made "
            f"by version {manifest.program}. Use that program or a newer one"
        )
    for (name, sha256), (ours, our_sha256) in zip(manifest.migrations, known, strict=False):
        if (name, sha256) != (ours, our_sha256):
            raise BackupError(
                f"the backup has {name} with sha256 {sha256[:12]}, this program {ours} with "
                f"{our_sha256[:12]}: they do not belong together"
            )


def _check_key(manifest: Manifest, key: PrivateKey | None) -> None:
    if manifest.recipient is None:
        return
    if key is None:
        raise BackupError(f"the backup is encrypted for {manifest.recipient}; give its --key")
    ours = bytes(key.public_key).hex()
    if ours != manifest.recipient:
        raise BackupError(
            f"the backup is encrypted for {manifest.recipient[:16]}, the key given is that of "
            f"{ours[:16]}"
        )


def _check_rows(expected: Mapping[str, int], found: Mapping[str, int], address: str) -> None:
    for table in sorted({*expected, *found}):
        if expected.get(table) != found.get(table):
            raise BackupError(
                f"{address} has {found.get(table, 'no')} rows in {table} after the restore, the "
                f"manifest says {expected.get(table, 'no')}; ingest stays shut. Drop the database "
                "and begin again"
            )
