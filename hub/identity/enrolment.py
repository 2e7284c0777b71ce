"""Enrolment by a one-time token, and renewal by the enrolled key."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub.identity.errors import refused
from hub.identity.requests import check_proof, requested_key
from hub.pki.authority import Signer
from hub.pki.profiles import Kind, Wanted, check_device_name
from hub.store import identity
from hub.store.identity import ENROLLED, TokenRow
from hub.store.pool import Database
from schemas.enrolment import (
    EnrolAnswer,
    EnrolmentToken,
    EnrolRequest,
    RenewRequest,
    enrol_bytes,
    renew_bytes,
    secret_digest,
)

log = logging.getLogger(__name__)
TOKEN_LIFETIME = timedelta(hours=24)
_CLOCK = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Told:
    """What each device is told with its certificate."""

    authority: str
    """PEM of the authority by which broker and hub are known."""
    hub_public_key: str
    broker_url: str
    hub_url: str


def make_token(
    database: Database,
    *,
    device_id: str,
    branch_id: str,
    counter_id: str,
    hub_url: str,
    authority_sha256: str,
    lifetime: timedelta = TOKEN_LIFETIME,
) -> EnrolmentToken:
    """As hailong_migrator. Raises RosterError when there is no such counter, PkiError for a name
    that is a hub's.
    """
    check_device_name(device_id)
    token = EnrolmentToken(
        hub_url, authority_sha256, device_id, secrets.token_hex(8), secrets.token_hex(32)
    )
    row = TokenRow(token.token_id, secret_digest(token.secret), device_id, branch_id, counter_id)
    identity.keep_token(database, row, lifetime)
    return token


class Enrolment:
    def __init__(
        self,
        database: Database,
        signer: Signer,
        told: Told,
        clock: Callable[[], datetime],
        lifetime: timedelta | None = None,
    ) -> None:
        """`database` signs in as hailong_identity; `signer` is the devices' authority."""
        self.told = told
        self._database = database
        self._signer = signer
        self._clock = clock
        self._lifetime = lifetime

    def enrol(self, asked: EnrolRequest) -> EnrolAnswer:
        """Checks, in order: the request's key and name, the message key's proof, the token.

        The same device may ask again with the same token and message key, because an answer can
        be lost on the way. Raises EnrolmentRefusedError.
        """
        key = requested_key(asked.request, asked.device_id)
        message_key = bytes.fromhex(asked.message_key)
        signed = enrol_bytes(asked.token_id, asked.device_id, asked.request)
        check_proof(message_key, signed, asked.proof)
        digest = secret_digest(asked.secret)
        with identity.redeemed(
            self._database, asked.token_id, digest, asked.device_id, message_key
        ) as found:
            pass
        if found.outcome != ENROLLED or found.branch_id is None or found.counter_id is None:
            log.warning("enrolment of %s refused: %s", asked.device_id, found.outcome)
            raise refused(found.outcome)
        # After the commit: a certificate on record belongs to a device that is enrolled.
        self._revoke_former(asked.device_id)
        log.info(
            "device %s enrolled at %s/%s by token %s",
            asked.device_id,
            found.branch_id,
            found.counter_id,
            asked.token_id,
        )
        return self._answer(asked.device_id, found.branch_id, found.counter_id, key)

    def renew(self, asked: RenewRequest) -> EnrolAnswer:
        """The old certificate stays good until it expires, so that nothing is interrupted."""
        device = identity.find_device(self._database, asked.device_id)
        if device is None:
            raise refused("device_unknown")
        check_proof(
            device.public_key, renew_bytes(asked.device_id, asked.at, asked.request), asked.proof
        )
        if device.revoked:
            raise refused("revoked")
        if abs(self._clock().timestamp() - asked.at) > _CLOCK.total_seconds():
            raise refused("clock")
        key = requested_key(asked.request, asked.device_id)
        return self._answer(device.device_id, device.branch_id, device.counter_id, key)

    def _revoke_former(self, device_id: str) -> None:
        index = self._signer.authority.index
        former = [e for e in index.read().of(device_id) if e.valid(self._clock())]
        if former:
            self._signer.revoke(former)

    def _answer(
        self, device_id: str, branch: str, counter: str, key: ec.EllipticCurvePublicKey
    ) -> EnrolAnswer:
        wanted = Wanted(Kind.DEVICE, device_id, lifetime=self._lifetime)
        certificate = self._signer.issue(wanted, key)
        log.info(
            "device %s has certificate %x until %s",
            device_id,
            certificate.serial_number,
            certificate.not_valid_after_utc.isoformat(timespec="seconds"),
        )
        return EnrolAnswer(
            device_id=device_id,
            branch=branch,
            counter=counter,
            certificate=certificate.public_bytes(serialization.Encoding.PEM).decode(),
            authority=self.told.authority,
            hub_public_key=self.told.hub_public_key,
            broker_url=self.told.broker_url,
            hub_url=self.told.hub_url,
        )
