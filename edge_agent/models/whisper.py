"""Whisper through CTranslate2: any converted folder (Whisper, PhoWhisper) will do.

Whisper's encoder is trained on 30 s windows and costs the same for a turn of 3 s. CTranslate2
takes a shorter window: here the turn's own length + 4 s, with the number of tokens capped by
the turn's length, because a short window makes Whisper go on talking after the end.
"""

import math
import re
import zlib
from pathlib import Path

import numpy as np
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import WhisperModel, get_suppressed_tokens

from edge_agent.capture.frame import SAMPLE_RATE, Samples
from edge_agent.models.base import Capabilities, Transcript
from schemas.vocabulary import Language

_FRAMES_PER_S = 100
_LANGUAGES = {"vi": Language.VIETNAMESE, "en": Language.ENGLISH}
_SHORT_S = 1.5
"""Under this a turn says too little of its language; the interaction's is taken."""
_MIN_LANGUAGE = 0.8
_PRIOR = 4.0
"""How much likelier Vietnamese or English is at a Hanoi counter than any one other language.
Whisper's probabilities know nothing of the place; this odds factor is what the place adds."""
_MAX_COMPRESSION = 2.4
"""Text that compresses better is a loop, not speech (Whisper's own threshold)."""


class WhisperTranscriber:
    def __init__(self, folder: Path, model_id: str, *, beam_size: int, threads: int) -> None:
        self._whisper = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            local_files_only=True,
        )
        self._model_id = model_id
        self._beam_size = beam_size

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(languages=frozenset(_LANGUAGES.values()), max_s=30.0)

    def transcribe(
        self, samples: Samples, hint: Language | None, *, beam_size: int | None = None
    ) -> Transcript | None:
        duration_s = len(samples) / SAMPLE_RATE
        encoded = self._encode(samples, duration_s)
        language, probability = self._language(encoded, duration_s, hint)
        if language is Language.OTHER:
            return Transcript("", language, probability, 0.0)
        tokenizer = Tokenizer(
            self._whisper.hf_tokenizer,
            self._whisper.model.is_multilingual,
            task="transcribe",
            language=language.value,
        )
        prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        result = self._whisper.model.generate(
            encoded,
            [prompt],
            beam_size=beam_size or self._beam_size,
            max_length=min(448, len(prompt) + int(16 * duration_s) + 12),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=list(get_suppressed_tokens(tokenizer, [-1])),
        )[0]
        tokens = result.sequences_ids[0]
        text = tokenizer.decode(tokens).strip()
        if not re.search(r"\w", text) or _compression(text) > _MAX_COMPRESSION:
            return None
        # The score is the mean over the tokens; the end token counts as one more.
        confidence = math.exp(result.scores[0] * len(tokens) / (len(tokens) + 1))
        return Transcript(text, language, probability, min(1.0, confidence))

    def _encode(self, samples: Samples, duration_s: float):  # type: ignore[no-untyped-def]  # noqa: ANN202 - CTranslate2's StorageView, which ships no types
        features = self._whisper.feature_extractor(samples)
        frames = min(3000, math.ceil((duration_s + 4.0) * _FRAMES_PER_S))
        frames += frames % 2  # the encoder halves the time axis
        window = np.zeros((features.shape[0], frames), np.float32)
        count = min(frames, features.shape[1])
        window[:, :count] = features[:, :count]
        return self._whisper.encode(window)

    def _language(  # type: ignore[no-untyped-def]
        self,
        encoded,  # noqa: ANN001 - see _encode
        duration_s: float,
        hint: Language | None,
    ) -> tuple[Language, float]:
        if hint is not None and duration_s < _SHORT_S:
            return hint, _MIN_LANGUAGE
        weighed = [
            (_LANGUAGES.get(token.strip("<|>")), probability)
            for token, probability in self._whisper.model.detect_language(encoded)[0]
        ]
        weighed = [(known, p * (_PRIOR if known else 1.0)) for known, p in weighed]
        language, best = max(weighed, key=lambda pair: pair[1])
        probability = float(best / sum(p for _, p in weighed))
        if language is None or probability < _MIN_LANGUAGE:
            return Language.OTHER, probability
        return language, probability


def _compression(text: str) -> float:
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))
