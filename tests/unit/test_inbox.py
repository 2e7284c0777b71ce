"""The inbox of live sensors: bounded, counted, and nothing is taken before its time."""

import threading

import numpy as np
import pytest

from edge_agent.capture.frame import SAMPLE_RATE, KeyPress, SensorChange, VideoFrame
from edge_agent.capture.inbox import PICTURES, SOUND_S, Inbox, Losses, MediaClock, SoundBlock
from schemas.vocabulary import Key, Role, Sensor, SensorState

SECOND = np.zeros(SAMPLE_RATE, np.float32)
PICTURE = np.zeros((2, 2, 3), np.uint8)


def block(at_s: float, channel: int = 0) -> SoundBlock:
    return SoundBlock(channel, at_s, SECOND)


def press(at_s: float) -> KeyPress:
    return KeyPress(at_s, Key.MUTE, Role.CITIZEN)


def test_everything_comes_out_once_each_kind_in_its_order():
    inbox = Inbox(2)
    inbox.put_sound(block(1, channel=1))
    inbox.put_sound(block(0))
    inbox.put_sound(block(1))
    inbox.put_picture(VideoFrame(0.5, PICTURE))
    inbox.put_event(press(0.2))
    blocks, pictures, events = inbox.take(0)
    assert [(b.channel, b.at_s) for b in blocks] == [(0, 0), (0, 1), (1, 1)]
    assert [p.at_s for p in pictures] == [0.5]
    assert events == [press(0.2)]
    assert inbox.take(0) == ([], [], [])


def test_what_is_later_than_asked_for_stays():
    inbox = Inbox(1)
    for at_s in (0, 1, 2):
        inbox.put_sound(block(at_s))
        inbox.put_picture(VideoFrame(at_s, PICTURE))
        inbox.put_event(press(at_s))
    blocks, pictures, events = inbox.take(0, until_s=1)
    assert [x.at_s for x in (*blocks, *pictures, *events)] == [0, 0, 0]
    blocks, pictures, events = inbox.take(0)
    assert [x.at_s for x in (*blocks, *pictures, *events)] == [1, 2, 1, 2, 1, 2]


def test_the_oldest_sound_goes_and_is_counted():
    inbox = Inbox(2)
    seconds = int(SOUND_S) + 7
    for at_s in range(seconds):
        inbox.put_sound(block(at_s))
        inbox.put_sound(block(at_s, channel=1))
    blocks, _, _ = inbox.take(0)
    assert inbox.losses == Losses(sound_s=7, pictures=0)
    assert [b.at_s for b in blocks if b.channel == 0] == list(range(7, seconds))
    assert len(blocks) == 2 * SOUND_S


def test_sound_that_was_taken_is_not_held_against_the_next():
    inbox = Inbox(1)
    for at_s in range(3 * int(SOUND_S)):
        inbox.put_sound(block(at_s))
        if at_s % 20 == 19:
            inbox.take(0, until_s=at_s - 5)
    assert inbox.losses.sound_s == 0


def test_pictures_are_thinned_out_over_the_whole_backlog():
    inbox = Inbox(1)
    given = 4 * PICTURES
    for number in range(given):
        inbox.put_picture(VideoFrame(number / 3, PICTURE))
    _, pictures, _ = inbox.take(0)
    assert len(pictures) == PICTURES
    assert inbox.losses.pictures == given - PICTURES
    at = [p.at_s for p in pictures]
    assert at == sorted(at)
    assert (at[0], at[-1]) == (0, (given - 1) / 3)
    assert np.diff(at).max() < 4  # evenly: a third of a second apart when they came


def test_changes_and_keys_are_never_dropped():
    inbox = Inbox(1)
    changes = [
        SensorChange(n, Sensor.CAMERA, SensorState.STALLED if n % 2 else SensorState.OK)
        for n in range(1000)
    ]
    for change in changes:
        inbox.put_event(change)
    assert inbox.take(0)[2] == changes


@pytest.mark.parametrize("kind", ["sound", "picture", "event"])
def test_whoever_waits_is_woken_by_what_comes(kind):
    inbox = Inbox(1)
    taken = []
    waiter = threading.Thread(target=lambda: taken.append(inbox.take(60)))
    waiter.start()
    if kind == "sound":
        inbox.put_sound(block(0))
    elif kind == "picture":
        inbox.put_picture(VideoFrame(0, PICTURE))
    else:
        inbox.put_event(press(0))
    waiter.join(30)
    assert not waiter.is_alive()
    assert sum(len(kind) for kind in taken[0]) == 1


def test_media_time_begins_with_its_clock():
    now = iter([100.0, 100.5, 103.0])
    clock = MediaClock(lambda: next(now))
    assert [clock.now_s(), clock.now_s()] == [0.5, 3.0]


def test_nothing_of_the_sound_shows():
    loud = SoundBlock(0, 1.0, np.full(16_000, 0.123, np.float32))
    assert repr(loud) == "SoundBlock(0, 1.00 s, 16000 samples)"
