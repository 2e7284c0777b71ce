"""Keeps the broker's files as the database says: who has which rights, which certificates are
revoked; and closes the connections of the revoked.

Nothing is remembered between two rounds but what could not be closed yet: what is wanted stands
in the database and the index, what is there in the files. So a keeper that was killed, or away
while a device was revoked, makes up for it when it starts.
"""

import logging
import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from hub.embedded.files import Lock, sync_folder
from hub.errors import HubError
from hub.identity import mosquitto
from hub.identity.close import Close
from hub.identity.errors import BrokerFilesError, ConnectionCloseError
from hub.identity.settings import BrokerFiles
from hub.pki.authority import Signer
from hub.pki.errors import PkiError
from hub.pki.folder import services
from hub.pki.index import Entry, Known
from hub.store import identity
from hub.store.pool import Database
from hub.store.rows import DeviceRow

log = logging.getLogger(__name__)
_LOOK_S = 0.5
_AGAIN_S = 2.0
_ROUND = timedelta(minutes=1)
_CRL_AGE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Settled:
    revoked: tuple[str, ...] = ()
    """Devices whose certificates went onto the list of revoked ones."""
    written: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    """Whose connection could not be closed yet."""


class BrokerKeeper:
    def __init__(
        self,
        database: Database,
        signer: Signer,
        files: BrokerFiles | None,
        close: Close | None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`signer` is the devices' authority. Without `files` certificates are still revoked,
        and the authority's own list says so.
        """
        self._database = database
        self._signer = signer
        self._files = files
        self._close = close
        self._clock = clock
        self._to_close: set[str] | None = None
        self._open: set[str] = set()
        """Could not be closed in the last round, and told so."""
        self._reload_due = True
        """At the start, too: an earlier keeper may have been killed between write and reload."""

    def run(self, stop: threading.Event) -> None:
        """A round at each change of devices or certificates, and once a minute."""
        seen: object = None
        due = self._clock()
        told = ""
        while not stop.is_set():
            try:
                now = self._clock()
                version = (identity.devices_version(self._database), self._index_size())
                if version != seen or now >= due or self._to_close:
                    self.settle()
                    seen, due, told = version, now + _ROUND, ""
            except (HubError, OSError) as error:
                code = error.code if isinstance(error, HubError) else type(error).__name__
                if code != told:
                    log.warning("the broker's rights are not up to date (%s): %s", code, error)
                told, seen = code, None
            stop.wait(_AGAIN_S if told else _LOOK_S)

    def settle(self) -> Settled:
        """One round. Raises HubError; then nothing is lost, the next round goes on.

        One at a time on this machine: an older view must not be written over a newer one.
        """
        with Lock(self._signer.authority.folder / "keeper.lock", "the broker's keeper"):
            return self._settle()

    def _settle(self) -> Settled:
        # The index first: what is on record belongs to a device that was enrolled before.
        known = self._signer.authority.index.read()
        devices = identity.all_devices(self._database)
        now = self._clock()
        gone = {device.device_id for device in devices if device.revoked}
        stale = [e for e in known.entries if e.name in gone and e.valid(now)]
        if stale:
            self._signer.revoke(stale)
        elif self._outdated(known, now):
            self._signer.write_crl()
        revoked = tuple(sorted({entry.name for entry in stale}))
        for device_id in revoked:
            log.info("device %s: its certificates are revoked", device_id)
        if self._files is None:
            return Settled(revoked)
        listed = self._signer.authority.index.read().revoked(now)
        if self._to_close is None:
            # At the start: whoever may have been let in before.
            self._to_close = {e.name for e in listed} & gone
        self._to_close |= self._newly_listed(self._files.folder, listed)
        written = self._write(self._files.folder, devices)
        self._reload_due = self._reload_due or bool(written)
        if self._reload_due:
            self._files.reload()
            self._reload_due = False
        return self._shut(revoked, written)

    def _shut(self, revoked: tuple[str, ...], written: tuple[str, ...]) -> Settled:
        closed: list[str] = []
        for device_id in sorted(self._to_close or ()):
            if self._close is None:
                break
            try:
                self._close(device_id)
            except ConnectionCloseError as error:
                log.log(logging.DEBUG if device_id in self._open else logging.WARNING, "%s", error)
            else:
                closed.append(device_id)
        self._to_close = self._open = set(self._to_close or ()) - set(closed)
        return Settled(revoked, written, tuple(closed), tuple(sorted(self._open)))

    def _newly_listed(self, folder: Path, listed: Iterable[Entry]) -> set[str]:
        """Devices with a revoked certificate that the broker's list does not hold yet."""
        try:
            there = x509.load_pem_x509_crl((folder / mosquitto.DEVICES_CRL).read_bytes())
            serials = {entry.serial_number for entry in there}
        except (OSError, ValueError):
            serials = set()
        return {entry.name for entry in listed if entry.serial not in serials}

    def _outdated(self, known: Known, now: datetime) -> bool:
        authority = self._signer.authority
        try:
            old = now - authority.crl().last_update_utc > _CRL_AGE
            return old or bool(authority.unlisted(known, now))
        except PkiError:
            return True  # lost or damaged: the index has it all

    def _write(self, folder: Path, devices: Iterable[DeviceRow]) -> tuple[str, ...]:
        """The names of the files that changed."""
        wanted = {
            mosquitto.DEVICES_ACL: mosquitto.devices_acl(devices),
            mosquitto.DEVICES_CRL: self._signer.authority.crl_path.read_text("ascii"),
        }
        listed = services(self._signer.authority.folder.parent).crl_path
        if listed.exists():
            wanted[mosquitto.SERVICES_CRL] = listed.read_text("ascii")
        return tuple(name for name, text in wanted.items() if write_shared(folder / name, text))

    def _index_size(self) -> int:
        try:
            return self._signer.authority.index.path.stat().st_size
        except OSError:
            return -1


def write_shared(path: Path, text: str) -> bool:
    """Whole or not at all, readable by the folder's group, to which the broker belongs; whether
    it differs from what was there.
    """
    try:
        if path.exists() and path.read_text("utf-8") == text:
            return False
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), 0o640)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(partial).replace(path)
        finally:
            Path(partial).unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise BrokerFilesError(
            f"{path} cannot be written: {error.strerror}; make the folder by `hailong hub "
            "broker-config` as the hub's user"
        ) from error
    return True
