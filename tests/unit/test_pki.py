"""The authority: what it signs, and that nothing it has promised is ever lost."""

import json
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from hailong.cli import main
from hub.pki import folder
from hub.pki.authority import Authority, issue_with_new_key, make_authority
from hub.pki.errors import PassphraseError, PkiError
from hub.pki.index import Index
from hub.pki.profiles import Kind, Wanted, new_key
from hub.pki.report import warnings

PASSPHRASE = "một câu dài để thử"
NOW = datetime.now(UTC)


@pytest.fixture
def pki(tmp_path):
    return folder.make(tmp_path / "pki", "Thử", PASSPHRASE.encode())


def device(signer, name="may-01", lifetime=None):
    return signer.issue(Wanted(Kind.DEVICE, name, lifetime=lifetime), new_key().public_key())


def test_what_stands_in_each_certificate(pki):
    services, devices = pki
    server, key = issue_with_new_key(services, Wanted(Kind.SERVER, "broker", ("b.vn", "10.0.0.1")))
    hub, _ = issue_with_new_key(services, Wanted(Kind.HUB, "hub-1"))
    own = device(devices)
    expected = (
        (server, services, ExtendedKeyUsageOID.SERVER_AUTH, ["b.vn", "10.0.0.1"]),
        (hub, services, ExtendedKeyUsageOID.CLIENT_AUTH, ["urn:hailong:hub:hub-1"]),
        (own, devices, ExtendedKeyUsageOID.CLIENT_AUTH, ["urn:hailong:device:may-01"]),
    )
    for made, signer, purpose, names in expected:
        made.verify_directly_issued_by(signer.authority.certificate)
        found = {e.oid._name: e.value for e in made.extensions}
        assert list(found["extendedKeyUsage"]) == [purpose]
        assert [str(n.value) for n in found["subjectAltName"]] == names
        assert found["basicConstraints"].ca is False
        assert isinstance(made.public_key().curve, ec.SECP256R1)
        assert made.not_valid_before_utc <= datetime.now(UTC) < made.not_valid_after_utc
    assert "ENCRYPTED" not in key
    with pytest.raises(PkiError, match="makes its key itself"):
        issue_with_new_key(devices, Wanted(Kind.DEVICE, "may-01"))


def test_the_devices_authority_can_sign_no_server(pki):
    """OpenSSL's own judgement, of a certificate that says what it should not."""
    _, devices = pki
    forged, _ = issue_with_new_key(devices, Wanted(Kind.SERVER, "broker", ("b.vn",)))
    at = devices.authority.folder
    (at / "forged.pem").write_text(forged.public_bytes(_pem()).decode())
    done = subprocess.run(
        ["openssl", "verify", "-purpose", "sslserver", "-CAfile", at / "ca.pem", at / "forged.pem"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "unsuitable certificate purpose" in done.stdout + done.stderr


def _pem():
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.PEM


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(Kind.DEVICE, "May 01"),
        Wanted(Kind.DEVICE, "may-01/../x"),
        Wanted(Kind.DEVICE, "+"),
        Wanted(Kind.DEVICE, "hailong-ingest-1"),
        Wanted(Kind.DEVICE, ""),
        Wanted(Kind.SERVER, "broker"),
        Wanted(Kind.SERVER, "broker", ("B.vn",)),
        Wanted(Kind.SERVER, "broker", ("*",)),
        Wanted(Kind.SERVER, "x" * 65, ("b.vn",)),
    ],
)
def test_names_that_no_certificate_carries(pki, wanted):
    with pytest.raises(PkiError, match="expected"):
        pki[1].issue(wanted, new_key().public_key())
    assert pki[1].authority.index.read().entries == ()


def test_the_services_key_is_encrypted_and_the_folders_are_private(pki, tmp_path):
    for path in (tmp_path / "pki").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    services = folder.services(tmp_path / "pki")
    assert "ENCRYPTED" in (services.folder / "ca.key").read_text()
    for wrong in (b"another passphrase", None):
        with pytest.raises(PassphraseError):
            services.unlock(wrong, timedelta(days=1))
    with pytest.raises(PassphraseError, match="12 characters"):
        folder.make(tmp_path / "x", "Thử", b"short")
    (services.folder / "ca.key").chmod(0o640)
    with pytest.raises(PkiError, match="open to others: got mode 0640"):
        folder.unlock_services(tmp_path / "pki", PASSPHRASE.encode())


def test_an_authority_is_never_replaced_and_an_init_cut_short_goes_on(tmp_path):
    home = tmp_path / "pki"
    first, devices = folder.make(home, "Thử", PASSPHRASE.encode())
    with pytest.raises(PkiError, match="holds both authorities already"):
        folder.make(home, "Thử", PASSPHRASE.encode())
    with pytest.raises(PkiError, match="nothing was changed"):
        make_authority(home / "devices", "x", None, devices_only=True, crl=timedelta(days=1))
    (home / "devices" / "ca.key").unlink()
    again, new = folder.make(home, "Thử", PASSPHRASE.encode())
    assert again.authority.fingerprint == first.authority.fingerprint
    assert new.authority.fingerprint != devices.authority.fingerprint


def test_what_a_crash_left_of_a_line_is_cut_off_and_nothing_else(pki):
    _, devices = pki
    index = devices.authority.index
    device(devices, "may-01")
    whole = index.path.read_bytes()
    device(devices, "may-02")
    line = index.path.read_bytes()[len(whole) :]
    for cut in range(len(line)):
        index.path.write_bytes(whole + line[:cut])
        assert [e.name for e in index.read().entries] == ["may-01"], cut
    index.path.write_bytes(whole + line[:40])
    device(devices, "may-03")
    assert [e.name for e in index.read().entries] == ["may-01", "may-03"]


def test_a_damaged_or_lost_index_stops_everything(pki):
    _, devices = pki
    made = device(devices)
    path = devices.authority.index.path
    good = path.read_text()
    path.write_text(good.replace('"issued"', '"isued"'))
    for act in (lambda: device(devices), devices.write_crl):
        with pytest.raises(PkiError, match=r"index.jsonl, line 3 cannot be read"):
            act()
    path.unlink()
    with pytest.raises(PkiError, match="put it back from the backup"):
        device(devices)
    path.write_text(good)
    assert devices.authority.index.read().entries[0].serial == made.serial_number


def test_a_revocation_is_on_record_before_the_list_is_written(pki, monkeypatch):
    _, devices = pki
    made = device(devices)
    (entry,) = devices.authority.index.read().entries

    def crash(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("hub.pki.authority.write_private", crash)
    with pytest.raises(KeyboardInterrupt):
        devices.revoke([entry])
    monkeypatch.undo()
    again = Authority.open(devices.authority.folder)
    known = again.index.read()
    assert [e.revoked_at is not None for e in known.entries] == [True]
    assert again.unlisted(known, datetime.now(UTC)) == list(known.entries)
    devices.write_crl()
    assert again.crl().get_revoked_certificate_by_serial_number(made.serial_number) is not None
    assert again.unlisted(known, datetime.now(UTC)) == []


def test_each_list_is_dated_after_the_one_before_it(pki):
    """OpenSSL keeps the first of two lists of the same second."""
    _, devices = pki
    dates, numbers = [], []
    for _ in range(5):
        devices.write_crl()
        crl = devices.authority.crl()
        dates.append(crl.last_update_utc)
        numbers.append(crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number)
        assert crl.is_signature_valid(devices.authority.certificate.public_key())
        assert crl.last_update_utc <= datetime.now(UTC) < crl.next_update_utc
    assert len(set(dates)) == 5
    assert dates == sorted(dates)
    assert numbers == sorted(set(numbers))


def test_expired_certificates_leave_the_list(pki):
    _, devices = pki
    device(devices, lifetime=timedelta(seconds=0))
    devices.revoke(devices.authority.index.read().entries)
    assert list(devices.authority.crl()) == []
    assert devices.authority.index.read().entries[0].revoked_at is not None


def test_many_writers_at_once_lose_nothing(tmp_path):
    folder.make(tmp_path / "pki", "Thử", PASSPHRASE.encode())
    code = (
        "import sys; from pathlib import Path\n"
        "from hub.pki.folder import unlock_devices\n"
        "from hub.pki.profiles import Kind, Wanted, new_key\n"
        "signer = unlock_devices(Path(sys.argv[1]))\n"
        "for n in range(8):\n"
        "    name = f'may-{sys.argv[2]}-{n}'\n"
        "    signer.issue(Wanted(Kind.DEVICE, name), new_key().public_key())\n"
        "    signer.revoke(signer.authority.index.read().of(name))\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "pki"), str(n)])
        for n in range(3)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    devices = folder.devices(tmp_path / "pki")
    known = devices.index.read()
    assert len(known.entries) == len(known.revoked(NOW)) == 24
    assert len(list(devices.crl())) == 24


def test_kill_9_loses_no_revocation(tmp_path):
    """Killed at random points; what a command had told as revoked is revoked."""
    folder.make(tmp_path / "pki", "Thử", PASSPHRASE.encode())
    code = (
        "import sys; from pathlib import Path\n"
        "from hub.pki.folder import unlock_devices\n"
        "from hub.pki.profiles import Kind, Wanted, new_key\n"
        "signer = unlock_devices(Path(sys.argv[1]))\n"
        "while True:\n"
        "    made = signer.issue(Wanted(Kind.DEVICE, 'may-01'), new_key().public_key())\n"
        "    signer.revoke([e for e in signer.authority.index.read().entries\n"
        "                   if e.serial == made.serial_number])\n"
        "    print(made.serial_number, flush=True)\n"
    )
    told: set[int] = set()
    for seed in range(3):
        worker = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "pki")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3 + seed):
            told.add(int(worker.stdout.readline()))
        time.sleep(random.Random(seed).uniform(0, 0.05))
        worker.kill()
        told |= {int(line) for line in worker.communicate()[0].splitlines() if line}
    devices = folder.unlock_devices(tmp_path / "pki")
    known = devices.authority.index.read()
    assert told <= {e.serial for e in known.revoked(NOW)}
    devices.write_crl()
    assert told <= {entry.serial_number for entry in devices.authority.crl()}


def test_warnings_name_what_ends_and_what_to_do(pki, tmp_path):
    services, devices = pki
    home = tmp_path / "pki"
    issue_with_new_key(services, Wanted(Kind.SERVER, "broker", ("b.vn",)))
    device(devices)
    assert warnings(home, NOW) == []
    soon = warnings(home, NOW + timedelta(days=380))
    assert any("server broker expires on" in line and "in 17 days" in line for line in soon)
    assert any("services/crl.pem expires on" in line for line in soon)
    assert any("devices/crl.pem expired on" in line for line in soon)
    # A renewed one is no cause to warn, though the old one ends.
    issue_with_new_key(services, Wanted(Kind.SERVER, "broker", ("b.vn",), timedelta(days=800)))
    soon = warnings(home, NOW + timedelta(days=380))
    assert not any("server broker" in line for line in soon)
    services.authority.crl_path.unlink()
    assert any("is no list of revoked certificates" in line for line in warnings(home, NOW))


@pytest.fixture
def run(tmp_path):
    def call(*words, given=PASSPHRASE + "\n"):
        environment = {"HAILONG_PKI": str(tmp_path / "pki")}
        return CliRunner().invoke(main, ["pki", *words], input=given, env=environment)

    return call


def test_the_commands_of_a_year(run, tmp_path):
    assert run("init").exit_code == 0
    out = ["--out", str(tmp_path)]
    issued = run("issue", "server", "--name", "broker", "--host", "b.vn", *out)
    assert issued.exit_code == 0, issued.output
    first = (tmp_path / "broker.pem").read_bytes()
    assert (tmp_path / "broker.key").stat().st_mode & 0o777 == 0o600
    assert run("issue", "server", "--name", "broker", "--host", "b.vn", *out).exit_code == 2
    assert run("renew", "--name", "broker", *out).exit_code == 0
    second = (tmp_path / "broker.pem").read_bytes()
    assert first != second
    listed = json.loads(run("list", "--json").stdout)
    assert [c["state"] for c in listed["certificates"]] == ["valid", "valid"]
    assert [c["hosts"] for c in listed["certificates"]] == [["b.vn"], ["b.vn"]]
    serial = listed["certificates"][0]["serial"]
    assert run("revoke", "--serial", serial).exit_code == 0
    assert run("revoke", "--serial", serial).exit_code == 2
    states = [line.split()[0] for line in run("list").stdout.splitlines()]
    assert states == ["revoked", "valid"]
    before = folder.services(tmp_path / "pki").crl()
    assert run("crl").exit_code == 0
    after = folder.services(tmp_path / "pki").crl()
    assert [r.serial_number for r in after] == [int(serial, 16)]
    assert after.last_update_utc > before.last_update_utc
    for name in ("pki", "pki --help", "pki list"):
        assert "Traceback" not in CliRunner().invoke(main, name.split()).output


def test_a_passphrase_comes_from_a_file_or_a_pipe_and_a_wrong_one_is_one_line(run, tmp_path):
    secret = tmp_path / "passphrase"
    secret.write_text(PASSPHRASE + "\n")
    assert run("init", "--passphrase-file", str(secret), given="").exit_code == 0
    out = ["--out", str(tmp_path)]
    hub = ["issue", "hub", "--name", "hub-1", *out]
    assert run(*hub, "--passphrase-file", "-").exit_code == 0
    for given in ("", "wrong passphrase\n"):
        done = run("issue", "hub", "--name", "hub-2", *out, given=given)
        assert done.exit_code == 2
        assert done.stderr.count("\n") == 1
        assert "passphrase" in done.stderr
    options = [p.opts for p in main.get_command(None, "pki").commands["init"].params]
    assert not any("--passphrase" in names for names in options)


def test_the_index_is_one_only_appended_file(pki):
    _, devices = pki
    before = devices.authority.index.path.read_bytes()
    device(devices)
    after = devices.authority.index.path.read_bytes()
    assert after.startswith(before)
    with pytest.raises(FileExistsError):
        Index(devices.authority.index.path).make()
    assert devices.authority.index.path.stat().st_mode & 0o777 == 0o600
