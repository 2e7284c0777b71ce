"""TLS 1.3 for what the hub connects to and what it serves."""

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.errors import HubError


class TlsError(HubError):
    """Certificate files that cannot be used, or a connection that would go unprotected."""

    code = "tls"


@dataclass(frozen=True, slots=True)
class ClientFiles:
    """The authority to believe, and what to be known by."""

    ca: Path
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        return client_context(self.ca, self.certificate, self.key)

    def names(self) -> tuple[str, str | None, str | None]:
        """For another process: paths, never what is in them."""
        certificate = None if self.certificate is None else str(self.certificate)
        return str(self.ca), certificate, None if self.key is None else str(self.key)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """From the environment; a private key stands in a file of its own or in its certificate's."""

    mqtts: bool = False
    plain_allowed: bool = False
    broker_ca: Path | None = None
    broker_certificate: Path | None = None
    broker_key: Path | None = None
    web_certificate: Path | None = None
    web_key: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, mqtts: bool) -> "TlsFiles":
        def path(name: str) -> Path | None:
            value = environment.get(name)
            return Path(value).absolute() if value else None

        return cls(
            mqtts=mqtts,
            plain_allowed=environment.get("HAILONG_BROKER_PLAIN") == "yes",
            broker_ca=path("HAILONG_BROKER_CA"),
            broker_certificate=path("HAILONG_BROKER_CERT"),
            broker_key=path("HAILONG_BROKER_KEY"),
            web_certificate=path("HAILONG_WEB_CERT"),
            web_key=path("HAILONG_WEB_KEY"),
        )

    def broker(self, host: str) -> ssl.SSLContext | None:
        """For the connection to the broker at `host`; None for a plain one on this machine.

        Raises TlsError for a plain connection over a network, unless it is allowed.
        """
        files = self.broker_files(host)
        return None if files is None else files.context()

    def broker_files(self, host: str) -> ClientFiles | None:
        """The same, for whoever makes the connection elsewhere."""
        if self.mqtts:
            if self.broker_ca is None:
                raise TlsError("HAILONG_BROKER_CA is not set; expected the authority's ca.pem")
            return ClientFiles(self.broker_ca, self.broker_certificate, self.broker_key)
        if not self.plain_allowed and not is_loopback(host):
            raise TlsError(
                f"HAILONG_BROKER_URL is mqtt:// to {host}, which is not this machine: whoever is "
                "on the way could read and forge. Expected mqtts:// with HAILONG_BROKER_CA, "
                "_CERT and _KEY; or set HAILONG_BROKER_PLAIN=yes where a tunnel protects it"
            )
        return None

    def web(self) -> ssl.SSLContext | None:
        """For the hub's pages; None where they are served plainly, behind a proxy."""
        if self.web_certificate is None:
            return None
        return server_context(self.web_certificate, self.web_key)


NO_TLS = TlsFiles()


def client_context(ca: Path, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    """Believes this authority alone, and the server only by the name it was called by."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_verify_locations(ca)
    except (OSError, ssl.SSLError) as error:
        raise TlsError(f"{ca} is no certificate of an authority; expected its ca.pem") from error
    if certificate is not None:
        _load(context, certificate, key)
    return context


def server_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    _load(context, certificate, key)
    return context


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _load(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise TlsError(
            f"{certificate} with {key or 'its own key'} cannot be used "
            f"({type(error).__name__}); expected a certificate and its key as PEM, readable by "
            "this user"
        ) from error
