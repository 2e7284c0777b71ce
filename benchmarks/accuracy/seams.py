"""What stands at the seams to models, so that one kind of error is measured at a time.

The voice detector is the agent's own. Words are read from the script, or misread in a known
share; faces are told by the pictures, and now and then missed. Other voice detectors, for
comparison, go through the same stages.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from benchmarks.accuracy.conversation import ROLES, Conversation, Utterance
from benchmarks.accuracy.edges import Interval
from benchmarks.accuracy.phrases import PHRASES, Kind
from edge_agent.capture.frame import SAMPLE_RATE, Picture, Samples, VideoFrame
from edge_agent.models.base import Capabilities, Face, Transcript, VoiceActivity, VoiceStream
from schemas.vocabulary import Language

CITIZEN_ZONE = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
STAFF_ZONE = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
PICTURES_PER_S = 3.0
FACE_MISSED = 0.05
"""Of the pictures that show a face, as with a face turned away; one in 300 shows one that is
not there."""
FACE_INVENTED = 1 / 300


_ALL_LANGUAGES = Capabilities(frozenset({Language.VIETNAMESE, Language.ENGLISH}), 30.0)


@dataclass
class ScriptedReader:
    """Finds the sound it is given in the recording and says what the script has there.

    `misread`: share of words that come out as other words; half as many turns come back as
    unreadable.
    """

    conversation: Conversation
    sound: Samples
    misread: float = 0.0
    model_id: str = "scripted-reader:1"
    capabilities: Capabilities = _ALL_LANGUAGES

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng([self.conversation.seed, 21])
        self._words = [
            word
            for by_kind in PHRASES.values()
            for phrase in by_kind[Kind.PLAIN]
            for word in phrase.split()
        ]

    def transcribe(
        self, samples: Samples, hint: Language | None, *, beam_size: int | None = None
    ) -> Transcript | None:
        del hint, beam_size
        place = _find(self.sound, samples)
        said = [] if place is None else self._said(*place)
        if not said or self._rng.random() < self.misread / 2:
            return None
        language = said[0].clip.language
        text = " ".join(self._heard(word) for one in said for word in one.clip.text.split())
        return Transcript(text, language, 0.99, 0.9)

    def _said(self, channel: int, start_s: float, end_s: float) -> list[Utterance]:
        """Of the channel's own speaker, those of which most lies within."""
        return [
            one
            for one in self.conversation.said
            if one.role is ROLES[channel]
            and min(one.end_s, end_s) - max(one.start_s, start_s) > 0.5 * one.clip.length_s
        ]

    def _heard(self, word: str) -> str:
        if self._rng.random() >= self.misread:
            return word
        return self._words[int(self._rng.integers(len(self._words)))]


def _find(sound: Samples, part: Samples) -> tuple[int, float, float] | None:
    """Channel and media time of a piece that was cut out of the sound unchanged."""
    heard = np.flatnonzero(part)
    if not heard.size:
        return None
    at = int(heard[0])
    for channel in range(len(sound)):
        # The noise goes round, so a few samples are not enough to know the place by.
        for found in np.flatnonzero(sound[channel] == part[at]) - at:
            if found >= 0 and np.array_equal(sound[channel, found : found + len(part)], part):
                start_s = int(found) / SAMPLE_RATE
                return channel, start_s, start_s + len(part) / SAMPLE_RATE
    return None


class ScriptedFaces:
    """A picture's first pixel says who is there: red staff, green citizen."""

    model_id = "scripted-faces:1"

    def faces(self, picture: Picture) -> Sequence[Face]:
        staff, citizen = (int(value) > 127 for value in picture[0, 0, :2])
        found = [Face(0.2, 0.3, 0.12, 0.16, 0.9)] if staff else []
        return [*found, Face(0.7, 0.3, 0.12, 0.16, 0.9)] if citizen else found


def pictures(conversation: Conversation) -> Iterator[VideoFrame]:
    """24 by 32 points of noise; none without a camera."""
    rng = np.random.default_rng([conversation.seed, 22])
    present = sorted([(s.start_s, s.end_s) for s in conversation.stays] + [*conversation.passers])
    absent = sorted(a for s in conversation.stays for a in s.staff_absent)
    for number in range(int(conversation.duration_s * PICTURES_PER_S) * conversation.video):
        at_s = number / PICTURES_PER_S
        picture = rng.integers(60, 190, (24, 32, 3)).astype(np.uint8)
        shown = []
        for there in (not _within(absent, at_s), _within(present, at_s)):
            wrong = rng.random() < (FACE_MISSED if there else FACE_INVENTED)
            shown.append(255 * (there is not bool(wrong)))
        picture[0, 0] = [*shown, 0]
        yield VideoFrame(at_s, picture)


def _within(intervals: Sequence[Interval], at_s: float) -> bool:
    index = bisect_left(intervals, (at_s, float("inf"))) - 1
    return index >= 0 and intervals[index][0] <= at_s < intervals[index][1]


class KeptVoice:
    """A voice detector whose answers on one recording are kept, for measuring it again."""

    def __init__(self, voice: VoiceActivity) -> None:
        self._voice = voice
        self._kept: list[list[float]] = []
        self._given = 0

    @property
    def model_id(self) -> str:
        return self._voice.model_id

    def again(self) -> "KeptVoice":
        self._given = 0
        return self

    def stream(self) -> VoiceStream:
        number = self._given
        self._given += 1
        if number == len(self._kept):
            self._kept.append([])
            return _Keeping(self._voice.stream(), self._kept[number])
        return _Kept(iter(self._kept[number]))


@dataclass
class _Keeping:
    stream: VoiceStream
    kept: list[float]

    def probability(self, chunk: Samples) -> float:
        self.kept.append(self.stream.probability(chunk))
        return self.kept[-1]


@dataclass
class _Kept:
    answers: Iterator[float]

    def probability(self, chunk: Samples) -> float:
        del chunk
        return next(self.answers)


class EnergyVoice:
    """Speech is what stands 8 dB over the quietest tenth of the last 10 s."""

    model_id = "energy:1"

    def stream(self) -> "_EnergyStream":
        return _EnergyStream()


class _EnergyStream:
    _CHUNKS = 312

    def __init__(self) -> None:
        self._levels = np.zeros(self._CHUNKS)
        self._count = 0

    def probability(self, chunk: Samples) -> float:
        level = 10 * float(np.log10(np.mean(np.square(chunk, dtype=np.float64)) + 1e-12))
        self._levels[self._count % self._CHUNKS] = level
        self._count += 1
        held = self._levels[: min(self._count, self._CHUNKS)]
        return float(level > np.partition(held, len(held) // 10)[len(held) // 10] + 8.0)


class _Detector(Protocol):
    def is_speech(self, buf: bytes, sample_rate: int) -> bool: ...


class WebRtcVoice:
    """py-webrtcvad at its strictest, 10 ms at a time; needs the package webrtcvad."""

    model_id = "webrtcvad:3"

    def stream(self) -> "_WebRtcStream":
        import webrtcvad  # noqa: PLC0415 - a peer, not a dependency

        return _WebRtcStream(webrtcvad.Vad(3))


class _WebRtcStream:
    def __init__(self, detector: _Detector) -> None:
        self._detector = detector
        self._rest = np.zeros(0, np.float32)
        self._last = 0.0

    def probability(self, chunk: Samples) -> float:
        sound = np.concatenate([self._rest, chunk])
        whole = len(sound) // 160
        self._rest = sound[whole * 160 :]
        pcm = np.clip(sound[: whole * 160] * 32767, -32768, 32767).astype(np.int16)
        heard = [
            self._detector.is_speech(pcm[i * 160 : i * 160 + 160].tobytes(), SAMPLE_RATE)
            for i in range(whole)
        ]
        self._last = float(sum(heard) >= len(heard) / 2)
        return self._last
