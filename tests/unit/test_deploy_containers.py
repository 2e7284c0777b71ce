"""Dockerfiles and compose file: nothing beyond what a part needs. They are linted, never run here."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from hub.cli import hub
from hub.identity.settings import IdentitySettings
from hub.run import PARTS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "docker"
DOCKERFILES = sorted(FOLDER.glob("*.Dockerfile"))
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
OPEN = {"web", "broker", "identity"}
"""Reached from outside, at the ports that a test names."""
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("hailong-")]


def instructions(file):
    """(word, rest) with continued lines joined."""
    text = re.sub(r"\\\n\s*", "", file.read_text("utf-8"))
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            yield tuple(line.split(maxsplit=1))


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.name)
def test_an_image_runs_as_nobody_of_the_machine_with_packages_pinned_by_hash(file):
    found = list(instructions(file))
    assert [rest for word, rest in found if word == "USER"][-1].split(":")[0].isdigit()
    installs = [rest for word, rest in found if word == "RUN" and "pip install" in rest]
    assert installs
    assert all("--require-hashes" in one and "--only-binary :all:" in one for one in installs)
    assert {word for word, _ in found} >= {"HEALTHCHECK", "ENTRYPOINT", "VOLUME"}
    assert all(re.search(r":\d[\w.-]+", rest) for word, rest in found if word == "FROM")


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.name)
def test_what_is_copied_is_there_and_let_through(file):
    let = file.with_name(f"{file.name}.dockerignore").read_text("utf-8").splitlines()
    for word, rest in instructions(file):
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in let


@pytest.mark.parametrize("file", [*DOCKERFILES, FOLDER / "compose.yaml"], ids=lambda f: f.name)
def test_no_registry_and_no_secret_stands_there(file):
    text = file.read_text("utf-8")
    addresses = set(re.findall(r"https?://([\w.-]+)", text))
    assert addresses <= {"127.0.0.1"}
    assert not re.search(r"(?i)(password|token)\s*[=:]\s*[\"']?\w+[\"']?\s*$", text, re.MULTILINE)


def test_a_side_installs_nothing_of_the_other():
    hub_file, agent_file = FOLDER / "hub.Dockerfile", FOLDER / "agent.Dockerfile"
    assert "edge_agent" not in hub_file.read_text("utf-8")
    assert not re.search(r"\bhub\b(?!\.Dockerfile)", agent_file.read_text("utf-8"))


@pytest.mark.parametrize("name", OURS)
def test_each_part_is_closed(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"pids_limit", "mem_limit"} <= set(service)
    assert "privileged" not in service


@pytest.mark.parametrize("name", OURS)
def test_each_part_is_a_command_that_there_is_and_holds_its_own_password(name):
    service = SERVICES[name]
    assert service["command"][0] in hub.commands
    [own] = [s for s in service["secrets"] if isinstance(s, dict)]
    assert own["source"] == f"{name}.pass"
    assert service["environment"]["HAILONG_DATABASE_PASSFILE"] == f"/run/secrets/{own['target']}"
    needed = {s if isinstance(s, str) else s["source"] for s in service["secrets"]}
    assert needed <= set(COMPOSE["secrets"])


def test_metrics_are_published_nowhere_and_pages_on_loopback_alone():
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}
    assert ports["web"] == ["127.0.0.1:8080:8080"]
    assert ports["broker"] == ["0.0.0.0:8883:8883"]
    assert ports["identity"] == ["0.0.0.0:8443:8443"]
    assert not any(ports[name] for name in SERVICES if name not in OPEN)
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name, service in SERVICES.items():
        assert "outside" not in service["networks"] or name in OPEN


def test_each_part_of_the_hub_is_started_once():
    parts = []
    for name in OURS:
        words = SERVICES[name]["command"]
        only = [after for word, after in pairwise(words) if word == "--only"]
        parts += ["ingest"] if words[0] == "ingest" else only
    assert sorted(parts) == sorted(PARTS)


def test_the_part_identity_has_its_settings_and_no_key_of_the_hub():
    service = SERVICES["identity"]
    given = service["environment"]
    for name, url in (("ENROL", "https://hub.example"), ("DEVICE_BROKER", "mqtts://b.example")):
        assert given[f"HAILONG_{name}_URL"] == f"${{HAILONG_{name}_URL:-}}"  # a site's own
        given = given | {f"HAILONG_{name}_URL": f"{url}:8443"}
    settings = IdentitySettings.from_environment(given)
    mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in service["volumes"]}
    assert str(settings.pki.parent) in mounted
    assert settings.broker_files is not None
    assert mounted[str(settings.broker_files.folder)] == "./broker"
    assert mounted[given["HAILONG_STATE"] + "/hub.pub"] == "./secrets/hub.pub"
    assert "state" not in mounted.values()
    # It signals the broker's first process, and so has its user and its processes.
    assert service["user"] == SERVICES["broker"]["user"]
    assert service["pid"] == "service:broker"


def test_secrets_are_files_beside_it():
    assert all(set(one) == {"file"} for one in COMPOSE["secrets"].values())
