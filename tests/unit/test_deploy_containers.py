"""Dockerfiles and compose file: nothing beyond what a part needs. They are linted, never run here."""

import re
from pathlib import Path

import pytest
import yaml

from hub.cli import hub

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "docker"
DOCKERFILES = sorted(FOLDER.glob("*.Dockerfile"))
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
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
    assert not any(ports[name] for name in SERVICES if name not in {"web", "broker"})
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name, service in SERVICES.items():
        assert "outside" not in service["networks"] or name in {"web", "broker"}


def test_secrets_are_files_beside_it():
    assert all(set(one) == {"file"} for one in COMPOSE["secrets"].values())
