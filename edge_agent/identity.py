"""Who the device is: its Ed25519 key, made on the device and never leaving it, and the
hub's public key, by which messages down are believed.
"""

import contextlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from edge_agent.errors import HubSignatureError, IdentityError
from edge_agent.state_folder import open_state_folder, write_private
from schemas.envelope import Sealed, Sign, signed_bytes
from schemas.topics import Topic

KEY_FILE = "device.key"
_FORMAT = "hailong-device-key-v1"
_HELP = "restore it from a copy, or move it away and enrol the device again"


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    device_id: str
    branch: str
    counter: str
    public_key: bytes
    """32 bytes; the hub enrols the device by it."""
    sign: Sign = field(repr=False)

    @classmethod
    def load_or_create(cls, state: Path, device_id: str, branch: str, counter: str) -> Self:
        """The identity of this state folder; its key is made at the first start.

        Raises IdentityError (key open to others or damaged), StateFolderError.
        """
        path = open_state_folder(state) / KEY_FILE
        if not path.exists():
            key = SigningKey.generate()
            text = f"{_FORMAT} {bytes(key).hex()} {bytes(key.verify_key).hex()}\n"
            # Where another start of the agent was faster, its key counts.
            with contextlib.suppress(FileExistsError):
                write_private(path, text.encode(), replace=False)
        key = _read_key(path)
        return cls(
            device_id, branch, counter, bytes(key.verify_key), lambda raw: key.sign(raw).signature
        )

    def topic(self, kind: str) -> str:
        return str(Topic(self.branch, self.counter, kind))

    def signed_by_us(self, topic: str, sealed: Sealed) -> bool:
        return _verifies(self.public_key, topic, sealed)


@dataclass(frozen=True, slots=True)
class HubKey:
    public_key: bytes

    @classmethod
    def from_hex(cls, text: str) -> Self:
        try:
            raw = bytes.fromhex(text)
        except ValueError as error:
            raise IdentityError("hub_public_key is no hex; expected 64 hex digits") from error
        if len(raw) != 32:
            raise IdentityError(f"hub_public_key has {len(raw)} bytes; expected 32, as hex")
        return cls(raw)

    def verify(self, topic: str, sealed: Sealed) -> None:
        """Raises HubSignatureError unless the hub signed this body for this topic."""
        if not _verifies(self.public_key, topic, sealed):
            raise HubSignatureError(
                f"message on {topic} is not signed by the hub of hub_public_key; ignored"
            )


def _verifies(public_key: bytes, topic: str, sealed: Sealed) -> bool:
    try:
        VerifyKey(public_key).verify(signed_bytes(topic, sealed.body), sealed.signature)
    except BadSignatureError:
        return False
    return True


def _read_key(path: Path) -> SigningKey:
    """Checks, in order: a plain file of ours, closed to others, whole, its halves agree."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise IdentityError(
            f"device key {path}: {error.strerror}; expected a plain file this user may read"
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        raw = file.read(1024)
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid != os.geteuid():
        raise IdentityError(
            f"device key {path} belongs to user {status.st_uid}, the agent runs as "
            f"{os.geteuid()}; start the agent as the key's owner"
        )
    if mode & 0o077:
        raise IdentityError(
            f"device key {path} is open to others: got mode {mode:04o}, expected 0600; "
            f"run: chmod 600 {path}, and enrol the device again if others used this machine"
        )
    parts = raw.decode("ascii", "replace").split()
    if len(parts) != 3 or parts[0] != _FORMAT:
        raise IdentityError(f"device key {path} is damaged: expected one {_FORMAT} line; {_HELP}")
    try:
        seed, public = bytes.fromhex(parts[1]), bytes.fromhex(parts[2])
    except ValueError as error:
        raise IdentityError(
            f"device key {path} is damaged: expected hex digits; {_HELP}"
        ) from error
    if len(seed) != 32:
        raise IdentityError(
            f"device key {path} has the wrong length: got {len(seed)} bytes, expected 32; {_HELP}"
        )
    key = SigningKey(seed)
    if bytes(key.verify_key) != public:
        raise IdentityError(
            f"device key {path} is damaged: its two halves do not belong together; {_HELP}"
        )
    return key
