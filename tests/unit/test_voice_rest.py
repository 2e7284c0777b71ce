"""The voice model is not asked in a quiet room, and loses no speech by it."""

import numpy as np
import pytest

from edge_agent.models.silero import CHUNK, SileroStream
from tests.sounds import NEAR_DBFS, Room, at_level, clips, needs_clips, silero, ventilation


class CountedSession:
    """The real model; counts how many chunks it was given."""

    def __init__(self) -> None:
        self._real = silero()._session
        self.chunks = 0

    def run(self, names, given):
        self.chunks += len(given["input"])
        return self._real.run(names, given)


def probabilities(sound, session) -> np.ndarray:
    stream = SileroStream(session)
    whole = len(sound) // CHUNK * CHUNK
    return np.array([stream.probability(sound[at : at + CHUNK]) for at in range(0, whole, CHUNK)])


def always(sound, monkeypatch) -> np.ndarray:
    with monkeypatch.context() as patch:
        patch.setattr("edge_agent.models.silero._HANG", 10**9)
        return probabilities(sound, silero()._session)


def test_a_quiet_room_costs_nothing():
    session = CountedSession()
    sound = ventilation(16_000 * 30, -60, 1)
    assert not (probabilities(sound, session) > 0.5).any()
    assert session.chunks < 0.25 * len(sound) / CHUNK
    session.chunks = 0
    probabilities(np.zeros(16_000 * 30, np.float32), session)
    assert session.chunks < 80


@needs_clips
@pytest.mark.parametrize("snr_db", [20, 10, 3])
def test_no_speech_is_lost(snr_db, monkeypatch):
    room = Room(60, channels=1, noise_dbfs=NEAR_DBFS - snr_db)
    at_s = 3.0
    for voice in clips("DEV01")[:6]:
        at_s = 4.0 + room.say(0, voice, at_s)
    session = CountedSession()
    asked, told = always(room.sound[0], monkeypatch), probabilities(room.sound[0], session)
    speech = asked > 0.5
    assert (told[speech] > 0.5).mean() > 0.96
    assert ((told > 0.5) & ~speech).sum() < 0.04 * speech.sum()
    assert session.chunks < 0.75 * len(asked)


@needs_clips
def test_soft_speech_after_loud_is_not_taken_for_the_room(monkeypatch):
    room = Room(30, channels=1)
    soft = at_level(clips("SPK01")[1], -20)
    room.say(0, clips("DEV01")[0], 3.0)
    end_s = room.say(0, soft, 12.0)
    asked = always(room.sound[0], monkeypatch)
    told = probabilities(room.sound[0], silero()._session)
    low, high = round(12 / 0.032), round(end_s / 0.032)
    heard = (asked[low:high] > 0.5).sum()
    assert heard > 30
    assert (told[low:high] > 0.5).sum() >= 0.95 * heard
