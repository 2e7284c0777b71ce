"""The demonstration recording, measured by the real models, held against its truth."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge_agent.capture.file import RecordingSource
from edge_agent.lexicon.files import ACCUSING
from edge_agent.message import Origin
from edge_agent.models import catalog
from edge_agent.pipeline import Pipeline, PipelineSettings
from edge_agent.presence import Zones
from schemas.vocabulary import Category, Missing, Role, SourceKind, SpanKind

DEMO = Path(__file__).parents[2] / "demo"
TRUTH = json.loads((DEMO / "truth.json").read_text())
TOLERANCE = TRUTH["tolerances"]
ANCHOR = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
NAMES = [interaction["name"] for interaction in TRUTH["interactions"]]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """By name: the truth and the payload of each interaction. One run of the real models."""
    named = os.environ.get("HAILONG_MODELS")
    folder = Path(named) if named else tmp_path_factory.mktemp("models")
    whisper = catalog.place_whisper_base(folder / "whisper-base", lambda _: None)
    models = catalog.load(whisper, beam_size=1, threads=2)
    source = RecordingSource(DEMO / "counter.mp4", channels=2, video_fps=3.0)
    origin = Origin("demo-01", TRUTH["sha256"], SourceKind.RECORDING, ANCHOR, models.ids)
    zones = Zones(
        citizen=[tuple(point) for point in TRUTH["zones"]["citizen"]],
        staff=[tuple(point) for point in TRUTH["zones"]["staff"]],
    )
    pipeline = Pipeline(origin, source.info.channels, models, PipelineSettings(zones))
    drafts = [draft for frame in source.frames() for draft in pipeline.push(frame)]
    drafts += pipeline.finish()
    assert pipeline.model_failures == 0
    found = [draft.payload for draft in drafts if draft.kind == "interaction"]
    assert len(found) == len(NAMES)
    return {
        truth["name"]: (truth, payload)
        for truth, payload in zip(TRUTH["interactions"], found, strict=True)
    }


@pytest.fixture(params=NAMES)
def one(request, measured):
    return measured[request.param]


def media_s(at):
    return (at - ANCHOR).total_seconds()


def near(expected, tolerance):
    return pytest.approx(expected, abs=TOLERANCE[tolerance])


def test_each_stay_begins_and_ends_where_the_citizen_came_and_went(one):
    truth, payload = one
    assert media_s(payload.started_at) == near(truth["start_s"], "interaction_edge_s")
    assert media_s(payload.ended_at) == near(truth["end_s"], "interaction_edge_s")
    assert payload.measurements.handling_s == near(truth["handling_s"], "handling_s")
    assert not payload.boundary_uncertain


def test_each_turn_is_its_speakers_and_lies_where_it_was_spoken(one):
    truth, payload = one
    moved = truth["start_s"] - media_s(payload.started_at)
    assert [t.role.value for t in payload.turns] == [t["role"] for t in truth["turns"]]
    for turn, true in zip(payload.turns, truth["turns"], strict=True):
        start_s = true["start_s"] + moved
        assert turn.start_s == near(start_s, "turn_edge_s")
        assert turn.start_s + turn.duration_s == near(start_s + true["duration_s"], "turn_edge_s")


def test_talk_time(one):
    truth, payload = one
    talk = payload.measurements.talk_time_s
    for role in ("staff", "citizen"):
        expected = truth["talk_time_s"][role]
        assert getattr(talk, role) == pytest.approx(expected, rel=TOLERANCE["talk_time_share"])
    assert payload.measurements.unknown_talk_time_s == 0


def test_overlap_gaps_and_silences(one):
    truth, payload = one
    figures = payload.measurements
    assert figures.overlap_s == near(truth["overlap_s"], "overlap_s")
    assert figures.dead_air_s == near(truth["dead_air_s"], "dead_air_s")
    assert figures.longest_dead_air_s == near(truth["longest_dead_air_s"], "dead_air_s")
    assert figures.response_gap_s == near(truth["response_gap_s"], "response_gap_s")


def test_interruptions_are_counted_one_by_one(one):
    truth, payload = one
    counted = payload.measurements.interruptions
    assert {"staff": counted.staff, "citizen": counted.citizen} == truth["interruptions"]


def test_raised_voices(one):
    truth, payload = one
    raised = payload.measurements.raised_voice_s
    for role in ("staff", "citizen"):
        # Without a minute of speech before there is no baseline, and then no figure.
        assert (getattr(raised, role) or 0.0) == near(
            truth["raised_voice_s"][role], "raised_voice_s"
        )
    if truth["raised_voice_s"]["citizen"]:
        assert raised.citizen is not None


def test_presence(one):
    truth, payload = one
    figures = payload.measurements
    assert figures.citizen_present_s == near(truth["citizen_present_s"], "presence_s")
    assert figures.staff_present_s == near(truth["staff_present_s"], "presence_s")
    assert figures.unattended_s == near(truth["unattended_s"], "unattended_s")
    unattended = [s for s in payload.spans if s.kind is SpanKind.UNATTENDED]
    assert len(unattended) == len(truth["staff_absent"])
    for span, true in zip(unattended, truth["staff_absent"], strict=True):
        assert span.start_s == near(true["start_s"], "unattended_s")
    assert payload.coverage.presence >= 0.95


def test_categories_are_those_said_and_no_accusation_else(one):
    truth, payload = one
    for role in (Role.STAFF, Role.CITIZEN):
        found = {
            hit.category for turn in payload.turns if turn.role is role for hit in turn.hits
        } - {Category.BACKCHANNEL}
        said = set(truth["categories"][role.value])
        if truth["words_understood"]:
            assert found == said
        else:
            assert not (found - said) & ACCUSING


def test_what_was_not_understood_is_missing_not_bad(one):
    truth, payload = one
    if truth["words_understood"]:
        assert payload.coverage.text_staff >= 0.9
        assert payload.coverage.text_citizen >= 0.9
    else:
        assert payload.coverage.text_staff < 0.8
        assert {Missing.LOW_CONFIDENCE, Missing.OTHER_LANGUAGE} & set(payload.coverage.missing)
    assert payload.coverage.audio == 1


def test_what_staff_said_to_nobody_is_in_no_interaction(measured):
    for truth in TRUTH["outside"]:
        start_s = truth["start_s"]
        for _, payload in measured.values():
            assert not media_s(payload.started_at) <= start_s <= media_s(payload.ended_at)
