"""Whether a turn is abusive, by word and letter n-grams with their tones (docs/models/abuse_ngrams.md).

Tone-exact: without tones "hồ sơ đã đủ" is obscene. Trained on written comments, so it knows
slang better than speech; that is why it only ever confirms a phrase that the lexicon found.
"""

from pathlib import Path

from edge_agent.models.text_ngrams import NgramModel
from schemas.vocabulary import Language


class NgramAbuse:
    """Keeps nothing of what it is asked."""

    def __init__(self, path: Path, model_id: str) -> None:
        self._model = NgramModel(path)
        self._threshold = self._model.settings["threshold"]
        self.model_id = model_id

    def __repr__(self) -> str:
        return f"<NgramAbuse {self.model_id}>"

    def probability(self, text: str, language: Language) -> float | None:
        if language is not Language.VIETNAMESE:
            return None
        found = self._model.probabilities(text, language)
        return None if found is None else float(found[self._model.classes.index("abusive")])

    def confirms(self, text: str, language: Language) -> bool | None:
        """Whether the turn is abusive at the operating point; None in a language it was not
        trained on (there is no English data).
        """
        found = self.probability(text, language)
        return None if found is None else found >= self._threshold
