"""Whisper through CTranslate2: any converted folder (Whisper, PhoWhisper) will do.

A turn is encoded with a few seconds of silence after it (`whisper_window.py` says why). Where
the text is a loop or reaches its cap, once more with more silence; where it still is, there
are no words. Where the decoder is unsure it reads the same encoding a second time, asked for
times too, as it was trained to be: the reading that it is surer of counts.

Vietnamese is first read without capital letters: Whisper has learnt two ways of writing, and
in the lower-case one it keeps closer to the sound and ends silence in "..." and not in the
phrases of videos. The second reading may write them, so that it is another one.

One transcriber serves several threads: CTranslate2 queues their calls, and nothing is kept here
from one call to the next.
"""

import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from faster_whisper.feature_extractor import FeatureExtractor
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import WhisperModel, get_suppressed_tokens
from faster_whisper.utils import download_model

from edge_agent.capture.frame import SAMPLE_RATE, Samples
from edge_agent.errors import ModelError
from edge_agent.models.base import Capabilities, Transcript
from edge_agent.models.hallucinations import is_hallucination
from edge_agent.models.loops import looped
from edge_agent.models.whisper_window import MAX_TOKENS, most_tokens, window
from schemas.vocabulary import Language

SILENCES_S = (6.0, 12.0)
"""After the turn: at the first try, and where its text is a loop. benchmarks/transcription.py
has the whole curve."""
_LANGUAGES = {"vi": Language.VIETNAMESE, "en": Language.ENGLISH}
_MIN_S = 0.1
_SHORT_S = 1.5
"""Under this a turn says too little of its language; the interaction's is taken. Nor is it
read twice: the second reading of a hum is surer than the first."""
_MIN_LANGUAGE = 0.8
SURE = -0.5
"""Mean log probability of a token from which one reading is enough. A second one where it is
less costs a fifth more CPU in all; tuned on five clips (benchmarks/transcription.py)."""
_PRIOR = 4.0
"""How much likelier Vietnamese or English is at a Hanoi counter than any one other language.
Whisper's probabilities know nothing of the place; this odds factor is what the place adds."""


@dataclass(frozen=True, slots=True, repr=False)
class _Read:
    """What one decoding says. `whole`: it ended by itself, not at its cap."""

    text: str
    log_probability: float
    whole: bool

    @property
    def trusted(self) -> bool:
        return self.whole and not looped(self.text)


class WhisperTranscriber:
    """Raises ModelError for a model that cannot be loaded or does not know Vietnamese.

    `silences_s`: seconds of silence after the turn, one of each try; more cost more. `sure`:
    mean log probability under which a turn is read a second time. `capitals`: whether the
    first reading of Vietnamese may have them.
    """

    def __init__(
        self,
        folder: Path,
        model_id: str,
        *,
        beam_size: int,
        threads: int,
        silences_s: tuple[float, ...] = SILENCES_S,
        sure: float = SURE,
        capitals: bool = False,
    ) -> None:
        self._whisper = _load(folder, threads)
        self._model_id = model_id
        self._beam_size = beam_size
        self._silences_s = silences_s
        self._sure = sure
        # By the model itself: not every converted folder has its preprocessor_config.json.
        self._extract = FeatureExtractor(feature_size=self._whisper.model.n_mels)
        self._tokenizers = {
            language: Tokenizer(
                self._whisper.hf_tokenizer, multilingual=True, task="transcribe", language=code
            )
            for code, language in _LANGUAGES.items()
        }
        any_tokenizer = self._tokenizers[Language.VIETNAMESE]
        self._suppressed = list(get_suppressed_tokens(any_tokenizer, [-1]))
        self._first_suppressed = dict.fromkeys(self._tokenizers, self._suppressed)
        if not capitals:
            lower = sorted({*self._suppressed, *_capitals(any_tokenizer)})
            self._first_suppressed[Language.VIETNAMESE] = lower

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(languages=frozenset(_LANGUAGES.values()), max_s=30.0)

    def transcribe(
        self, samples: Samples, hint: Language | None, *, beam_size: int | None = None
    ) -> Transcript | None:
        length_s = len(samples) / SAMPLE_RATE
        if length_s < _MIN_S:
            return None
        decided: tuple[Language, float] | None = None
        for silence_s in self._silences_s:
            encoded = self._whisper.encode(window(self._extract, samples, silence_s))
            decided = decided or self._language(encoded, length_s, hint)
            language, probability = decided
            if language is Language.OTHER:
                return Transcript("", language, probability, 0.0)
            read = self._read(encoded, language, length_s, beam_size or self._beam_size)
            if read.trusted:
                confidence = min(1.0, math.exp(read.log_probability))
                if not _has_words(read.text):
                    return None
                return Transcript(read.text, language, probability, confidence)
        return None

    def _read(  # type: ignore[no-untyped-def]
        self,
        encoded,  # noqa: ANN001 - CTranslate2's StorageView, which ships no types
        language: Language,
        length_s: float,
        beam_size: int,
    ) -> _Read:
        first = self._decode(encoded, language, length_s, beam_size)
        if first.log_probability >= self._sure or length_s < _SHORT_S:
            return first
        again = self._decode(encoded, language, length_s, beam_size, times=True)
        return max((first, again), key=lambda read: (read.trusted, read.log_probability))

    def _decode(  # type: ignore[no-untyped-def]
        self,
        encoded,  # noqa: ANN001 - see _read
        language: Language,
        length_s: float,
        beam_size: int,
        *,
        times: bool = False,
    ) -> _Read:
        """`times`: the second reading, from the turn's start, whose token is given, to each
        phrase's end.
        """
        tokenizer = self._tokenizers[language]
        begin = tokenizer.timestamp_begin if times else tokenizer.no_timestamps
        prompt = [*tokenizer.sot_sequence, begin]
        most = most_tokens(length_s) + times
        result = self._whisper.model.generate(
            encoded,
            [prompt],
            beam_size=beam_size,
            max_length=min(MAX_TOKENS, len(prompt) + most),
            return_scores=True,
            suppress_blank=True,
            suppress_tokens=self._suppressed if times else self._first_suppressed[language],
        )[0]
        tokens = result.sequences_ids[0]
        # The score is the mean over the tokens; the end token counts as one more.
        mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
        words = [token for token in tokens if token < tokenizer.eot]
        return _Read(tokenizer.decode(words).strip(), mean, len(tokens) < most)

    def _language(  # type: ignore[no-untyped-def]
        self,
        encoded,  # noqa: ANN001 - see _read
        length_s: float,
        hint: Language | None,
    ) -> tuple[Language, float]:
        """Of every turn that is long enough to tell, whatever went before: a change of
        language in mid-conversation must be seen. Costs one step of the decoder.
        """
        if hint is not None and length_s < _SHORT_S:
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


def download(name: str, kept: Path, *, offline: bool) -> Path:
    """The folder in `kept` of a hub's model; raises what the hub's client raises."""
    return Path(download_model(name, local_files_only=offline, cache_dir=str(kept)))


def _capitals(tokenizer: Tokenizer) -> list[int]:
    """Tokens with a capital letter. One of which a token holds only some bytes stays possible."""
    texts = tokenizer.tokenizer.decode_batch([[token] for token in range(tokenizer.eot)])
    return [token for token, text in enumerate(texts) if text != text.lower()]


def _has_words(text: str) -> bool:
    return re.search(r"\w", text) is not None and not is_hallucination(text)


def _load(folder: Path, threads: int) -> WhisperModel:
    # oneDNN keeps a primitive for each shape it has met, and every turn has its own
    # length: hundreds of megabytes in an hour, for no measurable time.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "0")
    try:
        whisper = WhisperModel(
            str(folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=threads,
            local_files_only=True,
        )
    # A boundary: the two runtimes raise RuntimeError, ValueError and bare Exception.
    except Exception as error:
        raise ModelError(
            f"no Whisper model in {folder}: CTranslate2 cannot load it ({_line(error)}); "
            "convert or copy it again, or name another"
        ) from error
    tokens = whisper.hf_tokenizer
    absent = [code for code in _LANGUAGES if tokens.token_to_id(f"<|{code}|>") is None]
    if not whisper.model.is_multilingual or absent:
        raise ModelError(
            f"the Whisper model in {folder} is not multilingual or lacks Vietnamese or English; "
            "expected one with both: Whisper without .en in its name, or PhoWhisper"
        )
    return whisper


def _line(error: Exception) -> str:
    """Before any sound has been heard, so a runtime's text can tell nothing of it."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:160]
