"""Held-out utterances said by espeak-ng and read by Whisper, as a turn is read."""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.transcription_clips import errors
from demo.recording_script import Line, Voice
from demo.recording_sound import speak
from edge_agent.capture.frame import SAMPLE_RATE, Samples
from edge_agent.models import catalog
from edge_agent.models.base import Transcriber
from edge_agent.models.whisper import WhisperTranscriber
from edge_agent.words import MIN_CONFIDENCE
from schemas.vocabulary import Language
from training.corpus import Utterance

SPOKEN = 60
SEED = 7
LEAST_WORDS = 5
"""Whisper drops an utterance of one or two words whatever it says."""
_VOICE = Voice("vi", 50, 135)
_LEVEL_DBFS = -26.0

_Language = tuple[Language, float]


@dataclass(frozen=True, slots=True, repr=False)
class Heard:
    said: Utterance
    text: str
    """Empty where there were no words."""
    trusted: bool
    """Whether edge_agent/words.py would keep it."""


def listen(vietnamese: Sequence[Utterance]) -> tuple[dict[str, list[Heard]], list[str]]:
    """As many utterances of each class, as it runs and with the language given; and notes on
    what became of them.
    """
    folder = catalog.whisper_folder(None, lambda line: print(line, file=sys.stderr))
    shipped = catalog.load(folder, beam_size=1, threads=1).transcriber
    given = _LanguageGiven(folder, shipped.model_id, beam_size=1, threads=1)
    chosen = _chosen(vietnamese)
    sounds = [_speak(utterance.text) for utterance in chosen]
    notes = [
        (
            f"spoken: {len(chosen)} utterances of {LEAST_WORDS} words or more, as many of each "
            f"class, by espeak-ng's Vietnamese voice and {shipped.model_id}, beam 1"
        )
    ]
    found: dict[str, list[Heard]] = {}
    for name, transcriber in (("spoken", shipped), ("spoken, language given", given)):
        found[name], note = _heard(chosen, sounds, transcriber)
        notes.append(f"{name}: {note}")
    return found, notes


class _LanguageGiven(WhisperTranscriber):
    """Takes each turn for Vietnamese: what misread words do, the lost turns aside."""

    def _language(self, encoded: object, length_s: float, hint: Language | None) -> _Language:
        del encoded, length_s, hint
        return Language.VIETNAMESE, 1.0


def _heard(
    chosen: Sequence[Utterance], sounds: Sequence[Samples], transcriber: Transcriber
) -> tuple[list[Heard], str]:
    heard: list[Heard] = []
    outcomes: Counter[str] = Counter()
    for utterance, sound in zip(chosen, sounds, strict=True):
        read = transcriber.transcribe(sound, None)
        if read is None:
            outcome = "without a text to rely on"
        elif read.language is not Language.VIETNAMESE:
            outcome = "taken for another language"
        else:
            outcome = "trusted" if read.confidence >= MIN_CONFIDENCE else "of low confidence"
        outcomes[outcome] += 1
        text = read.text if read and read.language is Language.VIETNAMESE else ""
        heard.append(Heard(utterance, text, outcome == "trusted"))
    told = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    kept = Counter(one.said.label for one in heard if one.text)
    return heard, f"{told}; with words: " + ", ".join(
        f"{count} {label}" for label, count in sorted(kept.items())
    )


def error_rate(heard: Sequence[Heard]) -> float | None:
    """In %; None where there is nothing."""
    pairs = [errors(one.said.text, one.text) for one in heard]
    words = sum(count for _, count in pairs)
    return 100 * sum(wrong for wrong, _ in pairs) / words if words else None


def _chosen(utterances: Sequence[Utterance]) -> list[Utterance]:
    rng = random.Random(SEED)
    longer = [u for u in utterances if len(u.text.split()) >= LEAST_WORDS]
    labels = sorted({u.label for u in longer})
    return [
        u
        for label in labels
        for u in rng.sample([u for u in longer if u.label == label], SPOKEN // len(labels))
    ]


def _speak(text: str) -> Samples:
    """16 kHz, with half a second of silence around it."""
    said = speak(Line("citizen", 0.0, text), _VOICE, _LEVEL_DBFS)
    return np.pad(said, SAMPLE_RATE // 2)
