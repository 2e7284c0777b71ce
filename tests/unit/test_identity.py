import stat
from pathlib import Path

import pytest
from nacl.signing import SigningKey, VerifyKey

from edge_agent.errors import HubSignatureError, IdentityError, StateFolderError
from edge_agent.identity import KEY_FILE, DeviceIdentity, HubKey
from edge_agent.state_folder import ConnectionCounter, write_private
from schemas.envelope import seal, signed_bytes, unseal

TOPIC = "hailong/v1/hoan-kiem/quay-05/confirm"


def load(state: Path) -> DeviceIdentity:
    return DeviceIdentity.load_or_create(state, "dev-hk-05", "hoan-kiem", "quay-05")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "máy" / "state"


def test_key_is_made_once_and_kept_private(state):
    first = load(state)
    key = (state / KEY_FILE).read_bytes()
    assert load(state).public_key == first.public_key
    assert (state / KEY_FILE).read_bytes() == key
    assert mode(state) == 0o700
    assert mode(state / KEY_FILE) == 0o600
    assert [p.name for p in state.iterdir()] == [KEY_FILE]


def test_two_devices_have_two_keys(tmp_path):
    assert load(tmp_path / "a").public_key != load(tmp_path / "b").public_key


def test_signs_what_its_public_key_verifies(state):
    device = load(state)
    topic = device.topic("interaction")
    assert topic == "hailong/v1/hoan-kiem/quay-05/interaction"
    sealed = unseal(seal(topic, b"{}", device.sign))
    VerifyKey(device.public_key).verify(signed_bytes(topic, b"{}"), sealed.signature)
    assert device.signed_by_us(topic, sealed)
    assert not device.signed_by_us(device.topic("health"), sealed)


def test_secret_is_in_no_repr(state):
    device = load(state)
    seed = (state / KEY_FILE).read_text().split()[1]
    assert seed not in repr(device)
    assert "sign" not in repr(device)


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660, 0o644])
def test_key_open_to_others_is_refused(state, bits):
    load(state)
    (state / KEY_FILE).chmod(bits)
    with pytest.raises(IdentityError, match=rf"got mode {bits:04o}, expected 0600; run: chmod 600"):
        load(state)


def _flipped(text: str) -> str:
    name, seed, public = text.split()
    return f"{name} {'0' if seed[0] != '0' else '1'}{seed[1:]} {public}\n"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda _: "", "damaged: expected one"),
        (lambda t: t[:60], "damaged: expected one"),
        (lambda t: t.replace("-v1", "-v2"), "damaged: expected one"),
        (lambda t: t.replace(t.split()[1], "zz" * 32), "expected hex digits"),
        (lambda t: t.replace(t.split()[1], "ab" * 31), "got 31 bytes, expected 32"),
        (_flipped, "do not belong together"),
        (lambda _: "\udcff" * 40, "damaged: expected one"),
    ],
)
def test_damaged_key_is_refused_and_left_as_it_is(state, change, text):
    load(state)
    path = state / KEY_FILE
    path.write_text(change(path.read_text()), errors="surrogateescape")
    before = path.read_bytes()
    with pytest.raises(IdentityError, match=text) as caught:
        load(state)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before


def test_key_that_is_a_link_is_refused(state, tmp_path):
    load(state)
    elsewhere = tmp_path / "elsewhere"
    (state / KEY_FILE).rename(elsewhere)
    (state / KEY_FILE).symlink_to(elsewhere)
    with pytest.raises(IdentityError, match="expected a plain file"):
        load(state)


def test_folder_open_to_others_is_refused_and_not_changed(tmp_path):
    tmp_path.chmod(0o755)
    with pytest.raises(StateFolderError, match="expected 0700"):
        load(tmp_path)
    assert mode(tmp_path) == 0o755
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StateFolderError, match="name a folder"):
        load(tmp_path / "file")


def test_hub_key_believes_only_the_hub_and_only_on_the_topic_signed():
    key = SigningKey.generate()
    hub = HubKey.from_hex(bytes(key.verify_key).hex())
    sealed = unseal(seal(TOPIC, b"{}", lambda m: key.sign(m).signature))
    hub.verify(TOPIC, sealed)
    with pytest.raises(HubSignatureError, match="not signed by the hub"):
        hub.verify(TOPIC.replace("05", "06"), sealed)
    other = SigningKey.generate()
    with pytest.raises(HubSignatureError):
        hub.verify(TOPIC, unseal(seal(TOPIC, b"{}", lambda m: other.sign(m).signature)))


@pytest.mark.parametrize("text", ["", "00" * 31, "xy" * 32])
def test_hub_key_of_wrong_form_is_refused(text):
    with pytest.raises(IdentityError, match="hub_public_key"):
        HubKey.from_hex(text)


def test_connection_counter_only_rises(tmp_path):
    path = tmp_path / "connection"
    counter = ConnectionCounter(path)
    assert [counter.rise(), counter.rise()] == [1, 2]
    assert ConnectionCounter(path).rise() == 3
    counter = ConnectionCounter(path)
    counter.rise_above(40)
    counter.rise_above(7)
    assert ConnectionCounter(path).rise() == 41
    assert mode(path) == 0o600


@pytest.mark.parametrize("text", ["", "-1", "1e9", "٣", "9" * 20])
def test_damaged_connection_counter_is_refused(tmp_path, text):
    path = tmp_path / "connection"
    path.write_text(text)
    with pytest.raises(StateFolderError, match="one whole number"):
        ConnectionCounter(path)


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    write_private(path, b"old")
    with pytest.raises(FileExistsError):
        write_private(path, b"new", replace=False)
    (tmp_path / "folder").mkdir()
    with pytest.raises(StateFolderError, match="cannot be written"):
        write_private(tmp_path / "folder", b"new")
    assert path.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]
