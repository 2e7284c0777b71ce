"""Files of releases, for devices: each request is signed with the device's own key."""

import logging
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from hub.api.deps import InServices, Services
from hub.api.errors import DeviceRefusedError, NotFoundError, TooManyRequestsError
from hub.control.files import SHA256, place
from hub.store.releases import file_for_device
from schemas.request import (
    AT_HEADER,
    DEVICE_HEADER,
    FILES_PATH,
    SIGNATURE_HEADER,
    WINDOW,
    file_path,
    read_stamp,
    request_bytes,
)
from schemas.topics import is_name

log = logging.getLogger(__name__)
router = APIRouter()
_SIGNATURE_DIGITS: Final = 128


def asking(request: Request, sha256: str, services: InServices) -> int:
    """The size of the file that this device may have. Checks, in order: not too often from this
    address, the three headers whole, the time near ours, the device enrolled and not revoked, its
    signature, not too often by this device, the file one of its release's.
    """
    address = request.client.host if request.client else ""
    if services.file_refusals.over(address):
        raise TooManyRequestsError("too many refused requests from this address; wait")
    try:
        device, asked = _device(request, sha256, services)
    except DeviceRefusedError:
        services.file_refusals.count(address)
        raise
    if services.file_requests.count(device):
        raise TooManyRequestsError("too many requests of this device; wait")
    if asked is None:
        raise NotFoundError("no such file in the release that this device is to run")
    return asked


def _device(request: Request, sha256: str, services: Services) -> tuple[str, int | None]:
    """Who asks, proved, and the size of the file where it may have it. One error for all that
    can be wrong, so that a stranger learns nothing of who is enrolled.
    """
    refused = DeviceRefusedError("not signed by an enrolled device for this file and time")
    device = request.headers.get(DEVICE_HEADER, "")
    at = request.headers.get(AT_HEADER, "")
    signature = request.headers.get(SIGNATURE_HEADER, "")
    stamped = read_stamp(at)
    if not is_name(device) or stamped is None or not SHA256.fullmatch(sha256):
        raise refused
    if len(signature) != _SIGNATURE_DIGITS or abs(datetime.now(UTC) - stamped) > WINDOW:
        raise refused
    found = file_for_device(services.database, device, sha256)
    if found is None or found.revoked:
        raise refused
    try:
        VerifyKey(found.public_key).verify(
            request_bytes(device, at, file_path(sha256)), bytes.fromhex(signature)
        )
    except (BadSignatureError, ValueError) as error:
        raise refused from error
    return device, found.bytes


@router.get(f"{FILES_PATH}/{{sha256}}", name="device.file")
def file(sha256: str, services: InServices, size: Annotated[int, Depends(asking)]) -> FileResponse:
    """The file's bytes; a `Range` goes on where a fetch broke off."""
    folder = services.settings.files
    path = None if folder is None else place(folder, sha256)
    if path is None or not path.is_file() or path.stat().st_size != size:
        log.error("file %s of a release is not on this hub's disk", sha256[:12])
        raise NotFoundError("the file is not on this hub's disk")
    return FileResponse(path, media_type="application/octet-stream")
