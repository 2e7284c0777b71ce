"""What is no voice at the counter: neighbours, loudspeakers, television, children, telephones.

A scene: two people have talked at the counter, then there is noise alone. What of it passes
for speech is counted in seconds, by channel.
"""

from collections.abc import Callable

import numpy as np
import pytest

from edge_agent.interaction import Closed, InteractionTracker, Opened
from tests.sounds import (
    NEAR_DBFS,
    Room,
    at_level,
    band_passed,
    clips,
    crying,
    espeak,
    listen,
    music,
    needs_clips,
    needs_espeak,
    ringing,
)

pytestmark = needs_clips
TALK_S, NOISE_S = 26.0, 22.0
STAFF, CITIZEN = 0, 1


def others() -> tuple[np.ndarray, ...]:
    return (*clips("DEV15"), *clips("DEV01")[:3])


def neighbour(level_db: float, differs_db: float = 0.0, direct_db: float = 3.0):
    def put(room: Room, at_s: float, until_s: float) -> None:
        number = 0
        while at_s < until_s - 6:
            voice = others()[number % 4]
            at_s = 0.4 + room.far(
                voice,
                at_s,
                dbfs=NEAR_DBFS + level_db,
                differs_db=differs_db,
                seed=5 + number,
                direct_db=direct_db,
            )
            number += 1

    return put


def loudspeaker(level_db: float):
    def put(room: Room, at_s: float, until_s: float) -> None:
        for number, voice in enumerate(others()):
            if at_s < until_s - 6:
                called = band_passed(voice, 300, 3400)
                dbfs = NEAR_DBFS + level_db
                at_s = 1 + room.far(called, at_s, dbfs=dbfs, seed=number, direct_db=-3)

    return put


def sound(made: np.ndarray, level_db: float, differs_db: float = 0.0):
    return lambda room, at_s, until_s: room.far(
        made, at_s, dbfs=NEAR_DBFS + level_db, differs_db=differs_db
    )


def television(level_db: float):
    def put(room: Room, at_s: float, until_s: float) -> None:
        neighbour(level_db)(room, at_s, until_s)
        sound(music(until_s - at_s), level_db - 5)(room, at_s, until_s)

    return put


def passes_s(put: Callable, *, channels: int = 2, bleed_db: float = -20) -> list[float]:
    room = Room(TALK_S + NOISE_S + 6, channels=channels, bleed_db=bleed_db)
    room.converse((clips("SPK01"), clips("DEV01")), until_s=TALK_S)
    put(room, TALK_S + 2, TALK_S + 2 + NOISE_S)
    found = [s for s in listen(room)[0] if s.start_s > TALK_S]
    return [sum(s.length_s for s in found if s.channel == c) for c in range(channels)]


@pytest.mark.parametrize(
    ("put", "most_s"),
    [
        pytest.param(neighbour(-12), 0.5, id="neighbour"),
        pytest.param(neighbour(-12, 3), 0.5, id="neighbour nearer to the citizen's microphone"),
        pytest.param(neighbour(-12, -3), 0.5, id="neighbour nearer to staff's microphone"),
        pytest.param(neighbour(-6, 5), 0.8, id="loud neighbour"),
        pytest.param(neighbour(-12, 0, -3), 1.0, id="neighbour in an echoing hall"),
        pytest.param(loudspeaker(-10), 1.0, id="loudspeaker"),
        pytest.param(loudspeaker(0), 1.0, id="loudspeaker as loud as a person"),
        pytest.param(television(-15), 0.5, id="television"),
    ],
)
def test_voices_from_afar_are_no_speech_at_the_counter(put, most_s):
    assert max(passes_s(put)) <= most_s


@pytest.mark.parametrize("bleed_db", [-12, -25])
def test_nor_with_weaker_or_stronger_bleed(bleed_db):
    assert max(passes_s(neighbour(-12), bleed_db=bleed_db)) <= 0.8


def test_the_scene_would_be_heard_from_the_counter():
    """The same voices, as weak, but close to the citizen's microphone."""

    def put(room: Room, at_s: float, until_s: float) -> None:
        for voice in others():
            if at_s < until_s - 6:
                at_s = 0.4 + room.say(CITIZEN, at_level(voice, -10), at_s)

    staff_s, citizen_s = passes_s(put)
    assert citizen_s > 5
    assert staff_s < 0.3


@pytest.mark.parametrize("level_db", [-5, 3])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_crying_child_a_ringing_telephone_and_music_are_no_speech(level_db, channels):
    for made, differs_db in ((crying(8), 4), (ringing(8), -8), (music(8), 0)):
        assert max(passes_s(sound(made, level_db, differs_db), channels=channels)) < 0.2


def test_one_microphone_rejects_only_what_is_much_weaker():
    assert passes_s(neighbour(-24), channels=1)[0] < 1.5
    assert passes_s(neighbour(-6), channels=1)[0] > 6  # cannot be told from a person there


def events_of(room: Room, channels: int = 2) -> list:
    """By sound alone, without a camera."""
    tracker, events = InteractionTracker(channels), []
    for voice in listen(room)[1]:
        events += tracker.push(voice, [], [], deaf=False)
    return events


def test_a_neighbour_holds_no_interaction_open_and_opens_none():
    room = Room(200)
    spoken_s = room.converse((clips("SPK01"), clips("DEV01")), until_s=30)
    neighbour(-12, 2)(room, 34, 190)
    events = events_of(room)
    assert [type(event) for event in events] == [Opened, Closed]
    assert events[1].end_s == pytest.approx(spoken_s, abs=1.5)


@needs_espeak
def test_the_clerk_on_the_telephone_is_no_citizen():
    room = Room(60)
    room.converse((clips("SPK01"), clips("DEV01")), until_s=20)
    at_s = 24.0
    for line in ("Dạ em nghe", "Vâng, hồ sơ đó đang chờ ký", "Chiều nay anh gọi lại nhé"):
        answered_s = room.say(STAFF, espeak(line), at_s)
        # What the receiver lets out is heard by staff's microphone, if at all.
        heard = at_level(band_passed(espeak("Thế bao giờ thì xong", "vi+m3"), 300, 3400), -22)
        at_s = 0.5 + room.say(STAFF, heard, answered_s + 0.5)
    segments = [s for s in listen(room)[0] if s.start_s > 22]
    assert sum(s.length_s for s in segments if s.channel == CITIZEN) < 0.2
    assert sum(s.length_s for s in segments if s.channel == STAFF) > 3
