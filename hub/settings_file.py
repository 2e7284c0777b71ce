"""One TOML file for the hub's settings. It gives the same variables that the environment does,
and the environment stands over it: a unit or a container changes one value without a second file.
"""

import json
import tomllib
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub.settings import SettingsError


@dataclass(frozen=True, slots=True)
class Key:
    variable: str
    example: str
    """What is expected, as the error says it."""
    kind: type = str


KEYS: Final[Mapping[str, Key]] = {
    "hub.state": Key("HAILONG_STATE", 'a folder such as "/var/lib/hailong"'),
    "database.url": Key("HAILONG_DATABASE_URL", '"postgresql://host:port/database"'),
    "database.passfile": Key("HAILONG_DATABASE_PASSFILE", "a file in libpq's format, mode 0600"),
    "broker.url": Key("HAILONG_BROKER_URL", '"mqtts://host:port"'),
    "broker.ca": Key("HAILONG_BROKER_CA", "the authority's ca.pem"),
    "broker.cert": Key("HAILONG_BROKER_CERT", "this hub's certificate (PEM)"),
    "broker.key": Key("HAILONG_BROKER_KEY", "its private key, mode 0600"),
    "broker.plain": Key("HAILONG_BROKER_PLAIN", '"yes", where a tunnel protects mqtt://'),
    "broker.files": Key("HAILONG_BROKER_FILES", "the folder of the broker's configuration"),
    "broker.reload": Key("HAILONG_BROKER_RELOAD", "how the broker is told to read it again"),
    "ingest.worker": Key("HAILONG_WORKER", 'a name such as "1"'),
    "ingest.window": Key("HAILONG_INGEST_WINDOW", "a number from 1 to 65535", int),
    "web.address": Key("HAILONG_WEB_ADDRESS", '"host:port"'),
    "web.cert": Key("HAILONG_WEB_CERT", "a certificate (PEM)"),
    "web.key": Key("HAILONG_WEB_KEY", "its private key, mode 0600"),
    "web.url": Key("HAILONG_WEB_URL", '"https://host", by which people open the pages'),
    "alerts.channels": Key(
        "HAILONG_ALERT_CHANNELS", "tables such as [alerts.channels.truc-ban]", dict
    ),
    "mail.server": Key("HAILONG_MAIL_SERVER", '"host:port"'),
    "mail.tls": Key("HAILONG_MAIL_TLS", '"starttls", "tls" or "none"'),
    "mail.from": Key("HAILONG_MAIL_FROM", "the sender's address"),
    "mail.user": Key("HAILONG_MAIL_USER", "a login at the mail server"),
    "mail.password_file": Key("HAILONG_MAIL_PASSWORD_FILE", "a file, mode 0600"),
    "mail.ca": Key("HAILONG_MAIL_CA", "the authority's ca.pem"),
    "identity.pki": Key("HAILONG_PKI", "the folder of `hailong pki init`"),
    "identity.address": Key("HAILONG_ENROL_ADDRESS", '"host:port"'),
    "identity.cert": Key("HAILONG_ENROL_CERT", "a certificate for the host of identity.url"),
    "identity.key": Key("HAILONG_ENROL_KEY", "its private key, mode 0600"),
    "identity.url": Key("HAILONG_ENROL_URL", '"https://host:port", by which devices call it'),
    "identity.broker_url": Key("HAILONG_DEVICE_BROKER_URL", '"mqtts://host:port"'),
    "identity.days": Key("HAILONG_DEVICE_CERTIFICATE_DAYS", "1 to 397 days", int),
    "log.level": Key("HAILONG_LOG_LEVEL", '"DEBUG", "INFO", "WARNING" or "ERROR"'),
    "log.format": Key("HAILONG_LOG_FORMAT", '"auto", "text" or "json"'),
    "metrics.address": Key("HAILONG_METRICS_ADDRESS", '"host:port" or "off"'),
    "metrics.devices": Key("HAILONG_METRICS_DEVICES", "true or false", bool),
    "backup.recipient": Key("HAILONG_BACKUP_RECIPIENT", "what `hailong hub backup-key` printed"),
    "backup.programs": Key("HAILONG_POSTGRES_PROGRAMS", "the folder of pg_dump and pg_restore"),
    "tracing.endpoint": Key("HAILONG_OTLP_ENDPOINT", '"http://host:port/v1/traces"'),
    "check.certificates": Key("HAILONG_CHECK_CERTIFICATES", "a list of files", list),
    "check.backups": Key("HAILONG_CHECK_BACKUPS", "the folder that backups are written to"),
    "check.database_folder": Key(
        "HAILONG_CHECK_DATABASE_FOLDER", "the folder of a database on this machine"
    ),
}
"""Where it stands in the file -> the variable that it gives."""


def load_into(environment: MutableMapping[str, str], file: Path) -> None:
    """Adds what `file` says and the environment does not. Raises SettingsError with file, key,
    what stands there and what was expected; nothing is added then.
    """
    given = read(file)
    for variable, value in given.items():
        if not environment.get(variable):
            environment[variable] = value


def read(file: Path) -> dict[str, str]:
    """Variable -> value."""
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(
            f"{file}: {error.strerror}; expected the hub's settings as a TOML file (HAILONG_CONFIG)"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        # The library's sentence names line and column, and no value.
        raise SettingsError(f"{file}: no TOML: {error}") from error
    found: dict[str, str] = {}
    for name, value in _flat(file, data):
        key = KEYS.get(name)
        if key is None:
            raise SettingsError(
                f"{file}: {name} is no setting; check its spelling or remove it. "
                f"Known: {', '.join(KEYS)}"
            )
        found[key.variable] = _as_text(file, name, key, value)
    return found


def _flat(file: Path, data: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for section, values in data.items():
        if not isinstance(values, dict):
            raise SettingsError(
                f"{file}: {section} stands outside a section; expected one such as [database]"
            )
        found += [(f"{section}.{name}", value) for name, value in values.items()]
    return found


def _as_text(file: Path, name: str, key: Key, value: Any) -> str:
    """The value is not repeated: somebody may have put a password there."""
    if type(value) is not key.kind or value in ("", [], {}):
        got = "nothing" if value in ("", [], {}) else type(value).__name__
        raise SettingsError(f"{file}: {name} cannot be used: got {got}, expected {key.example}")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        try:
            return json.dumps(value)
        except TypeError as error:  # a date or a time
            raise SettingsError(
                f"{file}: {name} cannot be used: expected texts and lists of texts"
            ) from error
    if isinstance(value, list):
        if not all(isinstance(one, str) and one and ":" not in one for one in value):
            raise SettingsError(
                f"{file}: {name} cannot be used: expected {key.example}, each without a colon"
            )
        return ":".join(value)
    return str(value)
