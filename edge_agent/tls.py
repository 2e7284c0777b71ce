"""TLS 1.3 to the broker: the hub's authority alone is believed, and the broker by its name."""

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from edge_agent.errors import IdentityError, SettingsError
from edge_agent.settings import AgentSettings, TlsSettings


@dataclass(frozen=True, slots=True)
class BrokerTls:
    """How each connection to the broker is protected; None: not at all, on this machine."""

    files: TlsSettings | None

    @classmethod
    def of(cls, settings: AgentSettings) -> "BrokerTls":
        """Raises SettingsError for a plain connection over a network, unless it is allowed."""
        host, _ = settings.broker
        if settings.broker_url.startswith("mqtts:"):
            if settings.tls.ca is None or settings.tls.certificate is None:
                raise SettingsError(
                    "broker_url is mqtts:// and tls.ca or tls.certificate is missing; enrol the "
                    "device: hailong agent enrol"
                )
            return cls(settings.tls)
        if not settings.tls.plain_broker and not is_loopback(host):
            raise SettingsError(
                f"broker_url is mqtt:// to {host}, which is not this machine: whoever is on the "
                "way could read and forge. Enrol the device (hailong agent enrol) for mqtts://, "
                "or set tls.plain_broker = true where a tunnel protects it"
            )
        return cls(None)

    def context(self) -> ssl.SSLContext | None:
        """Read from the files at each call. Raises IdentityError."""
        if self.files is None or self.files.ca is None:
            return None
        context = believing(self.files.ca)
        if self.files.certificate is not None:
            try:
                context.load_cert_chain(self.files.certificate, self.files.key)
            except (OSError, ssl.SSLError) as error:
                raise IdentityError(
                    f"{self.files.certificate} cannot be used ({type(error).__name__}); expected "
                    "the device's certificate and key. Enrol the device again"
                ) from error
        return context


def believing(ca: Path) -> ssl.SSLContext:
    """Raises IdentityError when the file is no authority's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(ca)
    except (OSError, ssl.SSLError) as error:
        raise IdentityError(
            f"{ca} is no certificate of an authority ({type(error).__name__}); enrol the device "
            "again"
        ) from error
    return context


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
