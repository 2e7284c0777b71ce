"""What stands in each kind of certificate (RFC 5280), and how long it lives.

All keys are ECDSA P-256: browsers refuse Ed25519 in certificates, and TPMs have no such keys.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hub.pki.errors import PkiError

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
WORKERS = "hailong-"
"""What every client id of a hub begins with."""
_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)
_BACKDATED = timedelta(hours=1)
"""A clock that lags a little must not refuse what is new."""
_AUTHORITY_YEARS = 10


class Kind(StrEnum):
    SERVER = "server"
    """Broker or hub as a server, by its host names and addresses."""
    HUB = "hub"
    """A hub's worker as the broker's client."""
    DEVICE = "device"
    """A device as the broker's client; the common name is its id."""


LIFETIMES = {
    Kind.SERVER: timedelta(days=397),
    Kind.HUB: timedelta(days=397),
    Kind.DEVICE: timedelta(days=90),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    kind: Kind
    name: str
    hosts: Sequence[str] = ()
    """Of a server: DNS names and IP addresses that clients use."""
    lifetime: timedelta | None = None


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def authority_certificate(
    key: ec.EllipticCurvePrivateKey, name: str, *, devices_only: bool
) -> x509.Certificate:
    """Self-signed, for what it signs itself alone (path length 0).

    `devices_only`: OpenSSL then lets nothing that it signs pass as a server.
    """
    now = _now()
    subject = _subject(name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=round(365.25 * _AUTHORITY_YEARS)))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if devices_only:
        allowed = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(allowed, critical=False)
    return builder.sign(key, hashes.SHA256())


def certificate(
    wanted: Wanted,
    public_key: ec.EllipticCurvePublicKey,
    issuer: x509.Certificate,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """Raises PkiError for names that a certificate of this kind cannot carry."""
    lifetime = LIFETIMES[wanted.kind] if wanted.lifetime is None else wanted.lifetime
    now = _now()
    purpose = (
        ExtendedKeyUsageOID.SERVER_AUTH
        if wanted.kind is Kind.SERVER
        else ExtendedKeyUsageOID.CLIENT_AUTH
    )
    issuer_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        x509.CertificateBuilder()
        .subject_name(_subject(wanted.name))
        .issuer_name(issuer.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - min(_BACKDATED, lifetime / 10))
        .not_valid_after(min(now + lifetime, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names(wanted)), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id),
            critical=False,
        )
        .sign(issuer_key, hashes.SHA256())
    )


def check_device_name(name: str) -> None:
    """A device's name is its client id at the broker, where hub workers have such ids: a device
    of that name would take a worker's session over. Raises PkiError.
    """
    if name.startswith(WORKERS):
        raise PkiError(
            f"device {name[:40]!r} is named as the hub's workers are; expected a name that does "
            f"not begin with {WORKERS}"
        )


def _names(wanted: Wanted) -> list[x509.GeneralName]:
    if wanted.kind is Kind.SERVER:
        if not wanted.hosts:
            raise PkiError(
                f"server {wanted.name} has no host; expected the DNS names and IP addresses by "
                "which clients reach it"
            )
        return [_host(host) for host in wanted.hosts]
    if not NAME.fullmatch(wanted.name):
        raise PkiError(
            f"{wanted.name[:40]!r} is no name; expected lower-case letters, digits and hyphens, "
            "32 at most"
        )
    if wanted.kind is Kind.DEVICE:
        check_device_name(wanted.name)
    return [x509.UniformResourceIdentifier(f"urn:hailong:{wanted.kind}:{wanted.name}")]


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        if not _HOST.fullmatch(text):
            raise PkiError(
                f"{text[:60]!r} is no host; expected a DNS name in lower case or an IP address"
            ) from None
        return x509.DNSName(text)


def _subject(name: str) -> x509.Name:
    if not name or len(name) > 64:
        raise PkiError(f"a name of {len(name)} characters; expected 1 to 64")
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
