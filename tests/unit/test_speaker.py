"""One microphone: the clerk is the voice that persists; unknown where unsure; nothing is kept."""

from dataclasses import replace

import numpy as np
import pytest

from edge_agent.guard import Guard
from edge_agent.loudness import Loudness
from edge_agent.models import catalog
from edge_agent.models.ge2e import LEAST_S
from edge_agent.speaker import SpeakerTracker
from edge_agent.turn import SpokenTurn
from schemas.vocabulary import Role
from tests.sounds import clips, needs_clips

RATE = 16_000


class ScriptedEncoder:
    """The first sample says who speaks: person n is the n-th axis, a little off by `noise`."""

    model_id = "scripted-speaker:1"

    def __init__(self, noise: float = 0.1) -> None:
        self.noise = noise
        self.fails = False
        self.given: list[np.ndarray] = []
        self._rng = np.random.default_rng(4)

    def embed(self, sound):
        if self.fails:
            raise RuntimeError("the encoder failed with 0.25 in it")
        person = round(float(sound[0]) * 100)
        vector = np.full(64, 0.05, np.float32) + self._rng.normal(0, self.noise / 8, 64)
        vector[person] += 1
        vector = (vector / np.linalg.norm(vector)).astype(np.float32)
        windows = vector[np.newaxis].copy()
        self.given.append(windows)
        return windows


def turn_of(sound, role=Role.UNKNOWN, voiced=None) -> SpokenTurn:
    length_s = len(sound) / RATE
    return SpokenTurn(
        channel=0,
        role=role,
        role_confidence=0.0,
        start_s=0.0,
        end_s=length_s,
        voiced=voiced or ((0.0, length_s),),
        continued=False,
        loudness=Loudness(-30.0, None, (), has_baseline=False),
        sound=sound,
        sound_from_s=0.0,
    )


def said_by(person: int, seconds: float = 2.0) -> SpokenTurn:
    return turn_of(np.full(int(seconds * RATE), person / 100, np.float32))


def only(tracker, turn) -> SpokenTurn:
    (part,) = tracker.attribute(turn)
    return part


def roles(tracker, *people) -> list[Role]:
    return [only(tracker, said_by(person)).role for person in people]


CLERK, STAFF, CITIZEN, UNKNOWN = 1, Role.STAFF, Role.CITIZEN, Role.UNKNOWN


@pytest.fixture
def encoder():
    return ScriptedEncoder()


@pytest.fixture
def tracker(encoder):
    return SpeakerTracker(encoder, Guard())


def teach(tracker, interactions=3, first=10) -> None:
    for number in range(interactions):
        tracker.new_interaction()
        roles(tracker, CLERK, first + number, CLERK, first + number)


def test_nobody_is_the_clerk_before_the_third_interaction(tracker):
    for citizen in (10, 11):
        tracker.new_interaction()
        assert roles(tracker, CLERK, citizen, CLERK, citizen) == [UNKNOWN] * 4
    tracker.new_interaction()
    assert not tracker.knows_clerk
    assert roles(tracker, CLERK, 12, CLERK, 12) == [UNKNOWN, UNKNOWN, STAFF, CITIZEN]
    assert tracker.knows_clerk


def test_confidence_stands_beside_the_role(tracker):
    teach(tracker)
    tracker.new_interaction()
    turn = only(tracker, said_by(CLERK))
    assert (turn.role, turn.start_s) == (STAFF, 0.0)
    assert turn.role_confidence >= 0.9


def test_a_citizen_who_speaks_before_the_clerk_is_unknown(tracker):
    teach(tracker)
    tracker.new_interaction()
    assert roles(tracker, 20, CLERK, 20) == [UNKNOWN, STAFF, CITIZEN]


def test_a_colleague_who_takes_over_is_no_citizen_and_becomes_the_clerk(tracker):
    teach(tracker, 4)
    for number in range(9):
        tracker.new_interaction()
        found = roles(tracker, 2, 30 + number, 2)
        assert CITIZEN not in found or found[0] == STAFF
    assert found[0] == STAFF


def test_two_who_take_turns_at_one_counter_are_both_unknown(tracker):
    for number in range(6):
        tracker.new_interaction()
        roles(tracker, CLERK, 2, 10 + number)
    tracker.new_interaction()
    assert roles(tracker, CLERK, 2, 20) == [UNKNOWN] * 3


def test_a_voice_of_an_earlier_interaction_is_no_citizens(tracker):
    """It may be a colleague, whose feelings nobody measures."""
    teach(tracker)
    tracker.new_interaction()
    assert roles(tracker, CLERK, 12, 20) == [STAFF, UNKNOWN, CITIZEN]


def between(likeness, other):
    """A voice so like the clerk's, and for the rest that of `other`."""
    clerk, rest = np.zeros(64), np.zeros(64)
    clerk[CLERK], rest[other] = 1.0, 1.0
    vector = likeness * clerk + np.sqrt(1 - likeness**2) * rest
    return vector[np.newaxis].astype(np.float32)


@pytest.fixture
def people(encoder, tracker):
    """Voices by number, at exact likenesses; 40 and more may be set."""
    voices: dict[int, np.ndarray] = {}

    def embed(sound):
        person = round(float(sound[0]) * 100)
        return voices.get(person, between(1.0 if person == CLERK else 0.0, person)).copy()

    encoder.embed = embed
    teach(tracker)
    tracker.new_interaction()
    return voices


@pytest.mark.parametrize("likeness", [0.76, 0.78])
def test_a_voice_in_doubt_never_becomes_the_clerks_by_speaking_often(tracker, people, likeness):
    people[40] = between(likeness, 60)
    assert roles(tracker, *[CLERK, 40] * 12) == [STAFF, UNKNOWN] * 12
    assert roles(tracker, *[40] * 12) == [UNKNOWN] * 12


def test_the_clerk_must_be_the_likest_by_far(tracker, people):
    people[40], people[41] = between(0.55, 60), between(0.81, 60)
    assert roles(tracker, CLERK, 40, 40, 41) == [STAFF, CITIZEN, CITIZEN, UNKNOWN]


@pytest.mark.parametrize("seconds", [2.0, 6.0])
@pytest.mark.parametrize("at", ["beginning", "end"])
def test_an_answer_that_follows_at_once_leaves_the_stretch_unknown(tracker, people, seconds, at):
    """Too short to be in a window of its own."""
    sound = np.full(round(seconds * RATE), CLERK / 100, np.float32)
    part = slice(0, RATE * 7 // 10) if at == "beginning" else slice(-RATE * 7 // 10, None)

    def embed(heard):
        # The windows see the clerk; the edge by itself, repeated, is another's.
        return between(0.4, 60) if np.median(heard) > 0.015 else between(1.0, CLERK)

    tracker._encoder.embed = embed
    assert only(tracker, turn_of(sound)).role is STAFF
    sound[part] = 0.6
    assert only(tracker, turn_of(sound)).role is UNKNOWN


def test_a_voice_that_was_not_heard_for_an_hour_goes(tracker):
    teach(tracker)
    kept = vectors(tracker)
    tracker.tick(3600.0)
    assert vectors(tracker)
    tracker.tick(3603.0)
    assert vectors(tracker) == []
    assert not any(vector.any() for vector in kept)
    assert not tracker.knows_clerk


def test_a_voice_between_is_unknown(tracker, encoder):
    teach(tracker)
    tracker.new_interaction()
    roles(tracker, CLERK)
    mixed = np.full(64, 0.05, np.float32)
    mixed[CLERK], mixed[40] = 1.0, 1.1
    encoder.embed = lambda sound: mixed[np.newaxis] / np.float32(np.linalg.norm(mixed))
    assert roles(tracker, 40) == [UNKNOWN]


def test_turns_with_a_role_are_left_alone(tracker, encoder):
    teach(tracker)
    given = len(encoder.given)
    known = turn_of(np.full(RATE * 3, 0.2, np.float32), role=Role.CITIZEN)
    assert only(tracker, known) is known
    assert len(encoder.given) == given


def test_what_is_short_is_unknown_by_itself(tracker, encoder):
    teach(tracker)
    before = vectors(tracker)[0].copy()
    assert only(tracker, said_by(CLERK, 1.5)).role is UNKNOWN
    assert np.array_equal(vectors(tracker)[0], before)  # and nothing is learned of it


def pieces(*said: tuple[int, float], pause_s=0.4) -> SpokenTurn:
    """A turn in which people answer one another after less than the pause that ends a turn."""
    sound, voiced, at_s = [], [], 0.0
    for person, seconds in said:
        sound += [np.full(round(seconds * RATE), person / 100, np.float32)]
        sound += [np.full(round(pause_s * RATE), 0.5, np.float32)]
        voiced.append((at_s, at_s + seconds))
        at_s += seconds + pause_s
    turn = turn_of(np.concatenate(sound), voiced=tuple(voiced))
    return replace(turn, end_s=voiced[-1][1])


def found(tracker, turn) -> list[tuple[Role, float, float]]:
    parts = tracker.attribute(turn)
    return [(p.role, round(p.start_s, 2), round(p.end_s, 2)) for p in parts]


def test_a_turn_is_parted_where_another_voice_answers(tracker):
    teach(tracker)
    tracker.new_interaction()
    turn = pieces((CLERK, 2.0), (20, 1.7), (CLERK, 3.0))
    parts = tracker.attribute(turn)
    assert [p.role for p in parts] == [STAFF, CITIZEN, STAFF]
    assert [(round(p.start_s, 2), round(p.end_s, 2)) for p in parts] == [
        (0.0, 2.0), (2.4, 4.1), (4.5, 7.5),
    ]  # fmt: skip
    # Each part has its own sound, cut in the middle of the pauses.
    assert len(parts[1].sound) / RATE == pytest.approx(2.1, abs=0.01)
    assert parts[1].sound_from_s == pytest.approx(2.2)


def test_a_few_words_go_with_the_same_voice_beside_them_and_never_with_another(tracker):
    teach(tracker)
    tracker.new_interaction()
    assert found(tracker, pieces((CLERK, 2.0), (CLERK, 0.8))) == [(STAFF, 0.0, 3.2)]
    assert found(tracker, pieces((CLERK, 0.8), (CLERK, 2.0))) == [(STAFF, 0.0, 3.2)]
    # What a citizen puts into the clerk's pause is no word of the clerk's.
    put_in = found(tracker, pieces((CLERK, 2.0), (20, 0.8), (CLERK, 2.0)))
    assert put_in == [(STAFF, 0.0, 2.0), (UNKNOWN, 2.4, 3.2), (STAFF, 3.6, 5.6)]
    assert found(tracker, pieces((CLERK, 2.0), (CLERK, 0.4)))[1][0] is UNKNOWN


@pytest.mark.parametrize(
    ("staff", "citizen", "role"),
    [(0.73, 0.65, STAFF), (0.73, 0.70, UNKNOWN), (0.66, 0.74, CITIZEN), (0.71, 0.74, UNKNOWN)],
)
def test_a_few_words_between_two_voices_go_with_the_clearly_liker(
    tracker, people, staff, citizen, role
):
    words = np.zeros((1, 64), np.float32)
    words[0, CLERK], words[0, 20] = staff, citizen
    words[0, 63] = np.sqrt(max(0.0, 1 - staff**2 - citizen**2))
    people[40] = words / np.linalg.norm(words)
    parts = found(tracker, pieces((CLERK, 2.0), (40, 0.9), (20, 2.0)))
    at = {STAFF: 0, CITIZEN: 1, UNKNOWN: 1}[role]
    assert parts[at][0] is role
    assert parts[at][1] <= 2.4 < parts[at][2]
    assert len(parts) == (3 if role is UNKNOWN else 2)


def test_speech_that_was_cut_for_its_length_is_one_stretch(tracker):
    teach(tracker)
    tracker.new_interaction()
    assert found(tracker, pieces((CLERK, 5.0), (CLERK, 1.0), pause_s=0.0)) == [(STAFF, 0.0, 6.0)]


def test_two_voices_without_a_pause_are_unknown_and_not_learned(tracker, encoder):
    teach(tracker)
    tracker.new_interaction()
    clerk, other = (encoder.embed(np.full(8, p / 100, np.float32))[0] for p in (CLERK, 20))
    encoder.embed = lambda sound: np.stack([clerk, clerk, clerk, other])
    before = [vector.copy() for vector in vectors(tracker)]
    assert roles(tracker, CLERK) == [UNKNOWN]
    assert all(np.array_equal(a, b) for a, b in zip(before, vectors(tracker), strict=True))


def test_a_failing_encoder_is_counted_and_tells_nothing(encoder, caplog):
    guard = Guard()
    tracker = SpeakerTracker(encoder, guard)
    tracker.new_interaction()
    encoder.fails = True
    assert roles(tracker, CLERK) == [UNKNOWN]
    assert guard.by_stage == {"speaker": 1}
    assert "0.25" not in caplog.text


def vectors(tracker) -> list[np.ndarray]:
    return [voice.total for voice in tracker._voices]


def test_forgotten_voices_are_zeroed_and_learned_anew(tracker, encoder):
    teach(tracker)
    kept = vectors(tracker)
    assert kept
    assert all(vector.any() for vector in kept)
    tracker.forget()
    assert not any(vector.any() for vector in kept)
    assert not any(vector.any() for vector in encoder.given)
    assert vectors(tracker) == []
    assert not tracker.knows_clerk
    tracker.new_interaction()
    assert roles(tracker, CLERK) == [UNKNOWN]


def test_a_citizens_voice_goes_after_two_further_interactions(tracker):
    teach(tracker, 1)
    citizen = next(v for v in tracker._voices if round(v.total.argmax()) == 10)
    for _ in range(3):
        assert any(voice is citizen for voice in tracker._voices)
        tracker.new_interaction()
        roles(tracker, CLERK)
    assert all(voice is not citizen for voice in tracker._voices)
    assert not citizen.total.any()


def test_voices_are_bounded_and_the_clerk_stays(tracker):
    teach(tracker)
    tracker.new_interaction()
    roles(tracker, CLERK, *range(20, 50), CLERK)
    assert len(vectors(tracker)) <= 12
    assert roles(tracker, CLERK) == [STAFF]


def test_no_number_of_a_voice_is_shown(tracker):
    teach(tracker)
    assert repr(tracker) == f"SpeakerTracker({len(tracker._voices)} voices, 3 interactions)"
    assert "array" not in repr(tracker._voices)
    assert "." not in repr(tracker._voices)


# The real encoder.


def faster(sound, factor):
    at = np.arange(int(len(sound) / factor)) * factor
    return np.interp(at, np.arange(len(sound)), sound).astype(np.float32)


def one(windows):
    mean = windows.mean(axis=0)
    return mean / np.linalg.norm(mean)


@needs_clips
def test_the_encoder_tells_real_voices_apart():
    encoder = catalog.load_speakers()
    assert encoder.model_id == "ge2e:b73e75ad"
    staff, other = (
        [one(encoder.embed(sound)) for sound in clips(speaker) if len(sound) >= LEAST_S * RATE]
        for speaker in ("DEV01", "SPK01")
    )
    assert np.linalg.norm(staff[0]) == pytest.approx(1, abs=1e-5)
    same = [a @ b for n, a in enumerate(staff) for b in staff[:n]]
    differ = [a @ b for a in staff for b in other]
    assert np.median(same) > 0.8
    assert np.quantile(differ, 0.95) < 0.75


def test_too_little_sound_has_no_voice():
    encoder = catalog.load_speakers()
    assert encoder.embed(np.zeros(int(LEAST_S * RATE) - 1, np.float32)) is None
    tone = np.sin(2 * np.pi * 200 * np.arange(RATE * 2) / RATE).astype(np.float32)
    assert encoder.embed(tone).shape == (1, 256)
    assert np.linalg.norm(encoder.embed(tone)) == pytest.approx(1, abs=1e-5)
    assert encoder.embed(np.resize(tone, RATE * 4)).shape == (4, 256)
    quiet, quieter = (encoder.embed(gain * tone)[0] for gain in (0.01, 0.001))
    assert quiet @ quieter == pytest.approx(1, abs=1e-3)


@needs_clips
@pytest.mark.parametrize(
    ("clerk", "others", "least"), [("DEV01", "SPK01", 0.5), ("SPK01", "DEV01", 0.25)]
)
def test_real_voices_over_a_morning(clerk, others, least):
    """Nobody is taken for the other role; once there is a clerk, some are known.
    Visitors are three people at other paces: who sounds as one before may be a colleague.
    """
    tracker = SpeakerTracker(catalog.load_speakers(), Guard())
    rng, found = np.random.default_rng(5), []
    visitors = [(others, 1.0), ("DEV15", 1.0), (others, 0.82), (others, 1.2), ("DEV15", 0.82)]
    for number, (citizen, factor) in enumerate(visitors):
        tracker.new_interaction()
        for turn in range(6):
            staff = turn % 2 == 0
            own = clips(clerk if staff else citizen)
            sound = own[int(rng.integers(len(own)))]
            sound = sound if staff else faster(sound, factor)
            found.append((number, staff, only(tracker, turn_of(sound)).role))
    assert all(role is UNKNOWN for number, _, role in found if number < 2)
    assert (True, CITIZEN) not in {(staff, role) for _, staff, role in found}
    assert (False, STAFF) not in {(staff, role) for _, staff, role in found}
    known = [role is not UNKNOWN for number, _, role in found if number > 2]
    assert np.mean(known) >= least
