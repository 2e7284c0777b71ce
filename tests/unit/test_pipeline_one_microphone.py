"""One microphone: in the third interaction the clerk's voice is known, and what hangs on it."""

from dataclasses import replace

import numpy as np
import pytest

from edge_agent import cli, privacy
from edge_agent.capture.frame import SAMPLE_RATE, KeyPress
from edge_agent.models import catalog
from edge_agent.settings import AgentSettings
from schemas.vocabulary import Category, Key, Missing, Role
from tests.fakes import Scene

CLERK = 0
STAY_S = 60.0
VISITS = 5


class ScriptedSpeakers:
    """Knows each utterance by its tone, and whose it is by the script."""

    model_id = "scripted-speakers:1"

    def __init__(self) -> None:
        self.people: dict[float, int] = {}
        self.given: list[np.ndarray] = []

    def embed(self, sound):
        spectrum = np.abs(np.fft.rfft(sound))
        hertz = float(spectrum.argmax()) * SAMPLE_RATE / len(sound)
        vector = np.full((1, 64), 0.02, np.float32)
        vector[0, self.people[min(self.people, key=lambda hz: abs(hz - hertz))]] = 1.0
        vector /= np.linalg.norm(vector)
        self.given.append(vector)
        return vector


class Morning:
    """A clerk and one citizen after another, at one microphone."""

    def __init__(self, visits: int = VISITS) -> None:
        self.scene = Scene(visits * STAY_S + 30, channels=1)
        self.scene.staff_there(0, visits * STAY_S)
        self.speakers = ScriptedSpeakers()
        for visit in range(visits):
            zero_s = visit * STAY_S
            self.scene.citizen_there(zero_s + 2, zero_s + 30)
            for at_s, person, text, dbfs in (
                (4, CLERK, "greeting", -30),
                (8, 1 + visit, "sad", -30),
                (12, CLERK, "abusive", -30),
                (16, 1 + visit, "happy", -10),
            ):
                said = self.scene.say(Role.UNKNOWN, zero_s + at_s, 2.5, text, dbfs=dbfs)
                self.speakers.people[said.hz] = person

    def run(self):
        models = replace(self.scene.models(), speakers=self.speakers)
        self.sentiment = models.sentiment
        return self.scene.run(models=models)


def roles(interaction) -> list[Role]:
    return [turn.role for turn in interaction.turns]


S, C, U = Role.STAFF, Role.CITIZEN, Role.UNKNOWN


def test_the_clerk_is_known_within_the_third_interaction():
    found = [roles(i) for i in Morning().run().interactions]
    assert found == [[U] * 4, [U] * 4, [U, U, S, C], [S, C, S, C], [S, C, S, C]]


def test_hits_and_feelings_are_of_those_whose_voice_is_known():
    morning = Morning()
    interactions = morning.run().interactions
    for turn in interactions[0].turns:
        assert turn.hits == ()
        assert turn.sentiment is None
    greeting, sad, abusive, happy = interactions[-1].turns
    assert [hit.category for hit in greeting.hits] == [Category.GREETING]
    assert [hit.category for hit in abusive.hits] == [Category.ABUSIVE]
    assert greeting.sentiment is None
    assert abusive.sentiment is None
    assert sad.sentiment.polarity < 0 < happy.sentiment.polarity
    assert len(morning.sentiment.texts) == 5  # of the citizens from the third on
    assert interactions[-1].coverage.roles == 1
    assert Missing.ROLE_UNKNOWN in interactions[0].coverage.missing
    assert Missing.ROLE_UNKNOWN not in interactions[-1].coverage.missing


def test_what_one_microphone_cannot_tell_stays_missing():
    """Both sides' level is one, and two who speak at once are one sound."""
    last = Morning(9).run().interactions[-1]
    assert roles(last) == [S, C, S, C]
    told = last.measurements
    assert (told.raised_voice_s.staff, told.raised_voice_s.citizen) == (None, None)
    assert (told.talk_time_s.staff, told.interruptions.staff) == (None, None)
    assert (told.overlap_s, told.dead_air_s, told.response_gap_s) == (None, None, None)
    assert (last.coverage.raised_voice_staff, last.coverage.overlap) == (0, 0)
    assert Missing.SINGLE_CHANNEL in last.coverage.missing


@pytest.mark.parametrize("how", ["muted", "the shift's end"])
def test_voices_are_forgotten_on_mute_and_at_the_shifts_end(how):
    morning = Morning(6)
    if how == "muted":
        morning.scene.events = [
            KeyPress(3 * STAY_S + 40, Key.MUTE, Role.STAFF),
            KeyPress(3 * STAY_S + 45, Key.UNMUTE, Role.STAFF),
        ]
        found = [roles(i) for i in morning.run().interactions]
    else:
        models = replace(morning.scene.models(), speakers=morning.speakers)
        found = [
            roles(i)
            for i in morning.scene.run(models=models, shift_ends=(3 * STAY_S + 40,)).interactions
        ]
    assert found[3] == [S, C, S, C]
    assert found[4:] == [[U] * 4] * 2


def test_each_part_of_a_turn_has_its_own_level_and_no_usual_one():
    """A citizen shouts into the clerk's pause: the clerk was not loud."""
    morning = Morning()
    zero_s = 4 * STAY_S
    morning.scene.utterances = [u for u in morning.scene.utterances if u.start_s < zero_s]
    for at_s, person, dbfs in ((4.0, CLERK, -30), (6.4, 30, -10), (8.8, CLERK, -30)):
        said = morning.scene.say(Role.UNKNOWN, zero_s + at_s, 2.0, dbfs=dbfs)
        morning.speakers.people[said.hz] = person
    last = morning.run().interactions[-1]
    assert roles(last) == [S, C, S]
    assert [t.loudness_dbfs for t in last.turns] == pytest.approx([-30, -10, -30], abs=0.5)
    assert {t.loudness_above_baseline_db for t in last.turns} == {None}


def test_nothing_is_learned_of_a_voice_while_paused():
    """Not of a turn that began before the pause, either."""
    morning = Morning(1)
    morning.scene.events = [KeyPress(5, Key.MUTE, Role.CITIZEN)]
    pipeline = morning.run().pipeline
    assert pipeline._speakers._voices == []
    assert morning.speakers.given == []


def test_no_number_of_a_voice_is_left_at_the_end():
    morning = Morning(4)
    pipeline = morning.run().pipeline
    assert pipeline._speakers._voices == []
    assert morning.speakers.given
    assert not any(vector.any() for vector in morning.speakers.given)


@pytest.mark.parametrize(
    ("microphones", "wanted", "loaded"),
    [
        (["shared = 0"], True, True),
        (["shared = 0"], False, False),
        (["staff = 0\ncitizen = 1"], True, False),
        (["staff = 0\ncitizen = 1", "shared = 0"], True, True),
    ],
)
def test_the_voice_model_is_loaded_where_it_serves(
    monkeypatch, tmp_path, microphones, wanted, loaded
):
    plain = Scene(1).models()
    monkeypatch.setattr(catalog, "whisper_folder", lambda *_: tmp_path)
    monkeypatch.setattr(catalog, "load", lambda *_, **__: plain)
    monkeypatch.setattr(privacy, "no_core_dumps", lambda: None)
    monkeypatch.setattr(privacy, "lock_memory", lambda: True)
    every = []
    for number, sides in enumerate(microphones):
        file = tmp_path / f"{number}.toml"
        file.write_text(
            f'device_id = "dev-{number}"\nbranch = "cn-01"\ncounter = "q-{number}"\n'
            f'state = "{number}"\nhub_public_key = "{"0" * 64}"\n'
            f'[[source.microphones]]\ndevice = "Andrea"\n{sides}\n'
            f"[models]\nspeakers = {str(wanted).lower()}\n"
        )
        every.append(AgentSettings.load(file, {}))
    models = cli._models(every)
    assert (models.speakers is not None) is loaded
    assert ("ge2e:b73e75ad" in models.ids(1)) is loaded
    assert "ge2e:b73e75ad" not in models.ids(2)
