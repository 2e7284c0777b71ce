"""A device becomes a site's own: keys made here, a certificate from the hub, its settings."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge_agent import hub_client
from edge_agent.certificate import AUTHORITY_FILE, CERTIFICATE_FILE, TlsKey
from edge_agent.errors import EnrolmentError
from edge_agent.identity import DeviceIdentity
from edge_agent.state_folder import open_state_folder, write_private
from schemas.enrolment import EnrolAnswer, EnrolmentToken, EnrolRequest, enrol_bytes


@dataclass(frozen=True, slots=True)
class Enrolled:
    answer: EnrolAnswer
    ca: Path
    certificate: Path
    ends: datetime


def enrol(token: EnrolmentToken, state: Path) -> Enrolled:
    """Asks the hub of the token. What was kept in `state` before stays until all is well.

    May be called again with the same token while the message key of `state` is the same: an
    answer can be lost on the way. Raises AgentError.
    """
    folder = open_state_folder(state)
    identity = DeviceIdentity.load_or_create(folder, token.device_id, "", "")
    authority = hub_client.fetch_authority(token.hub_url, token.authority_sha256)
    key = TlsKey()
    request = key.request(token.device_id)
    signed = enrol_bytes(token.token_id, token.device_id, request)
    answer = hub_client.enrol(
        token.hub_url,
        authority,
        EnrolRequest(
            token_id=token.token_id,
            secret=token.secret,
            device_id=token.device_id,
            message_key=identity.public_key.hex(),
            request=request,
            proof=identity.sign(signed).hex(),
        ),
    )
    if answer.device_id != token.device_id:
        raise EnrolmentError("the hub answers for another device; ask its operator")
    life = key.keep(answer.certificate, token.device_id, folder / CERTIFICATE_FILE)
    write_private(folder / AUTHORITY_FILE, authority.encode())
    return Enrolled(answer, folder / AUTHORITY_FILE, folder / CERTIFICATE_FILE, life.ends)
