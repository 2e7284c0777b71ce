"""Channels by branch, the mail server, and where the pages are, all from the environment (or the
one TOML file, which gives the same).
"""

import ipaddress
import json
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from hub.alerting.addresses import Network
from hub.alerting.notice import NoticeLanguage
from hub.settings import Address, SettingsError
from hub.tls import is_loopback

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_LEAST_SECRET = 32
_MOST_CHANNELS = 100
EVERY_BRANCH = "*"
MailTls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class Webhook:
    name: str
    branches: tuple[str, ...]
    """`*` alone: every branch."""
    language: NoticeLanguage
    host: str
    port: int
    path: str
    secret: bytes = field(repr=False)
    allow: tuple[Network, ...] = ()
    """Networks that are not public and may be called all the same."""
    ca: Path | None = None
    """An authority of the site's own; None: those that this machine believes."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    name: str
    branches: tuple[str, ...]
    language: NoticeLanguage
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailServer:
    address: Address
    tls: MailTls
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None


Channel = Webhook | Mailbox


@dataclass(frozen=True, slots=True)
class AlertSettings:
    channels: tuple[Channel, ...] = ()
    mail: MailServer | None = None
    web_url: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "AlertSettings":
        """Raises SettingsError naming the channel and the field."""
        text = environment.get("HAILONG_ALERT_CHANNELS", "")
        channels = tuple(_channel(name, given) for name, given in _tables(text))
        if not channels:
            return cls()
        mail = _mail(environment)
        if mail is None and any(isinstance(one, Mailbox) for one in channels):
            raise SettingsError(
                "HAILONG_MAIL_SERVER is not set, and a channel is of kind email; expected "
                "host:port of the mail server"
            )
        return cls(channels, mail, _web_url(environment.get("HAILONG_WEB_URL", "")))


def _tables(text: str) -> list[tuple[str, Any]]:
    if not text:
        return []
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict) or len(data) > _MOST_CHANNELS:
        raise SettingsError(
            "HAILONG_ALERT_CHANNELS cannot be read; expected a JSON object of at most "
            f"{_MOST_CHANNELS} channels by their names, or tables [alerts.channels.NAME] in the "
            "settings file"
        )
    return list(data.items())


@dataclass(frozen=True, slots=True)
class _Table:
    """One channel's fields. No value is repeated in an error: somebody may have put a secret
    where a file's name belongs.
    """

    channel: str
    given: Mapping[str, Any]

    def fail(self, name: str, expected: str) -> SettingsError:
        got = "nothing" if name not in self.given else "something else"
        return SettingsError(
            f"alert channel {self.channel}: {name} cannot be used: got {got}, expected {expected}"
        )

    def text(self, name: str, expected: str, default: str | None = None) -> str:
        value = self.given.get(name, default)
        if not isinstance(value, str) or not value:
            raise self.fail(name, expected)
        return value

    def texts(self, name: str, expected: str, default: list[str] | None = None) -> list[str]:
        value = self.given.get(name, default)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.fail(name, expected)
        return value

    def only(self, known: Sequence[str]) -> None:
        for name in self.given:
            if name not in known:
                raise SettingsError(
                    f"alert channel {self.channel}: {name[:40]} is no setting; expected "
                    f"{', '.join(known)}"
                )


def _channel(name: str, given: Any) -> Channel:
    if not _NAME.fullmatch(name) or not isinstance(given, dict):
        raise SettingsError(
            f"alert channel {name[:40]!r} cannot be used; expected a table with a name of "
            "lower-case letters, digits and hyphens, 32 at most"
        )
    table = _Table(name, given)
    kind = table.text("kind", "webhook or email")
    branches = table.texts("branches", 'branches\' ids such as ["hoan-kiem"], or ["*"] for all')
    if not branches or not (
        branches == [EVERY_BRANCH] or all(_NAME.fullmatch(one) for one in branches)
    ):
        raise table.fail("branches", 'branches\' ids such as ["hoan-kiem"], or ["*"] for all')
    language = table.text("language", "vi or en", "vi")
    if language not in {"vi", "en"}:
        raise table.fail("language", "vi or en")
    spoken = cast("NoticeLanguage", language)
    if kind == "webhook":
        table.only(("kind", "branches", "language", "url", "secret_file", "allow", "ca_file"))
        return _webhook(table, tuple(branches), spoken)
    if kind == "email":
        table.only(("kind", "branches", "language", "to"))
        to = table.texts("to", "addresses")
        if not to or not all(_MAIL.fullmatch(one) for one in to):
            raise table.fail("to", 'addresses such as ["truc-ban@example.gov.vn"]')
        return Mailbox(name, tuple(branches), spoken, tuple(to))
    raise table.fail("kind", "webhook or email")


def _webhook(table: _Table, branches: tuple[str, ...], language: NoticeLanguage) -> Webhook:
    expected = "https://host/path, without user or fragment"
    url = table.text("url", expected)
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise table.fail("url", expected) from None
    plain = url.isascii() and url.isprintable() and " " not in url
    if not (plain and parts.scheme == "https" and parts.hostname) or parts.fragment:
        raise table.fail("url", expected)
    if "@" in parts.netloc:
        raise table.fail("url", expected)
    expected = 'networks such as ["10.20.0.0/16"]'
    try:
        allow = tuple(ipaddress.ip_network(one) for one in table.texts("allow", expected, []))
    except ValueError:
        raise table.fail("allow", expected) from None
    secret = _secret(table.channel, Path(table.text("secret_file", "a file, mode 0600")))
    if len(secret) < _LEAST_SECRET:
        raise SettingsError(
            f"alert channel {table.channel}: the secret has {len(secret)} characters; expected "
            f"{_LEAST_SECRET} or more that nobody can guess, as `openssl rand -hex 32` gives"
        )
    ca = table.text("ca_file", "an authority's ca.pem") if "ca_file" in table.given else None
    return Webhook(
        name=table.channel,
        branches=branches,
        language=language,
        host=parts.hostname,
        port=port,
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        secret=secret,
        allow=allow,
        ca=Path(ca) if ca else None,
    )


def _secret(channel: str, path: Path) -> bytes:
    try:
        mode = path.stat().st_mode
        text = path.read_bytes().strip()
    except OSError as error:
        raise SettingsError(
            f"alert channel {channel}: {path}: {error.strerror}; expected its secret there, in a "
            "file that only this part of the hub reads (mode 0600)"
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise SettingsError(
            f"alert channel {channel}: {path} can be read by others (mode "
            f"{stat.S_IMODE(mode):04o}); expected 0600"
        )
    return text


def _mail(environment: Mapping[str, str]) -> MailServer | None:
    server = environment.get("HAILONG_MAIL_SERVER", "")
    if not server:
        return None
    host, _, port = server.rpartition(":")
    if not host or not port.isdigit() or not 1 <= int(port) <= 65_535:
        raise SettingsError("HAILONG_MAIL_SERVER cannot be read; expected host:port")
    tls = environment.get("HAILONG_MAIL_TLS") or "starttls"
    if tls not in {"starttls", "tls", "none"}:
        raise SettingsError(
            "HAILONG_MAIL_TLS cannot be read; expected starttls (usually port 587), tls (465), or "
            "none for a server on this machine"
        )
    host = host.strip("[]")
    if tls == "none" and not is_loopback(host):
        raise SettingsError(
            f"HAILONG_MAIL_TLS is none and {host} is not this machine: whoever is on the way "
            "could read along; expected starttls or tls"
        )
    sender = environment.get("HAILONG_MAIL_FROM", "")
    if not _MAIL.fullmatch(sender):
        raise SettingsError(
            "HAILONG_MAIL_FROM cannot be read; expected the sender's address, such as "
            "hailong@example.gov.vn"
        )
    user = environment.get("HAILONG_MAIL_USER") or None
    password = None
    if user is not None:
        file = environment.get("HAILONG_MAIL_PASSWORD_FILE")
        if not file or tls == "none":
            raise SettingsError(
                "HAILONG_MAIL_USER is set; expected its password in HAILONG_MAIL_PASSWORD_FILE, "
                "mode 0600, and HAILONG_MAIL_TLS starttls or tls"
            )
        password = _secret("mail", Path(file)).decode("utf-8", "replace")
        if not password.isascii():
            raise SettingsError(
                f"{file}: the mail server's password holds a letter with a mark; expected ASCII, "
                "which is all that SMTP's login takes"
            )
    ca = environment.get("HAILONG_MAIL_CA")
    return MailServer(
        address=Address(host, int(port)),
        tls=cast("MailTls", tls),
        sender=sender,
        user=user,
        password=password,
        ca=Path(ca) if ca else None,
    )


def _web_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(
            "HAILONG_WEB_URL is not set or cannot be read; expected where people open the pages, "
            "such as https://hailong.example.gov.vn: an alert names it"
        )
    return url.rstrip("/")
