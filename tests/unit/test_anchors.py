import hashlib
import stat
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.anchors import Anchors, recording_sha256
from edge_agent.clock import BUILT_AT, HUB_TOLERANCE, trusted
from edge_agent.errors import AnchorError
from tests.builders import NOW

FILE, OTHER = "a" * 64, "b" * 64
MODELS = ("whisper-base:905e5bf8", "silero-vad:6.2.3")


class Clock:
    def __init__(self) -> None:
        self.at = NOW.replace(microsecond=123_456)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def path(tmp_path):
    return tmp_path / "recordings.json"


def test_recording_ends_now_and_nothing_of_it_lies_ahead(path):
    clock = Clock()
    anchor = Anchors.open(path, clock).anchor_for(FILE, 90.5)
    assert anchor == (NOW - timedelta(seconds=90.5)).replace(microsecond=623_000)
    assert anchor + timedelta(seconds=90.5) <= clock.at
    assert anchor.microsecond % 1000 == 0
    assert anchor.tzinfo is UTC


def test_anchor_is_kept_for_ever(path):
    clock = Clock()
    first = Anchors.open(path, clock).anchor_for(FILE, 90)
    clock.at += timedelta(days=3)
    again = Anchors.open(path, clock)
    assert again.anchor_for(FILE, 90) == first
    assert again.anchor_for(FILE, 90, started_at=NOW) == first
    assert again.anchor_for(OTHER, 90) != first
    assert Anchors.open(path, clock).anchor_for(FILE, 90) == first


def test_known_start_is_taken(path):
    hanoi = datetime.fromisoformat("2026-03-09T08:00:00.9999+07:00")
    anchor = Anchors.open(path, Clock()).anchor_for(FILE, 90, started_at=hanoi)
    assert anchor.isoformat() == "2026-03-09T01:00:00.999000+00:00"


def test_finished_recording_is_remembered_with_its_models(path):
    clock = Clock()
    anchors = Anchors.open(path, clock)
    anchor = anchors.anchor_for(FILE, 90)
    assert anchors.finished(FILE) is None
    anchors.mark_finished(FILE, MODELS)
    after = Anchors.open(path, clock)
    assert after.finished(FILE).models == MODELS
    assert after.finished(FILE).at == clock.at
    assert after.anchor_for(FILE, 90) == anchor
    assert after.finished(OTHER) is None


def test_only_a_started_recording_can_be_finished(path):
    with pytest.raises(AnchorError, match="has no anchor"):
        Anchors.open(path, Clock()).mark_finished(FILE, MODELS)


def test_file_is_private(path):
    Anchors.open(path, Clock()).anchor_for(FILE, 90)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", '{"format":2}', '{"recordings":{"x":{}}}'])
def test_damaged_memory_is_refused_and_kept(path, text):
    path.write_text(text)
    with pytest.raises(AnchorError, match="measured a second time"):
        Anchors.open(path, Clock())
    assert path.read_text() == text


def test_recording_is_known_by_its_bytes(tmp_path):
    file = tmp_path / "bản ghi.wav"
    file.write_bytes(b"x" * 100_000)
    assert recording_sha256(file) == hashlib.sha256(b"x" * 100_000).hexdigest()
    with pytest.raises(AnchorError, match="expected a recording"):
        recording_sha256(tmp_path / "none.wav")


def test_clock_is_trusted_after_the_build_and_near_the_hub():
    assert not trusted(BUILT_AT - timedelta(seconds=1))
    assert trusted(BUILT_AT)
    assert trusted(NOW, HUB_TOLERANCE)
    assert trusted(NOW, -HUB_TOLERANCE)
    assert not trusted(NOW, HUB_TOLERANCE + timedelta(seconds=1))
    assert not trusted(NOW, -HUB_TOLERANCE - timedelta(seconds=1))
