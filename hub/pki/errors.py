"""What can be wrong with keys, certificates and the authority's folder."""

from hub.errors import HubError


class PkiError(HubError):
    code = "pki"


class PassphraseError(PkiError):
    """A key that is not opened: the passphrase is missing, wrong or too short."""

    code = "pki_passphrase"


class CertificateRequestError(PkiError):
    """A request that cannot be signed as it is."""

    code = "pki_request"
