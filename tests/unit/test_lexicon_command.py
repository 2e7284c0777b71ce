"""`hailong agent lexicon test` as a quality team uses it."""

import shutil

import pytest
from click.testing import CliRunner

from edge_agent.categories import PACKAGED
from edge_agent.lexicon.command import lexicon


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "lists"
    shutil.copytree(PACKAGED, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copy


def run(path):
    return CliRunner().invoke(lexicon, ["test", str(path)])


def change(path, old, new):
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_sound_folder(folder):
    done = run(folder)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "hits 1 of" in done.stdout
    assert "  innocent, line" in done.stdout
    assert done.stdout.rstrip().endswith("no mistake")


def test_one_file_is_tried_alone_beside_the_packaged_lists(folder, tmp_path):
    alone = tmp_path / "thanks.yaml"
    shutil.copy(folder / "thanks.yaml", alone)
    done = run(alone)
    assert done.exit_code == 0
    assert {line.split(",")[0] for line in done.stdout.splitlines() if line[0] != " "} - {
        "thanks.yaml"
    } == {done.stdout.splitlines()[-1].split(",")[0]}


def test_every_mistake_is_named_with_file_line_and_field(folder):
    path = folder / "abusive.yaml"
    change(path, "      - Đồ mất dạy!\n", "      - Đồ dạy!\n")
    change(path, "      - Sổ hộ khẩu bị mất thì làm đơn.\n", "      - Cái đồ mất dạy.\n")
    done = run(path)
    assert done.exit_code == 1
    lines = path.read_text("utf-8").splitlines()
    silent = 1 + next(n for n, line in enumerate(lines) if "- Đồ dạy!" in line)
    loud = 1 + next(n for n, line in enumerate(lines) if "- Cái đồ mất dạy." in line)
    assert f"abusive.yaml, line {silent}, field fires: got no hit" in done.stderr
    assert f"abusive.yaml, line {loud}, field innocent: got a hit of abusive" in done.stderr
    assert f"WRONG, does not fire, line {silent}: Đồ dạy!" in done.stdout
    assert f"WRONG, fires, line {loud}: Cái đồ mất dạy." in done.stdout


@pytest.mark.parametrize("new", ["      - (mất dạy\n", "      - dạy\n"])
def test_a_list_that_cannot_be_read(folder, new):
    change(folder / "abusive.yaml", "      - mất dạy\n", new)
    done = run(folder)
    assert done.exit_code == 1
    assert "abusive.yaml, line" in done.stderr
    assert "field say" in done.stderr
    assert "Traceback" not in done.output


def test_too_few_innocents(folder):
    change(folder / "thanks.yaml", "      - Phiếu cảm ơn nằm trong hồ sơ.\n", "")
    change(folder / "thanks.yaml", "      - Anh làm đơn cho bác giúp em.\n", "")
    done = run(folder / "thanks.yaml")
    assert done.exit_code == 1
    assert "got 2 innocent sentences, expected 3" in done.stderr


def test_a_wrong_weight_of_the_sentiment(folder):
    change(folder / "sentiment.yaml", "      - Rắc rối quá.\n", "      - Tuyệt vời.\n")
    done = run(folder / "sentiment.yaml")
    assert done.exit_code == 1
    assert "sentiment.yaml, line" in done.stderr


def test_what_is_no_list(tmp_path):
    assert run(tmp_path / "gone.yaml").exit_code == 2
    stray = tmp_path / "greetings.yaml"
    stray.write_text("a: b\n", "utf-8")
    done = run(stray)
    assert done.exit_code == 2
    assert "names no list, expected one of" in done.stderr


def test_the_help_says_what_the_exit_codes_mean():
    said = CliRunner().invoke(lexicon, ["test", "--help"]).output
    assert "Exit code 0" in said
    assert "FILE" in said
