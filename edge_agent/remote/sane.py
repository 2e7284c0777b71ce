"""Whether a release's lists and models may be used: each is loaded and asked something known.

The answers asked for are coarse on purpose: that a model is good is for the benchmarks to say.
What is found here is the wrong file, a damaged one, and a model that answers nonsense.
"""

import numpy as np

from edge_agent.categories import Lexicon
from edge_agent.errors import ModelError
from edge_agent.models import catalog
from edge_agent.models.base import Face
from edge_agent.models.replaced import Replaced
from edge_agent.models.sentiment_lexicon import LexiconSentiment
from schemas.release import WHISPER
from schemas.vocabulary import Language, ModelFile

_CHUNK = 512
_PLEASED = "cảm ơn em rất nhiều, em hướng dẫn nhiệt tình quá"
_DISPLEASED = "thái độ phục vụ quá tệ, tôi rất thất vọng"
_POLITE = "cháu chào bác ạ, bác ngồi chờ cháu một chút"
_ABUSIVE = "đồ ngu, cút đi"


def try_lists(replaced: Replaced) -> None:
    """Raises LexiconError: each example of each list is tried."""
    if replaced.lexicon is not None:
        Lexicon.load(replaced.lexicon)
        LexiconSentiment.load(replaced.lexicon)


def try_models(replaced: Replaced) -> None:
    """Raises ModelError, or whatever a runtime raises for a file that is no model."""
    for held in replaced.files:
        if held.model not in WHISPER:
            _TRIALS[held.model](replaced)
    if replaced.whisper is not None:
        _whisper(replaced)


def _voice(replaced: Replaced) -> None:
    stream = catalog.load_voice(replaced).stream()
    heard = [stream.probability(np.zeros(_CHUNK, np.float32)) for _ in range(16)]
    _ask("voice", "silence is no speech", all(0 <= p < 0.5 for p in heard))


def _faces(replaced: Replaced) -> None:
    grey = np.full((240, 320, 3), 128, np.uint8)
    found = catalog.load_faces(replaced).faces(grey)
    _ask("faces", "a grey wall is nobody", not found)


def _sentiment(replaced: Replaced) -> None:
    model = catalog.load_sentiment(replaced)
    good = model.score(_PLEASED, Language.VIETNAMESE)
    bad = model.score(_DISPLEASED, Language.VIETNAMESE)
    told = good is not None and bad is not None and good.polarity > 0 > bad.polarity
    _ask("sentiment", "praise is above complaint", told)


def _abuse(replaced: Replaced) -> None:
    model = catalog.load_abuse(replaced)
    told = (model.confirms(t, Language.VIETNAMESE) for t in (_ABUSIVE, _POLITE))
    _ask("abuse", "abuse is told from a greeting", tuple(told) == (True, False))


def _expression(replaced: Replaced) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    found = catalog.load_expression(replaced).valence(noise, Face(0.3, 0.3, 0.3, 0.4, 0.9))
    _ask("expression", "a valence is from -1 to 1", found is None or -1 <= found <= 1)


def _speakers(replaced: Replaced) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, 3 * 16_000).astype(np.float32)
    found = catalog.load_speakers(replaced).embed(noise)
    unit = found is not None and np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3)
    _ask("speakers", "a voice is a vector of length 1", bool(unit))


def _whisper(replaced: Replaced) -> None:
    assert replaced.whisper is not None
    model = catalog.load_whisper(replaced.whisper, beam_size=1, threads=1, replaced=replaced)
    heard = model.transcribe(np.zeros(3 * 16_000, np.float32), None)
    sane = heard is None or (not heard.text.strip() or heard.confidence < 0.5)
    _ask("whisper", "silence has no words", sane)


_TRIALS = {
    ModelFile.VOICE: _voice,
    ModelFile.FACES: _faces,
    ModelFile.SENTIMENT: _sentiment,
    ModelFile.ABUSE: _abuse,
    ModelFile.EXPRESSION: _expression,
    ModelFile.SPEAKERS: _speakers,
}


def _ask(name: str, expected: str, got: bool) -> None:  # noqa: FBT001 - the answer itself
    if not got:
        raise ModelError(f"model {name}: no sane answer to a known input; expected that {expected}")
