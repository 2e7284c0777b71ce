"""Settings of the identity part, all from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from hub.identity.reload import Reload, reload_from
from hub.settings import Address, SettingsError
from schemas.enrolment import TokenError, check_hub_url

_LIFETIME = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """Where the keeper writes the devices' rights, and how the broker is told to read them."""

    folder: Path
    reload: Reload


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    pki: Path
    listen: Address
    certificate: Path
    key: Path | None
    hub_url: str
    """What devices call this hub by, https://host:port."""
    broker_url: str
    """What devices are told, mqtts://host:port."""
    broker_files: BrokerFiles | None
    lifetime: timedelta = _LIFETIME

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "IdentitySettings":
        """Raises SettingsError naming the variable and what was expected."""
        certificate = environment.get("HAILONG_ENROL_CERT")
        if not certificate:
            raise SettingsError(
                "HAILONG_ENROL_CERT is not set; expected a certificate that `hailong pki issue "
                "server` made for the host in HAILONG_ENROL_URL"
            )
        key = environment.get("HAILONG_ENROL_KEY")
        return cls(
            pki=pki_folder(environment),
            listen=_listen(environment.get("HAILONG_ENROL_ADDRESS") or "127.0.0.1:8443"),
            certificate=Path(certificate).absolute(),
            key=Path(key).absolute() if key else None,
            hub_url=enrol_url(environment),
            broker_url=_broker_url(environment.get("HAILONG_DEVICE_BROKER_URL", "")),
            broker_files=broker_files(environment),
            lifetime=_lifetime(environment.get("HAILONG_DEVICE_CERTIFICATE_DAYS")),
        )


def pki_folder(environment: Mapping[str, str]) -> Path:
    folder = environment.get("HAILONG_PKI")
    if not folder:
        raise SettingsError("HAILONG_PKI is not set; expected the folder of `hailong pki init`")
    return Path(folder).absolute()


def enrol_url(environment: Mapping[str, str]) -> str:
    url = environment.get("HAILONG_ENROL_URL", "")
    try:
        check_hub_url(url)
    except TokenError as error:
        raise SettingsError(
            f"HAILONG_ENROL_URL cannot be used: got {url[:80]!r}, expected https://host:port, by "
            "which devices reach `hailong hub run --only identity`"
        ) from error
    return url


def broker_files(environment: Mapping[str, str]) -> BrokerFiles | None:
    """None where the broker's rights are kept by other means."""
    folder = environment.get("HAILONG_BROKER_FILES")
    if not folder:
        return None
    return BrokerFiles(
        Path(folder).absolute(), reload_from(environment.get("HAILONG_BROKER_RELOAD", ""))
    )


def _listen(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) < 65_536:
        raise SettingsError(
            f"HAILONG_ENROL_ADDRESS cannot be read: got {text[:80]!r}, expected host:port"
        )
    return Address(host.strip("[]"), int(port))


def _broker_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "mqtts" or not parts.hostname or parts.username or parts.path.strip("/"):
        raise SettingsError(
            f"HAILONG_DEVICE_BROKER_URL cannot be used: got {url[:80]!r}, expected "
            "mqtts://host:port of the broker's listener for devices"
        )
    return url


def _lifetime(text: str | None) -> timedelta:
    if not text:
        return _LIFETIME
    if not text.isdecimal() or not 1 <= int(text) <= 397:
        raise SettingsError(
            f"HAILONG_DEVICE_CERTIFICATE_DAYS: got {text[:20]!r}, expected 1 to 397 whole days"
        )
    return timedelta(days=int(text))
