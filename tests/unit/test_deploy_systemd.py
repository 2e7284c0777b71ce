"""The units: hardened, understood by systemd, and starting commands that there are."""

import re
import shlex
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import click
import pytest

from edge_agent.cli import agent
from hub.cli import hub
from hub.identity.settings import IdentitySettings
from hub.pki.authority import KEY_FILE
from hub.pki.folder import DEVICES
from hub.run import PARTS
from hub.settings import Address, HubSettings

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
UNITS = [*SERVICES, *FOLDER.glob("*.target"), *FOLDER.glob("*.timer")]
MOST_EXPOSED = 3.0
PROGRAM = "/opt/hailong/bin/hailong"


def run(program, *words):
    if shutil.which(program) is None:
        pytest.fail(f"{program} is missing; run: apt-get install systemd")
    done = subprocess.run(
        [program, *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_little_is_left_to_whoever_takes_a_service_over(unit):
    _, said = run("systemd-analyze", "security", "--offline=true", unit)
    found = re.search(r"Overall exposure level for .*: ([0-9.]+)", said)
    assert found, said
    assert float(found[1]) < MOST_EXPOSED


def test_the_measure_itself_tells_an_open_unit(tmp_path):
    unit = tmp_path / "open.service"
    unit.write_text("[Service]\nExecStart=/bin/true\n")
    _, said = run("systemd-analyze", "security", "--offline=true", unit)
    assert float(re.search(r"exposure level for .*: ([0-9.]+)", said)[1]) > MOST_EXPOSED


def test_systemd_understands_every_line(tmp_path):
    files = []
    for unit in UNITS:
        name = unit.name.replace("@.", "@1.")
        files.append(tmp_path / name)
        # Whether the program is installed is not the question here.
        files[-1].write_text(unit.read_text("utf-8").replace(PROGRAM, "/bin/true"))
    code, said = run("systemd-analyze", "verify", "--man=no", *files)
    assert code == 0, said
    assert not [line for line in said.splitlines() if str(tmp_path) in line], said


def test_a_word_that_systemd_does_not_know_is_found(tmp_path):
    unit = tmp_path / "wrong.service"
    unit.write_text("[Service]\nExecStart=/bin/true\nProtectSistem=strict\n")
    _, said = run("systemd-analyze", "verify", "--man=no", unit)
    assert "ProtectSistem" in said


def test_users_and_folders_are_understood():
    code, said = run("systemd-sysusers", "--dry-run", FOLDER / "sysusers.conf")
    assert code == 0, said
    for line in (FOLDER / "tmpfiles.conf").read_text("utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(
            r"d /(etc|var/lib|var/backups)/hailong 07\d\d [a-z-]+ [a-z-]+ -"
            r"|d /var/lib/hailong/files 2750 hailong hailong-files -"
            r"|d /var/lib/hailong-identity 0700 hailong-identity hailong-identity -"
            r"|d /etc/mosquitto/hailong 2750 hailong-identity mosquitto -",
            line,
        ), line


def commands(unit):
    for line in unit.read_text("utf-8").splitlines():
        if line.startswith("ExecStart="):
            yield shlex.split(line.removeprefix("ExecStart=").replace("%i", "1"))


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_each_unit_starts_a_command_that_there_is(unit):
    for program, side, *words in commands(unit):
        assert program == PROGRAM
        group = {"hub": hub, "agent": agent}[side]
        command = group.commands[words[0]]
        known = {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
        assert {word for word in words[1:] if word.startswith("--")} <= known
        if "--only" in words:
            only = next(p for p in command.params if p.name == "parts")
            assert isinstance(only.type, click.Choice)
            assert set(started(words)) <= set(only.type.choices)


def started(words):
    """The parts that these words of `hub` start."""
    if words[:1] == ["ingest"]:
        return ["ingest"]
    return [after for word, after in pairwise(words) if word == "--only"]


def test_the_target_starts_each_part_of_the_hub_once():
    wanted = [FOLDER / name.replace("@1", "@") for name in wants()]
    parts = [part for unit in wanted for _, _, *words in commands(unit) for part in started(words)]
    assert sorted(parts) == sorted(PARTS)


@pytest.mark.parametrize(
    ("folder", "of"),
    [("hailong", {"ingest@", "control", "backup"}), ("hailong-identity", {"identity"})],
)
def test_the_signing_key_and_the_devices_authority_are_held_apart(folder, of):
    """By users: neither may read the other's folder, and no further part reads either."""
    users = {}
    for unit in SERVICES:
        text = unit.read_text("utf-8")
        user = re.search(r"^User=(.+)$", text, re.MULTILINE)
        users[unit.stem.removeprefix("hailong-")] = user[1] if user else "its own"
        held = re.search(r"^StateDirectory=(.+)$", text, re.MULTILINE)
        assert held is None or held[1] == user[1]
    assert {part for part, user in users.items() if user == folder} == of
    assert re.search(rf"^u {folder} ", (FOLDER / "sysusers.conf").read_text("utf-8"), re.MULTILINE)
    assert f"d /var/lib/{folder} 0700 {folder} {folder} -" in (FOLDER / "tmpfiles.conf").read_text()


def test_web_is_shown_the_files_of_releases_and_nothing_else_of_the_state():
    text = (FOLDER / "hailong-web.service").read_text("utf-8")
    [(source, shown)] = re.findall(r"^BindReadOnlyPaths=-(.*):(.*)$", text, re.MULTILINE)
    state = re.search(r"^Environment=HAILONG_STATE=(.*)$", text, re.MULTILINE)[1]
    at = Address("127.0.0.1", 1)
    settings = HubSettings(at, "x", Path("x"), at, Path(state))
    assert settings.files == Path(shown)
    group = re.search(r"^SupplementaryGroups=(.*)$", text, re.MULTILINE)[1]
    assert f"d {source} 2750 hailong {group} -" in (FOLDER / "tmpfiles.conf").read_text("utf-8")
    assert f"\ng {group} -\n" in (FOLDER / "sysusers.conf").read_text("utf-8")


def test_the_part_identity_reads_its_settings_from_its_unit_alone():
    """But for what only a site knows: by which names devices reach it and the broker."""
    text = (FOLDER / "hailong-identity.service").read_text("utf-8")
    lines = re.findall(r'^Environment="?(\w+)=(.*?)"?$', text, re.MULTILINE)
    given = {name: value.replace("%S", "/var/lib") for name, value in lines}
    given["HAILONG_ENROL_URL"] = "https://hub.example:8443"
    given["HAILONG_DEVICE_BROKER_URL"] = "mqtts://broker.example:8883"
    settings = IdentitySettings.from_environment(given)
    assert settings.pki == Path("/var/lib/hailong-identity/pki")
    assert settings.listen == Address("0.0.0.0", 8443)
    assert settings.broker_files is not None
    written = re.search(r"^ReadWritePaths=-(.*)$", text, re.MULTILINE)
    assert settings.broker_files.folder == Path(written[1])
    # The condition looks where the authority is.
    looked = re.search(r"^ConditionPathExists=(.*)$", text, re.MULTILINE)[1]
    assert Path(looked.replace("%S", "/var/lib")) == settings.pki / DEVICES / KEY_FILE
    # What it may ask of systemd is what the rule allows its user.
    rule = (FOLDER / "polkit.rules").read_text("utf-8")
    _, *words = shlex.split(given["HAILONG_BROKER_RELOAD"])
    verb, broker = (word for word in words if not word.startswith("--"))
    assert f'"verb") == "{verb}"' in rule
    assert f'"unit") == "{broker}"' in rule
    assert 'subject.user == "hailong-identity"' in rule


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_no_unit_holds_a_secret_or_another_parts_password(unit):
    text = unit.read_text("utf-8")
    assert not re.search(r"(?i)(password|secret|token)\s*=", text)
    assert re.findall(r"/etc/hailong/(\w+)\.pass", text) in ([], [text_part(unit)])


def text_part(unit):
    return re.match(r"hailong-(\w+)", unit.name)[1]


def test_every_unit_has_its_own_port():
    ports = [
        port
        for unit in SERVICES
        for port in re.findall(r"METRICS_ADDRESS=127\.0\.0\.1:([\d%i]+)", unit.read_text("utf-8"))
    ]
    assert len(ports) == len(set(ports)) == 6


def wants():
    text = (FOLDER / "hailong.target").read_text("utf-8")
    return " ".join(re.findall(r"^Wants=(.*)$", text, re.MULTILINE)).split()


def test_the_target_starts_what_there_is():
    for name in wants():
        assert (FOLDER / name.replace("@1", "@")).is_file(), name


def test_the_hub_runs_without_memory_that_is_written_and_executed():
    """MemoryDenyWriteExecute: what the units ask of the hub's libraries."""
    code = (
        "import ctypes, sys\n"
        "if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):\n"
        "    sys.exit('this kernel knows no PR_SET_MDWE')\n"
        "import mmap\n"
        "try:\n"
        "    mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        "    sys.exit('not forbidden')\n"
        "except PermissionError:\n"
        "    pass\n"
        "import hub.cli, hub.checks.clock\n"
        "hub.checks.clock.kernel_synchronised()\n"
        "from nacl.signing import SigningKey\n"
        "key = SigningKey.generate()\n"
        "key.verify_key.verify(key.sign(b'x'))\n"
        "from cryptography.hazmat.primitives.asymmetric import ec\n"
        "ec.generate_private_key(ec.SECP256R1())\n"
        "print('well')\n"
    )
    import sys

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    if "knows no PR_SET_MDWE" in done.stderr:
        pytest.skip("Linux 6.3 or later is needed to try it")
    assert done.stdout.strip() == "well", done.stderr


def test_passwords_are_split_by_role(tmp_path):
    whole = tmp_path / "database.pass"
    roles = ("migrator", "ingest", "worker", "control", "app", "identity", "auditor", "backup")
    whole.write_text("".join(f"db\\:x:5432:hailong:hailong_{r}:p-{r}:y\n" for r in roles))
    script = FOLDER.parent / "split-passwords"
    done = subprocess.run([script, whole, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    own = ("ingest", "control", "identity", "backup")
    made = {"scoring": "worker", "web": "app"} | {part: part for part in own}
    for part, role in made.items():
        file = tmp_path / f"{part}.pass"
        assert file.read_text() == f"db\\:x:5432:hailong:hailong_{role}:p-{role}:y\n"
        assert file.stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.iterdir())) == 7
    whole.write_text("db:5432:hailong:hailong_app:p\n")
    done = subprocess.run([script, whole, tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, "no line for hailong_ingest" in done.stderr) == (1, True)
    done = subprocess.run([script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
