"""The hub's settings, all from the environment, and the key it signs with."""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from nacl.signing import SigningKey

from hub.errors import HubError
from hub.tls import NO_TLS, TlsFiles

ROLES = ("migrator", "ingest", "worker", "control", "app", "identity", "auditor", "backup")
"""Database roles without their prefix `hailong_`."""
_KEY_FILE = "hub.key"
_PUBLIC_KEY_FILE = "hub.pub"


class SettingsError(HubError):
    """An environment variable or a file of the state folder is not as it must be."""

    code = "settings"


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class HubSettings:
    database: Address
    database_name: str
    passfile: Path
    """libpq's password file, mode 0600; passwords stand nowhere else."""
    broker: Address
    state: Path
    """Folder of the hub's own files, mode 0700."""
    web: Address = Address("127.0.0.1", 8080)
    tls: TlsFiles = NO_TLS
    standbys: tuple[Address, ...] = ()
    """Further servers of the same database; the one that takes writes is used."""
    window: int = 2000
    """Messages that the broker may hand an ingest worker before it has stored them."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "HubSettings":
        """Raises SettingsError naming the variable, what it holds and what was expected."""
        (database, *standbys), name = _database(environment.get("HAILONG_DATABASE_URL", ""))
        state = Path(environment.get("HAILONG_STATE") or ".hailong").absolute()
        passfile = environment.get("HAILONG_DATABASE_PASSFILE")
        return cls(
            database=database,
            database_name=name,
            passfile=Path(passfile).absolute() if passfile else state / "database.pass",
            broker=_broker(environment.get("HAILONG_BROKER_URL", "")),
            state=state,
            web=_web(environment.get("HAILONG_WEB_ADDRESS") or "127.0.0.1:8080"),
            tls=_tls(environment),
            standbys=tuple(standbys),
            window=_window(environment.get("HAILONG_INGEST_WINDOW") or "2000"),
        )

    def database_url(self, role: str) -> str:
        """For one of ROLES; names the password file, holds no password."""
        if role not in ROLES:
            raise SettingsError(f"no database role {role!r}; expected one of {', '.join(ROLES)}")
        user = f"hailong_{role}"
        return role_url(self.database, self.database_name, user, self.passfile, self.standbys)

    @property
    def files(self) -> Path:
        """Files of releases, by their sha256."""
        return self.state / "files"

    def signing_key(self) -> SigningKey:
        """The hub's Ed25519 key, made at the first start; agents hold its public half."""
        return load_signing_key(self.state)


def load_public_key(state: Path) -> str:
    """64 hex digits: of `hub.pub`, so that whoever needs no more holds no more."""
    path = state / _PUBLIC_KEY_FILE
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    return bytes(load_signing_key(state).verify_key).hex()


def role_url(
    server: Address,
    database: str,
    user: str,
    passfile: Path,
    standbys: Sequence[Address] = (),
) -> str:
    options = {"passfile": str(passfile)}
    if standbys:
        options["target_session_attrs"] = "read-write"
    # libpq knows no + for a space.
    query = urlencode(options, quote_via=quote)
    servers = ",".join(map(str, (server, *standbys)))
    return f"postgresql://{user}@{servers}/{database}?{query}"


def load_signing_key(state: Path) -> SigningKey:
    """Reads `hub.key` (64 hex digits, mode 0600), or makes it and `hub.pub` beside it."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = state / _KEY_FILE
    try:
        # Exclusive: of two processes that start at once, one makes the key and both read it.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_key(path)
    key = SigningKey.generate()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(bytes(key).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    (state / _PUBLIC_KEY_FILE).write_text(bytes(key.verify_key).hex() + "\n", encoding="ascii")
    return key


def _read_key(path: Path) -> SigningKey:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise SettingsError(
            f"{path} can be read by others (mode {mode:04o}); expected 0600. Whoever read it can "
            "sign as this hub: make a new key unless you know that nobody did"
        )
    try:
        return SigningKey(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except ValueError as error:  # nacl's own error for a wrong length is one, too
        raise SettingsError(
            f"{path} holds no key; expected 64 hex digits. Put it back from a backup, or delete "
            "it and give every agent the new public key"
        ) from error


def _database(url: str) -> tuple[list[Address], str]:
    """Servers, the first one tried first, and the database's name."""
    expected = "expected postgresql://host:port/database without a user; host:port,host:port "
    expected += "for a server and its standbys"
    if not url:
        raise SettingsError(f"HAILONG_DATABASE_URL is not set; {expected}")
    parts = urlsplit(url)
    if "@" in parts.netloc:
        # Not quoted back: it may hold a password.
        raise SettingsError(
            f"HAILONG_DATABASE_URL names a user; {expected}: each part of the hub signs in with "
            "its own role, by the file in HAILONG_DATABASE_PASSFILE"
        )
    name = parts.path.removeprefix("/")
    if parts.scheme not in {"postgresql", "postgres"} or not name or "/" in name or parts.query:
        raise SettingsError(f"HAILONG_DATABASE_URL cannot be read: got {url!r}, {expected}")
    servers = [
        _address("HAILONG_DATABASE_URL", url, server, expected, 5432)
        for server in parts.netloc.split(",")
    ]
    return servers, name


def _broker(url: str) -> Address:
    expected = "expected mqtt://host:port on this machine, or mqtts://host:port"
    if not url:
        raise SettingsError(f"HAILONG_BROKER_URL is not set; {expected}")
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise SettingsError(f"HAILONG_BROKER_URL names a user; {expected}")
    if parts.scheme not in {"mqtt", "mqtts"} or parts.path.strip("/") or parts.query:
        raise SettingsError(f"HAILONG_BROKER_URL cannot be read: got {url!r}, {expected}")
    port = 8883 if parts.scheme == "mqtts" else 1883
    return _address("HAILONG_BROKER_URL", url, parts.netloc, expected, port)


def _tls(environment: Mapping[str, str]) -> TlsFiles:
    mqtts = environment.get("HAILONG_BROKER_URL", "").startswith("mqtts:")
    if mqtts and not environment.get("HAILONG_BROKER_CA"):
        raise SettingsError(
            "HAILONG_BROKER_URL is mqtts:// and HAILONG_BROKER_CA is not set; expected the file "
            "ca.pem of the authority that signed the broker's certificate"
        )
    return TlsFiles.from_environment(environment, mqtts=mqtts)


def _web(text: str) -> Address:
    return _address("HAILONG_WEB_ADDRESS", text, text, "expected host:port", 8080)


def _window(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise SettingsError(
            f"HAILONG_INGEST_WINDOW cannot be read: got {text[:20]!r}, expected 1 to 65535, the "
            "messages that a broker may hand a worker before it has stored them"
        )
    return int(text)


def _address(variable: str, got: str, netloc: str, expected: str, default_port: int) -> Address:
    try:
        parts = urlsplit(f"//{netloc}")
        host, port = parts.hostname, parts.port or default_port
    except ValueError:
        host, port = None, 0
    if not host:
        raise SettingsError(f"{variable} cannot be read: got {got!r}, {expected}")
    return Address(host, port)
