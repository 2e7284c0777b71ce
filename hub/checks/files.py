"""Files that hold secrets: there, ours, and nobody else's to read."""

import stat
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from hub.backup.make import backups, made_at
from hub.checks.finding import Finding, ok, warn, wrong

_SOON: Final = timedelta(days=30)
_VERY_SOON: Final = timedelta(days=7)
_BACKUP_LATE: Final = timedelta(hours=26)
_BACKUP_OLD: Final = timedelta(days=7)


def check_private(about: str, path: Path, expected: int) -> Finding:
    """`expected`: the mode; nothing beyond it may be allowed."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return wrong(about, f"{path} is not there; `hailong hub bootstrap` and `run` make it")
    except OSError as error:
        return wrong(about, f"{path}: {error.strerror}; run the check as the hub's own user")
    if mode & ~expected & 0o777:
        return wrong(
            about,
            f"{path} can be read by others (mode {mode:04o}, expected {expected:04o}); run "
            f"chmod {expected:o} and change what stands in it",
        )
    return ok(about, f"{path} is private (mode {mode:04o})")


def check_certificate(path: Path, now: datetime) -> Finding:
    """Of a PEM file the certificate that ends first."""
    about = "certificate"
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        return wrong(about, f"{path}: {error.strerror}; expected a certificate (PEM)")
    except ValueError:
        return wrong(about, f"{path} holds no certificate; expected PEM")
    first = min(found, key=lambda one: one.not_valid_after_utc)
    return _by_time(path, first.not_valid_before_utc, first.not_valid_after_utc, now)


def _by_time(path: Path, begins: datetime, ends: datetime, now: datetime) -> Finding:
    about, left = "certificate", ends - now
    if now < begins:
        return wrong(about, f"{path} begins on {begins:%Y-%m-%d}; is the clock right?")
    if left <= timedelta(0):
        return wrong(about, f"{path} ended on {ends:%Y-%m-%d}; renew it, nobody can connect")
    words = f"{path} ends in {left.days} days ({ends:%Y-%m-%d})"
    if left < _VERY_SOON:
        return wrong(about, f"{words}; renew it now")
    if left < _SOON:
        return warn(about, f"{words}; renew it")
    return ok(about, words)


def check_backups(folder: Path, now: datetime) -> Finding:
    """By the newest whole one; what else lies in the folder is none."""
    about = "backup"
    try:
        whole = backups(folder)
    except OSError as error:
        return wrong(about, f"{folder}: {error.strerror}; expected the folder of the backups")
    if not whole:
        return wrong(about, f"{folder} holds no whole backup; make one, and try to restore it")
    try:
        age = now - made_at(whole[-1])
    except ValueError:
        return wrong(about, f"{whole[-1]} is named after no moment; move it out of this folder")
    words = f"the newest in {folder} is {_age(age)} old"
    if age > _BACKUP_OLD:
        return wrong(about, f"{words}; find out why none is made")
    if age > _BACKUP_LATE:
        return warn(about, f"{words}; expected one a day")
    return ok(about, words)


def _age(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
