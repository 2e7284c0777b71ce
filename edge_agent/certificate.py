"""The device's TLS key and certificate: one file, so that they always belong together."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge_agent.errors import EnrolmentError, IdentityError
from edge_agent.state_folder import write_private

CERTIFICATE_FILE, AUTHORITY_FILE = "tls.pem", "tls-ca.pem"


@dataclass(frozen=True, slots=True)
class Life:
    begins: datetime
    ends: datetime

    @property
    def renewal(self) -> datetime:
        """Two thirds of the way, so that a third is left for a hub that is away."""
        return self.begins + (self.ends - self.begins) * 2 / 3


class TlsKey:
    """Made here and kept here: what leaves the device is the request alone."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def request(self, device_id: str) -> str:
        """PKCS 10 as PEM, signed by the key."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device_id)])
        made = x509.CertificateSigningRequestBuilder().subject_name(name)
        return (
            made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        )

    def keep(self, certificate_pem: str, device_id: str, path: Path) -> Life:
        """Writes both, all or nothing. Raises EnrolmentError for a certificate that is not of
        this key and this device, StateFolderError.
        """
        try:
            certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
        except ValueError as error:
            raise EnrolmentError("the hub's answer holds no certificate; ask its operator") from (
                error
            )
        names = [str(a.value) for a in certificate.subject]
        if certificate.public_key() != self._key.public_key() or names != [device_id]:
            raise EnrolmentError(
                "the hub's certificate is for another key or device; ask its operator"
            )
        key = self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        own = certificate.public_bytes(serialization.Encoding.PEM)
        write_private(path, key + own)
        return _life(certificate)


def read_life(path: Path) -> Life:
    """Raises IdentityError."""
    try:
        return _life(x509.load_pem_x509_certificate(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise IdentityError(
            f"{path} holds no certificate ({type(error).__name__}); enrol the device again"
        ) from error


def _life(certificate: x509.Certificate) -> Life:
    return Life(
        certificate.not_valid_before_utc.astimezone(UTC),
        certificate.not_valid_after_utc.astimezone(UTC),
    )
