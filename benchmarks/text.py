"""Sentiment and abuse on what was never trained on: error by class, false hits, cost.

    python -m benchmarks.text                   everything
    python -m benchmarks.text --without-spoken  a quick look, which writes nothing

Sentiment's peers are the weighed words alone (what shipped before) and a linear model of the
same n-grams with marks alone, without spoilt copies; the latter is fitted here, where
scikit-learn is installed. ViHOS is used where it is. Results hold numbers only.
"""

import argparse
import random
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import util
from pathlib import Path

import numpy as np

from benchmarks import machine, text_abuse, text_spoken
from benchmarks.machine import Figure
from benchmarks.text_spoken import Heard
from edge_agent.models import catalog
from edge_agent.models.abuse_ngrams import NgramAbuse
from edge_agent.models.sentiment_lexicon import LexiconSentiment
from edge_agent.models.sentiment_ngrams import NgramSentiment
from edge_agent.models.text_ngrams import Branch, Plan
from schemas.vocabulary import Language
from training.corpus import Utterance, corrupted, read, split, without_marks

GOAL_MS = 1.0
GOAL_MB = 8.0
LABELS = ("negative", "neutral", "positive")
OURS, WORDS, PLAIN = "ours", "weighed words", "plain linear"
BY_CLASS = ("vi", "vi, marks lost", "vi, a quarter of tones wrong", "en")
SEED = 7
ROUNDS = 5
_BAND = 0.15
"""Polarity beyond which the weighed words count as displeased or pleased (sentiment.yaml)."""

Classify = Callable[[str, Language], str]
Rows = Sequence[tuple[Utterance, str]]
"""Utterances, each with the text that a classifier gets in place of its own."""
Scores = Mapping[str, tuple[float, float, float]]
"""By name: value, and the low and high end of its 95 % interval."""
Found = tuple[list[Figure], list[str]]
"""Figures and notes."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--without-spoken", action="store_true", help="no espeak-ng and Whisper; writes nothing"
    )
    asked = parser.parse_args()
    if not asked.without_spoken and shutil.which("espeak-ng") is None:
        parser.error("espeak-ng is not installed; install it, or ask for --without-spoken")
    before = machine.describe()
    sentiment, abuse = catalog.load_sentiment(), catalog.load_abuse()
    assert isinstance(sentiment, NgramSentiment)
    assert isinstance(abuse, NgramAbuse)
    held_out = split(read(), "held_out")
    costs = cost(sentiment, abuse, held_out)
    made = classifiers(sentiment)
    parts = [feelings(sentiment, made, held_out), text_abuse.measure(abuse)]
    if not asked.without_spoken:
        heard, told = text_spoken.listen([u for u in held_out if u.language == "vi"])
        parts.append(([], told))
        parts += [spoken(made, name, ones) for name, ones in heard.items()]
    parts.append(costs)
    figures = [figure for part, _ in parts for figure in part]
    notes = ["intervals are 95 %", *(note for _, part in parts for note in part)]
    if PLAIN not in made:
        notes.append(f"{PLAIN} has no figure: scikit-learn is not installed")
    result = machine.result(figures, machine=before, notes=notes)
    if not asked.without_spoken:
        machine.write("text", figures, machine=before, notes=notes)
        result = machine.read("text")
    machine.show(result)
    return 0


def classifiers(sentiment: NgramSentiment) -> dict[str, Classify]:
    words = LexiconSentiment.load()
    names = sentiment.classes

    def ours(text: str, language: Language) -> str:
        """Its likeliest class, of the unsure ones too."""
        found = sentiment.probabilities(text, language)
        return "neutral" if found is None else names[int(found.argmax())]

    def weighed(text: str, language: Language) -> str:
        felt = words.score(text, language)
        if felt is None or abs(felt.polarity) <= _BAND:
            return "neutral"
        return "positive" if felt.polarity > 0 else "negative"

    made: dict[str, Classify] = {OURS: ours, WORDS: weighed}
    if util.find_spec("sklearn"):
        made[PLAIN] = _plain()
    return made


def _plain() -> Classify:
    from training.fit_ngrams import fit, matrix  # noqa: PLC0415 - needs scikit-learn

    plan = Plan(
        (
            Branch("words", (1, 2), bare=False, weight=1.0),
            Branch("letters", (2, 3, 4, 5), bare=False, weight=1.0),
        ),
        bits=18,
    )
    rows = split(read(), "train")
    data = matrix([(u.text, u.language) for u in rows], plan)
    model = fit(data, [u.label for u in rows], np.ones(len(rows)), 16.0, tolerance=1e-4)
    return lambda text, language: str(model.predict(matrix([(text, language)], plan))[0])


def feelings(
    sentiment: NgramSentiment, made: Mapping[str, Classify], held_out: Sequence[Utterance]
) -> Found:
    figures: list[Figure] = []
    notes: list[str] = []
    for name, rows in _sets(held_out).items():
        scores = {who: by_class(rows, classify) for who, classify in made.items()}
        figures.append(_figure("macro F1", name, scores))
        notes.append(
            f"{name}, {len(rows)} utterances: {_macros(scores)}; {_answered(sentiment, rows)}"
        )
        if name in BY_CLASS:
            figures += [_figure(f"F1 {label}", name, scores) for label in LABELS]
            notes.append(f"{name}, ours: {_details(scores[OURS])}")
    notes.append(
        "mean polarity where it answers, by kind of what is said (utterances; of them beyond "
        f"0.3 either way): {_polarities(sentiment, held_out)}"
    )
    return figures, notes


def _sets(held_out: Sequence[Utterance]) -> dict[str, Rows]:
    vi = [u for u in held_out if u.language == "vi"]
    rng = random.Random(SEED)
    sets: dict[str, Rows] = {
        "vi": [(u, u.text) for u in vi],
        "vi, marks lost": [(u, without_marks(u.text)) for u in vi],
        "vi, a quarter of tones wrong": [(u, corrupted(u.text, rng)) for u in vi],
        "en": [(u, u.text) for u in held_out if u.language == "en"],
    }
    for region in ("north", "centre", "south"):
        sets[f"vi, {region}"] = [(u, u.text) for u in vi if u.region == region]
    return sets


def by_class(rows: Rows, classify: Classify) -> Scores:
    """Precision, recall and F1 of each class, and macro F1; utterances are drawn again 1,000
    times.
    """
    wanted = np.array([LABELS.index(u.label) for u, _ in rows])
    got = np.array([LABELS.index(classify(text, Language(u.language))) for u, text in rows])
    whole = _scores(wanted, got)
    draws = np.random.default_rng(SEED).integers(0, len(rows), (1000, len(rows)))
    drawn = [_scores(wanted[d], got[d]) for d in draws]
    found: dict[str, tuple[float, float, float]] = {}
    for name, value in whole.items():
        low, high = np.percentile([one[name] for one in drawn], [2.5, 97.5])
        found[name] = (value, float(low), float(high))
    return found


def _scores(wanted: np.ndarray, got: np.ndarray) -> dict[str, float]:
    scores: dict[str, float] = {}
    f1s: list[float] = []
    for number, label in enumerate(LABELS):
        right = int(((wanted == number) & (got == number)).sum())
        are, called = int((wanted == number).sum()), int((got == number).sum())
        scores[f"precision {label}"] = right / max(1, called)
        scores[f"recall {label}"] = right / max(1, are)
        scores[f"F1 {label}"] = 2 * right / max(1, are + called)
        # A class that is neither there nor called is no error.
        f1s += [scores[f"F1 {label}"]] if are + called else []
    return scores | {"macro F1": float(np.mean(f1s))}


def _figure(score: str, name: str, scores: Mapping[str, Scores]) -> Figure:
    peers = {who: found[score][0] for who, found in scores.items() if who != OURS}
    return Figure(f"{score}, {name}", scores[OURS][score][0], "of 1", better="higher", peers=peers)


def _macros(scores: Mapping[str, Scores]) -> str:
    return "macro F1 " + ", ".join(
        f"{who} {_interval(found['macro F1'])}" for who, found in scores.items()
    )


def _details(found: Scores) -> str:
    return "; ".join(
        f"{label}: precision {_interval(found[f'precision {label}'])}, "
        f"recall {_interval(found[f'recall {label}'])}, F1 {_interval(found[f'F1 {label}'])}"
        for label in LABELS
    )


def _interval(found: tuple[float, float, float]) -> str:
    return "{:.2f} ({:.2f} to {:.2f})".format(*found)


def _answered(sentiment: NgramSentiment, rows: Rows) -> str:
    """Unsure is None: how often it answers, and how often the answer's class is right."""
    right: list[bool] = []
    for u, text in rows:
        if sentiment.score(text, Language(u.language)) is not None:
            found = sentiment.probabilities(text, Language(u.language))
            assert found is not None
            right.append(sentiment.classes[int(found.argmax())] == u.label)
    if not right:
        return "it answers none"
    return f"it answers {len(right) / len(rows):.0%} and is right in {np.mean(right):.0%} of these"


def _polarities(sentiment: NgramSentiment, held_out: Sequence[Utterance]) -> str:
    told: list[str] = []
    for kind in sorted({u.kind for u in held_out}):
        felt = [sentiment.score(u.text, Language(u.language)) for u in held_out if u.kind == kind]
        values = [one.polarity for one in felt if one is not None]
        if values:
            beyond = sum(abs(value) > 0.3 for value in values)
            told.append(f"{kind} {np.mean(values):+.2f} ({len(felt)}; {beyond})")
    return ", ".join(told)


def spoken(made: Mapping[str, Classify], name: str, heard: Sequence[Heard]) -> Found:
    """Of what espeak-ng said and Whisper read; the classes over all that gave words."""
    worded = [one for one in heard if one.text]
    trusted = [one for one in worded if one.trusted]
    figures = [
        Figure(f"{name}: gave words", 100 * len(worded) / len(heard), "%", better="higher"),
        Figure(f"{name}: words trusted", 100 * len(trusted) / len(heard), "%", better="higher"),
        Figure(f"{name}: WER of what gave words", text_spoken.error_rate(worded), "%"),
        Figure(f"{name}: WER of what is trusted", text_spoken.error_rate(trusted), "%"),
    ]
    notes: list[str] = []
    for what, rows in {
        f"{name}, as heard": [(one.said, one.text) for one in worded],
        f"{name}, the same as written": [(one.said, one.said.text) for one in worded],
    }.items():
        if not rows:
            figures.append(Figure(f"macro F1, {what}", None, "of 1", better="higher"))
            continue
        scores = {who: by_class(rows, classify) for who, classify in made.items()}
        figures.append(_figure("macro F1", what, scores))
        notes.append(f"{what}, {len(rows)} utterances: {_macros(scores)}")
    return figures, notes


def cost(sentiment: NgramSentiment, abuse: NgramAbuse, held_out: Sequence[Utterance]) -> Found:
    """CPU time of one thread, n-grams included; size of the model's file."""
    rows = [(u.text, Language(u.language)) for u in held_out]
    vietnamese = [row for row in rows if row[1] is Language.VIETNAMESE]
    words = LexiconSentiment.load()
    data = Path(catalog.__file__).parent / "data"
    sizes = {
        name: (data / f"{name}_ngrams.onnx").stat().st_size / 1e6 for name in ("sentiment", "abuse")
    }
    figures = [
        Figure(
            "sentiment, CPU",
            _ms(sentiment.score, rows),
            "ms a sentence",
            GOAL_MS,
            peers={WORDS: _ms(words.score, rows)},
        ),
        Figure("abuse, CPU", _ms(abuse.confirms, vietnamese), "ms a sentence", GOAL_MS),
        *(Figure(f"{name}, model", size, "MB", GOAL_MB) for name, size in sizes.items()),
    ]
    mean = np.mean([len(text.split()) for text, _ in rows])
    note = (
        f"CPU: mean of the held-out sentences ({mean:.1f} words each), median of {ROUNDS} rounds; "
        "abuse of the Vietnamese alone, for it answers no other. Sentiment's CPU holds the weighed "
        "words, which are part of it; its MB do not"
    )
    return figures, [note]


def _ms(call: Callable[[str, Language], object], rows: Sequence[tuple[str, Language]]) -> float:
    spent: list[float] = []
    for _ in range(ROUNDS):
        began_s = time.process_time()
        for text, language in rows:
            call(text, language)
        spent.append((time.process_time() - began_s) / len(rows) * 1e3)
    return float(np.median(spent))


if __name__ == "__main__":
    sys.exit(main())
