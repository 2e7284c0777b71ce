"""A camera's user and password: from the environment into FFmpeg, and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

from edge_agent.errors import CredentialsError

_MOST = 127
"""Characters that FFmpeg keeps of user, colon and password as they stand in an address."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    user: str
    password: str

    def __post_init__(self) -> None:
        if not self.user or ":" in self.user:
            raise CredentialsError("a camera's user is empty or has a colon; set another")
        if len(self.in_address) > _MOST:
            raise CredentialsError(
                f"a camera's user and password are too long: got {len(self.in_address)} "
                f"characters as written in an address (all but letters, digits and _.-~ count "
                f"as three or more), expected {_MOST} at most; set shorter ones at the camera"
            )

    def __repr__(self) -> str:
        return "Credentials(hidden)"

    @classmethod
    def from_environment(cls, name: str, environ: Mapping[str, str]) -> Self | None:
        """HAILONG_<name>_USER and HAILONG_<name>_PASSWORD; None where neither is set."""
        names = (f"HAILONG_{name}_USER", f"HAILONG_{name}_PASSWORD")
        user, password = (environ.get(one, "") for one in names)
        if not user and not password:
            return None
        if not user or not password:
            there, missing = names if user else reversed(names)
            raise CredentialsError(f"{missing} is missing; set it, or remove {there}")
        return cls(user, password)

    @property
    def in_address(self) -> str:
        return f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"


def checked_address(url: str) -> str:
    """Host and port, for logs: a path may hold what is nobody's business.

    Raises CredentialsError for an address with a user or password in it, without repeating it.
    """
    wrong = False
    host, port = "", None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        secret = "@" in parts.netloc
        wrong = parts.scheme not in ("rtsp", "rtsps") or not host
    except ValueError:  # its text repeats the address, so it is no cause to be shown
        wrong, secret = True, False
    if secret:
        raise CredentialsError(
            "a camera's address has a user or password in it; expected rtsp://host:port/path; "
            "put them into HAILONG_CAMERA_USER and HAILONG_CAMERA_PASSWORD"
        )
    if wrong:
        raise CredentialsError("a camera's address is wrong; expected rtsp://host:port/path")
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def with_credentials(url: str, credentials: Credentials | None) -> str:
    """The address as FFmpeg takes it. Holds the password: it is for `av.open` alone."""
    if credentials is None:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{credentials.in_address}@{parts.netloc}"))
