"""docs/architecture.md names the file of each stage and the types it takes and gives."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
FLOW = "frame -> segment -> turn -> interaction -> message -> outbox | broker | row -> score -> flag -> review"
ROWS = re.findall(r"^\| (\w+) \| `([\w/]+\.py)` \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)


def test_the_page_shows_the_flow_and_a_row_for_each_stage():
    assert FLOW in PAGE
    stages = [stage for stage, *_ in ROWS]
    assert [s for s in re.split(r" -> | \| ", FLOW) if s not in stages] == []
    order = [stage for stage in stages if stage != "measure"]
    assert order == re.split(r" -> | \| ", FLOW)


@pytest.mark.parametrize(("stage", "file", "takes", "gives"), ROWS)
def test_each_stage_has_its_file_and_speaks_of_its_types(stage, file, takes, gives):
    assert (ROOT / file).is_file()
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    for name in re.findall(r"`([A-Z]\w+)`", f"{takes} {gives}"):
        assert hasattr(module, name), f"{file} ({stage}) knows no {name}"


def test_every_path_on_the_page_exists():
    paths = re.findall(r"`((?:edge_agent|hub|schemas|tests|docs)(?:/[\w.*-]+)*/?)`", PAGE)
    assert paths
    for path in paths:
        assert list(ROOT.glob(path.rstrip("/"))), path


def test_the_pipeline_imports_the_stages_in_the_order_of_the_page():
    source = (ROOT / "edge_agent" / "pipeline.py").read_text("utf-8")
    for _, file, *_ in ROWS:
        module = file.removesuffix(".py").replace("/", ".")
        if file.startswith("edge_agent/") and not file.endswith(
            ("outbox.py", "publisher.py", "capture/live.py")
        ):
            assert f"from {module} import" in source, module
