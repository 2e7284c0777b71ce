"""The search that proves law 1 must itself find each form of a leak, and nothing else."""

import base64
import io
import json
import unicodedata
import wave
import zlib

import av
import numpy as np
import pytest

from tests.canary import Canary, search

PHRASE = "cháu đòi bảy con voi tím nhảy múa"
RNG = np.random.default_rng(11)
CANARY = Canary(
    (PHRASE,),
    (RNG.normal(0, 6000, 2000)).astype(np.int16),
    RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8),
)
RUN = "bảy con voi tím"


def wav(samples):
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def encoded(kind, samples=None, picture=None):
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        if samples is not None:
            stream = container.add_stream("flac" if kind == "flac" else "pcm_s16le", rate=16000)
            stream.layout = "mono"
            frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="s16", layout="mono")
            frame.rate, frame.pts = 16000, 0
            fifo = av.AudioFifo()
            fifo.write(frame)
            for part in [*fifo.read_many(512, partial=True)]:
                container.mux(stream.encode(part))
        else:
            stream = container.add_stream("mjpeg", rate=3)
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuvj420p"
            canvas = np.full((240, 320, 3), 120, np.uint8)
            canvas[:64, :64] = np.kron(picture[::8, ::8], np.ones((8, 8, 1), np.uint8))
            shot = av.VideoFrame.from_ndarray(canvas, format="rgb24")
            shot.pts = 0
            container.mux(stream.encode(shot))
        container.mux(stream.encode(None))
    return out.getvalue()


BLOCKS = Canary(
    (PHRASE,),
    CANARY.sound,
    np.kron(CANARY.picture[::8, ::8], np.ones((8, 8, 1), np.uint8)),
)

FORMS = {
    "utf-8": RUN.encode(),
    "capitals": RUN.upper().encode(),
    "decomposed": unicodedata.normalize("NFD", RUN).encode(),
    "utf-16": RUN.encode("utf-16-le"),
    "utf-16 big": RUN.encode("utf-16-be"),
    "bare": b"x bay con voi tim x",
    "json": json.dumps({"a": RUN}).encode(),
    "base64": base64.b64encode(f"log line: {PHRASE}.".encode()),
    "base64 shifted": base64.b64encode(f"x{PHRASE}".encode()),
    "base64 of utf-16": base64.b64encode(PHRASE.encode("utf-16-le")),
    "zlib": b"head" + zlib.compress(PHRASE.encode()) + b"tail",
    "pcm": b"abc" + CANARY.sound.tobytes(),
    "pcm float": (CANARY.sound.astype(np.float32) / 32768).tobytes(),
    "pcm base64": base64.b64encode(CANARY.sound.tobytes()),
    "rgb": CANARY.picture.tobytes(),
    "bgr": np.ascontiguousarray(CANARY.picture[:, :, ::-1]).tobytes(),
    "wav": b"in a database page " + wav(CANARY.sound),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_leak_is_found(form):
    assert search(b"before " + FORMS[form] + b" after", CANARY, "here")


def test_encoded_media_are_decoded_and_looked_at():
    assert search(b"row" + encoded("flac", CANARY.sound), CANARY, "flac")
    assert search(b"row" + encoded("matroska", CANARY.sound), CANARY, "mkv")
    assert search(b"row" + encoded("matroska", picture=CANARY.picture), BLOCKS, "mjpeg")


@pytest.mark.parametrize(
    "innocent",
    [
        b"",
        "bảy con voi".encode(),
        "con voi tím khác nhảy".encode(),
        wav(RNG.normal(0, 6000, 4000).astype(np.int16)),
        RNG.bytes(100_000),
        json.dumps({"category": "greeting", "offset_s": 1.5}).encode() * 100,
    ],
)
def test_what_is_no_leak_is_not_called_one(innocent):
    assert search(innocent, CANARY, "here") == []
