"""Whether who asks for a certificate holds both keys: pure checks, before any token is touched."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from hub.identity.errors import refused


def requested_key(pem: str, device_id: str) -> ec.EllipticCurvePublicKey:
    """The key of a request that it signed itself, for this device and nothing else.

    Raises EnrolmentRefusedError. What else the request asks for is not looked at: the hub
    alone says what stands in a certificate.
    """
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        key = request.public_key()
        signed = request.is_signature_valid
    except (ValueError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise refused("request_invalid", 422) from error
    if not signed or not isinstance(key, ec.EllipticCurvePublicKey):
        raise refused("request_invalid", 422)
    if not isinstance(key.curve, ec.SECP256R1):
        raise refused("request_invalid", 422)
    names = list(request.subject)
    if len(names) != 1 or names[0].oid != NameOID.COMMON_NAME or names[0].value != device_id:
        raise refused("request_other_name", 422)
    return key


def check_proof(key: bytes, signed: bytes, proof: str) -> None:
    """Raises EnrolmentRefusedError."""
    try:
        VerifyKey(key).verify(signed, bytes.fromhex(proof))
    except (BadSignatureError, ValueError) as error:
        raise refused("proof_wrong") from error
