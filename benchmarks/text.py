"""Sentiment and abuse on what was never trained on: error by class, false hits, cost.

    python -m benchmarks.text            all but the spoken part
    python -m benchmarks.text --spoken   60 held-out utterances through espeak-ng and Whisper

Writes benchmarks/results/text.json. The peers are the weighed words alone (what shipped before)
and a linear model of the same n-grams without the stripped branches and without spoilt copies;
the latter is fitted here where scikit-learn is installed. ViHOS is used where it is.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib import util
from pathlib import Path

import numpy as np

from edge_agent.categories import Lexicon
from edge_agent.models import catalog
from edge_agent.models.abuse_ngrams import NgramAbuse
from edge_agent.models.sentiment_lexicon import LexiconSentiment
from edge_agent.models.sentiment_ngrams import NgramSentiment
from edge_agent.words import CONFIRMED, MIN_CONFIDENCE, SECOND_SIGNS
from schemas.vocabulary import Language, Role
from training.clean_talk import turns
from training.corpus import ABUSE, Utterance, corrupted, read, split, without_marks
from training.vihos import DATA, vihos

RESULTS = Path(__file__).parent / "results" / "text.json"
LABELS = ("negative", "neutral", "positive")
SPOKEN = 60
SEED = 7
_BAND = 0.15
"""Polarity beyond which the weighed words count as displeased or pleased (sentiment.yaml)."""

Classify = Callable[[str, str], str]


def main() -> None:
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    sentiment, abuse = catalog.load_sentiment(), catalog.load_abuse()
    assert isinstance(sentiment, NgramSentiment)
    assert isinstance(abuse, NgramAbuse)
    if "--spoken" in sys.argv:
        results["spoken"] = measure_spoken(sentiment)
    else:
        results["sentiment"] = measure_sentiment(sentiment)
        results["abuse"] = measure_abuse(abuse)
        results["cost"] = measure_cost(sentiment, abuse)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(json.dumps(results, indent=1, ensure_ascii=False))


def classifiers(sentiment: NgramSentiment) -> dict[str, Classify]:
    words = LexiconSentiment.load()
    names = sentiment.classes

    def ours(text: str, language: str) -> str:
        found = sentiment.probabilities(text, Language(language))
        return "neutral" if found is None else names[int(found.argmax())]

    def lexicon(text: str, language: str) -> str:
        felt = words.score(text, Language(language))
        if felt is None or abs(felt.polarity) <= _BAND:
            return "neutral"
        return "positive" if felt.polarity > 0 else "negative"

    made = {"n-grams and words": ours, "weighed words": lexicon}
    if util.find_spec("sklearn"):
        made["plain linear"] = _plain()
    return made


def _plain() -> Classify:
    from edge_agent.models.text_ngrams import Branch, Plan  # noqa: PLC0415 - optional
    from training.fit_ngrams import fit, matrix  # noqa: PLC0415 - optional

    plan = Plan(
        (Branch("words", (1, 2), False, 1.0), Branch("letters", (2, 3, 4, 5), False, 1.0)), 18
    )
    rows = split(read(), "train")
    data = matrix([(u.text, u.language) for u in rows], plan)
    model = fit(data, [u.label for u in rows], np.ones(len(rows)), 16.0, tolerance=1e-4)
    return lambda text, language: str(model.predict(matrix([(text, language)], plan))[0])


def measure_sentiment(sentiment: NgramSentiment) -> dict:
    held_out = split(read(), "held_out")
    vietnamese = [u for u in held_out if u.language == "vi"]
    english = [u for u in held_out if u.language == "en"]
    rng = random.Random(SEED)
    spoilt = [(u, corrupted(u.text, rng)) for u in vietnamese]
    sets = {
        "vi": [(u, u.text) for u in vietnamese],
        "vi, marks lost": [(u, without_marks(u.text)) for u in vietnamese],
        "vi, a quarter of tones wrong": spoilt,
        "en": [(u, u.text) for u in english],
    }
    for region in ("north", "centre", "south"):
        sets[f"vi, {region}"] = [(u, u.text) for u in vietnamese if u.region == region]
    made = classifiers(sentiment)
    found: dict = {
        name: {who: by_class(rows, classify) for who, classify in made.items()}
        for name, rows in sets.items()
    }
    found["answered"] = {name: answered(sentiment, rows) for name, rows in sets.items()}
    found["polarity"] = polarities(sentiment, held_out)
    return found


def by_class(rows: Sequence[tuple[Utterance, str]], classify: Classify) -> dict:
    """Precision, recall, F1 a class and macro F1, each [value, low, high]: 95 % bootstrap over
    the utterances.
    """
    wanted = np.array([LABELS.index(u.label) for u, _ in rows])
    got = np.array([LABELS.index(classify(text, u.language)) for u, text in rows])
    draws = np.random.default_rng(SEED).integers(0, len(rows), (1000, len(rows)))
    draws = np.vstack([np.arange(len(rows)), draws])
    scores = np.array([_scores(wanted[d], got[d]) for d in draws])
    low, high = np.percentile(scores[1:], [2.5, 97.5], axis=0)
    whole = np.round(np.stack([scores[0], low, high], axis=-1), 3)
    table: dict = {
        name: dict(
            zip(("precision", "recall", "f1"), whole[3 * i : 3 * i + 3].tolist(), strict=True)
        )
        for i, name in enumerate(LABELS)
    }
    table["macro_f1"] = whole[9].tolist()
    table["utterances"] = len(rows)
    return table


def _scores(wanted: np.ndarray, got: np.ndarray) -> list[float]:
    scores = []
    for label in range(3):
        right = float(((wanted == label) & (got == label)).sum())
        precision = right / max(1, (got == label).sum())
        recall = right / max(1, (wanted == label).sum())
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        scores += [precision, recall, f1]
    return [*scores, float(np.mean(scores[2::3]))]


def answered(sentiment: NgramSentiment, rows: Sequence[tuple[Utterance, str]]) -> dict:
    """Unsure is None: how often it answers, and how often the answer's class is right."""
    names = np.array(sentiment.classes)
    right = kept = 0
    for u, text in rows:
        if sentiment.score(text, Language(u.language)) is not None:
            kept += 1
            found = sentiment.probabilities(text, Language(u.language))
            right += found is not None and names[found.argmax()] == u.label
    return {"share": round(kept / len(rows), 3), "right": round(right / max(1, kept), 3)}


def polarities(sentiment: NgramSentiment, rows: Sequence[Utterance]) -> dict:
    """Mean polarity, and share beyond .3 either way, by what kind of thing is said."""
    found = {}
    for kind in sorted({u.kind for u in rows}):
        scores = [sentiment.score(u.text, Language(u.language)) for u in rows if u.kind == kind]
        values = [s.polarity for s in scores if s is not None]
        found[kind] = {
            "n": len(scores),
            "answered": len(values),
            "mean": round(float(np.mean(values)), 2) if values else None,
            "beyond_0.3": round(float(np.mean(np.abs(values) > 0.3)), 2) if values else None,
        }
    return found


def hits(lexicon: Lexicon, text: str, role: Role, *, of: frozenset) -> int:
    return sum(h.category in of for h in lexicon.match(text, role, Language.VIETNAMESE))


def measure_abuse(abuse: NgramAbuse) -> dict:
    lexicon, utterances = Lexicon.load(), read()

    def system(text: str, role: Role) -> bool:
        """As edge_agent/words.py keeps a hit."""
        if not hits(lexicon, text, role, of=CONFIRMED):
            return False
        if hits(lexicon, text, role, of=SECOND_SIGNS) > 1:
            return True
        return bool(abuse.confirms(text, Language.VIETNAMESE))

    day = list(turns(lexicon, utterances))
    texts = {t.text for t in day}
    alone = {t for t in texts if abuse.confirms(t, Language.VIETNAMESE)}
    found: dict = {
        "clean": {
            "turns": len(day),
            "distinct": len(texts),
            "false_hits": sum(system(t.text, t.role) for t in day),
            "false_hits_lexicon_alone": sum(
                hits(lexicon, t.text, t.role, of=CONFIRMED) > 0 for t in day
            ),
            "false_hits_model_alone": sum(t.text in alone for t in day),
        }
    }
    # No hit in n: the 95 % upper bound of the rate is 3/n.
    found["clean"]["upper_bound_per_100000"] = round(3e5 / len(day), 1)
    roles = {"staff": Role.STAFF, "citizen": Role.CITIZEN}
    said = [(u.text, roles[u.kind]) for u in split(read(ABUSE), "held_out")]
    found["counter_held_out"] = _recall(said, system, abuse, lexicon)
    if DATA.exists():
        comments = vihos("dev")
        bad = [(text, bad) for text, bad in comments if bad]
        clean = [text for text, bad in comments if not bad]
        found["vihos_dev"] = _recall([(t, Role.STAFF) for t, _ in bad], system, abuse, lexicon) | {
            "clean": len(clean),
            "false_hits": sum(system(t, Role.STAFF) for t in clean),
            "false_hits_model_alone": sum(
                bool(abuse.confirms(t, Language.VIETNAMESE)) for t in clean
            ),
        }
    return found


def _recall(
    said: Sequence[tuple[str, Role]],
    system: Callable[[str, Role], bool],
    abuse: NgramAbuse,
    lexicon: Lexicon,
) -> dict:
    """Recall with its Wilson interval of 95 %."""
    return {
        "abusive": len(said),
        "recall": wilson(sum(system(t, r) for t, r in said), len(said)),
        "recall_lexicon_alone": wilson(
            sum(hits(lexicon, t, r, of=CONFIRMED) > 0 for t, r in said), len(said)
        ),
        "recall_model_alone": wilson(
            sum(bool(abuse.confirms(t, Language.VIETNAMESE)) for t, _ in said), len(said)
        ),
    }


def wilson(hit: int, of: int, z: float = 1.96) -> list[float]:
    """[share, low, high]; Wilson 1927."""
    p, square = hit / of, z * z
    middle = (p + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * np.sqrt(p * (1 - p) / of + square / (4 * of * of))
    return [round(float(x), 3) for x in (p, middle - half, middle + half)]


def measure_cost(sentiment: NgramSentiment, abuse: NgramAbuse) -> dict:
    """CPU milliseconds a sentence, featurising included, one thread."""
    rows = [(u.text, Language(u.language)) for u in split(read(), "held_out")]
    found = {}
    for name, call in (("sentiment", sentiment.score), ("abuse", abuse.confirms)):
        spent = []
        for _ in range(5):
            began = time.process_time()
            for text, language in rows:
                call(text, language)
            spent.append((time.process_time() - began) / len(rows) * 1e3)
        found[f"{name}_ms"] = round(float(np.median(spent)), 3)
    data = Path(catalog.__file__).parent / "data"
    for name in ("sentiment", "abuse"):
        found[f"{name}_mb"] = round((data / f"{name}_ngrams.onnx").stat().st_size / 1e6, 2)
    return found


def measure_spoken(sentiment: NgramSentiment) -> dict:
    """Held-out Vietnamese through espeak-ng's voice and Whisper. "trusted" is what
    edge_agent/words.py would keep; "any words" all that Whisper gave a text for.
    """
    rng = random.Random(SEED)
    rows = [u for u in split(read(), "held_out") if u.language == "vi"]
    # As many of each class, and none of one or two words, which Whisper drops.
    longer = [u for u in rows if len(u.text.split()) > 4]
    chosen = [
        u
        for label in LABELS
        for u in rng.sample([u for u in longer if u.label == label], SPOKEN // 3)
    ]
    folder = catalog.whisper_folder(None, lambda said: print(said, file=sys.stderr))
    transcriber = catalog.load(folder, beam_size=1, threads=1).transcriber
    found: dict = {"spoken": len(chosen)}
    any_words: list[tuple[Utterance, str]] = []
    trusted: list[tuple[Utterance, str]] = []
    for u in chosen:
        transcript = transcriber.transcribe(speak(u.text), Language.VIETNAMESE)
        if transcript is not None and transcript.text.strip():
            any_words.append((u, transcript.text))
            if transcript.confidence >= MIN_CONFIDENCE:
                trusted.append((u, transcript.text))
    made = classifiers(sentiment)
    for name, heard in (("any words", any_words), ("trusted", trusted)):
        found[name] = {
            "heard": len(heard),
            "word_error_rate": round(_error_rate(heard), 3),
            "as written": {
                who: by_class([(u, u.text) for u, _ in heard], classify)
                for who, classify in made.items()
            },
            "as heard": {who: by_class(heard, classify) for who, classify in made.items()},
            "answered": answered(sentiment, heard),
        }
    return found


def speak(text: str) -> np.ndarray:
    """float32, 16 kHz, with half a second of silence around it."""
    import av  # noqa: PLC0415 - for the spoken part alone

    made = subprocess.run(
        ["espeak-ng", "-v", "vi", "-s", "135", "--stdin", "--stdout"],
        input=text.encode(), check=True, capture_output=True,
    ).stdout  # fmt: skip
    # A pipe's WAV header names no length; the samples follow its 44 bytes.
    rate = int.from_bytes(made[24:28], "little")
    samples = np.frombuffer(made[44:], "<i2").astype(np.float32) / 32768
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="flt", layout="mono", rate=16_000)
    parts = [f.to_ndarray()[0] for f in [*resampler.resample(frame), *resampler.resample(None)]]
    quiet = np.zeros(8_000, np.float32)
    return np.concatenate([quiet, *parts, quiet]).astype(np.float32)


def _error_rate(heard: Sequence[tuple[Utterance, str]]) -> float:
    from training.near_duplicates import words  # noqa: PLC0415 - for the spoken part alone

    errors = total = 0
    for u, text in heard:
        wanted, got = words(u.text), words(text)
        row = list(range(len(got) + 1))
        for i, one in enumerate(wanted, 1):
            before, row[0] = row[0], i
            for j, other in enumerate(got, 1):
                before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (one != other))
        errors, total = errors + row[-1], total + len(wanted)
    return errors / max(1, total)


if __name__ == "__main__":
    main()
