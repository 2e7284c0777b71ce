"""The committed corpora: enough, varied, clean, and held-out ones are never trained on."""

import csv
import json
import random
import unicodedata
from collections import Counter
from importlib import resources

import onnxruntime
import pytest

from edge_agent.categories import Lexicon
from training.clean_talk import turns
from training.corpus import (
    ABUSE,
    FOLDER,
    LEXICON,
    SPEECH,
    corrupted,
    digest,
    read,
    split,
    without_marks,
)
from training.near_duplicates import near_duplicates, plain

ROWS = read()
VI = [u for u in ROWS if u.language == "vi"]


def test_there_is_enough_of_each():
    assert len(VI) >= 1_500
    assert sum(u.language == "en" for u in ROWS) >= 300
    for split_name in ("train", "held_out"):
        labels = Counter(u.label for u in split(VI, split_name))
        assert set(labels) == {"negative", "neutral", "positive"}
        assert min(labels.values()) >= 50
    regions = Counter(u.region for u in VI)
    assert min(regions[r] for r in ("north", "centre", "south")) >= 250
    kinds = {u.kind for u in VI}
    asked = {
        "polite_negative", "negated_good", "negated_bad", "relief", "resigned", "sad_subject",
        "greeting", "question", "fact", "age", "irony", "mixed_negative", "mixed_positive",
    }  # fmt: skip
    assert asked <= kinds


@pytest.mark.parametrize("path", [SPEECH, ABUSE])
def test_each_row_is_sound(path):
    rows = read(path)
    assert len({u.id for u in rows}) == len(rows)
    for u in rows:
        assert u.text == unicodedata.normalize("NFC", u.text).strip()
        assert u.split in {"train", "held_out"}
        assert u.language in {"vi", "en"}
        assert "  " not in u.text
    with path.open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == [
            "id",
            "language",
            "region",
            "label",
            "kind",
            "text",
            "split",
        ]


def test_few_are_variants_of_another_and_none_is_twice():
    assert sum("." in u.id for u in VI) <= len(VI) / 3
    assert [text for text, n in Counter(plain(u.text) for u in ROWS).items() if n > 1] == []


@pytest.mark.parametrize("path", [SPEECH, ABUSE])
def test_no_held_out_utterance_nearly_stands_in_the_training_ones(path):
    train, held_out = (split(read(path), name) for name in ("train", "held_out"))
    assert not {u.group for u in train} & {u.group for u in held_out}
    assert near_duplicates([u.text for u in held_out], [u.text for u in train]) == []


def test_no_held_out_abuse_stands_in_the_lexicons_sentences():
    with LEXICON.open(encoding="utf-8", newline="") as file:
        known = [row["text"] for row in csv.DictReader(file)]
    assert near_duplicates([u.text for u in split(read(ABUSE), "held_out")], known) == []


def test_near_duplicates_are_found():
    assert near_duplicates(["Sao lâu thế hả em?"], ["sao lâu thế hả chị"])
    assert near_duplicates(["Chờ lâu quá."], ["cho lau qua a"])
    assert not near_duplicates(["Sao lâu thế?"], ["Em nộp hồ sơ ở đây ạ?"])


@pytest.mark.parametrize(
    ("name", "paths"), [("sentiment", [SPEECH]), ("abuse", [SPEECH, ABUSE, LEXICON])]
)
def test_the_shipped_models_were_trained_on_these_files(name, paths):
    file = resources.files("edge_agent.models") / "data" / f"{name}_ngrams.onnx"
    meta = onnxruntime.InferenceSession(str(file)).get_modelmeta().custom_metadata_map
    assert meta["corpus_sha256"] == digest(*paths)
    assert json.loads(meta["classes"])


def test_spoilt_copies_are_spoilt_by_their_tones_alone():
    rng = random.Random(1)
    texts = [u.text for u in VI[:300]]
    changed = total = 0
    for text in texts:
        spoilt = corrupted(text, rng)
        assert without_marks(spoilt).split() == without_marks(text).split()
        pairs = list(zip(text.split(), spoilt.split(), strict=True))
        changed += sum(a != b for a, b in pairs)
        total += len(pairs)
    assert 0.2 < changed / total < 0.3


def test_clean_turns_are_the_same_again_and_varied():
    lexicon = Lexicon.load()
    first = [t.text for t in turns(lexicon, ROWS, 2_000)]
    assert first == [t.text for t in turns(lexicon, ROWS, 2_000)]
    assert len(set(first)) > 1_500


def test_the_corpora_say_their_licence():
    assert "CC0" in (FOLDER.parent / "LICENSE.md").read_text("utf-8")
