"""`hailong hub backup`, `backup-key`, `restore` and `erasures`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from nacl.public import PrivateKey, PublicKey
from nacl.signing import VerifyKey

from hub.backup.errors import BackupError
from hub.backup.make import Source, make_backup
from hub.backup.manifest import write_private
from hub.backup.programs import SETTING
from hub.backup.restore import Target, replay, restore
from hub.cli_errors import told
from hub.privacy.erasures import ErasureList
from hub.settings import HubSettings
from hub.store.pool import Database

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)
_OPEN_S = 10.0
_PROGRAMS = click.option(
    "--programs",
    type=_FOLDER,
    envvar=SETTING,
    show_envvar=True,
    help="Folder of pg_dump and pg_restore.  [default: PATH, then the embedded ones]",
)


@click.command()
@click.option("--out", type=_FOLDER, required=True, help="Each backup is a folder below this one.")
@click.option(
    "--recipient",
    envvar="HAILONG_BACKUP_RECIPIENT",
    show_envvar=True,
    help="Encrypt for this key, as `hub backup-key` printed it. Backups hold data about staff.",
)
@click.option("--keep", type=click.IntRange(1), help="Delete older backups beyond so many.")
@_PROGRAMS
@told
def backup(out: Path, recipient: str | None, keep: int | None, programs: Path | None) -> None:
    """Copy the database, with a signed manifest of what is in it."""
    settings = HubSettings.from_environment(os.environ)
    key = None if recipient is None else PublicKey(_key(recipient, "--recipient"))
    # A wrong HAILONG_STATE must not make a new key, which no restore would know.
    _hub_key(settings, None)
    with _open(settings.database_url("backup")) as database:
        source = Source(
            database, settings.database_url("backup"), settings.state, settings.signing_key()
        )
        made = make_backup(
            source, out.absolute(), recipient=key, keep=keep, postgres_programs=programs
        )
    click.echo(f"{made}{'' if key else ' (not encrypted)'}")


@click.command(name="backup-key")
@click.argument("file", type=_FILE)
@told
def backup_key(file: Path) -> None:
    """Make the key that opens encrypted backups. Keep FILE away from the hub's machine."""
    key = PrivateKey.generate()
    try:
        write_private(file, bytes(key).hex().encode() + b"\n")
    except OSError as error:
        raise BackupError(f"{file} cannot be made: {error.strerror}") from error
    click.echo(bytes(key.public_key).hex())


@click.command(name="restore")
@click.argument("folder", type=_FOLDER)
@click.option(
    "--database-url",
    help="The new, empty database.  [default: HAILONG_DATABASE_URL]",
)
@click.option("--key", "key_file", type=_FILE, help="What `hub backup-key` made.")
@click.option("--hub-key", help="The hub's public key, hex.  [default: hub.pub in HAILONG_STATE]")
@_PROGRAMS
@told
def restore_backup(
    folder: Path,
    database_url: str | None,
    key_file: Path | None,
    hub_key: str | None,
    programs: Path | None,
) -> None:
    """Bring a backup into an empty database, then take out again what was erased since."""
    key = None if key_file is None else PrivateKey(_key(_read(key_file), str(key_file)))
    with _target(database_url, hub_key) as target:
        done = restore(target, folder.absolute(), key=key, postgres_programs=programs)
    rows = sum(done.manifest.rows.values())
    click.echo(
        f"restored {done.manifest.name}: {rows} rows in {len(done.manifest.rows)} tables as the "
        f"manifest says; migrations added: {len(done.applied)}; erasures replayed: {done.erasures} "
        f"({done.erased_rows} rows). Ingest may open: devices send again what is missing"
    )


@click.group()
def erasures() -> None:
    """The list of what was erased and must not come back."""


@erasures.command()
@told
def check() -> None:
    """Verify the list's signatures and chain."""
    settings = HubSettings.from_environment(os.environ)
    listed = ErasureList(settings.state, _hub_key(settings, None))
    click.echo(f"{len(listed.read())} erasures, signed and without a gap")


@erasures.command(name="replay")
@told
def replay_erasures() -> None:
    """Apply the whole list to the database, after a restore that was broken off."""
    with _target(None, None) as target:
        entries, rows = replay(target)
    click.echo(f"{entries} erasures replayed ({rows} rows)")


COMMANDS: Final = (backup, backup_key, restore_backup, erasures)


@contextmanager
def _target(database_url: str | None, hub_key: str | None) -> Iterator[Target]:
    environment: Mapping[str, str] = os.environ
    if database_url is not None:
        environment = {**environment, "HAILONG_DATABASE_URL": database_url}
    settings = HubSettings.from_environment(environment)
    url = settings.database_url("migrator")
    with _open(url) as database:
        yield Target(database, url, settings.state, _hub_key(settings, hub_key))


@contextmanager
def _open(url: str) -> Iterator[Database]:
    database = Database(url, application_name="hailong-backup")
    database.open(_OPEN_S)
    try:
        yield database
    finally:
        database.close()


def _hub_key(settings: HubSettings, given: str | None) -> VerifyKey:
    """Never made here: a new key would find every backup altered."""
    if given is not None:
        return VerifyKey(_key(given, "--hub-key"))
    path = settings.state / "hub.pub"
    if not path.exists():
        raise BackupError(
            f"{path} is missing: put the hub's state folder back first, or give --hub-key"
        )
    return VerifyKey(_key(_read(path), str(path)))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"{path} cannot be read as a key of 64 hex digits") from error


def _key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BackupError(f"{where} holds no key; expected 64 hex digits")
    return key
