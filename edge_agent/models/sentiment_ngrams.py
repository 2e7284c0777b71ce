"""How a citizen takes it: word and letter n-grams with the weighed words of sentiment.yaml as a
second opinion (docs/models/sentiment_ngrams.md has the measurements of each alone and of both).

Known weakness: irony, tone of voice and what was said before are beyond it, and it was trained
on made-up speech of one author. Take it over many turns, never one, and never of staff (law 2).
"""

from pathlib import Path

import numpy as np

from edge_agent.models.base import Sentiment, SentimentModel
from edge_agent.models.text_ngrams import NgramModel
from schemas.vocabulary import Language


class NgramSentiment:
    """Keeps nothing of what it is asked."""

    def __init__(self, path: Path, model_id: str, words: SentimentModel) -> None:
        self._model = NgramModel(path)
        self._words = words
        settings = self._model.settings
        self._least = settings["least_probability"]
        self._temperature = settings["temperature"]
        pull = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
        self._direction = np.array([pull[name] for name in self._model.classes])
        self._pull = settings["words_weight"] * self._direction
        # The wire names one model: the file, and the version of the words beside it.
        self.model_id = f"{model_id}.{words.model_id.rpartition(':')[2][:8]}"

    @property
    def classes(self) -> tuple[str, ...]:
        """In the order of `probabilities`."""
        return tuple(self._model.classes)

    def __repr__(self) -> str:
        return f"<NgramSentiment {self.model_id}>"

    def score(self, text: str, language: Language) -> Sentiment | None:
        """Polarity: probability of pleased less that of displeased. Confidence: that of the
        likeliest of pleased, neither and displeased. None where there is no word, another
        language, or nothing is likely enough: unsure is missing, not neutral.
        """
        found = self.probabilities(text, language)
        if found is None or found.max() < self._least:
            return None
        return Sentiment(
            round(float(found @ self._direction), 3), round(min(1.0, float(found.max())), 3)
        )

    def probabilities(self, text: str, language: Language) -> np.ndarray | None:
        """One a class of the model, shape (3,), before any is called unsure."""
        if language is Language.OTHER:
            return None
        found = self._model.probabilities(text, language)
        words = self._words.score(text, language)
        if found is None or words is None:
            return None
        # Two opinions as factors: the log of a product of likelihoods is the sum of logs.
        logits = np.log(found.astype(np.float64) + 1e-9) / self._temperature
        logits += self._pull * words.polarity
        weights = np.exp(logits - logits.max())
        return np.asarray(weights / weights.sum())
