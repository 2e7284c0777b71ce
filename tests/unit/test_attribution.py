"""Whose voice a microphone hears: bleed at every strength, unequal microphones, overlap."""

import numpy as np
import pytest

from edge_agent.attribution import Attribution, AttributionSettings
from edge_agent.capture.frame import SAMPLE_RATE
from edge_agent.noise_floor import NoiseFloor
from edge_agent.one_sound import Moment, Moments, correlate
from edge_agent.segment import CHUNK
from tests.sounds import (
    Room,
    agreement,
    as_chunks,
    at_level,
    clips,
    dry_speech,
    listen,
    needs_clips,
    speech_like,
)


def taught(
    bleed_db: float, gains_db=(0.0, 0.0), *, turns: int = 6, seconds: float = 2.0
) -> Attribution:
    """Both sides have spoken in turn."""
    room = Room(turns * (seconds + 1) + 2, bleed_db=bleed_db, gains_db=gains_db, noise_dbfs=-70)
    for turn in range(turns):
        room.say(turn % 2, speech_like(seconds, turn), 1 + turn * (seconds + 1))
    stage, truth = Attribution(2, AttributionSettings()), []
    for frame in room.frames():
        at_s = frame.start_s + 0.016
        truth = [
            any(c == n and s <= at_s < s + len(x) / SAMPLE_RATE for c, s, x in room.spoken)
            for n in range(2)
        ]
        stage.listen(frame.samples)
        stage.learn(frame.samples, truth)
    return stage


@pytest.mark.parametrize("bleed_db", [-10, -15, -20, -25])
@pytest.mark.parametrize("gains_db", [(0, 0), (0, -10), (-10, 0)])
def test_bleed_and_gain_are_learned_from_the_voices(bleed_db, gains_db):
    stage = taught(bleed_db, gains_db)
    assert stage.apart_db == pytest.approx(-bleed_db, abs=2.5)
    assert stage.middle_db == pytest.approx(gains_db[0] - gains_db[1], abs=2.5)


def test_close_microphones_make_roles_unsure():
    sound = np.stack([speech_like(1, 3)] * 2)[:, :CHUNK]
    sound[1] *= 10 ** (-6 / 20)
    near, apart = taught(-5), taught(-20)
    assert near.listen(sound)[0].confidence < 0.7
    sound[1] *= 10 ** (-14 / 20)
    assert apart.listen(sound)[0].confidence > 0.95


def test_a_dead_microphones_person_is_not_the_other_side():
    """What the citizen says is heard by the clerk's microphone alone, as weak as bleed is."""
    stage, new = taught(-20), Attribution(2, AttributionSettings())

    def heard(attribution, sound) -> list[float]:
        """Confidence of each chunk that may be its own person's voice."""
        found = []
        for at in range(0, len(sound), CHUNK):
            chunk = np.stack([sound[at : at + CHUNK], np.zeros(CHUNK, np.float32)])
            standing = attribution.listen(chunk)[0]
            attribution.learn(chunk, [True, False])
            if standing.own:
                found.append(standing.confidence)
        return found

    bleed = at_level(speech_like(16, 3)[: 480 * CHUNK], -20)
    assert len(of_bleed := heard(stage, bleed)) > 100
    assert sum(of_bleed) == 0
    assert heard(new, bleed)[-1] == 0  # its own usual level is not known
    # Not even a loud one: the citizen's shout is as loud there as the clerk's ordinary voice.
    assert sum(heard(stage, speech_like(16, 4)[: 480 * CHUNK])) == 0
    assert stage.apart_db == pytest.approx(20, abs=2.5)


def test_a_microphone_that_gates_its_noise_is_not_dead():
    stage, told = taught(-20), []
    talk = speech_like(16, 5)[: 480 * CHUNK]
    for number, at in enumerate(range(0, len(talk), CHUNK)):
        chunk = np.stack([talk[at : at + CHUNK], np.zeros(CHUNK, np.float32)])
        if number % 60 == 0:
            chunk[1] = 1e-4
            chunk[1, ::2] = -1e-4
        standing = stage.listen(chunk)[0]
        stage.learn(chunk, [True, False])
        if standing.own:
            told.append(standing.confidence)
    assert np.median(told) > 0.95


def test_a_constant_offset_is_no_sound():
    """A-law decodes silence to 8 of 32768: such a microphone is dead all the same."""
    stage = taught(-20)
    voice = speech_like(16, 4)[: 480 * CHUNK]
    for at in range(0, len(voice), CHUNK):
        offset = np.full(CHUNK, 8 / 32768, np.float32)
        standing = stage.listen(np.stack([voice[at : at + CHUNK], offset]))[0]
    assert standing.confidence == 0


def test_the_floor_is_the_rooms_noise_and_not_the_voices():
    floor, powers = NoiseFloor(), np.random.default_rng(1).gamma(50, 1e-6 / 50, 600)
    powers[100:130] += 1e-3
    powers[200:230] += 1e-3
    found = [floor.push(float(power)) for power in powers]
    assert floor.known
    assert np.array(found[60:]) == pytest.approx(1e-6, rel=0.35)
    louder = [floor.push(1e-5) for _ in range(320)]
    assert louder[30] < 2e-6
    assert louder[-1] == pytest.approx(1e-5, rel=0.35)


def test_one_sound_keeps_its_difference_and_two_voices_do_not():
    rng = np.random.default_rng(2)
    one, two = Moments(24), Moments(24)
    for _ in range(24):
        one.add(Moment(3 + rng.normal(0, 1.5), 0.6))
        two.add(Moment(rng.normal(0, 8), 0.6))
    assert one.one_sound_db(12) == pytest.approx(3, abs=1)
    assert two.one_sound_db(12) is None
    assert one.one_sound_db(25) is None
    unlike = Moments(24)
    for _ in range(24):
        unlike.add(Moment(3.0, 0.1))
    assert unlike.one_sound_db(12) is None


@pytest.mark.parametrize("lag", [-60, -1, 0, 17, 80])
def test_the_lag_says_which_microphone_hears_first(lag):
    noise = np.random.default_rng(3).normal(0, 0.1, 1400).astype(np.float32)
    first, second = noise[200 - lag : 1224 - lag], noise[200:1224]
    correlation, found = correlate(np.stack([first, 0.1 * second]))
    assert found == lag
    assert correlation > 0.9
    assert correlate(np.zeros((2, 512), np.float32))[0] == 0.0


def f1_of(room: Room) -> tuple[float, float]:
    for _, _, sound in room.spoken:
        dry_speech(sound)
    truth = room.truth()
    found = as_chunks(listen(room)[0], 2, truth.shape[1])
    return agreement(found[0], truth[0]).f1, agreement(found[1], truth[1]).f1


@needs_clips
@pytest.mark.parametrize(
    ("room", "least"),
    [
        pytest.param(Room(45, bleed_db=-10), 0.92, id="bleed -10"),
        pytest.param(Room(45, bleed_db=-15), 0.95, id="bleed -15"),
        pytest.param(Room(45, bleed_db=-25), 0.96, id="bleed -25"),
        pytest.param(Room(45, delay_s=0.005), 0.96, id="5 ms late"),
        pytest.param(Room(45, noise_dbfs=-45), 0.93, id="15 dB SNR"),
        pytest.param(Room(45, reverberant=True), 0.95, id="echoing"),
        pytest.param(Room(45, gains_db=(0, -10)), 0.96, id="citizen's gain lower"),
        pytest.param(Room(45, gains_db=(-10, 0)), 0.95, id="staff's gain lower"),
        pytest.param(Room(45, bleed_db=-15, gains_db=(-10, 0)), 0.92, id="both"),
        pytest.param(Room(45, bleed_db=-10, gains_db=(0, -10)), 0.82, id="bleed -10 and gain"),
    ],
)
def test_each_channel_has_its_own_persons_speech(room, least):
    room.converse((clips("DEV01"), clips("SPK01")), overlap_every=4)
    assert min(f1_of(room)) >= least


@needs_clips
def test_a_soft_and_slow_citizen_is_heard():
    slow = tuple(slower(at_level(sound, -10)) for sound in clips("SPK01"))
    room = Room(70)
    room.converse((clips("DEV01"), slow))
    truth = room.truth()
    found = as_chunks(listen(room)[0], 2, truth.shape[1])
    assert agreement(found[1], truth[1]).f1 >= 0.93


def slower(sound, factor=0.8):
    at = np.arange(int(len(sound) / factor)) * factor
    return np.interp(at, np.arange(len(sound)), sound).astype(np.float32)


@needs_clips
def test_two_at_once_are_kept_and_a_word_put_in_is_found():
    staff, citizen = clips("DEV01"), clips("SPK01")
    room = Room(45)
    at_s = room.converse((staff, citizen), until_s=30) + 1
    long = np.concatenate([staff[0], staff[1]])
    room.say(0, long, at_s)
    word = citizen[1][16000:25600]
    assert dry_speech(word)
    for after_s in (0.1, 1.5):
        room.say(1, word, at_s + after_s)
    segments = listen(room)[0]
    for after_s in (0.1, 1.5):
        low, high = at_s + after_s, at_s + after_s + 0.6
        for channel in (0, 1):
            heard = [s for s in segments if s.channel == channel]
            assert sum(max(0, min(s.end_s, high) - max(s.start_s, low)) for s in heard) > 0.3
