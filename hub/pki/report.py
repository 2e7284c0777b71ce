"""What an operator should see of both authorities, and what to warn of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hub.pki.authority import Authority
from hub.pki.errors import PkiError
from hub.pki.folder import DEVICES, SERVICES, devices, services
from hub.pki.index import Entry, Known
from hub.pki.profiles import Kind

WARN_BEFORE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Listed:
    authority: str
    entry: Entry
    state: str
    """valid, revoked or expired."""


def listed(folder: Path, now: datetime) -> list[Listed]:
    """Every certificate of both authorities, in the order of issue."""
    return [
        Listed(name, entry, _state(entry, now))
        for name, authority in _both(folder)
        for entry in authority.index.read().entries
    ]


def warnings(folder: Path, now: datetime) -> list[str]:
    """In words, and what to do; empty when all is well."""
    found: list[str] = []
    for name, authority in _both(folder):
        _soon(found, f"the authority {name} itself", authority.certificate.not_valid_after_utc, now)
        known = authority.index.read()
        found += _list_warnings(name, authority, known, now)
        if name == SERVICES:
            found += _renewals(known, now)
    return found


def _list_warnings(name: str, authority: Authority, known: Known, now: datetime) -> list[str]:
    """A broker whose list has expired lets nobody in."""
    try:
        crl = authority.crl()
    except PkiError as error:
        return [str(error)]
    found: list[str] = []
    if missing := authority.unlisted(known, now):
        found.append(
            f"{authority.crl_path} lacks {len(missing)} revoked certificates; write it again: "
            "hailong pki crl"
        )
    lifetime = crl.next_update_utc
    assert lifetime is not None
    margin = WARN_BEFORE if name == SERVICES else timedelta(days=7)
    if lifetime - now < margin:
        found.append(
            f"{authority.crl_path} {_ends(lifetime, now)}; after that a broker lets nobody in: "
            "hailong pki crl"
        )
    return found


def _renewals(known: Known, now: datetime) -> list[str]:
    """Those that end soon and have no successor. Devices renew by themselves."""
    found: list[str] = []
    latest: dict[tuple[Kind, str], Entry] = {}
    for entry in known.entries:
        if entry.revoked_at is None:
            latest[entry.kind, entry.name] = entry
    for entry in latest.values():
        _soon(found, f"{entry.kind} {entry.name}", entry.not_after, now)
    return found


def _soon(found: list[str], what: str, ends: datetime, now: datetime) -> None:
    if ends - now < WARN_BEFORE:
        found.append(f"{what} {_ends(ends, now)}; renew it: hailong pki renew")


def _ends(at: datetime, now: datetime) -> str:
    day = at.date().isoformat()
    return f"expired on {day}" if at <= now else f"expires on {day}, in {(at - now).days} days"


def _state(entry: Entry, now: datetime) -> str:
    if entry.revoked_at is not None:
        return "revoked"
    return "valid" if now < entry.not_after else "expired"


def _both(folder: Path) -> list[tuple[str, Authority]]:
    return [(SERVICES, services(folder)), (DEVICES, devices(folder))]
