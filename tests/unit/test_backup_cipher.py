import io
import itertools

import pytest
from nacl.public import PrivateKey

from hub.backup.cipher import decrypt, encrypt
from hub.backup.errors import BackupError

KEY = PrivateKey(b"k" * 32)
MIB = 1024 * 1024


def sealed(raw, pieces=70_000):
    parts = (raw[i : i + pieces] for i in range(0, len(raw), pieces))
    return b"".join(encrypt(parts, KEY.public_key))


def opened(raw, key=KEY):
    return b"".join(decrypt(io.BytesIO(raw), key))


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB, 3 * MIB + 5])
def test_what_went_in_comes_out(size):
    raw = bytes(itertools.islice(itertools.cycle(range(251)), size))
    assert opened(sealed(raw)) == raw


def test_nothing_of_it_can_be_read_and_twice_is_never_the_same():
    raw = b"PGDMP" + b"cb-0117" * 1000
    first, second = sealed(raw), sealed(raw)
    assert b"cb-0117" not in first
    assert first != second


def test_another_key_opens_nothing():
    with pytest.raises(BackupError, match="cannot be decrypted"):
        opened(sealed(b"x" * 100), PrivateKey(b"x" * 32))


PART = MIB + 17
HEAD = 5 + 80 + 24


@pytest.mark.parametrize(
    "fault",
    [
        lambda raw: raw[:-1],
        lambda raw: raw[: HEAD + 2 * PART],
        lambda raw: raw[:HEAD],
        lambda raw: raw[: HEAD - 3],
        lambda raw: raw + b"x",
        lambda raw: raw[:200] + bytes([raw[200] ^ 1]) + raw[201:],
        lambda raw: raw[:HEAD] + raw[HEAD + PART : HEAD + 2 * PART] + raw[HEAD + 2 * PART :],
        lambda raw: b"HLBK2" + raw[5:],
        lambda raw: b"",
    ],
    ids=["cut", "end", "empty", "header", "longer", "changed", "part left out", "form", "nothing"],
)
def test_every_change_is_found(fault):
    with pytest.raises(BackupError):
        opened(fault(sealed(b"y" * (2 * MIB + 500))))
