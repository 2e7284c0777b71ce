"""frame -> segment: edges, bleed, overlap, levels; blocks of any size give the same."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame
from edge_agent.guard import Guard
from edge_agent.segment import Segment, Segmenter, SegmentSettings, Voice, rms_dbfs
from schemas.vocabulary import Role
from tests.fakes import Scene, ScriptedVoice

CHUNK_S = 0.032


def segmenter(channels, speech):
    return Segmenter(channels, ScriptedVoice(speech), SegmentSettings(), Guard())


def segments_of(scene, speech=None, block=1536):
    voices = speech or [
        [(u.start_s, u.end_s) for u in scene.utterances if u.channel == c or scene.bleed_db]
        for c in range(scene.channels)
    ]
    stage = segmenter(scene.channels, voices)
    sound = scene.sound()
    found = []
    for at in range(0, sound.shape[1], block):
        found += stage.push(AudioFrame(at / SAMPLE_RATE, sound[:, at : at + block])).segments
    return found + list(stage.finish(sound.shape[1] / SAMPLE_RATE).segments)


def test_edges_are_where_speech_is_without_padding():
    scene = Scene(6, channels=1)
    scene.say(Role.STAFF, 1.0, 1.5)
    scene.say(Role.STAFF, 4.0, 0.5)
    found = segments_of(scene)
    assert [s.channel for s in found] == [0, 0]
    for segment, (start_s, end_s) in zip(found, [(1.0, 2.5), (4.0, 4.5)], strict=True):
        assert segment.start_s == pytest.approx(start_s, abs=CHUNK_S)
        assert segment.end_s == pytest.approx(end_s, abs=CHUNK_S)


def test_a_voice_20_db_weaker_on_the_other_microphone_is_bleed():
    scene = Scene(8, bleed_db=-20)
    scene.say(Role.STAFF, 1, 2)
    scene.say(Role.CITIZEN, 5, 2)
    assert [(s.channel, round(s.start_s)) for s in segments_of(scene)] == [(0, 1), (1, 5)]


def test_two_voices_at_once_are_kept_as_overlap_in_spite_of_bleed():
    scene = Scene(8, bleed_db=-20)
    scene.say(Role.STAFF, 1, 3)
    scene.say(Role.CITIZEN, 3, 3, dbfs=-34)
    found = {s.channel: s for s in segments_of(scene)}
    assert found[0].end_s == pytest.approx(4, abs=0.1)
    assert found[1].start_s == pytest.approx(3, abs=0.1)
    assert found[1].end_s == pytest.approx(6, abs=0.1)


def test_a_click_is_no_speech_and_a_breath_no_end():
    speech = [[(1.0, 1.09), (3.0, 4.0), (4.15, 5.0)]]
    stage = segmenter(1, speech)
    sound = np.zeros((1, SAMPLE_RATE * 6 // 512 * 512), np.float32)
    voice = stage.push(AudioFrame(0.0, sound))
    assert len(voice.segments) == 1
    assert voice.segments[0].length_s == pytest.approx(2.0, abs=0.07)


def test_long_speech_goes_on_in_further_segments_without_a_hole_and_keeps_its_short_rest():
    stage = segmenter(1, [[(1.0, 6.08)]])
    sound = np.zeros((1, SAMPLE_RATE * 8 // 512 * 512), np.float32)
    first, rest = stage.push(AudioFrame(0.0, sound)).segments
    assert first.end_s == rest.start_s
    assert rest.length_s < 0.12
    assert rest.end_s == pytest.approx(6.08, abs=CHUNK_S)


def test_speaking_tells_what_goes_on_up_to_its_last_speech():
    stage = segmenter(2, [[(0.5, 9.0)], []])
    sound = np.full((2, 512 * 60), 0.01, np.float32)
    sound[1] /= 10
    voice = stage.push(AudioFrame(0.0, sound))
    going = voice.speaking[0]
    assert voice.speaking[1] is None
    assert (going.start_s, going.end_s) == (pytest.approx(0.5, abs=CHUNK_S), voice.until_s)


def test_levels_are_rms_of_100_ms_relative_to_full_scale():
    square = np.where(np.arange(1600) % 2, 1.0, -1.0).astype(np.float32)
    assert rms_dbfs(square) == pytest.approx(0.0, abs=1e-6)
    assert rms_dbfs(0.1 * square + np.float32(0.2)) == pytest.approx(-20.0, abs=1e-4)
    # A-law decodes silence to a constant: no sound, and the microphone is dead.
    assert rms_dbfs(np.full(1600, 8 / 32768, np.float32)) == -120.0
    assert rms_dbfs(np.zeros(1600, np.float32)) == -120.0
    wave = np.sin(2 * np.pi * 100 * np.arange(1600) / SAMPLE_RATE)
    assert rms_dbfs(wave.astype(np.float32)) == pytest.approx(-3.01, abs=0.01)
    stage = segmenter(1, [[]])
    voice = stage.push(AudioFrame(0.0, 0.1 * np.resize(square, (1, 5120))))
    assert [round(level.at_s, 3) for level in voice.levels] == [0.0, 0.1, 0.2]
    assert {round(level.dbfs, 3) for level in voice.levels} == {-20.0}


def test_a_failing_model_is_not_taken_for_silence():
    scripted = ScriptedVoice([[(0.5, 2.5)]])
    scripted.fails.append((1.0, 1.5))
    guard = Guard()
    stage = Segmenter(1, scripted, SegmentSettings(), guard)
    chunks = [AudioFrame(i * CHUNK_S, np.full((1, 512), 0.1, np.float32)) for i in range(90)]
    voices = [stage.push(chunk) for chunk in chunks]
    failed = [v for v in voices if v.failed]
    assert 14 <= len(failed) <= 17
    assert guard.failures == len(failed)
    assert all(1.0 <= v.until_s <= 1.6 for v in failed)


def test_blocks_that_are_no_multiple_of_the_models_chunk_are_refused():
    with pytest.raises(ValueError, match="multiple of 512"):
        segmenter(1, [[]]).push(AudioFrame(0.0, np.zeros((1, 1000), np.float32)))


@settings(max_examples=15, deadline=None)
@given(
    speech=st.lists(st.tuples(st.floats(0, 9), st.floats(0.05, 6)), max_size=4),
    blocks=st.integers(1, 40),
)
def test_block_size_changes_nothing(speech, blocks):
    scene = Scene(11, channels=1)
    for start_s, length_s in speech:
        scene.say(Role.STAFF, start_s, min(length_s, 10.9 - start_s))
    found = segments_of(scene, block=512 * blocks)
    assert found == segments_of(scene, block=512)
    assert all(0 <= s.start_s < s.end_s <= 11 for s in found)
    assert all(a.end_s <= b.start_s for a, b in pairwise(found))


def test_types_that_stand_between_stages_say_only_numbers():
    voice = Voice(1.0, (Segment(0, 0.0, 1.0),), (), (None,))
    assert "array" not in repr(voice)
