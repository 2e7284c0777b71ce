"""Dashboard and alerts ask for metrics that there are, and each alert says what to do."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest

from edge_agent.metrics import REGISTRY as AGENT
from hub.figure import STALE_S, Figure
from hub.health.figures import FLEET
from hub.metrics import REGISTRY as HUB
from hub.store.operations import FleetRow

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "hailong.json").read_text("utf-8"))
RULES = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
DEVICE = FleetRow(
    "may-01",
    "online",
    {
        "sensors": [{"sensor": "camera", "state": "ok"}],
        "outbox": {"waiting": 1, "bytes": 4096, "oldest_waiting_s": 2.0, "dead_letters": 0},
        "losses": {"audio_dropped_s": 1.5},
        "clock_trusted": True,
        "uptime_s": 60.0,
    },
    5.0,
)
_SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
}


def exported(registry):
    """Names of all series that this registry can ever show."""
    families = [
        family
        for collector in registry._collector_to_names
        for family in (
            collector.describe() if hasattr(collector, "describe") else collector.collect()
        )
    ]
    # The process's own collector describes nothing before it collects.
    families += registry.collect()
    return {
        family.name + suffix for family in families for suffix in _SUFFIXES.get(family.type, ())
    }


KNOWN = exported(HUB) | exported(AGENT)


def named(expression):
    return set(re.findall(r"\bhailong_\w+", re.sub(r'"[^"]*"', '""', expression)))


def test_the_walk_finds_the_metrics_themselves():
    assert FLEET is not None
    assert {
        "hailong_hub_messages_committed_total",
        "hailong_hub_captured_to_commit_seconds_bucket",
        "hailong_hub_device_outbox_messages",
        "hailong_hub_process_cpu_seconds_total",
        "hailong_agent_sensor_ok",
    } <= KNOWN
    assert named('rate(hailong_hub_nothing_total{reason="hailong_x"}[5m])') - KNOWN


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_asks_for_metrics_that_there_are(panel):
    for target in panel["targets"]:
        asked = named(target["expr"])
        assert asked, target["expr"]
        assert asked <= KNOWN


def test_the_dashboard_has_its_rows_and_no_address_of_its_own():
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows[1:7] == ["Fleet", "Ingest", "Delays", "Refused", "Devices' sensors", "Scoring"]
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    assert {p["datasource"]["uid"] for p in PANELS} == {"${datasource}"}
    assert "://" not in json.dumps(DASHBOARD)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_metrics_that_there_are_and_says_what_to_do(rule):
    assert named(rule["expr"]) <= KNOWN
    assert named(rule["expr"]) or "up{" in rule["expr"]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["for"]
    told = rule["annotations"]
    assert set(told) == {"summary", "action", "runbook"}
    file, anchor = told["runbook"].split("#")
    page = (ROOT / file).read_text("utf-8")
    heading = next(h for h in re.findall(r"^#+ (.+)$", page, re.MULTILINE) if slug(h) == anchor)
    # Under it stands what to do.
    assert len(page.split(f" {heading}\n", 1)[1].split("\n#", 1)[0].strip()) > 80


def slug(heading):
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_promtool_understands_and_tries_the_rules():
    if shutil.which("promtool") is None:
        pytest.fail("promtool is missing; run: apt-get install prometheus")
    for words in (("check", "config", "prometheus.yml"), ("test", "rules", "alerts_test.yml")):
        done = subprocess.run(
            ["promtool", *words],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("registry", [HUB, AGENT], ids=["hub", "agent"])
def test_promtool_finds_nothing_wrong_with_the_metrics_themselves(registry):
    FLEET.show([DEVICE])
    done = subprocess.run(
        ["promtool", "check", "metrics"],
        input=generate_latest(registry),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_what_is_scraped_is_what_the_units_serve():
    scraped = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    ports = {
        target.rsplit(":", 1)[1]
        for job in scraped
        for one in job["static_configs"]
        for target in one["targets"]
    }
    served = {
        port.replace("%i", "1")
        for unit in (ROOT / "deploy" / "systemd").glob("*.service")
        for port in re.findall(r"METRICS_ADDRESS=127\.0\.0\.1:([\d%i]+)", unit.read_text("utf-8"))
    }
    assert ports == served


def test_a_figure_is_shown_only_while_somebody_knows_it():
    now_s = 100.0
    registry = CollectorRegistry()
    figure = Figure("hailong_test", "x", registry, clock=lambda: now_s)
    assert registry.get_sample_value("hailong_test") is None
    figure.set(3)
    assert registry.get_sample_value("hailong_test") == 3
    now_s += STALE_S + 1
    assert registry.get_sample_value("hailong_test") is None
    figure.ask(lambda: 5.0)
    assert registry.get_sample_value("hailong_test") == 5
