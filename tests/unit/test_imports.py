"""Imports go one way: the wire contract knows nobody, agent and hub never meet."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "edge_agent", "hub", "hailong", "demo", "tests", "benchmarks")
FORBIDDEN = {
    "schemas": {"edge_agent", "hub", "hailong", "demo", "tests", "benchmarks"},
    "edge_agent": {"hub", "hailong", "demo", "tests", "benchmarks"},
    "hub": {"edge_agent", "hailong", "demo", "tests", "benchmarks"},
    "hailong": {"demo", "tests", "benchmarks"},
    "demo": {"tests", "benchmarks"},
}
ABOVE_STORE = {
    "ingest",
    "scoring",
    "casework",
    "auth",
    "api",
    "web",
    "privacy",
    "backup",
    "alerting",
    "truth",
}
WIRE_LIBRARIES = {"pydantic"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_only_what_lies_below_it(package):
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imported(path)
        if name.split(".")[0] in FORBIDDEN[package]
    }
    assert not wrong


def test_the_wire_contract_needs_nothing_but_pydantic():
    import sys

    outside = {name.split(".")[0] for path in modules("schemas") for name in imported(path)} - set(
        sys.stdlib_module_names
    )
    assert outside <= {"schemas", *WIRE_LIBRARIES}


def test_the_store_knows_nothing_above_it():
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("hub/store")
        for name in imported(path)
        if name.startswith("hub.") and name.split(".")[1] in ABOVE_STORE
    }
    assert not wrong


@pytest.mark.parametrize(
    "folder", ["ingest", "scoring", "casework", "privacy", "backup", "alerting"]
)
def test_nothing_below_the_pages_imports_them(folder):
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(f"hub/{folder}")
        for name in imported(path)
        if name.startswith(("hub.api", "hub.web"))
    }
    assert not wrong


def test_only_the_store_speaks_to_postgresql():
    wrong = {
        str(path.relative_to(ROOT))
        for package in ("hub", "hailong", "demo", "edge_agent")
        for path in modules(package)
        if not path.is_relative_to(ROOT / "hub" / "store")
        and any(name.split(".")[0] in {"psycopg", "psycopg_pool"} for name in imported(path))
    }
    assert not wrong


def test_each_runtime_is_imported_in_one_place():
    """An adapter is one file; only that file imports the runtime."""
    allowed = {
        "onnxruntime": {
            f"edge_agent/models/{name}.py"
            for name in ("blazeface", "ge2e", "mini_xception", "silero", "text_ngrams")
        },
        "sounddevice": {"edge_agent/capture/portaudio.py"},
        "faster_whisper": {"edge_agent/models/whisper.py"},
        "av": {"edge_agent/capture/connection.py", "edge_agent/capture/container.py"},
    }
    for runtime, files in allowed.items():
        found = {
            str(path.relative_to(ROOT))
            for package in ("edge_agent", "hailong", "hub")
            for path in modules(package)
            if any(name.split(".")[0] == runtime for name in imported(path))
        }
        assert found == files, runtime


def test_the_walk_itself_sees_a_wrong_import(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from hub.store import pool\n")
    assert "hub.store" in imported(wrong)
