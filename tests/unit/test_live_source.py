"""Live inputs merged: order, what falling behind costs, and that every input is stopped."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from edge_agent.capture.frame import (
    SAMPLE_RATE,
    AudioFrame,
    Frame,
    KeyPress,
    SensorChange,
    SourceInfo,
    VideoFrame,
)
from edge_agent.capture.inbox import SOUND_S, Inbox, Losses, MediaClock, SoundBlock
from edge_agent.capture.live import LiveSource
from schemas.vocabulary import Key, Role, Sensor, SensorState

PICTURE = np.zeros((2, 2, 3), np.uint8)
SHARED = Sensor.MICROPHONE_SHARED


class Hand:
    """The hands of the clock, moved by the test."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def clock(self) -> MediaClock:
        return MediaClock(lambda: self.now_s)


class Sender:
    """A sensor that sends all at its start."""

    def __init__(self, send: Callable[[Inbox], None] = lambda inbox: None) -> None:
        self._send = send
        self.running = False
        self.stopped = 0

    def start(self, inbox: Inbox, clock: MediaClock) -> None:
        self.running = True
        self._send(inbox)

    def stop(self) -> None:
        self.running = False
        self.stopped += 1


def seconds(inbox: Inbox, until_s: float, channel: int = 0) -> None:
    """Sound in tenths of a second."""
    for number in range(round(until_s * 10)):
        inbox.put_sound(SoundBlock(channel, number / 10, np.full(1600, 0.1, np.float32)))


def live(
    inputs: Sequence[Sender], hand: Hand, channels: int = 1, stalled_s: float = 5.0
) -> LiveSource:
    info = SourceInfo(duration_s=None, channels=channels, has_video=True)
    return LiveSource(inputs, info, stalled_s=stalled_s, clock=hand.clock())


def taken(source: LiveSource, until_s: float) -> list[Frame]:
    frames = []
    for frame in source.frames():
        frames.append(frame)
        if isinstance(frame, AudioFrame) and frame.end_s >= until_s:
            source.stop()
    return frames


def test_pictures_changes_and_keys_come_before_the_sound_of_their_time():
    hand = Hand()

    def send(inbox: Inbox) -> None:
        seconds(inbox, 10)
        for number in range(9):
            inbox.put_picture(VideoFrame(number + 0.5, PICTURE))
        inbox.put_event(SensorChange(4.2, Sensor.CAMERA, SensorState.FROZEN))
        inbox.put_event(KeyPress(6.1, Key.HELP, Role.STAFF))
        hand.now_s = 10

    frames = taken(live([Sender(send)], hand), 9.5)
    pictures = [f.at_s for f in frames if isinstance(f, VideoFrame)]
    assert pictures == [number + 0.5 for number in range(9)]
    others = [f for f in frames if isinstance(f, SensorChange | KeyPress)]
    assert others == [
        SensorChange(4.2, Sensor.CAMERA, SensorState.FROZEN),
        KeyPress(6.1, Key.HELP, Role.STAFF),
    ]
    sound_s = 0.0
    for frame in frames:
        if isinstance(frame, AudioFrame):
            assert frame.start_s == pytest.approx(sound_s)
            sound_s = frame.end_s
        else:
            assert sound_s < frame.at_s <= sound_s + 0.097


def test_a_key_gets_the_time_at_which_it_is_pressed():
    hand = Hand()

    def send(inbox: Inbox) -> None:
        seconds(inbox, 10)
        hand.now_s = 7.0
        source.press(Key.MUTE, Role.CITIZEN)
        hand.now_s = 10.0

    source = live([Sender(send)], hand)
    frames = taken(source, 9)
    assert [f for f in frames if isinstance(f, KeyPress)] == [KeyPress(7.0, Key.MUTE, Role.CITIZEN)]


def test_sound_waits_a_third_of_a_second_at_most():
    hand = Hand()

    def send(inbox: Inbox) -> None:
        seconds(inbox, 10)
        hand.now_s = 10.0

    source = live([Sender(send)], hand)
    for frame in source.frames():
        if isinstance(frame, AudioFrame) and frame.end_s > 9.6:
            break
    assert 10 - frame.end_s <= 0.35
    assert source.lag_s == pytest.approx(10 - frame.end_s)


class TestFallingBehind:
    LATE_S = 40.0

    def run(self) -> tuple[LiveSource, list[Frame], list[float]]:
        hand = Hand()

        def send(inbox: Inbox) -> None:
            seconds(inbox, SOUND_S + self.LATE_S)
            hand.now_s = SOUND_S + self.LATE_S

        source = live([Sender(send)], hand, stalled_s=5.0)
        frames, lags = [], []
        for frame in source.frames():
            frames.append(frame)
            lags.append(source.lag_s)
            assert source._mixer is not None
            held = sum(run.waiting for run in source._mixer._channels[0]._runs)
            assert held <= 2 * SAMPLE_RATE  # the rest waits where it is bounded and counted
            if isinstance(frame, AudioFrame) and frame.end_s >= SOUND_S + self.LATE_S - 0.4:
                source.stop()
        return source, frames, lags

    def test_what_is_lost_is_counted_and_is_not_silence(self):
        source, frames, _ = self.run()
        assert source.losses == Losses(sound_s=pytest.approx(self.LATE_S), pictures=0)
        changes = [f for f in frames if isinstance(f, SensorChange)]
        assert changes == [
            SensorChange(0.0, SHARED, SensorState.STALLED),
            SensorChange(self.LATE_S, SHARED, SensorState.OK),
        ]
        sound = np.concatenate([f.samples[0] for f in frames if isinstance(f, AudioFrame)])
        lost = round(self.LATE_S * SAMPLE_RATE)
        assert not sound[:lost].any()
        assert sound[lost : lost + 50 * SAMPLE_RATE].all()

    def test_the_lag_is_the_backlog(self):
        _, _, lags = self.run()
        assert lags[0] == pytest.approx(SOUND_S + self.LATE_S, abs=0.2)
        assert lags == sorted(lags, reverse=True)
        assert lags[-1] < 0.5


def test_what_passed_before_the_first_frame_is_not_measured():
    hand = Hand()
    source = live([Sender(lambda inbox: setattr(hand, "now_s", 49.0))], hand)
    hand.now_s = 47.0
    frame = next(source.frames())
    assert isinstance(frame, AudioFrame)
    assert frame.start_s == pytest.approx(47.0, abs=0.1)


class TestEveryInputIsStopped:
    def test_when_asked_to_stop(self):
        hand = Hand()
        senders = [Sender(lambda inbox: setattr(hand, "now_s", 5.0)), Sender()]
        taken(live(senders, hand), 1)
        assert [(s.running, s.stopped) for s in senders] == [(False, 1)] * 2

    def test_when_whoever_takes_the_frames_goes_away(self):
        hand = Hand()
        sender = Sender(lambda inbox: setattr(hand, "now_s", 5.0))
        frames = live([sender], hand).frames()
        next(frames)
        assert sender.running
        frames.close()
        assert not sender.running

    def test_when_another_cannot_start(self):
        def fail(inbox: Inbox) -> None:
            raise OSError("no more processes")

        started = Sender()
        with pytest.raises(OSError, match="no more"):
            next(live([started, Sender(fail)], Hand()).frames())
        assert started.stopped == 1

    def test_when_another_cannot_stop(self):
        class Stuck(Sender):
            def stop(self) -> None:
                raise OSError("stuck")

        hand = Hand()
        first, last = Sender(lambda inbox: setattr(hand, "now_s", 5.0)), Sender()
        with pytest.raises(OSError, match="stuck"):
            taken(live([first, Stuck(), last], hand), 1)
        assert (first.stopped, last.stopped) == (1, 1)
