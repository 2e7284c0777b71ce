"""The folder of both authorities, and why there are two.

- `services` signs brokers, hubs' pages and hubs' workers: a few certificates a year. Its key is
  encrypted with a passphrase and may be taken off the machine between uses.
- `devices` signs devices, at any hour, for whoever shows a one-time token. So its key is on the
  hub, and lies there as safe as the hub's own keys.

They are two roots and no root with an intermediate, because a server that trusts a root trusts
whatever hangs under it: by two roots the devices' listener of a broker lets no hub in, the
hubs' listener lets no device in, and who steals the devices' key can make neither a hub nor a
server.
"""

from datetime import timedelta
from pathlib import Path

from hub.pki.authority import KEY_FILE, Authority, Signer, check_private, make_authority
from hub.pki.errors import PassphraseError, PkiError

SERVICES, DEVICES = "services", "devices"
CRL_LIFETIMES = {SERVICES: timedelta(days=400), DEVICES: timedelta(days=14)}
"""The devices' list is written again daily by itself; that of the services needs a person."""
SHORTEST_PASSPHRASE = 12


def services(folder: Path) -> Authority:
    return Authority.open(folder / SERVICES)


def devices(folder: Path) -> Authority:
    return Authority.open(folder / DEVICES)


def unlock_services(folder: Path, passphrase: bytes) -> Signer:
    return services(folder).unlock(passphrase, CRL_LIFETIMES[SERVICES])


def unlock_devices(folder: Path) -> Signer:
    return devices(folder).unlock(None, CRL_LIFETIMES[DEVICES])


def make(folder: Path, name: str, passphrase: bytes) -> tuple[Signer, Signer]:
    """Services and devices. `name` stands in both certificates, such as the city's."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise PassphraseError(
            f"the passphrase is too short: expected {SHORTEST_PASSPHRASE} characters or more"
        )
    if all((folder / name / KEY_FILE).exists() for name in (SERVICES, DEVICES)):
        raise PkiError(f"{folder} holds both authorities already; nothing was changed")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_private(folder, 0o700)
    return (
        _make(folder, SERVICES, name, passphrase, devices_only=False),
        _make(folder, DEVICES, name, None, devices_only=True),
    )


def _make(
    folder: Path, which: str, name: str, passphrase: bytes | None, *, devices_only: bool
) -> Signer:
    """Or the one that an earlier init, cut short, has left whole."""
    lifetime = CRL_LIFETIMES[which]
    if (folder / which / KEY_FILE).exists():
        return Authority.open(folder / which).unlock(passphrase, lifetime)
    return make_authority(
        folder / which, f"{name} {which}", passphrase, devices_only=devices_only, crl=lifetime
    )
