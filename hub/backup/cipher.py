"""Encryption of a backup for one recipient: whoever makes backups cannot read them.

A key of its own for each file, sealed to the recipient's X25519 key (libsodium's sealed box),
then the file in parts of 1 MiB by secretstream (XChaCha20-Poly1305): a part that was changed,
moved or left out, and an end that was cut off, are found.

    "HLBK1" | sealed key (80 bytes) | header (24) | parts of 1 MiB + 17, the last one shorter
"""

from collections.abc import Iterable, Iterator
from typing import IO

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from hub.backup.errors import BackupError

MAGIC = b"HLBK1"
_PART = 1024 * 1024
_ABYTES = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
_HEADER = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_KEY = bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES
_FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
_MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_SEALED = _KEY + bindings.crypto_box_SEALBYTES


def encrypt(parts: Iterable[bytes], recipient: PublicKey) -> Iterator[bytes]:
    key = bindings.crypto_secretstream_xchacha20poly1305_keygen()
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    yield MAGIC + SealedBox(recipient).encrypt(key)
    yield bindings.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    held = b""
    for part in parts:
        held += part
        while len(held) > _PART:
            yield _push(state, held[:_PART], _MESSAGE)
            held = held[_PART:]
    yield _push(state, held, _FINAL)


def decrypt(file: IO[bytes], key: PrivateKey) -> Iterator[bytes]:
    """Raises BackupError: another key's, changed, or cut short."""
    if file.read(len(MAGIC)) != MAGIC:
        raise BackupError("the backup is not encrypted as its manifest says")
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    try:
        stream_key = SealedBox(key).decrypt(file.read(_SEALED))
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(
            state, file.read(_HEADER), stream_key
        )
        tag = _MESSAGE
        while tag != _FINAL:
            part, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(
                state, file.read(_PART + _ABYTES)
            )
            yield part
    except (CryptoError, ValueError, TypeError, RuntimeError) as error:
        raise BackupError(
            "the backup cannot be decrypted: the key is another one, or the file was changed"
        ) from error
    if file.read(1):
        raise BackupError("the backup goes on after its end: the file was changed")


def _push(
    state: bindings.crypto_secretstream_xchacha20poly1305_state, part: bytes, tag: int
) -> bytes:
    return bindings.crypto_secretstream_xchacha20poly1305_push(state, part, tag=tag)
