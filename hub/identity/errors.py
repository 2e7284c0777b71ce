"""What enrolment, renewal and the broker's keeper can run into."""

from hub.errors import HubError


class IdentityError(HubError):
    code = "identity"


class BrokerFilesError(IdentityError):
    """The broker's files cannot be written, or it does not read them again."""

    code = "broker_files"


class ConnectionCloseError(IdentityError):
    """A revoked device's connection may still be open; it is tried again."""

    code = "connection_close"
    permanent = False


class EnrolmentRefusedError(IdentityError):
    """One code a reason; the text says what to do and goes to the device as it is."""

    code = "enrolment_refused"
    status = 403

    def __init__(self, code: str, text: str, status: int = 403) -> None:
        super().__init__(text)
        self.code = code
        self.status = status


REASONS = {
    "token_unknown": "the hub knows no such token; copy the whole line, or ask for a new token",
    "token_other_device": "the token is for another device; ask for one for this device",
    "token_expired": "the token has expired; ask for a new one",
    "token_used": "the token was used already, with another key; ask for a new one, and tell the "
    "operator if it was not you",
    "device_revoked": "the device was revoked after the token was made; ask for a new token",
    "key_revoked": "this device's key was revoked; give the device a new state folder and try "
    "again with the same token",
    "device_has_other_key": "the device is enrolled with another key; let the operator revoke it "
    "first, or give this device another name",
    "device_unknown": "no such device is enrolled; enrol it by a token",
    "revoked": "the device was revoked; enrol it by a new token if that was a mistake",
    "request_invalid": "the certificate request is none for an ECDSA P-256 key, signed by it",
    "request_other_name": "the certificate request names another device; expected this device's "
    "id as its only name",
    "proof_wrong": "the message key's signature over this request is wrong; start again",
    "clock": "the device's clock is more than 5 minutes from the hub's; set it",
    "too_many": "too many requests from this address; wait a few minutes",
}


def refused(reason: str, status: int = 403) -> EnrolmentRefusedError:
    return EnrolmentRefusedError(reason, REASONS[reason], status)
