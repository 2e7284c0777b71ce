"""A text as the transcriber would have it: tone_errors.json applied to any words, with a seed.

Each turn takes the confidence and the share of wrong words of one of the counted readings, pulled
to the mean because a clip is short. A wrong word changes the parts of a syllable that were changed
as often in the clips, into parts that were seen or, by `_PRIOR`, were not, and becomes a syllable
that people at counters say; rarer ones are rarer, because Whisper too writes what is likely.

What 15 clips cannot show is put in by hand: everyday words that lie beside a word that accuses
become that word at `BESIDE_RATE`, which none of the clips showed.
"""

import csv
import json
import random
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from math import sqrt
from pathlib import Path
from typing import Any

from benchmarks.judge.syllables import PARTS, Syllable, syllable, words
from edge_agent.models.base import Transcript
from schemas.vocabulary import Language
from training.corpus import LEXICON, SPEECH

FILE = Path(__file__).with_name("tone_errors.json")
BESIDE_RATE = 1 / 2000
"""Of readings of an everyday word beside an accusing one. A prior, set before any day was run: in
a million turns nobody has counted it."""
BESIDE = {
    "hồ": "đồ", "lớn": "lồn", "lộn": "lồn", "luôn": "lồn", "các": "cặc",
    "cách": "cặc", "mấy": "mày", "máy": "mày", "may": "mày", "đủ": "đụ",
    "tạo": "tao", "tạm": "tao", "buổi": "buồi", "bưởi": "buồi", "nghỉ": "ngu",
    "ngụ": "ngu", "ngủ": "ngu", "điền": "điên", "điện": "điên", "đều": "đéo",
    "đeo": "đéo", "địa": "địt", "cho": "chó", "chờ": "chó",
    "cầm": "câm", "cấm": "câm", "cúc": "cút", "my": "mi", "tàu": "tau",
    "biết": "điếc",
}  # fmt: skip
_ALSO = ("mày", "tao", "mi", "tau", "ngu", "cút", "câm", "điếc", "mù", "khùng", "đần")
"""People at counters hardly say them; yet a word may be misread as one."""
_PRIOR = 0.5
"""Of a change of one part into another, beside the counted ones."""
_PULL = 10.0
"""Words of the mean that stand beside a reading's own."""
LOST_SHORT, SHORT_WORDS = 0.5, 2
"""The one clip of two words was taken for another language in all copies, that of three in none."""
LOST = 0.5 / 120
"""Loops and turns without a text: none in 120 readings."""
REGION_FACTOR = {"north": 1.0, "centre": 1.3, "south": 1.0}
"""Of the share of wrong words. The clips' speakers are of the South; for the Centre, whose tones
lie closer together, nothing is measured: an assumption."""
ROOM = {
    "clean": 0.25, "noise 20 dB": 0.25, "noise 10 dB": 0.1, "white noise 15 dB": 0.05,
    "reverberation 0.25 s": 0.2, "reverberation 0.4 s": 0.05, "level -34 dBFS": 0.1,
}  # fmt: skip
"""How often a counter sounds like which copy: an assumption."""


@dataclass(frozen=True, slots=True)
class _Reading:
    confidence: float
    language_probability: float
    wrong: float
    put_in: float


@dataclass(frozen=True, slots=True)
class _Choice:
    """Of weighed things."""

    things: Sequence[Any]
    sums: Sequence[float]

    @classmethod
    def of(cls, weighed: Iterable[tuple[Any, float]]) -> "_Choice":
        pairs = list(weighed)
        return cls([thing for thing, _ in pairs], list(accumulate(w for _, w in pairs)))

    def draw(self, chance: random.Random) -> Any:
        return self.things[bisect(self.sums, chance.random() * self.sums[-1])]


class Misreader:
    """`share_of_errors`: 1 as counted, less for a better transcriber, 0 for a perfect one."""

    def __init__(
        self,
        said: Iterable[str] = (),
        *,
        share_of_errors: float = 1.0,
        beside_rate: float = BESIDE_RATE,
        file: Path = FILE,
    ) -> None:
        found = json.loads(file.read_text("utf-8"))
        self._share, self._beside = share_of_errors, beside_rate
        self._readings = _readings(found["readings"])
        self._kinds = _Choice.of(found["kinds"].items())
        self._parts: dict[str, Counter[str]] = {p: Counter(c) for p, c in found["parts"].items()}
        self._often = _spoken() + Counter(w for text in said for w in words(text))
        self._often.update(_ALSO)
        self._any = _Choice.of((word, sqrt(n)) for word, n in self._often.items())
        self._alike: dict[tuple[str, ...], dict[tuple[str, ...], list[tuple[str, Syllable]]]] = {}
        self._became: dict[tuple[str, str], _Choice | None] = {}

    def read(self, text: str, chance: random.Random, region: str) -> Transcript | None:
        said = words(text)
        room = chance.choices(list(ROOM), list(ROOM.values()))[0]
        reading = chance.choice(self._readings[room])
        factor = self._share * REGION_FACTOR[region]
        if self._share and chance.random() < LOST * factor:
            return None
        if self._share and len(said) <= SHORT_WORDS and chance.random() < LOST_SHORT:
            return Transcript("", Language.OTHER, 0.5, 0.0)
        wrong = min(0.95, reading.wrong * factor)
        heard: list[str] = []
        for word in said:
            if word in BESIDE and self._share and chance.random() < self._beside:
                heard.append(BESIDE[word])
            elif chance.random() < wrong:
                heard.append(self._misread(word, chance))
            else:
                heard.append(word)
            if chance.random() < reading.put_in * factor:
                heard.append(self._any.draw(chance))
        # A transcriber that errs less is surer: as much nearer to 1 as it errs less.
        confidence = 1 - (1 - reading.confidence) * self._share
        return Transcript(
            " ".join(heard), Language.VIETNAMESE, reading.language_probability, confidence
        )

    def _misread(self, word: str, chance: random.Random) -> str:
        for _ in range(4):
            kind = self._kinds.draw(chance)
            key = (word, kind)
            if key not in self._became:
                self._became[key] = self._candidates(word, kind)
            choice = self._became[key]
            if choice is not None:
                return str(choice.draw(chance))
        return str(self._any.draw(chance))

    def _candidates(self, word: str, kind: str) -> _Choice | None:
        said = syllable(word)
        parts = tuple(kind.split("+"))
        if said is None or not set(parts) <= set(PARTS):
            return None
        kept = tuple(part for part in PARTS if part not in parts)
        weighed = [
            (spelt, self._weight(said, other, parts) * sqrt(self._often[spelt]))
            for spelt, other in self._sharing(kept).get(
                tuple(getattr(said, part) for part in kept), ()
            )
            if all(getattr(said, part) != getattr(other, part) for part in parts)
        ]
        return _Choice.of(weighed) if weighed else None

    def _weight(self, said: Syllable, other: Syllable, parts: Sequence[str]) -> float:
        weight = 1.0
        for part in parts:
            weight *= self._parts[part][f"{getattr(said, part)}>{getattr(other, part)}"] + _PRIOR
        return weight

    def _sharing(self, kept: tuple[str, ...]) -> dict[tuple[str, ...], list[tuple[str, Syllable]]]:
        if kept not in self._alike:
            sharing: dict[tuple[str, ...], list[tuple[str, Syllable]]] = defaultdict(list)
            for word in self._often:
                one = syllable(word)
                if one is not None and str(one) == word:
                    sharing[tuple(getattr(one, part) for part in kept)].append((word, one))
            self._alike[kept] = sharing
        return self._alike[kept]


def sample(file: Path = FILE) -> str:
    """How little the model of mistakes rests on."""
    found = json.loads(file.read_text("utf-8"))
    read = [one for one in found["readings"] if one["outcome"] == "read"]
    copies = len({one["copy"] for one in found["readings"]})
    spoken, wrong = sum(one["words"] for one in read), sum(_wrong(one) for one in read)
    tones = sum(n for kind, n in found["kinds"].items() if "tone" in kind)
    return (
        f"words misread: counted on {found['clips']} read clips of {spoken // copies} words in "
        f"{copies} copies each, which are not independent; {wrong / spoken:.0%} of words wrong, of "
        f"these {tones / sum(found['kinds'].values()):.0%} in the tone too; no conversation, no old "
        "person, no speaker of the Centre among them. No clip's everyday word became an abusive one: "
        f"that they do once in {1 / BESIDE_RATE:.0f} readings is set by hand"
    )


def _readings(raw: Sequence[dict[str, Any]]) -> dict[str, list[_Reading]]:
    read = [one for one in raw if one["outcome"] == "read"]
    spoken = sum(one["words"] for one in read)
    mean = sum(_wrong(one) for one in read) / spoken
    added = sum(one.get("put in", 0) for one in read) / spoken
    made: dict[str, list[_Reading]] = defaultdict(list)
    for one in read:
        made[one["copy"]].append(
            _Reading(
                one["confidence"],
                one["language_probability"],
                (_wrong(one) + _PULL * mean) / (one["words"] + _PULL),
                added,
            )
        )
    return made


def _wrong(reading: dict[str, Any]) -> int:
    return int(reading.get("changed", 0)) + int(reading.get("dropped", 0))


@cache
def _spoken() -> Counter[str]:
    """Syllables of the committed corpora, without their abusive utterances."""
    counted: Counter[str] = Counter()
    for path in (SPEECH, LEXICON):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("language", "vi") == "vi" and row["label"] != "abusive":
                    counted.update(words(row["text"]))
    return counted
