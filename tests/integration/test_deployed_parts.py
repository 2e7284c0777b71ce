"""The hub's parts as their units start them: each with its own settings, files and password alone."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.devices import wait_until
from tests.identity_site import HOST, free_port, identity_site

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy" / "systemd"
PARTS = {
    "hailong-ingest@.service": {"ingest"},
    "hailong-scoring.service": {"score", "rollup"},
    "hailong-web.service": {"web"},
    "hailong-control.service": {"control"},
    "hailong-identity.service": {"identity"},
}
"""Ingest first: it makes the key whose public half identity is given."""


class Machine:
    """Folders as the units know them, below one of ours."""

    def __init__(self, folder, site):
        self._folder = folder
        self._settings = {
            name: site.environment[f"HAILONG_{name}"]
            for name in ("DATABASE_URL", "BROKER_URL", "BROKER_CA", "ENROL_URL")
        }
        self._settings |= {
            "BROKER_CERT": str(site.folder / "hub-1.pem"),
            "BROKER_KEY": str(site.folder / "hub-1.key"),
            "DEVICE_BROKER_URL": site.environment["HAILONG_DEVICE_BROKER_URL"],
            "WEB_ADDRESS": f"{HOST}:0",
        }
        self.passwords = folder / "etc" / "hailong"
        self.passwords.mkdir(parents=True)
        passfile = site.environment["HAILONG_DATABASE_PASSFILE"]
        subprocess.run([ROOT / "deploy/split-passwords", passfile, self.passwords], check=True)
        own = folder / "var/lib/hailong-identity"
        own.mkdir(parents=True)
        shutil.copytree(site.pki, own / "pki")
        for made, name in (("hub-web", "enrol"), ("hub-1", "hub-identity")):
            for ending in ("pem", "key"):
                shutil.copy(site.folder / f"{made}.{ending}", own / f"{name}.{ending}")
        self.broker_files = site.folder / "broker"
        self._reload = site.environment["HAILONG_BROKER_RELOAD"]

    def start(self, unit):
        text = (UNITS / unit).read_text("utf-8").replace("%i", "1")
        given = self._folder / "credentials" / unit
        given.mkdir(parents=True)
        text = text.replace("%d", str(given)).replace("%S", f"{self._folder}/var/lib")
        text = text.replace("/etc/hailong/", f"{self.passwords}/")
        for name, source in re.findall(r"^LoadCredential=([\w.]+):(.+)$", text, re.MULTILINE):
            shutil.copy(source, given / name)
        lines = re.findall(r'^Environment="?(\w+)=(.*?)"?$', text, re.MULTILINE)
        environment = {name: value for name, value in os.environ.items() if "HAILONG" not in name}
        environment |= {f"HAILONG_{name}": value for name, value in self._settings.items()}
        environment |= dict(lines)
        # What would meet another hub on this machine, or is not ours to write.
        del environment["HAILONG_CONFIG"]
        environment["HAILONG_METRICS_ADDRESS"] = f"{HOST}:0"
        if "HAILONG_PKI" in environment:
            environment["HAILONG_ENROL_ADDRESS"] = f"{HOST}:{free_port()}"
            environment["HAILONG_BROKER_FILES"] = str(self.broker_files)
            environment["HAILONG_BROKER_RELOAD"] = self._reload
        words = shlex.split(re.search(r"^ExecStart=\S+ (.*)$", text, re.MULTILINE)[1])
        return Part(words, environment, self._folder / f"{unit}.log")


class Part:
    def __init__(self, words, environment, log):
        self.log = log
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hailong", *words],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
            )

    def ready(self):
        assert self.process.poll() is None, self.log.read_text()
        address = re.search(r"metrics and health at (http://[\d.:]+)", self.log.read_text())
        return address is not None and self._get(f"{address[1]}/readyz")

    def _get(self, url):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            return None


def test_each_unit_becomes_ready_with_what_it_is_given(module_db, tmp_path):
    with identity_site(tmp_path / "site", module_db) as site:
        machine = Machine(tmp_path, site)
        (machine.broker_files / "devices-crl.pem").write_text("of an earlier day")
        running = {}
        try:
            for unit, parts in PARTS.items():
                running[unit] = part = machine.start(unit)
                if parts == {"ingest"}:
                    wait_until(part.ready, timeout_s=20)
            for unit, parts in PARTS.items():
                wait_until(running[unit].ready, timeout_s=20)
                assert set(running[unit].ready()["parts"]) == parts
            # Identity may write what the broker reads.
            written = machine.broker_files / "devices-crl.pem"
            wait_until(lambda: "BEGIN X509 CRL" in written.read_text())
        finally:
            for part in running.values():
                part.process.send_signal(signal.SIGTERM)
            ended = {unit: part.process.wait(20) for unit, part in running.items()}
    assert ended == dict.fromkeys(PARTS, 0), [part.log.read_text() for part in running.values()]
