"""docs/operations.md: figures as measured, commands, units and settings that there are."""

import json
import re
from pathlib import Path

import pytest

from hub.cli import hub
from hub.run import PARTS
from hub.settings_file import KEYS
from tools.write_capacity import filled, table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")


def test_the_capacity_table_is_what_was_measured():
    assert filled(PAGE) == PAGE, "run make capacity"


def test_a_missed_figure_and_a_missing_file_are_said(tmp_path):
    made = {
        "date": "2026-11-26T01:02:03+00:00",
        "machine": {"cpu": "X", "cores": 2, "memory_gb": 25.3},
        "figures": [
            {"name": "rows", "value": 6100.0, "unit": "rows/s", "goal": 6000, "better": "higher"},
            {"name": "p99", "value": None, "unit": "s", "goal": 1, "better": "lower"},
        ],
    }
    (tmp_path / "hub.json").write_text(json.dumps(made))
    said = table(tmp_path)
    assert "| rows | 6,100 rows/s | at least 6,000 |" in said
    assert "| p99 | not measured | at most 1 |" in said
    assert "Of a device nothing is measured yet (`make bench-edge`)." in said


@pytest.mark.parametrize("command", sorted(set(re.findall(r"hailong hub ([a-z-]+)", PAGE))))
def test_commands_are_there(command):
    assert command in hub.commands


@pytest.mark.parametrize("variable", sorted(set(re.findall(r"`(HAILONG_[A-Z_]+)", PAGE))))
def test_variables_are_settings(variable):
    assert variable in {key.variable for key in KEYS.values()} | {"HAILONG_CONFIG"}


@pytest.mark.parametrize("part", PARTS)
def test_each_part_of_the_hub_stands_on_the_page(part):
    how = {"ingest": "hailong hub ingest"}.get(part, f"--only {part}")
    assert re.search(rf"^\| .*{how}", PAGE, re.MULTILINE)


def test_units_and_ports_are_there():
    units = {file.name for file in (ROOT / "deploy" / "systemd").iterdir()}
    for name in re.findall(r"hailong[-\w]*(?:@\d)?\.(?:service|timer|target)", PAGE):
        assert re.sub(r"@\d", "@", name) in units, name
    served = "".join(file.read_text("utf-8") for file in (ROOT / "deploy/systemd").iterdir())
    for port in ("9465", "9466", "9467", "9468", "9469", "8443"):
        assert port in PAGE
        assert port in served


def test_every_alert_has_its_heading_and_no_heading_is_without_its_alert():
    part = PAGE.split("\n## At each alert\n", 1)[1].split("\n## ", 1)[0]
    headings = set(re.findall(r"^### (.+)$", part, re.MULTILINE))
    alerts = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text("utf-8")
    linked = set(re.findall(r"docs/operations\.md#([\w-]+)", alerts))
    slugs = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    assert linked == slugs
