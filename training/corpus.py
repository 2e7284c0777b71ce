"""The committed corpora, and the ways a transcriber spoils Vietnamese."""

import csv
import hashlib
import random
import unicodedata
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
SPEECH = FOLDER / "counter_speech.csv"
ABUSE = FOLDER / "counter_abuse.csv"
LEXICON = FOLDER / "lexicon_sentences.csv"
TONES = "\u0300\u0301\u0303\u0309\u0323"
CORRUPTED_SHARE = 0.25


@dataclass(frozen=True)
class Utterance:
    id: str
    language: str
    region: str
    label: str
    kind: str
    text: str
    split: str

    @property
    def group(self) -> str:
        """Variants of one utterance share the id before the dot."""
        return self.id.partition(".")[0]


def read(path: Path = SPEECH) -> list[Utterance]:
    with path.open(encoding="utf-8", newline="") as file:
        return [Utterance(**row) for row in csv.DictReader(file)]


def split(utterances: list[Utterance], name: str) -> list[Utterance]:
    return [u for u in utterances if u.split == name]


def digest(*paths: Path) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.read_bytes())
    return whole.hexdigest()


def without_marks(text: str) -> str:
    parts = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in parts if not unicodedata.combining(c))


def corrupted(text: str, rng: random.Random, share: float = CORRUPTED_SHARE) -> str:
    """Each syllable's tone is replaced by another (or none) with the probability `share`."""
    return " ".join(_other_tone(w, rng) if rng.random() < share else w for w in text.split())


def _other_tone(word: str, rng: random.Random) -> str:
    parts = unicodedata.normalize("NFD", word)
    at = next((i for i, c in enumerate(parts) if c in TONES), None)
    now = "" if at is None else parts[at]
    new = rng.choice([t for t in ["", *TONES] if t != now])
    if at is not None:
        return unicodedata.normalize("NFC", parts[:at] + new + parts[at + 1 :])
    vowels = [i for i, c in enumerate(parts) if c.lower() in "aeiouy"]
    if not vowels:
        return word
    # On the vowel that has a mark already (ê, ô, ư), else on the last but one or the only one.
    marked = [i for i in vowels if i + 1 < len(parts) and unicodedata.combining(parts[i + 1])]
    place = (marked or vowels[-2:])[0]
    end = place + 1
    while end < len(parts) and unicodedata.combining(parts[end]):
        end += 1
    return unicodedata.normalize("NFC", parts[:end] + new + parts[end:])
