"""Requests to the hub's address for devices: HTTPS with TLS 1.3, JSON, small."""

import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pydantic import ValidationError

from edge_agent.errors import EnrolmentError, HubAwayError
from schemas.enrolment import (
    AUTHORITY_PATH,
    ENROL_PATH,
    RENEW_PATH,
    AuthorityAnswer,
    EnrolAnswer,
    EnrolRequest,
    RenewRequest,
    is_authority,
)

_TIMEOUT_S = 15.0
_MOST_BYTES = 64 * 1024


def fetch_authority(hub_url: str, sha256: str) -> str:
    """The authority's certificate as PEM, if it is the one of the fingerprint.

    The connection itself proves nothing and carries no secret. Raises EnrolmentError when
    another authority answers: somebody may stand between.
    """
    unproven = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unproven.minimum_version = ssl.TLSVersion.TLSv1_3
    unproven.check_hostname = False
    unproven.verify_mode = ssl.CERT_NONE
    answer = _ask(hub_url, "GET", AUTHORITY_PATH, None, unproven)
    try:
        pem = AuthorityAnswer.model_validate(answer).certificate
        der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(serialization.Encoding.DER)
    except (ValidationError, ValueError) as error:
        raise EnrolmentError(
            f"{hub_url} is no hub: it answers without an authority; check the address"
        ) from error
    if not is_authority(der, sha256):
        raise EnrolmentError(
            f"{hub_url} is not the hub of the token: its authority has another SHA-256. Somebody "
            "may stand between; nothing was sent. Ask the operator for a token from this hub"
        )
    return pem


def enrol(hub_url: str, authority_pem: str, request: EnrolRequest) -> EnrolAnswer:
    return _certificate(hub_url, ENROL_PATH, request.model_dump_json(), _by(authority_pem))


def renew(hub_url: str, context: ssl.SSLContext, request: RenewRequest) -> EnrolAnswer:
    return _certificate(hub_url, RENEW_PATH, request.model_dump_json(), context)


def _by(authority_pem: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=authority_pem)
    return context


def _certificate(hub_url: str, path: str, body: str, context: ssl.SSLContext) -> EnrolAnswer:
    try:
        return EnrolAnswer.model_validate(_ask(hub_url, "POST", path, body, context))
    except ValidationError as error:
        raise EnrolmentError(
            f"{hub_url} answers in another form than this version knows; update the agent"
        ) from error


def _ask(hub_url: str, method: str, path: str, body: str | None, context: ssl.SSLContext) -> Any:
    parts = urlsplit(hub_url)
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port or 443, timeout=_TIMEOUT_S, context=context
    )
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        raw = answer.read(_MOST_BYTES)
    except ssl.SSLCertVerificationError as error:
        raise EnrolmentError(
            f"{hub_url} cannot prove who it is ({error.verify_message}); nothing was sent"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise HubAwayError(
            f"{hub_url} does not answer ({type(error).__name__}); check the network and whether "
            "the hub runs there"
        ) from error
    finally:
        connection.close()
    try:
        told = json.loads(raw)
    except ValueError as error:
        raise EnrolmentError(f"{hub_url} is no hub: its answer is no JSON") from error
    if answer.status != http.HTTPStatus.OK:
        raise _refusal(hub_url, answer.status, told)
    return told


def _refusal(hub_url: str, status: int, told: Any) -> EnrolmentError:
    known = told if isinstance(told, dict) else {}
    text = str(known.get("detail") or f"status {status}")[:300]
    code = str(known.get("code") or "unknown")[:40]
    if status in (http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.SERVICE_UNAVAILABLE):
        return HubAwayError(f"{hub_url}: {text}")
    return EnrolmentError(f"{hub_url} refuses ({code}): {text}")
