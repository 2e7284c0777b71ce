"""One authority in its folder: its key and certificate, its index, its list of revoked ones."""

import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub.embedded.files import write_private
from hub.pki.errors import PassphraseError, PkiError
from hub.pki.index import Entry, Index, Known
from hub.pki.profiles import Kind, Wanted, authority_certificate, certificate, new_key

KEY_FILE, CERTIFICATE_FILE, CRL_FILE, INDEX_FILE = "ca.key", "ca.pem", "crl.pem", "index.jsonl"
_CRL_BACKDATED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """Without its key: enough to read what was issued, and to hand out its certificate."""

    folder: Path
    certificate: x509.Certificate

    @classmethod
    def open(cls, folder: Path) -> "Authority":
        path = folder / CERTIFICATE_FILE
        try:
            return cls(folder, x509.load_pem_x509_certificate(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise PkiError(
                f"{path} is no certificate of an authority; make one by `hailong pki init`"
            ) from error

    @property
    def index(self) -> Index:
        return Index(self.folder / INDEX_FILE)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate's DER, 64 hex digits."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def crl_path(self) -> Path:
        return self.folder / CRL_FILE

    def crl(self) -> x509.CertificateRevocationList:
        try:
            return x509.load_pem_x509_crl(self.crl_path.read_bytes())
        except (OSError, ValueError) as error:
            raise PkiError(
                f"{self.crl_path} is no list of revoked certificates; write it again by "
                "`hailong pki crl`"
            ) from error

    def unlisted(self, known: Known, now: datetime) -> list[Entry]:
        """Revoked certificates that the list lacks: a writer was cut short in between."""
        serials = {entry.serial_number for entry in self.crl()}
        return [entry for entry in known.revoked(now) if entry.serial not in serials]

    def unlock(self, passphrase: bytes | None, crl_lifetime: timedelta) -> "Signer":
        """Raises PassphraseError, or PkiError where the key's file is open to others."""
        path = self.folder / KEY_FILE
        key = load_key(path, passphrase)
        if key.public_key() != self.certificate.public_key():
            raise PkiError(f"{path} is not the key of {self.folder / CERTIFICATE_FILE}")
        return Signer(self, key, crl_lifetime)


@dataclass(frozen=True, slots=True)
class Signer:
    """An authority whose key is in memory."""

    authority: Authority
    _key: ec.EllipticCurvePrivateKey = field(repr=False)
    crl_lifetime: timedelta

    def issue(self, wanted: Wanted, public_key: ec.EllipticCurvePublicKey) -> x509.Certificate:
        """On record before it is returned."""
        index = self.authority.index
        with index.alone():
            index.read()  # damaged: nothing more is issued
            made = certificate(wanted, public_key, self.authority.certificate, self._key)
            index.issued(made, wanted.kind, wanted.name, wanted.hosts)
        return made

    def revoke(self, entries: Sequence[Entry]) -> None:
        """On record first, then in the list: a crash in between loses nothing."""
        with self.authority.index.alone():
            self.authority.index.revoked([e.serial for e in entries], datetime.now(UTC))
            self._write_crl(self.authority.index.read())

    def write_crl(self) -> None:
        with self.authority.index.alone():
            self._write_crl(self.authority.index.read())

    def _write_crl(self, known: Known) -> None:
        number = known.crl_number + 1
        self.authority.index.crl(number)
        now = datetime.now(UTC).replace(microsecond=0)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.authority.certificate.subject)
            .last_update(self._after_last(now - min(_CRL_BACKDATED, self.crl_lifetime / 10)))
            .next_update(now + self.crl_lifetime)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        for entry in known.revoked(now):
            assert entry.revoked_at is not None
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(entry.serial)
                .revocation_date(entry.revoked_at)
                .build()
            )
        signed = builder.sign(self._key, hashes.SHA256())
        text = signed.public_bytes(serialization.Encoding.PEM).decode()
        write_private(self.authority.crl_path, text)

    def _after_last(self, at: datetime) -> datetime:
        """Of two lists OpenSSL holds, it goes by the one with the later time, in whole seconds;
        a broker that reloads holds both. So each list is dated after the one before it.
        """
        try:
            last = self.authority.crl().last_update_utc
        except PkiError:
            return at
        return max(at, last + timedelta(seconds=1))


def make_authority(
    folder: Path, name: str, passphrase: bytes | None, *, devices_only: bool, crl: timedelta
) -> Signer:
    """A new authority with an empty list of revoked certificates. Never replaces one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    check_private(folder, 0o700)
    if (folder / KEY_FILE).exists():
        raise PkiError(f"{folder} holds an authority already; nothing was changed")
    key = new_key()
    made = Authority(folder, authority_certificate(key, name, devices_only=devices_only))
    if not made.index.path.exists():  # of an init that was cut short
        made.index.make()
    write_private(folder / CERTIFICATE_FILE, made.pem)
    # The key comes last: with it the authority is there.
    write_private(folder / KEY_FILE, key_pem(key, passphrase))
    signer = made.unlock(passphrase, crl)
    signer.write_crl()
    return signer


def key_pem(key: ec.EllipticCurvePrivateKey, passphrase: bytes | None = None) -> str:
    """PKCS 8, readable by OpenSSL too."""
    encryption = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    ).decode()


def load_key(path: Path, passphrase: bytes | None) -> ec.EllipticCurvePrivateKey:
    try:
        check_private(path, 0o600)
        key = serialization.load_pem_private_key(path.read_bytes(), passphrase)
    except TypeError as error:
        raise PassphraseError(
            f"{path}: "
            + (
                "the key is encrypted; give its passphrase"
                if passphrase is None
                else "the key is not encrypted; expected one with this passphrase"
            )
        ) from error
    except ValueError as error:
        raise PassphraseError(
            f"{path} is not opened by this passphrase, or it is no key; try again"
        ) from error
    except OSError as error:
        raise PkiError(f"{path} cannot be read: {error.strerror}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PkiError(f"{path} holds another kind of key; expected ECDSA P-256")
    return key


def check_private(path: Path, expected: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise PkiError(
            f"{path} is open to others: got mode {mode:04o}, expected {expected:04o}. Unless you "
            "know that nobody read it, make a new authority; then run chmod"
        )


def issue_with_new_key(signer: Signer, wanted: Wanted) -> tuple[x509.Certificate, str]:
    """The certificate and its new key as PEM, not encrypted: a service must start by itself."""
    if wanted.kind is Kind.DEVICE:
        raise PkiError("a device makes its key itself: hailong hub devices enrol")
    key = new_key()
    return signer.issue(wanted, key.public_key()), key_pem(key)
