"""Looks for what must never leave an agent's memory: a phrase, a sound, a picture.

A canary is planted in a recording; afterwards every byte that the programs left behind is
searched for it in the forms in which content leaks: text in several encodings, normal forms
and without diacritics, escaped, base64; sound and picture as raw samples of several types,
and inside encoded media, which are decoded to be looked at.
"""

import base64
import gzip
import io
import json
import unicodedata
import wave
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RUN = 4
"""Words in a row that make a leak."""
_ZEROS = bytes(256)
_LONGEST = 1 << 22
_CASES = (str.lower, str.upper, str.capitalize)
_MEDIA = {
    b"RIFF": "wav or avi",
    b"fLaC": "flac",
    b"OggS": "ogg",
    b"\x1aE\xdf\xa3": "matroska",
    b"ftyp": "mp4",
    b"\x89PNG\r\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"ID3": "mp3",
}


@dataclass(frozen=True)
class Leak:
    where: str
    what: str


@dataclass(frozen=True, repr=False)
class Canary:
    """`sound`: int16, at least 256 samples; `picture`: uint8 RGB, at least 48 pixels a row."""

    phrases: tuple[str, ...]
    sound: NDArray[np.int16]
    picture: NDArray[np.uint8]
    needles: dict[bytes, str] = field(init=False)
    heads: "Heads" = field(init=False)

    def __post_init__(self) -> None:
        needles = {
            raw: what
            for phrase in self.phrases
            for text in _texts(phrase)
            for raw, what in _spelled(text)
        }
        for raw, what in [*_sounds(self.sound), *_pictures(self.picture)]:
            needles[raw] = what
            for coded in _base64(raw):
                needles[coded] = f"{what}, base64"
        object.__setattr__(self, "needles", needles)
        object.__setattr__(self, "heads", Heads(needles))


def search(raw: bytes, canary: Canary, where: str) -> list[Leak]:
    """Leaks in these bytes, in what is compressed in them, and in media files among them."""
    leaks = _plain(raw, canary, where)
    for inner in _inflated(raw):
        leaks += _plain(inner, canary, f"{where}, compressed")
    leaks += _media(raw, canary, where)
    return leaks


def search_folder(folder: Path, canary: Canary, *, newer_than: float = 0.0) -> list[Leak]:
    """All files below the folder that were written after `newer_than` (as st_mtime)."""
    leaks: list[Leak] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= newer_than:
            leaks += search(path.read_bytes(), canary, str(path.relative_to(folder)))
    return leaks


def _plain(raw: bytes, canary: Canary, where: str) -> list[Leak]:
    raw = raw.replace(_ZEROS, b"\0")  # empty pages of database files
    found = {canary.needles[needle] for needle in canary.heads.search(raw)}
    return [Leak(where, what) for what in sorted(found)]


class Heads:
    """Many needles in one pass: three tables over pairs of bytes leave few places to look at."""

    def __init__(self, needles: Iterable[bytes]) -> None:
        self._by_head: dict[bytes, list[bytes]] = defaultdict(list)
        self._tables = np.zeros((3, 65536), bool)
        for needle in needles:
            self._by_head[needle[:6]].append(needle)
            for index in range(3):
                pair = needle[2 * index : 2 * index + 2]
                self._tables[index, int.from_bytes(pair, "big")] = True

    def search(self, raw: bytes) -> set[bytes]:
        if len(raw) < 6:
            return set()
        one = np.frombuffer(raw, np.uint8).astype(np.uint16)
        pairs = (one[:-1] << 8) | one[1:]
        here = self._tables[0][pairs[:-4]]
        here &= self._tables[1][pairs[2:-2]]
        here &= self._tables[2][pairs[4:]]
        return {
            needle
            for at in np.flatnonzero(here).tolist()
            for needle in self._by_head.get(raw[at : at + 6], ())
            if raw.startswith(needle, at)
        }


def _texts(phrase: str) -> Iterator[str]:
    words = phrase.split()
    for start in range(max(1, len(words) - RUN + 1)):
        yield " ".join(words[start : start + RUN])


def _spelled(text: str) -> Iterator[tuple[bytes, str]]:
    forms = {
        "NFC": unicodedata.normalize("NFC", text),
        "NFD": unicodedata.normalize("NFD", text),
        "without diacritics": _bare(text),
    }
    for form, spelled in [(f, c(s)) for f, s in forms.items() for c in _CASES]:
        yield json.dumps(spelled)[1:-1].encode(), f"words {form}, escaped"
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            raw = spelled.encode(encoding)
            yield raw, f"words {form}, {encoding}"
            for coded in _base64(raw):
                yield coded, f"words {form}, {encoding}, base64"


def _bare(text: str) -> str:
    marks = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in marks if not unicodedata.combining(c))


def _base64(raw: bytes) -> Iterator[bytes]:
    """What is the same in base64 wherever the bytes begin: three alignments, edges cut."""
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        yield coded[4 if shift else 0 : len(coded) - 4]


def _sounds(sound: NDArray[np.int16]) -> Iterator[tuple[bytes, str]]:
    part = sound[64:128]
    yield part.tobytes(), "sound, 16 bit"
    yield part.byteswap().tobytes(), "sound, 16 bit big-endian"
    yield (part.astype(np.float32) / 32768).tobytes(), "sound, float"


def _pictures(picture: NDArray[np.uint8]) -> Iterator[tuple[bytes, str]]:
    row = picture[len(picture) // 2, :48]
    yield row.tobytes(), "picture, RGB"
    yield row[:, ::-1].tobytes(), "picture, BGR"
    yield np.ascontiguousarray(row[:, 0]).tobytes(), "picture, one colour"


def _inflated(raw: bytes) -> Iterator[bytes]:
    for magic, opener in ((b"\x1f\x8b\x08", gzip.decompress), (b"x\x9c", zlib.decompress)):
        at = raw.find(magic)
        tried = 0
        while at >= 0 and tried < 50:
            tried += 1
            try:
                if magic == b"x\x9c":
                    yield zlib.decompressobj().decompress(raw[at : at + _LONGEST], _LONGEST)
                else:
                    yield opener(raw[at : at + _LONGEST])
            except (OSError, EOFError, zlib.error):
                pass
            at = raw.find(magic, at + 1)


def _media(raw: bytes, canary: Canary, where: str) -> list[Leak]:
    """Encoded media that decode and hold the canary's sound or picture."""
    leaks = []
    for magic, name in _MEDIA.items():
        at = raw.find(magic)
        tried = 0
        while at >= 0 and tried < 20:
            tried += 1
            start = max(0, at - 4) if magic == b"ftyp" else at
            if _holds(raw[start : start + _LONGEST], canary):
                leaks.append(Leak(where, f"encoded media ({name})"))
                break
            at = raw.find(magic, at + 1)
    return leaks


def _holds(raw: bytes, canary: Canary) -> bool:
    if raw[:4] == b"RIFF":
        try:
            with wave.open(io.BytesIO(raw)) as file:
                frames = file.readframes(min(file.getnframes(), 1 << 22))
            if _like_sound(np.frombuffer(frames[: len(frames) // 2 * 2], np.int16), canary.sound):
                return True
        except (wave.Error, EOFError):
            pass
    try:
        with av.open(io.BytesIO(raw)) as container:
            streams = [s for s in container.streams if s.type in ("audio", "video")]
            for index, decoded in enumerate(container.decode(streams)):
                if index > 2000:
                    return False
                if isinstance(decoded, av.VideoFrame):
                    if _like_picture(decoded.to_ndarray(format="rgb24"), canary.picture):
                        return True
                elif _like_sound(_mono(decoded), canary.sound):
                    return True
    except (av.FFmpegError, ValueError, IndexError):
        return False
    return False


def _mono(decoded: av.AudioFrame) -> NDArray[np.int16]:
    array = decoded.to_ndarray().reshape(-1)
    if array.dtype == np.int16:
        return array
    return (np.clip(array, -1, 1) * 32767).astype(np.int16)


def _like_sound(found: NDArray[np.int16], sound: NDArray[np.int16]) -> bool:
    """Normalised cross-correlation over 0.9 somewhere."""
    part = sound[:256].astype(np.float64)
    heard = found.astype(np.float64)
    if len(heard) < len(part):
        return False
    product = np.correlate(heard, part, "valid")
    energy = np.convolve(heard**2, np.ones(len(part)), "valid")
    norm = np.sqrt(np.maximum(energy, 1.0) * float(part @ part))
    return bool((np.abs(product) / norm).max() > 0.9)


def _like_picture(found: NDArray[np.uint8], picture: NDArray[np.uint8]) -> bool:
    """The pattern stands at the place where it was planted: the upper left corner."""
    height, width = picture.shape[:2]
    if found.shape[0] < height or found.shape[1] < width:
        return False
    one = found[:height, :width].astype(np.float64).ravel()
    other = picture.astype(np.float64).ravel()
    if one.std() < 1:
        return False
    return bool(np.corrcoef(one, other)[0, 1] > 0.8)
