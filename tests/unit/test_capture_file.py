"""Recordings as they come: one clear line for what cannot be measured, right times for the rest."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest

from edge_agent.capture.file import RecordingSource
from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame, VideoFrame
from edge_agent.errors import CaptureError
from schemas.vocabulary import Role
from tests.fakes import Scene

FPS = 10


def make(
    path,
    *,
    audio="pcm_s16le",
    rate=16_000,
    sound_s=4.0,
    from_s=0.0,
    video_s=4.0,
    size=(64, 48),
    sides="apart",
    container=None,
    options=None,
):
    """A tone of 300 Hz over `sound_s`, louder on the left; pictures white on top, dark below."""
    bitexact = {"fflags": "+bitexact", **(options or {})}
    with av.open(str(path), "w", format=container, options=bitexact) as out:
        if video_s:
            film = out.add_stream("mpeg4", rate=FPS)
            film.width, film.height, film.pix_fmt = *size, "yuv420p"
        if audio:
            voice = out.add_stream(audio, rate=rate, layout="mono" if sides == "one" else "stereo")
            for frame in _tone(rate, sound_s, from_s, sides):
                out.mux(voice.encode(frame))
            out.mux(voice.encode(None))
        if video_s:
            for number in range(round(video_s * FPS)):
                picture = np.full((size[1], size[0], 3), 20, np.uint8)
                picture[: size[1] // 2] = 230
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts = number
                out.mux(film.encode(frame))
            out.mux(film.encode(None))
    return path


def _tone(rate, sound_s, from_s, sides):
    at = np.arange(int(sound_s * rate)) / rate
    # Words of half a second, with pauses between them.
    wave = 0.2 * np.sin(2 * np.pi * 300 * at) * (at % 1 < 0.5)
    rng = np.random.default_rng(1)
    channels = {
        "one": [wave],
        "same": [wave, wave],
        "alike": [wave, 0.8 * wave + 0.001 * rng.normal(size=len(wave))],
        "apart": [wave, 0.1 * wave],
    }[sides]
    data = (np.stack(channels) * 32767).astype(np.int16)
    for low in range(0, data.shape[1], 1024):
        part = np.ascontiguousarray(data[:, low : low + 1024].T.reshape(1, -1))
        layout = "mono" if len(channels) == 1 else "stereo"
        frame = av.AudioFrame.from_ndarray(part, format="s16", layout=layout)
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = low + round(from_s * rate)
        yield frame


def open_source(path, channels=None):
    return RecordingSource(path, channels=channels, video_fps=3)


def read(path, channels=None):
    frames = list(open_source(path, channels).frames())
    sound = [f for f in frames if isinstance(f, AudioFrame)]
    pictures = [f for f in frames if isinstance(f, VideoFrame)]
    return np.concatenate([f.samples for f in sound], axis=1), pictures, frames


def heard(sound):
    """First and last second in which there is sound."""
    loud = np.nonzero(np.abs(sound).max(axis=0) > 0.05)[0] / SAMPLE_RATE
    return round(float(loud[0]), 2), round(float(loud[-1]), 2)


def refused(path, channels=None):
    """The one line that says why; also when it is found only while reading."""
    with pytest.raises(CaptureError) as caught:
        for _ in open_source(path, channels).frames():
            pass
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(str(path))
    assert caught.value.code == "capture"
    return text.removeprefix(str(path))


class TestWhatCannotBeMeasured:
    def test_no_such_file(self, tmp_path):
        assert "no such file; expected a recording" in refused(tmp_path / "no.mp4")

    def test_a_folder(self, tmp_path):
        assert "is a folder" in refused(tmp_path)

    def test_an_empty_file(self, tmp_path):
        path = tmp_path / "empty.mp4"
        path.touch()
        assert "is empty" in refused(path)

    @pytest.mark.parametrize("name", ["notes.txt", "notes.mp4", "notes.wav"])
    def test_text(self, tmp_path, name):
        path = tmp_path / name
        path.write_text("Biên bản họp\n" * 500)
        text = refused(path)
        assert "cannot be read as a recording" in text or "has no sound" in text

    def test_noise(self, tmp_path):
        path = tmp_path / "noise.mkv"
        path.write_bytes(np.random.default_rng(3).bytes(30_000))
        assert "expected" in refused(path)

    def test_a_playlist_cannot_make_it_open_anything_else(self, tmp_path):
        inside = make(tmp_path / "inside.ts", container="mpegts", audio="mp2", rate=48_000)
        path = tmp_path / "list.m3u8"
        path.write_text(
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
        )
        assert "expected" in refused(path)
        assert read(inside)[0].size

    def test_a_picture_or_a_film_without_sound(self, tmp_path):
        path = make(tmp_path / "silent.mp4", audio=None)
        assert "has no sound; expected one or two audio channels" in refused(path)

    def test_an_mp4_whose_end_with_its_index_is_missing(self, tmp_path):
        path = make(tmp_path / "whole.mp4", audio="aac")
        raw = path.read_bytes()
        path.write_bytes(raw[: len(raw) * 2 // 3])
        text = refused(path)
        assert "cannot be read as a recording" in text
        assert "cut off" in text

    def test_an_mp4_with_its_index_in_front_cut_short(self, tmp_path):
        options = {"movflags": "+faststart"}
        path = make(tmp_path / "fast.mp4", audio="aac", sound_s=8, video_s=8, options=options)
        raw = path.read_bytes()
        path.write_bytes(raw[: len(raw) * 2 // 3])
        assert "cut short" in refused(path)

    @pytest.mark.parametrize(
        ("name", "audio", "rate", "video_s"),
        [
            ("cut.mkv", "pcm_s16le", 16_000, 8),
            ("cut.wav", "pcm_s16le", 8_000, 0),
            ("cut.flac", "flac", 16_000, 0),
        ],
    )
    def test_other_containers_cut_short(self, tmp_path, name, audio, rate, video_s):
        path = make(tmp_path / name, audio=audio, rate=rate, sound_s=8, video_s=video_s)
        raw = path.read_bytes()
        path.write_bytes(raw[: len(raw) // 2])
        assert "cut short" in refused(path)

    def test_one_channel_where_two_are_set(self, tmp_path):
        path = make(tmp_path / "one.wav", sides="one", video_s=0)
        assert "has one audio channel, and two are set" in refused(path, channels=2)

    def test_one_sound_on_two_channels_where_two_are_set(self, tmp_path):
        path = make(tmp_path / "same.wav", sides="same", video_s=0)
        assert "carry the same sound, and two are set" in refused(path, channels=2)

    def test_sound_that_cannot_be_decoded(self, tmp_path):
        path = make(tmp_path / "broken.mkv", audio="flac", video_s=0)
        raw = bytearray(path.read_bytes())
        for at in range(len(raw) // 10, len(raw) - 300):
            raw[at] ^= 0x5A if at % 7 else 0xFF
        path.write_bytes(bytes(raw))
        assert "expected" in refused(path)


class TestChannels:
    @pytest.mark.parametrize(
        ("sides", "wanted", "channels"),
        [
            ("one", None, 1),
            ("one", 1, 1),
            ("apart", None, 2),
            ("apart", 2, 2),
            ("apart", 1, 1),
            ("same", None, 1),
            ("alike", None, 1),  # a phone's stereo: both hear both
            ("alike", 2, 2),  # said so by the one who set it up
        ],
    )
    def test_two_where_they_tell_two_people_apart(self, tmp_path, sides, wanted, channels):
        path = make(tmp_path / "x.wav", sides=sides, video_s=0)
        source = open_source(path, wanted)
        assert source.info.channels == channels
        assert {f.samples.shape[0] for f in source.frames()} == {channels}

    def test_two_people_who_talk_by_turns_are_apart(self, tmp_path):
        scene = Scene(20, bleed_db=-20)
        scene.say(Role.STAFF, 2, 5)
        scene.say(Role.CITIZEN, 8, 5)
        data = (scene.sound().T * 32767).astype("<i2").tobytes()
        path = tmp_path / "talk.wav"
        head = struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            b"RIFF",
            36 + len(data),
            b"WAVE",
            b"fmt ",
            16,
            1,
            2,
            16_000,
            64_000,
            4,
            16,
            b"data",
            len(data),
        )
        path.write_bytes(head + data)
        assert open_source(path).info.channels == 2

    def test_staff_stay_on_the_left(self, tmp_path):
        sound, _, _ = read(make(tmp_path / "x.wav", video_s=0))
        assert np.abs(sound[0]).max() == pytest.approx(0.2, abs=0.01)
        assert np.abs(sound[1]).max() == pytest.approx(0.02, abs=0.005)


class TestTime:
    @pytest.mark.parametrize(
        ("name", "audio", "rate"),
        [
            ("a.wav", "pcm_s16le", 8_000),
            ("b.wav", "pcm_s16le", 48_000),
            ("c.mp4", "aac", 44_100),
            ("d.mkv", "libopus", 48_000),
            ("e.mov", "pcm_s16le", 22_050),
        ],
    )
    def test_any_rate_is_brought_to_16_khz_at_its_own_time(self, tmp_path, name, audio, rate):
        video_s = 0 if name.endswith("wav") else 4.0
        sound, pictures, _ = read(make(tmp_path / name, audio=audio, rate=rate, video_s=video_s))
        assert sound.shape[1] == pytest.approx(4 * SAMPLE_RATE, abs=1600)
        first, last = heard(sound)
        assert (first, last) == (pytest.approx(0, abs=0.03), pytest.approx(3.5, abs=0.05))
        assert len(pictures) == (0 if video_s == 0 else 12)
        wave = sound[0, : SAMPLE_RATE // 2]
        assert np.argmax(np.abs(np.fft.rfft(wave))) * 2 == pytest.approx(300, abs=4)

    @pytest.mark.parametrize(("name", "audio"), [("late.mkv", "pcm_s16le"), ("late.mp4", "aac")])
    def test_sound_that_begins_after_the_pictures_stays_where_it_is(self, tmp_path, name, audio):
        path = make(tmp_path / name, audio=audio, from_s=3.0, video_s=7)
        sound, pictures, frames = read(path)
        assert heard(sound) == (pytest.approx(3, abs=0.03), pytest.approx(6.5, abs=0.05))
        assert not sound[:, : int(2.9 * SAMPLE_RATE)].any()
        assert pictures[0].at_s == 0
        assert frames[0] is pictures[0]

    def test_sound_that_ends_before_the_pictures_is_a_dead_microphone_to_the_end(self, tmp_path):
        sound, pictures, _ = read(make(tmp_path / "x.mkv", sound_s=2, video_s=9))
        assert sound.shape[1] / SAMPLE_RATE == pytest.approx(9, abs=0.1)
        assert not sound[:, int(2.1 * SAMPLE_RATE) :].any()
        assert pictures[-1].at_s > 8.5

    def test_a_hole_in_the_sound_is_kept(self, tmp_path):
        path = tmp_path / "hole.mkv"
        with av.open(str(path), "w", options={"fflags": "+bitexact"}) as out:
            voice = out.add_stream("pcm_s16le", rate=16_000, layout="stereo")
            for from_s in (0.0, 5.0):
                for frame in _tone(16_000, 1.0, from_s, "apart"):
                    out.mux(voice.encode(frame))
        sound, _, _ = read(path)
        assert heard(sound[:, : 3 * SAMPLE_RATE])[1] == pytest.approx(0.5, abs=0.02)
        assert heard(sound[:, 3 * SAMPLE_RATE :]) == (
            pytest.approx(2, abs=0.02),
            pytest.approx(2.5, abs=0.02),
        )

    def test_media_time_0_is_the_containers_own_start(self, tmp_path):
        path = make(tmp_path / "dump.mkv", from_s=5000, video_s=0)
        source = open_source(path)
        sound, _, _ = read(path)
        assert source.info.duration_s == pytest.approx(4, abs=0.1)
        assert heard(sound)[0] == pytest.approx(0, abs=0.02)

    def test_frames_come_in_the_order_of_media_time(self, tmp_path):
        _, _, frames = read(make(tmp_path / "x.mp4", audio="aac", sound_s=6, video_s=6))
        sound_s = 0.0
        for frame in frames:
            if isinstance(frame, AudioFrame):
                assert frame.start_s == pytest.approx(sound_s)
                assert frame.samples.shape[1] % 512 == 0
                sound_s = frame.end_s
            else:
                assert sound_s - 0.2 <= frame.at_s <= sound_s + 0.2
        times = [f.at_s for f in frames if isinstance(f, VideoFrame)]
        assert times == sorted(set(times))
        assert len(times) == 18


class TestPictures:
    @pytest.mark.parametrize("turns", [0, 1, 2, 3])
    def test_a_phones_film_is_turned_upright(self, tmp_path, turns):
        path = make(tmp_path / "phone.mp4", audio="aac", video_s=1, sound_s=1, size=(128, 64))
        raw = bytearray(path.read_bytes())
        cos, sin = [(1, 0), (0, 1), (-1, 0), (0, -1)][turns]
        at = raw.index(b"tkhd") + 4 + 40  # version, times, id, ..., then the 3x3 matrix
        matrix = [cos * 65536, sin * 65536, 0, -sin * 65536, cos * 65536, 0, 0, 0, 1 << 30]
        raw[at : at + 36] = struct.pack(">9i", *matrix)
        path.write_bytes(bytes(raw))
        picture = read(path)[1][0].picture
        height, width = picture.shape[:2]
        assert (width, height) == ((64, 128) if turns % 2 else (128, 64))
        # The matrix turns clockwise: the white top goes right, down, left.
        edges = [
            picture[2, width // 2],
            picture[height // 2, -3],
            picture[-3, width // 2],
            picture[height // 2, 2],
        ]
        bright = [int(edge.mean()) > 125 for edge in edges]
        assert bright[turns]
        assert not bright[(turns + 2) % 4]

    def test_large_pictures_are_made_small(self, tmp_path):
        path = make(tmp_path / "x.mp4", audio="aac", video_s=0.3, sound_s=1, size=(1280, 720))
        assert read(path)[1][0].picture.shape == (216, 384, 3)

    @pytest.mark.parametrize("name", ["song.m4a", "song.mp3"])
    def test_the_picture_on_a_sound_file_is_no_film(self, tmp_path, name):
        audio = "aac" if name.endswith("m4a") else "libmp3lame"
        path = tmp_path / name
        container = "mp4" if name.endswith("m4a") else "mp3"
        options = {"fflags": "+bitexact"}
        with av.open(str(path), "w", format=container, options=options) as out:
            voice = out.add_stream(audio, rate=16_000, layout="stereo")
            cover = out.add_stream("mjpeg", rate=1)
            cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
            cover.disposition = av.stream.Disposition.attached_pic
            image = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 99, np.uint8), format="rgb24")
            image.pts = 0
            out.mux(cover.encode(image.reformat(format="yuvj420p")))
            out.mux(cover.encode(None))
            for frame in _tone(16_000, 3.0, 0.0, "apart"):
                out.mux(voice.encode(frame))
            out.mux(voice.encode(None))
        source = open_source(path)
        assert not source.info.has_video
        frames = list(source.frames())
        assert not any(isinstance(f, VideoFrame) for f in frames)
        assert frames[-1].end_s == pytest.approx(3, abs=0.2)
