"""A neighbour at the next counter who talks without end, 10 to 16 dB weaker than the citizen.

Two people talk at the counter, in noise 15 dB weaker, with bleed of -20 dB; the neighbour's
voice reaches the staff's microphone 3 dB weaker than the citizen's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from edge_agent.far_voice import FarVoices
from edge_agent.interaction import Closed, InteractionTracker, Opened
from edge_agent.near_parts import Heard, near_parts
from edge_agent.segment import CHUNK_S, Segment, Voice
from edge_agent.zone_history import Presence, PresenceChange
from schemas.vocabulary import Role
from tests.sounds import (
    NEAR_DBFS,
    Agreement,
    Room,
    agreement,
    as_chunks,
    at_level,
    clips,
    dry_speech,
    listen,
    needs_clips,
)

STAFF, CITIZEN = 0, 1
LEARNED_S = 25.0
"""By then both at the counter have spoken, and the neighbour was heard between them."""
_SOFT: dict[float, tuple] = {}


def room_of(seconds: float) -> Room:
    return Room(seconds, noise_dbfs=NEAR_DBFS - 15)


def talk(room: Room, until_s: float, *, start_s: float = 1.0, citizen_db: float = 0.0) -> float:
    if citizen_db not in _SOFT:
        _SOFT[citizen_db] = tuple(at_level(voice, citizen_db) for voice in clips("SPK01"))
    voices = (clips("DEV01"), _SOFT[citizen_db])
    return room.converse(voices, start_s=start_s, pause_s=0.9, until_s=until_s)


def neighbour(room: Room, level_db: float, from_s: float, until_s: float) -> None:
    at_s, number = from_s, 0
    others = clips("DEV15")
    while at_s < until_s - 1:
        voice = others[number % len(others)][: round((until_s - at_s) * 16_000)]
        dbfs = NEAR_DBFS + level_db - 3
        at_s = 0.7 + room.far(voice, at_s, dbfs=dbfs, differs_db=3, seed=5 + number)
        number += 1


@dataclass(frozen=True)
class Found:
    room: Room
    segments: Sequence[Segment]
    voices: Sequence[Voice]

    def agrees(self, channel: int, from_s: float, until_s: float | None = None) -> Agreement:
        truth = self.room.truth()
        found = as_chunks(list(self.segments), 2, truth.shape[1])
        last_s = self.room.seconds if until_s is None else until_s
        part = slice(round(from_s / CHUNK_S), round(last_s / CHUNK_S))
        return agreement(found[channel][part], truth[channel][part])

    def false_s(self, channel: int, from_s: float, until_s: float | None = None) -> float:
        return self.agrees(channel, from_s, until_s).false * CHUNK_S


def found_in(room: Room) -> Found:
    # Their own edges first: the voice model is one for all.
    for _, _, sound in room.spoken:
        dry_speech(sound)
    return Found(room, *listen(room))


@needs_clips
@pytest.mark.parametrize("level_db", [-10, -13, -16])
def test_who_talks_without_end_is_nobody_here(level_db):
    room = room_of(80)
    talk(room, 78)
    neighbour(room, level_db, 2, 78)
    found = found_in(room)
    assert found.agrees(STAFF, LEARNED_S).f1 >= 0.94
    assert found.agrees(CITIZEN, LEARNED_S).f1 >= 0.85
    assert found.false_s(STAFF, LEARNED_S) <= 1.2
    assert found.false_s(CITIZEN, LEARNED_S) <= 3.5


@needs_clips
def test_nor_who_starts_in_the_middle_of_a_stay():
    room = room_of(90)
    talk(room, 88)
    neighbour(room, -13, 35, 88)
    found = found_in(room)
    assert found.false_s(CITIZEN, 35, 45) <= 1.5
    assert found.false_s(CITIZEN, 45) <= 2.0
    assert found.agrees(CITIZEN, 45).f1 >= 0.9
    assert found.agrees(STAFF, 45).f1 >= 0.94


@needs_clips
def test_nor_who_talks_on_where_the_zone_is_empty():
    """The stay ends with the citizen, and none begins."""
    room = room_of(115)
    left_s = talk(room, 50)
    neighbour(room, -16, 2, 113)
    found = found_in(room)
    assert found.false_s(CITIZEN, left_s) <= 2.0
    tracker, events, looked_s = InteractionTracker(2), [], 0.0
    for voice in found.voices:
        changes = []
        if voice.until_s >= looked_s + 0.5:
            looked_s = voice.until_s
            there = looked_s <= left_s
            state = Presence.PRESENT if there else Presence.ABSENT
            since_s = 0.5 if there else left_s
            if there or looked_s >= left_s + 2.0:
                changes.append(PresenceChange(Role.CITIZEN, state, since_s, looked_s))
        events += tracker.push(voice, [], changes, deaf=False)
    assert [type(event) for event in events] == [Opened, Closed]
    assert events[1].end_s == pytest.approx(left_s, abs=1.0)


@needs_clips
@pytest.mark.parametrize(("level_db", "least"), [(None, 0.95), (-13, 0.89)])
def test_a_soft_spoken_citizen_after_a_loud_one_is_heard(level_db, least):
    """8 dB softer than the one before, and nearly as weak as the neighbour."""
    room = room_of(100)
    next_s = 2 + talk(room, 40)
    talk(room, 98, start_s=next_s, citizen_db=-8)
    if level_db is not None:
        neighbour(room, level_db, 2, 98)
    found = found_in(room)
    assert found.agrees(CITIZEN, next_s).f1 >= least
    assert found.agrees(STAFF, next_s).f1 >= 0.96


@needs_clips
def test_a_neighbour_who_raises_the_voice_is_nobody_here():
    """By 16 dB for 20 s, to more than the citizen's own level."""
    room = room_of(110)
    talk(room, 108)
    for level_db, from_s, until_s in ((-10, 2, 60), (6, 60, 80), (-10, 81, 108)):
        neighbour(room, level_db, from_s, until_s)
    found = found_in(room)
    for channel in (STAFF, CITIZEN):
        assert found.false_s(channel, LEARNED_S, 60) <= 1.5
        assert found.false_s(channel, 60, 81) <= 0.8
        assert found.false_s(channel, 81) <= 2.0


USUAL = (-30.0, -30.0)


def hear(voices: FarVoices, staff_db: float, citizen_db: float, *, times: int = 100) -> None:
    for _ in range(times):
        voices.listen([10 ** (staff_db / 10), 10 ** (citizen_db / 10)])
        voices.learn(USUAL, in_middle=abs(voices.difference_db) < 10)


def clear(voices: FarVoices, channel: int, *, sided: bool = False) -> bool:
    return voices.is_clear(channel, USUAL[channel], sided=sided)


def test_a_far_voices_level_is_learned_and_own_voices_stand_clear_of_it():
    voices = FarVoices(2)
    hear(voices, -55, -33)
    hear(voices, -46, -43, times=20)
    assert clear(voices, CITIZEN)
    hear(voices, -46, -43)
    assert not clear(voices, CITIZEN)
    assert not clear(voices, STAFF)
    # While staff speak, the citizen's microphone hears the neighbour through their bleed.
    hear(voices, -33, -43, times=10)
    assert clear(voices, STAFF)
    assert not clear(voices, CITIZEN)
    hear(voices, -33, -33, times=10)
    assert clear(voices, CITIZEN)


def test_of_a_voice_as_weak_the_side_decides():
    voices = FarVoices(2)
    hear(voices, -46, -43)
    hear(voices, -62, -42, times=10)
    assert not clear(voices, CITIZEN)
    assert clear(voices, CITIZEN, sided=True)
    hear(voices, -70, -55, times=10)
    assert not clear(voices, CITIZEN, sided=True)


@pytest.mark.parametrize(
    ("staff_db", "citizen_db", "times"),
    [
        pytest.param(-33, -33, 500, id="both at once"),
        pytest.param(-36, -44, 500, id="staff, and a soft citizen"),
        pytest.param(-60, -43, 500, id="a soft citizen alone"),
    ],
)
def test_nothing_is_learned_of_who_is_near(staff_db, citizen_db, times):
    voices = FarVoices(2)
    hear(voices, staff_db, citizen_db, times=times)
    assert not voices.known


def test_a_voice_that_dies_away_is_none_from_afar():
    voices = FarVoices(2)
    for _ in range(100):
        hear(voices, -60, -33, times=20)
        hear(voices, -52, -45, times=6)
    assert not voices.known


def test_nor_is_anything_learned_before_both_sides_are_known():
    voices = FarVoices(2)
    for _ in range(200):
        voices.listen([1e-5, 2e-5])
        voices.learn([None, -30.0], in_middle=True)
    assert not voices.known


def test_a_neighbour_who_has_gone_is_forgotten():
    voices = FarVoices(2)
    hear(voices, -46, -43)
    assert voices.known
    hear(voices, -60, -33, times=9100)
    assert not voices.known


def chunks(near: str) -> list[Heard]:
    """`n` near, `f` from afar, a blank not spoken."""
    return [
        Heard((index + 1) * CHUNK_S, 1.0, mark == "n", None)
        for index, mark in enumerate(near)
        if mark != " "
    ]


@pytest.mark.parametrize(
    ("near", "spans"),
    [
        ("", []),
        ("nnnn", [(0, 4)]),
        ("nn  nn", [(0, 6)]),
        ("ffff", []),
        ("f" * 40 + "n" * 3 + "f" * 40, []),
        ("f" * 40 + "n" * 20 + "f" * 40, [(30, 63)]),
        ("n" * 20 + "f" * 60 + "n" * 20, [(0, 23), (70, 100)]),
        ("n" * 20 + "f" * 8 + "n" * 20, [(0, 48)]),
    ],
)
def test_of_a_stretch_what_was_said_near_is_kept(near, spans):
    parts = near_parts(chunks(near))
    found = [(round(p[0].end_s / CHUNK_S) - 1, round(p[-1].end_s / CHUNK_S)) for p in parts]
    assert found == spans
