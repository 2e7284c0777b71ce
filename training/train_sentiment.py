"""Trains the citizen's sentiment from corpus/counter_speech.csv; `make text-models` runs it.

`python -m training.train_sentiment OUT.onnx [SHA256 that it must have]`; with --cross-validate
in place of a file it prints how the constants below were chosen.
"""

import random
import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import GroupKFold

from edge_agent.models.sentiment_lexicon import LexiconSentiment
from edge_agent.models.text_ngrams import Branch, Plan
from schemas.vocabulary import Language
from training.corpus import SPEECH, Utterance, corrupted, digest, read, split, without_marks
from training.fit_ngrams import fit, matrix
from training.ngram_onnx import write

PLAN = Plan(
    (
        Branch("words", (1, 2), bare=False, weight=1.0),
        Branch("words", (1, 2), bare=True, weight=1.0),
        Branch("letters", (2, 3, 4, 5), bare=False, weight=1.0),
        Branch("letters", (2, 3, 4, 5), bare=True, weight=1.0),
    ),
    bits=18,
)
# All four chosen by cross-validation over the training utterances, never on held-out ones.
INVERSE_PENALTY = 16.0
WORDS_WEIGHT = 3.0
TEMPERATURE = 1.25
LEAST_PROBABILITY = 0.5
COPY_WEIGHT = 0.5
SEED = 20250301


def training_rows(
    utterances: list[Utterance],
) -> tuple[list[tuple[str, str]], list[str], np.ndarray]:
    """Each Vietnamese utterance also without marks and twice with a quarter of tones wrong."""
    rng = random.Random(SEED)
    texts: list[tuple[str, str]] = []
    labels: list[str] = []
    weights: list[float] = []
    for u in utterances:
        copies = [(u.text, 1.0)]
        if u.language == "vi":
            copies += [(without_marks(u.text), COPY_WEIGHT)]
            copies += [(corrupted(u.text, rng), COPY_WEIGHT) for _ in range(2)]
        for text, weight in copies:
            texts.append((text, u.language))
            labels.append(u.label)
            weights.append(weight)
    return texts, labels, np.array(weights)


def train(path: Path) -> str:
    texts, labels, weights = training_rows(split(read(), "train"))
    model = fit(matrix(texts, PLAN), labels, weights, INVERSE_PENALTY)
    settings = {
        "least_probability": LEAST_PROBABILITY,
        "temperature": TEMPERATURE,
        "words_weight": WORDS_WEIGHT,
    }
    return write(path, model, PLAN, settings, corpus_sha256=digest(SPEECH))


def cross_validate() -> None:
    """Prints macro F1 and log loss by weight of the words and temperature."""
    rows = split(read(), "train")
    words = LexiconSentiment.load()
    labels = np.array([u.label for u in rows])
    vietnamese = np.array([u.language == "vi" for u in rows])
    found = np.zeros((len(rows), 3))
    for inside, outside in GroupKFold(5).split(rows, groups=[u.group for u in rows]):
        texts, wanted, weights = training_rows([rows[i] for i in inside])
        model = fit(matrix(texts, PLAN), wanted, weights, INVERSE_PENALTY, tolerance=1e-4)
        held = [(rows[i].text, rows[i].language) for i in outside]
        found[outside] = model.predict_proba(matrix(held, PLAN))
    felt = [words.score(u.text, Language(u.language)) for u in rows]
    pull = np.outer([0 if f is None else f.polarity for f in felt], [-1, 0, 1])
    names = model.classes_
    for temperature in (1.0, 1.25, 1.5, 2.0):
        for weight in (0, 1, 2, 3):
            logits = np.log(found + 1e-9) / temperature + weight * pull
            p = np.exp(logits)
            p /= p.sum(1, keepdims=True)
            said = names[p.argmax(1)]
            f1 = [f1_score(labels[s], said[s], average="macro") for s in (vietnamese, ~vietnamese)]
            loss = [log_loss(labels[s], p[s], labels=names) for s in (vietnamese, ~vietnamese)]
            print(f"T {temperature} words {weight} F1 {np.round(f1, 3)} loss {np.round(loss, 3)}")
            if weight == WORDS_WEIGHT:
                for least in (0.4, 0.5, 0.55, 0.6, 0.7):
                    sure = p.max(1) >= least
                    right = (said == labels)[sure].mean()
                    print(f"    least {least}: kept {sure.mean():.3f} right {right:.3f}")


if __name__ == "__main__":
    if sys.argv[1] == "--cross-validate":
        cross_validate()
    else:
        got = train(Path(sys.argv[1]))
        print(got)
        if len(sys.argv) > 2 and got != sys.argv[2]:
            sys.exit(f"got sha256 {got}, expected {sys.argv[2]}")
