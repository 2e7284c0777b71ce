"""Trains abusive language, tone-exact, from ViHOS and the bad-word list (../shared/data, MIT,
never committed) and the committed corpora; `make text-models` runs it where the data is.

    python -m training.train_abuse OUT.onnx [SHA256 that it must have]
"""

import sys
from pathlib import Path

import numpy as np

from edge_agent.models.text_ngrams import Branch, Plan
from training.corpus import ABUSE, LEXICON, SPEECH, digest, read, split
from training.fit_ngrams import fit, matrix
from training.lexicon_sentences import read_copy
from training.near_duplicates import plain
from training.ngram_onnx import write
from training.vihos import DATA, bad_words, vihos

PLAN = Plan(
    (
        Branch("words", (1, 2), bare=False, weight=1.0),
        Branch("letters", (2, 3, 4, 5), bare=False, weight=1.0),
    ),
    bits=18,
)
INVERSE_PENALTY = 8.0
THRESHOLD = 0.5
COUNTER_WEIGHT = 2.0
"""What is said at a counter counts for more than a comment under a video."""


def training_rows() -> tuple[list[tuple[str, str]], list[str], np.ndarray]:
    """Never ViHOS dev, never a held-out utterance."""
    # 35 comments of dev stand in train as well: out with them, or dev would measure memory.
    held_out = {plain(text) for text, _ in vihos("dev")}
    rows: list[tuple[str, bool, float]] = [
        (text, bad, 1.0) for text, bad in vihos("train") if plain(text) not in held_out
    ]
    # Only words with marks: "lon" and "cac" without them are lớn and các.
    rows += [(w, True, 1.0) for w in bad_words() if not w.isascii()]
    rows += [(u.text, True, COUNTER_WEIGHT) for u in split(read(ABUSE), "train")]
    rows += [(u.text, False, COUNTER_WEIGHT) for u in split(read(), "train") if u.language == "vi"]
    rows += [(text, bad, COUNTER_WEIGHT) for text, bad in read_copy()]
    texts = [(text, "vi") for text, _, _ in rows]
    labels = ["abusive" if bad else "clean" for _, bad, _ in rows]
    return texts, labels, np.array([weight for _, _, weight in rows])


def train(path: Path) -> str:
    texts, labels, weights = training_rows()
    model = fit(matrix(texts, PLAN), labels, weights, INVERSE_PENALTY)
    sources = digest(DATA / "vihos" / "train.csv", DATA / "badwords" / "vn_offensive_words.txt")
    return write(
        path,
        model,
        PLAN,
        {"threshold": THRESHOLD},
        corpus_sha256=digest(SPEECH, ABUSE, LEXICON),
        data_sha256=sources,
    )


if __name__ == "__main__":
    got = train(Path(sys.argv[1]))
    print(got)
    if len(sys.argv) > 2 and got != sys.argv[2]:
        sys.exit(f"got sha256 {got}, expected {sys.argv[2]}")
