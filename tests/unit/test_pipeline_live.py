"""What only a live counter has: sensors that come and go, pressed keys, overload."""

import pytest

from edge_agent.capture.frame import KeyPress, SensorChange
from schemas.vocabulary import Key, Missing, Overload, Role, Sensor, SensorState, SpanKind
from tests.fakes import Scene


def talk(length_s: float = 60) -> Scene:
    """A citizen from 5 s on, who and staff say a word every ten seconds."""
    scene = Scene(length_s + 40, bleed_db=-20)
    scene.staff_there(0, length_s + 40)
    scene.citizen_there(5, length_s)
    for number, at_s in enumerate(range(6, int(length_s) - 6, 5)):
        role = Role.CITIZEN if number % 2 else Role.STAFF
        scene.say(role, at_s, 2, "sad" if role is Role.CITIZEN else "greeting")
    return scene


def states(result) -> dict[Sensor, SensorState]:
    return {one.sensor: one.state for one in result.pipeline.sensors}


def spans(interaction, kind: SpanKind) -> list[tuple[str, float, float]]:
    return [
        (span.role, span.start_s, span.start_s + span.duration_s)
        for span in interaction.spans
        if span.kind is kind
    ]


class TestSensors:
    @pytest.mark.parametrize("state", [SensorState.STALLED, SensorState.DISCONNECTED])
    def test_a_lost_microphone_lowers_coverage_and_nothing_else(self, state):
        whole = talk().run().interactions[0]
        scene = talk()
        scene.events = [
            SensorChange(20, Sensor.MICROPHONE_CITIZEN, state),
            SensorChange(40, Sensor.MICROPHONE_CITIZEN, SensorState.OK),
        ]
        scene.fault("dead1", 20, 40)
        (lost,) = scene.run().interactions
        assert whole.coverage.audio == 1
        assert lost.coverage.audio == pytest.approx(1 - 20 / 55, abs=0.02)
        assert Missing.SENSOR_INVALID in lost.coverage.missing
        assert lost.measurements.dead_air_s == whole.measurements.dead_air_s
        assert spans(lost, SpanKind.RAISED_VOICE) == []
        assert lost.ended_at == whole.ended_at

    def test_the_state_is_told_while_it_lasts(self):
        scene = talk()
        scene.events = [SensorChange(90, Sensor.MICROPHONE_STAFF, SensorState.STALLED)]
        assert states(scene.run())[Sensor.MICROPHONE_STAFF] is SensorState.STALLED
        scene.events.append(SensorChange(95, Sensor.MICROPHONE_STAFF, SensorState.OK))
        assert states(scene.run())[Sensor.MICROPHONE_STAFF] is SensorState.OK

    def test_distortion_is_found_and_heals(self):
        scene = talk()
        scene.fault("clipped0", 85, 100)
        assert states(scene.run())[Sensor.MICROPHONE_STAFF] is SensorState.CLIPPED
        scene = talk()
        scene.fault("clipped0", 20, 30)
        result = scene.run()
        assert states(result)[Sensor.MICROPHONE_STAFF] is SensorState.OK
        (interaction,) = result.interactions
        assert interaction.coverage.audio < 0.95
        assert spans(interaction, SpanKind.RAISED_VOICE) == []

    def test_a_lost_camera_ends_nothing(self):
        scene = talk()
        scene.events = [SensorChange(30, Sensor.CAMERA, SensorState.DISCONNECTED)]
        scene.fault("gap", 30, 50)
        (interaction,) = scene.run().interactions
        assert spans(interaction, SpanKind.PRESENCE_UNKNOWN)
        assert interaction.measurements.handling_s == pytest.approx(55, abs=1)


class TestKeys:
    def muted(self) -> Scene:
        scene = talk()
        scene.events = [
            KeyPress(20, Key.MUTE, Role.CITIZEN),
            KeyPress(22, Key.MUTE, Role.STAFF),  # already paused: changes nothing
            KeyPress(40, Key.UNMUTE, Role.STAFF),
        ]
        return scene

    def test_muted_time_is_missing_and_who_asked_is_kept(self):
        whole = talk().run().interactions[0]
        (interaction,) = self.muted().run().interactions
        assert spans(interaction, SpanKind.MUTED) == [
            (Role.CITIZEN, pytest.approx(15, abs=0.5), pytest.approx(35, abs=0.5))
        ]
        assert Missing.MUTED in interaction.coverage.missing
        assert interaction.coverage.audio == pytest.approx(1 - 20 / 55, abs=0.02)
        assert interaction.coverage.video < 0.8
        assert interaction.measurements.dead_air_s == whole.measurements.dead_air_s

    def test_nothing_said_while_muted_is_heard(self):
        scene = self.muted()
        models = scene.models()
        result = scene.run(models=models)
        quiet = [u for u in scene.utterances if u.start_s >= 20 and u.end_s <= 40]
        assert quiet
        assert max(models.transcriber.was_given_s(u) for u in quiet) < 0.05
        (interaction,) = result.interactions
        assert not [t for t in interaction.turns if 15.5 < t.start_s < 34.5]

    def test_the_state_of_every_sensor_says_so(self):
        scene = talk()
        scene.events = [KeyPress(95, Key.MUTE, Role.STAFF)]
        assert set(states(scene.run()).values()) == {SensorState.MUTED}

    def test_a_sensor_lost_while_muted_is_known_after(self):
        scene = self.muted()
        scene.events.append(SensorChange(30, Sensor.MICROPHONE_STAFF, SensorState.STALLED))
        scene.events.sort(key=lambda event: event.at_s)
        assert states(scene.run())[Sensor.MICROPHONE_STAFF] is SensorState.STALLED

    def test_presses_are_told_once(self):
        pipeline = self.muted().run().pipeline
        assert [(p.key, p.asked_by) for p in pipeline.take_presses()] == [
            (Key.MUTE, Role.CITIZEN),
            (Key.UNMUTE, Role.STAFF),
        ]
        assert pipeline.take_presses() == ()

    def test_written_communication_makes_speech_missing(self):
        scene = talk()
        scene.events = [KeyPress(4, Key.WRITTEN_ON, Role.CITIZEN)]
        models = scene.models()
        (interaction,) = scene.run(models=models).interactions
        assert Missing.WRITTEN in interaction.coverage.missing
        assert interaction.coverage.audio == 0
        assert interaction.coverage.text_citizen == 0
        assert interaction.measurements.sentiment is None
        assert interaction.measurements.dead_air_s is None
        assert models.sentiment.texts == []
        assert len(spans(interaction, SpanKind.WRITTEN)) == 1

    def test_help_is_a_moment_of_the_interaction(self):
        scene = talk()
        scene.events = [KeyPress(30, Key.HELP, Role.STAFF)]
        (interaction,) = scene.run().interactions
        assert spans(interaction, SpanKind.HELP) == [
            (Role.STAFF, pytest.approx(25, abs=0.5), pytest.approx(25, abs=0.5))
        ]


class TestOverload:
    def test_no_words_are_missing_words_and_everything_else_stays(self):
        scene = talk()
        models = scene.models()
        whole = talk().run().interactions[0]
        (interaction,) = scene.run(models=models, steps={0: Overload.NO_WORDS}).interactions
        assert models.transcriber.calls == []
        assert interaction.coverage.text_staff == interaction.coverage.text_citizen == 0
        assert Missing.OVERLOAD in interaction.coverage.missing
        assert interaction.measurements.talk_time_s == whole.measurements.talk_time_s
        assert interaction.measurements.handling_s == pytest.approx(
            whole.measurements.handling_s, abs=2
        )

    def test_needed_words_are_those_of_staff(self):
        scene = talk()
        (interaction,) = scene.run(steps={0: Overload.NEEDED_WORDS}).interactions
        assert interaction.coverage.text_staff == 1
        assert interaction.coverage.text_citizen == 0

    def test_the_beam_shrinks(self):
        scene = talk()
        models = scene.models()
        scene.run(models=models, steps={0: Overload.SMALLER_BEAM})
        assert set(models.transcriber.beams) == {1}
        models = scene.models()
        scene.run(models=models)
        assert set(models.transcriber.beams) == {None}

    def test_fewer_frames_still_see_who_is_there(self):
        class Counting:
            model_id = "counting:1"
            looks = 0

            def faces(self, picture):
                Counting.looks += 1
                return real.faces(picture)

        from dataclasses import replace

        scene = talk()
        models = scene.models()
        real = models.faces
        (interaction,) = scene.run(
            models=replace(models, faces=Counting()), steps={0: Overload.FEWER_FRAMES}
        ).interactions
        assert Counting.looks <= 101
        assert interaction.measurements.handling_s == pytest.approx(55, abs=3)
        assert Missing.OVERLOAD in interaction.coverage.missing
