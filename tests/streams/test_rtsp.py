"""A network camera that is well, stalls, dies, comes back, is blind: GStreamer's own server."""

import logging
import random
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from edge_agent.capture.credentials import Credentials
from edge_agent.capture.microphone import DeviceChannel
from edge_agent.capture.reconnect import Backoff
from edge_agent.capture.rtsp import RtspInput
from edge_agent.capture.stream import StreamInput, StreamLimits
from edge_agent.errors import CredentialsError
from edge_agent.guard import Guard
from edge_agent.presence import PresenceSettings, PresenceStage, Zones
from schemas.vocabulary import Sensor, SensorState
from tests.fakes import RIGHT
from tests.streams.listener import Listener
from tests.streams.rtsp_server import RtspServer, missing
from tests.streams.signals import level_at
from tests.streams.watch import DISCONNECTED, OK, STALLED, watching

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))

STAFF = DeviceChannel(0, 0, Sensor.MICROPHONE_STAFF)
CITIZEN = DeviceChannel(1, 1, Sensor.MICROPHONE_CITIZEN)
LIMITS = StreamLimits(stalled_s=1.5, open_s=3.0)
SOON_S = 20.0
"""For what has no limit of its own, on a busy machine."""
USER, PASSWORD = "watcher", "p@ss:Wörd/9!" + "Long" * 20


def camera(url, **more):
    backoff = Backoff(0.05, 0.2, random.Random(1))
    given = {"credentials": None, "limits": LIMITS, "backoff": backoff, **more}
    return RtspInput(url, **given)


def test_pictures_come_as_often_as_wanted_upright_in_colour_and_in_time():
    with RtspServer(pattern="smpte100", width=640, height=360) as server:
        stream = camera(server.url, fps=4)
        with watching(stream) as watch:
            watch.is_(OK, SOON_S)
            watch.for_s(1.0)  # what the server had ready comes in one go
            began = len(watch.pictures)
            watch.for_s(2.5)
            seen, arrivals = watch.pictures[began:], watch.arrivals_s[began:]
            assert 8 <= len(seen) <= 12
            steps = np.diff([frame.at_s for frame in watch.pictures])
            assert (steps > 0).all()
            assert np.median(np.diff([frame.at_s for frame in seen])) == pytest.approx(
                0.25, abs=0.07
            )
            late = np.array(arrivals) - [frame.at_s for frame in seen]
            assert late.min() >= -0.01
            assert np.median(late) < 0.3
            stream.set_fps(1)
            watch.more_pictures(2, SOON_S)
            slow = watch.more_pictures(2, SOON_S)
            assert slow[1].at_s - slow[0].at_s == pytest.approx(1.0, abs=0.3)
        picture = seen[-1].picture
        assert picture.shape == (216, 384, 3)
        bars = [picture[40, round((n + 0.5) * 384 / 7)] > 128 for n in range(7)]
        red_green_blue = [
            (1, 1, 1),
            (1, 1, 0),
            (0, 1, 1),
            (0, 1, 0),
            (1, 0, 1),
            (1, 0, 0),
            (0, 0, 1),
        ]
        assert [tuple(bar.astype(int)) for bar in bars] == red_green_blue
        assert stream.fault is None


def level_in_parts(samples, frequency):
    """The median of tenths of a second: what fits sound to the clock shifts a long tone's phase."""
    return np.median([level_at(part, frequency) for part in samples.reshape(-1, 1600)])


@pytest.mark.parametrize("codec", ["AAC", "OPUS"])
def test_sound_comes_with_each_channel_in_its_place(codec):
    swapped = [DeviceChannel(1, 0, STAFF.sensor), DeviceChannel(0, 1, CITIZEN.sensor)]
    with (
        RtspServer(sound=codec) as server,
        Listener([camera(server.url, sound=swapped)], 2, stalled_s=1.5) as listener,
    ):
        listener.wait(lambda heard: heard.sound.any(), SOON_S)
        heard_until = listener.sound.shape[1] + 32000
        listener.wait(lambda heard: heard.sound.shape[1] > heard_until, SOON_S)
        staff, citizen = listener.last(1.0)
    for channel, own, other in ((staff, 1500, 440), (citizen, 440, 1500)):
        assert level_in_parts(channel, own) == pytest.approx(-9, abs=2)  # half of full scale
        assert level_in_parts(channel, other) < -45


def test_sound_alone_can_be_wanted_and_a_channel_it_has_not_is_said():
    with RtspServer(sound="PCMA", tones=[440]) as server:
        shared = [DeviceChannel(0, 0, Sensor.MICROPHONE_SHARED)]
        with watching(camera(server.url, sound=shared, wants_video=False), 1) as watch:
            watch.is_(OK, SOON_S, Sensor.MICROPHONE_SHARED)
            watch.until(lambda w: sum(b.samples.size for b in w.sound) > 16000, SOON_S)
            assert level_at(np.concatenate([b.samples for b in watch.sound])[-8000:], 440) > -12
            assert not watch.pictures
        stream = camera(server.url, sound=[STAFF, CITIZEN])
        with watching(stream) as watch:
            watch.is_(OK, SOON_S)
            watch.is_(STALLED, SOON_S, Sensor.MICROPHONE_CITIZEN)
            assert "sound of 1 channel(s), expected at least 2" in stream.fault
            watch.more_pictures(3, SOON_S)


def test_a_stall_without_a_close_is_found_in_time_and_ends():
    limits = StreamLimits(stalled_s=1.5, open_s=1.0)
    with RtspServer(sound="OPUS") as server:
        stream = camera(server.url, sound=[STAFF, CITIZEN], limits=limits)
        with watching(stream) as watch:
            watch.is_(OK, SOON_S)
            watch.for_s(0.5)
            server.stall()
            last_s = watch.clock.now_s()
            found_s = watch.is_(STALLED, SOON_S)
            assert 1.0 < found_s < limits.stalled_s + 1.5
            watch.is_(STALLED, 1.0, Sensor.MICROPHONE_STAFF)
            told = next(e for e in watch.events if e.state is STALLED)
            assert told.at_s == pytest.approx(last_s, abs=0.6)  # from where it stalled
            # Trying again changes nothing of what is known.
            watch.for_s(limits.open_s + 0.6)
            assert watch.state() is STALLED
            server.go_on()
            watch.is_(OK, SOON_S)
            watch.is_(OK, SOON_S, Sensor.MICROPHONE_CITIZEN)


def test_a_stall_of_the_sound_alone_leaves_the_pictures():
    with RtspServer(sound="OPUS") as server:
        stream = camera(server.url, sound=[STAFF, CITIZEN])
        with watching(stream) as watch:
            watch.is_(OK, SOON_S)
            watch.is_(OK, SOON_S, Sensor.MICROPHONE_STAFF)
            before = len(watch.events)
            server.valve("sound", closed=True)
            watch.is_(STALLED, SOON_S, Sensor.MICROPHONE_STAFF)
            assert "no sound comes" in stream.fault
            watch.more_pictures(3, SOON_S)
            server.valve("sound", closed=False)
            watch.is_(OK, SOON_S, Sensor.MICROPHONE_CITIZEN)
            watch.more_pictures(1, SOON_S)
            assert stream.fault is None
            assert not [e for e in watch.events[before:] if e.sensor is Sensor.CAMERA]


def test_a_killed_camera_is_gone_at_once_and_comes_back(caplog):
    caplog.set_level(logging.INFO)
    with RtspServer() as server, watching(camera(server.url)) as watch:
        watch.more_pictures(3, SOON_S)
        server.kill()
        assert watch.is_(DISCONNECTED, SOON_S) < 2
        before_s = watch.pictures[-1].at_s
        watch.for_s(1.0)
        server.start()
        watch.is_(OK, SOON_S)
        assert watch.more_pictures(3, SOON_S)[0].at_s > before_s
    said = [record.getMessage().split(": ", 1)[1] for record in caplog.records]
    assert said[0] == said[-1] == "delivers"
    assert len(said) == len(set(said)) + 1  # every line once, however many tries


def test_another_size_in_mid_stream_changes_only_the_size():
    with RtspServer(pattern="smpte100") as server, watching(camera(server.url)) as watch:
        watch.more_pictures(3, SOON_S)
        server.resolution(256, 256)
        watch.until(lambda w: w.pictures[-1].picture.shape == (256, 256, 3), SOON_S)
        watch.more_pictures(3, SOON_S)
        assert {picture.picture.shape for picture in watch.pictures} == {
            (240, 320, 3),
            (256, 256, 3),
        }
        assert watch.state() is OK
        assert [e.state for e in watch.events] == [OK]


class Nobody:
    model_id = "nobody:1"

    def faces(self, picture):
        return []


def presence_of(pictures, **limits):
    stage = PresenceStage(Nobody(), Zones(RIGHT, None), PresenceSettings(**limits), Guard())
    states = []
    for frame in pictures:
        stage.push(frame)
        states.append(stage.sensor)
    return states


def test_a_blackened_lens_comes_as_black_pictures_and_is_known():
    with RtspServer(pattern="smpte") as server, watching(camera(server.url)) as watch:
        seen = watch.more_pictures(3, SOON_S)
        assert presence_of(seen)[-1] is SensorState.OK
        server.pattern("black")
        watch.until(lambda w: w.pictures[-1].picture.mean() < 5, SOON_S)
        assert presence_of(watch.more_pictures(2, SOON_S))[-1] is SensorState.COVERED
        server.pattern("smpte")
        watch.until(lambda w: presence_of(w.pictures[-2:])[-1] is SensorState.OK, SOON_S)


def test_a_frozen_camera_comes_as_the_same_picture_and_is_known():
    limits = {"frozen_s": 1.5}
    with RtspServer(pattern="snow") as server, watching(camera(server.url)) as watch:
        watch.more_pictures(2, SOON_S)
        watch.for_s(2.0)
        assert set(presence_of(watch.pictures, **limits)) == {SensorState.OK}
        server.pattern("smpte75")
        watch.until(lambda w: presence_of(w.pictures, **limits)[-1] is SensorState.FROZEN, SOON_S)
        one, other = (frame.picture.astype(int) for frame in watch.pictures[-2:])
        assert np.abs(one - other).mean() < 0.5
        server.pattern("snow")
        watch.until(lambda w: presence_of(w.pictures, **limits)[-1] is SensorState.OK, SOON_S)
        assert watch.state() is OK  # pictures came all the time


@pytest.mark.parametrize("digest", [True, False])
def test_a_wrong_password_is_said_once_and_shown_nowhere(digest, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    with RtspServer(auth=[USER, PASSWORD], digest=digest) as server:
        for wrong in (Credentials(USER, "Other#Secret"), None):
            stream = camera(server.url, credentials=wrong)
            with watching(stream) as watch:
                watch.is_(DISCONNECTED, SOON_S)
                watch.for_s(0.6)  # several more tries
                assert "refuses the user or password" in stream.fault
        assert len(caplog.records) == 2  # one for each of the two streams
        stream = camera(server.url, credentials=Credentials(USER, PASSWORD))
        with watching(stream) as watch:
            watch.is_(OK, SOON_S)
            arguments = Path("/proc/self/cmdline").read_bytes().decode(errors="replace")
        server.kill()
    shown = [repr(stream), str(vars(stream)), arguments, caplog.text, *capfd.readouterr()]
    for secret in (PASSWORD, Credentials(USER, PASSWORD).in_address, "Other#Secret", "Other%23"):
        assert not [text for text in shown if secret in text]


def test_an_error_of_which_nobody_thought_is_said_without_its_text(caplog):
    def fails():
        raise ValueError(f"rtsp://{USER}:{PASSWORD}@camera/")

    stream = StreamInput(
        "camera x",
        fails,
        fps=3,
        wants_video=True,
        sound=[],
        limits=LIMITS,
        backoff=Backoff(0.01, 0.02, random.Random(1)),
    )
    with watching(stream) as watch:
        watch.is_(DISCONNECTED, SOON_S)
        watch.for_s(0.2)
        assert any("camera x" in thread.name for thread in threading.enumerate())
    assert "ValueError in fails" in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("url", [f"rtsp://{USER}:Secret99@cam/1", "rtsp://Secret99@cam:554"])
def test_an_address_with_a_secret_is_refused_without_repeating_it(url):
    with pytest.raises(CredentialsError, match="HAILONG_CAMERA_PASSWORD") as caught:
        camera(url)
    assert "Secret99" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("url", ["http://cam/", "rtsp://", "rtsp://[::1", "rtsp://cam:x/", "cam"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(CredentialsError, match="expected rtsp://host:port/path"):
        camera(url)


def test_credentials_come_whole_from_the_environment():
    both = {"HAILONG_HALL_USER": "u", "HAILONG_HALL_PASSWORD": PASSWORD}
    assert Credentials.from_environment("HALL", both) == Credentials("u", PASSWORD)
    assert Credentials.from_environment("CAMERA", both) is None
    assert "u" not in repr(Credentials("u", PASSWORD)).removeprefix("Credentials")
    with pytest.raises(CredentialsError, match="HAILONG_HALL_PASSWORD is missing"):
        Credentials.from_environment("HALL", {"HAILONG_HALL_USER": "u"})
    with pytest.raises(CredentialsError, match="expected 127 at most") as caught:
        Credentials("u", "#" * 60)
    assert "###" not in str(caught.value)


class Hung:
    """Accepts and never answers."""

    def __enter__(self):
        self._listening = socket.create_server(("127.0.0.1", 0))
        return f"rtsp://127.0.0.1:{self._listening.getsockname()[1]}/live"

    def __exit__(self, *_):
        self._listening.close()


def test_a_camera_that_never_answers_is_said_and_holds_no_stop():
    limits = StreamLimits(stalled_s=1.5, open_s=1.0)
    with Hung() as url:
        stream = camera(url, limits=limits)
        with watching(stream) as watch:
            watch.is_(DISCONNECTED, SOON_S)
            assert "no answer in time" in stream.fault
        patient = camera(url, limits=StreamLimits(open_s=3.0))
        with watching(patient) as watch:
            watch.for_s(0.5)
            began = time.monotonic()
            patient.stop()
            assert time.monotonic() - began < 2.5


def test_stop_while_a_camera_stalls_is_quick():
    with RtspServer() as server:
        stream = camera(server.url)
        with watching(stream) as watch:
            watch.more_pictures(2, SOON_S)
            server.stall()
            began = time.monotonic()
            stream.stop()
            assert time.monotonic() - began < 2.5
            assert not [t for t in threading.enumerate() if t.name == f"stream {stream.name}"]
