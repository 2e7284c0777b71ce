"""All stages together on scripted models: law 1, replays, block sizes, sensors that fail."""

import logging
from functools import cache

import numpy as np
import pytest

from edge_agent.capture.frame import AudioFrame
from schemas.vocabulary import Category, EndReason, Missing, Role, Sensor, SensorState, SpanKind
from tests.fakes import Scene


def day():
    """Two citizens, and staff who talk to one another before, between and after them."""
    scene = Scene(150, bleed_db=-20)
    scene.staff_there(0, 150)
    scene.citizen_there(10, 40)
    scene.citizen_there(75, 110)
    public = [
        scene.say(Role.STAFF, 11, 1.5, "greeting"),
        scene.say(Role.CITIZEN, 13, 3, "happy"),
        scene.say(Role.STAFF, 16.5, 2, "explanation"),
        scene.say(Role.STAFF, 76, 2, "greeting"),
        scene.say(Role.CITIZEN, 79, 4, "sad escalation"),
        scene.say(Role.STAFF, 82, 3, "abusive"),
    ]
    return scene, public


def test_two_citizens_are_two_interactions_with_what_was_said_in_each():
    scene, _ = day()
    one, two = scene.run().interactions
    assert [h.category for t in one.turns for h in t.hits] == [
        Category.GREETING,
        Category.EXPLANATION,
    ]
    assert [h.category for t in two.turns for h in t.hits] == [
        Category.GREETING,
        Category.ESCALATION,
        Category.ABUSIVE,
    ]
    assert (one.end_reason, two.end_reason) == (EndReason.CITIZEN_ABSENT,) * 2
    assert one.measurements.handling_s == pytest.approx(30, abs=0.5)
    assert two.measurements.handling_s == pytest.approx(35, abs=0.5)
    assert two.measurements.interruptions.staff == 1
    assert two.measurements.sentiment.mean == -0.5


class TestLaw1:
    """Speech outside an interaction is measured for level only, never transcribed."""

    def test_talk_before_between_and_after_never_reaches_the_transcriber(self):
        scene, public = day()
        private = [
            scene.say(Role.STAFF, 2, 4, "abusive"),
            scene.say(Role.STAFF, 41.5, 3, "abusive"),  # in the 20 s of the trailing wait
            scene.say(Role.STAFF, 55, 6, "abusive"),
            scene.say(Role.STAFF, 112, 5, "abusive"),
            scene.say(Role.STAFF, 135, 5, "abusive"),
        ]
        models = scene.models()
        result = scene.run(models=models)
        for said in private:
            assert models.transcriber.was_given_s(said) < 0.05
        for said in public:
            assert models.transcriber.was_given_s(said) > 0.9 * said.length_s
        assert len(result.interactions) == 2
        hits = [h.category for p in result.interactions for t in p.turns for h in t.hits]
        assert hits.count(Category.ABUSIVE) == 1
        levels = [w.staff_level_dbfs for w in result.windows]
        assert levels[6] > -45  # measured for level all the same

    def test_a_turn_over_the_edge_of_a_stay_is_heard_inside_it_only(self):
        scene = Scene(80)
        scene.citizen_there(20, 40)
        before = scene.say(Role.STAFF, 10, 12)
        after = scene.say(Role.STAFF, 37, 12)
        models = scene.models()
        (payload,) = scene.run(models=models).interactions
        assert models.transcriber.was_given_s(before) == pytest.approx(2, abs=0.1)
        assert models.transcriber.was_given_s(after) == pytest.approx(2.67, abs=0.1)
        assert [(t.start_s, round(t.start_s + t.duration_s, 1)) for t in payload.turns] == [
            (0, 2),
            (pytest.approx(17, abs=0.05), 19.7),
        ]

    def test_with_sound_alone_too(self):
        scene = Scene(190, video=False)
        private = scene.say(Role.STAFF, 3, 6)
        scene.say(Role.STAFF, 30, 1, "greeting")
        scene.say(Role.CITIZEN, 32, 4)
        models = scene.models()
        (payload,) = scene.run(models=models).interactions
        assert models.transcriber.was_given_s(private) < 0.05
        assert payload.end_reason is EndReason.SILENCE
        assert payload.measurements.handling_s == pytest.approx(6, abs=0.1)
        assert payload.turns[0].hits[0].category is Category.GREETING
        assert payload.coverage.video == 0
        assert Missing.NO_VIDEO in payload.coverage.missing

    def test_nobody_there_nothing_read(self):
        scene = Scene(40)
        scene.staff_there(0, 40)
        for at in range(2, 38, 6):
            scene.say(Role.STAFF, at, 4, "abusive")
        models = scene.models()
        assert scene.run(models=models).interactions == []
        assert models.transcriber.calls == []


def encoded(result):
    return [
        (d.kind, d.message_id, d.captured_at, d.payload.model_dump_json()) for d in result.drafts
    ]


@cache
def troubled(block):
    scene, _ = day()
    scene.fault("gap", 88, 97)
    scene.fault("fails", 100, 101)
    scene.fault("frozen", 20, 37)
    return encoded(scene.run(block=block))


def test_a_replay_gives_the_same_bytes():
    once = troubled(1536)
    troubled.cache_clear()
    assert troubled(1536) == once


@pytest.mark.parametrize("chunks", [1, 32, 400])
def test_blocks_of_any_size_give_the_same_bytes(chunks):
    assert troubled(512 * chunks) == troubled(1536)
    assert [kind for kind, *_ in troubled(1536)].count("interaction") == 2


def test_ids_are_version_8_and_differ():
    scene, _ = day()
    result = scene.run()
    ids = [d.message_id for d in result.drafts]
    assert len(set(ids)) == len(ids)
    assert {i.version for i in ids} == {8}
    assert len({p.interaction_id for p in result.interactions}) == 2


def test_twenty_eight_seconds_continue_in_a_further_turn():
    scene = Scene(70)
    scene.citizen_there(2, 60)
    said = scene.say(Role.CITIZEN, 5, 40)
    models = scene.models()
    (payload,) = scene.run(models=models).interactions
    assert [(t.continued, round(t.duration_s)) for t in payload.turns] == [(True, 28), (False, 12)]
    assert max(len(c) for c in models.transcriber.calls) / 16_000 <= 30
    assert models.transcriber.was_given_s(said) == pytest.approx(40.4, abs=0.3)


class TestSensors:
    @pytest.mark.parametrize("fault", ["dark", "frozen", "gap", "fails"])
    def test_a_camera_that_shows_nothing_ends_nothing(self, fault):
        scene = Scene(110)
        scene.citizen_there(5, 100)
        scene.staff_there(0, 110)
        scene.say(Role.CITIZEN, 8, 2)
        scene.fault(fault, 20, 90)
        (payload,) = scene.run().interactions
        assert payload.measurements.handling_s == pytest.approx(95, abs=0.5)
        assert payload.coverage.video == pytest.approx(1 - 70 / 95, abs=0.02)
        assert Missing.SENSOR_INVALID in payload.coverage.missing
        unknown = [s for s in payload.spans if s.kind is SpanKind.PRESENCE_UNKNOWN]
        assert {s.role for s in unknown} == {Role.STAFF, Role.CITIZEN}

    def test_a_dead_microphone_is_found_after_30_s_lowers_coverage_and_raises_nothing(self):
        def scene_with(dead):
            scene = Scene(100)
            scene.citizen_there(5, 90)
            scene.staff_there(0, 100)
            scene.say(Role.STAFF, 6, 2)
            scene.say(Role.CITIZEN, 9, 6)
            if dead:
                scene.fault("dead0", 25, 100)
            return scene.run()

        alive, dead = scene_with(False), scene_with(True)
        (one,), (other,) = alive.interactions, dead.interactions
        assert one.coverage.audio == 1
        assert other.coverage.audio == pytest.approx(1 - 65 / 85, abs=0.02)
        assert other.coverage.overlap == other.coverage.audio
        assert Missing.SENSOR_INVALID in other.coverage.missing
        assert other.measurements.dead_air_s < one.measurements.dead_air_s
        assert other.measurements.raised_voice_s.staff is None
        states = {s.sensor: s.state for s in dead.pipeline.sensors}
        assert states[Sensor.MICROPHONE_STAFF] is SensorState.DEAD
        assert states[Sensor.MICROPHONE_CITIZEN] is SensorState.OK
        assert states[Sensor.CAMERA] is SensorState.OK

    def test_29_s_of_digital_silence_are_no_dead_microphone(self):
        scene = Scene(80)
        scene.citizen_there(5, 70)
        scene.fault("dead0", 20, 49)
        assert scene.run().interactions[0].coverage.audio == 1

    def test_a_failing_voice_model_is_unheard_not_silence(self):
        scene = Scene(80)
        scene.citizen_there(5, 75)
        scene.staff_there(0, 80)
        scene.say(Role.STAFF, 8, 2)
        scene.fault("voice_fails", 20, 55)
        result = scene.run()
        (payload,) = result.interactions
        assert payload.coverage.audio == pytest.approx(0.5, abs=0.02)
        assert all(
            s.start_s + s.duration_s <= 15.1 or s.start_s >= 49.9
            for s in payload.spans
            if s.kind is SpanKind.DEAD_AIR
        )
        assert result.pipeline.model_failures > 1000


def test_a_transcriber_that_fails_leaves_everything_else_measured(caplog):
    phrase = "cháu chào bác quy trình bí mật"
    scene, _ = day()
    models = scene.models()
    models.transcriber.raises = RuntimeError(phrase)
    with caplog.at_level(logging.DEBUG):
        result = scene.run(models=models)
    assert len(result.interactions) == 2
    for payload in result.interactions:
        assert payload.coverage.text_staff == payload.coverage.text_citizen == 0
        assert Missing.MODEL_FAILED in payload.coverage.missing
        assert payload.measurements.talk_time_s.staff > 0
        assert all(t.hits == () and t.syllables is None for t in payload.turns)
    assert result.pipeline.model_failures == len(models.transcriber.calls)
    assert not any(word in caplog.text for word in phrase.split())


def test_a_baseline_and_a_raised_voice():
    scene = Scene(130)
    scene.citizen_there(1, 125)
    scene.staff_there(0, 130)
    for at in range(2, 92, 15):
        scene.say(Role.STAFF, at, 11, dbfs=-32)
    scene.say(Role.STAFF, 100, 4, dbfs=-18)
    (payload,) = scene.run().interactions
    loud = payload.turns[-1]
    assert loud.loudness_above_baseline_db == pytest.approx(14, abs=0.3)
    assert payload.measurements.raised_voice_s.staff == pytest.approx(4, abs=0.2)
    assert payload.measurements.raised_voice_s.citizen is None
    assert 0 < payload.coverage.raised_voice_staff < 1


def test_one_microphone():
    scene = Scene(80, channels=1)
    scene.citizen_there(5, 50)
    scene.say(Role.UNKNOWN, 8, 3, "abusive")
    scene.say(Role.UNKNOWN, 12, 4, "happy")
    models = scene.models()
    result = scene.run(models=models)
    (payload,) = result.interactions
    assert {t.role for t in payload.turns} == {Role.UNKNOWN}
    assert all(t.hits == () and t.sentiment is None for t in payload.turns)
    assert models.sentiment.texts == []
    assert (payload.coverage.roles, payload.coverage.overlap) == (0, 0)
    assert payload.measurements.interruptions.staff is None
    assert payload.measurements.unknown_talk_time_s == pytest.approx(7, abs=0.1)
    assert result.pipeline.sensors[0].sensor is Sensor.MICROPHONE_SHARED


def test_memory_holds_no_words_sound_or_picture_after_the_end():
    scene, _ = day()
    scene.say(Role.STAFF, 140, 5, "abusive")
    pipeline = scene.run().pipeline
    assert not pipeline._buffer._sound.any()
    assert pipeline._read == []
    assert not pipeline._tracker._waiting


def test_no_sound_no_message():
    result = Scene(0.5).run()
    assert result.interactions == []
    assert result.pipeline.push(AudioFrame(0.5, np.zeros((2, 0), np.float32))) == []
