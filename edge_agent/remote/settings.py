"""[remote]: where a device gets a release's files from, and how careful it is with one."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from edge_agent.settings_section import Section

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class RemoteSettings(Section):
    hub_url: Annotated[str, Field(max_length=300)] | None = None
    """https://host:port of the hub; None: releases may set settings, and name no file."""
    max_bytes: Annotated[int, Field(ge=2**20, le=2**40)] = 4 * 2**30
    """Of one release's files together."""
    probation_s: Annotated[float, Field(ge=1, le=86_400)] = 600
    """A release that measured for so long without a fault is good."""

    spread_s: Annotated[float, Field(ge=0, le=86_400)] = 120
    """A device waits a random part of it before it fetches a release, so that a city's devices do
    not ask for a large model all at once."""
    retry_s: Annotated[float, Field(ge=0.1, le=300)] = 5
    """Before a file that did not come is asked for again; then at growing intervals."""

    @field_validator("hub_url")
    @classmethod
    def _is_https(cls, value: str | None) -> str | None:
        if value is not None:
            split_url(value)
        return value


def split_url(url: str) -> tuple[bool, str, int]:
    """(by TLS, host, port). Raises ValueError saying what was expected."""
    expected = "expected https://host:port"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(expected) from error
    if parts.username or parts.password:
        raise ValueError(f"{expected} without a user or password")
    if parts.scheme not in ("https", "http") or not host or parts.path.strip("/") or parts.query:
        raise ValueError(expected)
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise ValueError(f"{expected}; http is for a hub on this very machine")
    secure = parts.scheme == "https"
    return secure, host, port or (443 if secure else 80)
