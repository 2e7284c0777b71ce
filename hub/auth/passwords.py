"""Passwords by argon2id. A password is in memory while it is checked and nowhere else."""

import base64
import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.auth.errors import SignInBusyError, UserError

MIN_CHARACTERS: Final = 8
MAX_CHARACTERS: Final = 200
AT_ONCE: Final = 2
"""Hashing takes 64 MiB each; a crowd at the door must not take the machine's memory."""
WAIT_S: Final = 10.0

_hasher = PasswordHasher()
_slots = threading.BoundedSemaphore(AT_ONCE)


def _nobodys_hash() -> str:
    """Costs what a real one costs, and no password fits it: its digest is all zeros."""

    def text(size: int) -> str:
        return base64.b64encode(bytes(size)).decode().rstrip("=")

    return (
        f"$argon2id$v=19$m={_hasher.memory_cost},t={_hasher.time_cost},"
        f"p={_hasher.parallelism}${text(_hasher.salt_len)}${text(_hasher.hash_len)}"
    )


_NOBODY: Final = _nobodys_hash()


def _normal(password: str) -> str:
    """One form for one password: keyboards send Vietnamese composed or decomposed."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    """Raises UserError when the password is too short or too long."""
    plain = _normal(password)
    if not MIN_CHARACTERS <= len(plain) <= MAX_CHARACTERS:
        raise UserError(
            f"password has {len(plain)} characters; expected {MIN_CHARACTERS} to {MAX_CHARACTERS}"
        )
    return _hasher.hash(plain)


def fits(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one; None, for an unknown user, takes as long and is False.

    Raises SignInBusyError when no slot comes free in time.
    """
    plain = _normal(password[: MAX_CHARACTERS * 4])
    if not _slots.acquire(timeout=WAIT_S):
        raise SignInBusyError(f"{AT_ONCE} sign-ins are being checked; try again in a moment")
    try:
        _hasher.verify(password_hash or _NOBODY, plain)
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _slots.release()
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
