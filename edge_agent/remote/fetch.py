"""One file from the hub by HTTPS: goes on where it broke off, and is believed by its sha256."""

import errno
import hashlib
import http.client
import os
import shutil
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from edge_agent.clock import WallClock
from edge_agent.errors import ReleaseError
from edge_agent.identity import DeviceIdentity
from edge_agent.remote.settings import split_url
from edge_agent.state_folder import sync_folder
from schemas.request import (
    AT_HEADER,
    DEVICE_HEADER,
    SIGNATURE_HEADER,
    file_path,
    request_bytes,
    stamp,
)
from schemas.vocabulary import ConfigFault

_CHUNK = 64 * 1024
_TIMEOUT_S = 10.0
_SPARE_BYTES = 64 * 2**20
"""Left free on the disk: the outbox lives there too."""


class StoppedFetch(Exception):  # noqa: N818 - not an error: somebody asked to stop
    pass


@dataclass(frozen=True, slots=True)
class Hub:
    """Where files come from, and who asks for them."""

    url: str
    tls: ssl.SSLContext | None
    """None: the system's own certificate authorities."""
    identity: DeviceIdentity
    clock: WallClock

    def connect(self) -> http.client.HTTPConnection:
        secure, host, port = split_url(self.url)
        if not secure:
            return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
        context = self.tls or ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)

    def headers(self, path: str, from_byte: int) -> dict[str, str]:
        at = stamp(self.clock.now())
        device = self.identity.device_id
        made = {
            DEVICE_HEADER: device,
            AT_HEADER: at,
            SIGNATURE_HEADER: self.identity.sign(request_bytes(device, at, path)).hex(),
        }
        return made if not from_byte else made | {"Range": f"bytes={from_byte}-"}


def fetch(
    hub: Hub,
    sha256: str,
    size: int,
    folder: Path,
    stop: threading.Event,
    free: Callable[[Path], int] | None = None,
) -> Path:
    """`folder`/`sha256`, whole and checked. What came so far stays beside it as .part.

    Raises ReleaseError (FETCH, SPACE: try again; FILE: the hub's file is another), StoppedFetch.
    """
    whole, part = folder / sha256, folder / f"{sha256}.part"
    if whole.exists():
        return whole
    have = part.stat().st_size if part.exists() else 0
    if have > size:
        part.unlink()
        have = 0
    room = free or (lambda path: shutil.disk_usage(path).free)
    if room(folder) < size - have + _SPARE_BYTES:
        raise ReleaseError(
            f"no room for {size - have} bytes of a release beside the {_SPARE_BYTES} that stay "
            "free; delete something from the disk",
            ConfigFault.SPACE,
        )
    if have < size:
        _receive_told(hub, file_path(sha256), have, size, part, stop)
    if digest(part) != sha256:
        part.unlink()
        raise ReleaseError(
            f"a file of {size} bytes came with another sha256 than the signed {sha256[:12]}...; "
            "it is deleted",
            ConfigFault.FILE,
        )
    part.replace(whole)
    sync_folder(folder)
    return whole


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _receive_told(
    hub: Hub, path: str, have: int, size: int, part: Path, stop: threading.Event
) -> None:
    """`_receive`, with what sockets and disks raise told as ReleaseError."""
    try:
        _receive(hub, path, have, size, part, stop)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            part.unlink(missing_ok=True)
            raise ReleaseError("the disk is full; delete something", ConfigFault.SPACE) from error
        raise ReleaseError(
            f"the hub at {hub.url} does not give a file of the release "
            f"({error.strerror or type(error).__name__}); tried again",
            ConfigFault.FETCH,
        ) from error
    except http.client.HTTPException as error:
        raise ReleaseError(
            f"the hub at {hub.url} broke off ({type(error).__name__}); going on from there",
            ConfigFault.FETCH,
        ) from error
    except ReleaseError as error:
        if error.fault is ConfigFault.FILE:
            part.unlink(missing_ok=True)
        raise


def _receive(hub: Hub, path: str, have: int, size: int, part: Path, stop: threading.Event) -> None:
    connection = hub.connect()
    try:
        connection.request("GET", path, headers=hub.headers(path, have))
        with connection.getresponse() as answer:
            if answer.status == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                part.unlink()
            if answer.status not in (http.client.OK, http.client.PARTIAL_CONTENT):
                raise ReleaseError(
                    f"the hub at {hub.url} answers {answer.status} to a request for a file of the "
                    "release; expected 200 or 206",
                    ConfigFault.FETCH,
                )
            goes_on = answer.status == http.client.PARTIAL_CONTENT
            if goes_on and not (answer.getheader("Content-Range") or "").startswith(
                f"bytes {have}-"
            ):
                raise ReleaseError("the hub goes on at another byte than asked", ConfigFault.FETCH)
            with part.open("ab" if goes_on else "wb") as file:
                _copy(answer, file, have if goes_on else 0, size, stop)
    finally:
        connection.close()


def _copy(
    answer: http.client.HTTPResponse, file: BinaryIO, have: int, size: int, stop: threading.Event
) -> None:
    while chunk := answer.read(_CHUNK):
        if stop.is_set():
            raise StoppedFetch
        have += len(chunk)
        if have > size:
            raise ReleaseError(
                f"a file of the release has over {size} bytes; expected as many as were signed",
                ConfigFault.FILE,
            )
        file.write(chunk)
    file.flush()
    os.fsync(file.fileno())
    if have < size:
        raise ReleaseError(
            f"a file of the release broke off at {have} of {size} bytes; going on from there",
            ConfigFault.FETCH,
        )
