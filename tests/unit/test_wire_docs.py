"""docs/wire.md: its examples run, its tables are those of the code."""

import doctest
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge_agent import alert, alert_queue
from schemas import envelope, request
from schemas.control import ConfirmPayload
from schemas.registry import PAYLOADS, SEQUENCED
from schemas.topics import DOWN, PREFIX, UP
from schemas.vocabulary import ConfigState, RejectReason

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "wire.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the tables of one section, heads and rules left out."""
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    (text,) = (part for part in section if part.startswith(heading + "\n"))
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip().strip("`") for cell in line] for line in lines]
    return [
        line
        for line, after in zip(cells, [*cells[1:], [""]], strict=True)
        if not line[0].startswith("---") and not after[0].startswith("---")
    ]


def test_the_examples_run_as_they_are_printed(monkeypatch):
    monkeypatch.chdir(ROOT)
    said: list[str] = []
    test = doctest.DocTestParser().get_doctest(PAGE, {}, "wire.md", None, 0)
    outcome = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert (outcome.failed, outcome.attempted > 10) == (0, True), "".join(said)
    assert PAGE.count("```python\n>>> ") == 2


def test_the_topics_are_those_of_the_code():
    table = {row[0]: row[1:3] for row in rows("Topics")}
    assert set(table) == UP | DOWN
    for kind, (way, numbered) in table.items():
        assert way == ("up" if kind in UP else "down")
        known = kind in {name for name, _ in PAYLOADS}
        assert numbered == ("" if not known else "yes" if kind in SEQUENCED else "no")
    assert f"`{PREFIX}/{{branch}}/{{counter}}/{{kind}}`" in PAGE


def test_what_an_alert_is_for_is_said():
    (about,) = (row[3] for row in rows("Topics") if row[0] == "alert")
    assert about == "a snapshot of an interaction that goes on, when somebody may have to walk over"


def test_when_an_alert_is_taken_is_told_as_it_is():
    told = PAGE[PAGE.index("`alert` has the payload") :].split("\n\n")[0].replace("\n", " ")
    for words in sorted(alert.WORDS):
        assert re.search(rf"[ ,]{words}\b", told)
    assert f"each {alert.UNATTENDED_EVERY_S:.0f} s" in told
    assert f"one in {alert.EVERY_S:.0f} s at most" in told
    assert f"within {alert_queue.OLDEST_S / 60:.0f} minutes" in told


def test_the_reasons_are_those_of_the_code_in_their_order():
    assert [row[0] for row in rows("Why a message is refused")] == [r.value for r in RejectReason]


def test_the_layout_is_that_of_the_code():
    fields = [row[0] for row in rows("The envelope")]
    header, after = envelope.SIGNATURE_BYTES, envelope.HEADER_BYTES
    assert fields[:3] == ["0", f"1 to {header}", f"{after} to the end"]
    assert fields[3] == str(len(envelope.DOMAIN))
    assert rows("The envelope")[3][1] == envelope.DOMAIN.decode()
    assert PAGE.count(f"{envelope.MAX_BYTES} bytes") == 2
    assert envelope.signed_bytes("t", b"b") == b"hailong message v1\0\0\x01tb"


def test_the_fields_of_a_confirm_are_those_of_the_code():
    named = [row[0] for row in rows("Settled ranges and confirm")]
    assert ["stream", *named] == list(ConfirmPayload.model_fields)


@pytest.mark.parametrize("path", re.findall(r"`((?:docs|tests|schemas)/[\w./-]*)`", PAGE))
def test_every_path_on_the_page_exists(path):
    assert (ROOT / path.replace("KIND-VERSION", "state-1")).exists()


def test_what_is_said_of_config_is_what_the_code_does():
    table = [row[0] for row in rows("Config and command")]
    headers = [request.DEVICE_HEADER, request.AT_HEADER, request.SIGNATURE_HEADER]
    assert table == [*headers, *ConfigState]
    assert f"`{request.DOMAIN.decode()}`" in PAGE
    assert f"`GET {request.file_path('{sha256}')}`" in PAGE
    signed = request.request_bytes("may-01", "1773111600", "/p")
    assert signed == b"hailong request v1\0\0\x06may-01\0\x0a1773111600\0\x02/p"
    at = datetime(2026, 3, 10, 3, 0, 0, 900_000, tzinfo=UTC)
    assert request.stamp(at) == "1773111600"
    assert request.read_stamp("1773111600") == at.replace(microsecond=0)
    for wrong in ("", "-1", "1e9", "\u0661", "1" * 12, " 1"):
        assert request.read_stamp(wrong) is None
