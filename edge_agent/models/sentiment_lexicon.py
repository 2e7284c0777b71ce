"""How a citizen takes it, by weighed words. Honest about being a first model.

Known weakness: it knows the words of its file and nothing else. Irony ("hay nhỉ"), tone of
voice, what the talk is about and what was said before are beyond it; a complaint without a
listed word reads as neutral; negation reaches three words; transcripts lose words first
where voices rise. Take it over many turns, never one, and never of staff (law 2): it is for
turns attributed to the citizen.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edge_agent.lexicon.files import LANGUAGES, Lists, read_lists
from edge_agent.lexicon.patterns import Pattern, PatternError, compile_pattern
from edge_agent.lexicon.words import END, START, Line, Word, words_of
from edge_agent.lexicon.yaml_lines import Part, digest, read
from edge_agent.models.base import Sentiment
from schemas.vocabulary import Language

PACKAGED = Path(__file__).parent.parent / "lexicon"
NEGATION_REACH = 3
"""Words between a negator and what it denies, at most, the negator included."""
BEFORE_CONTRAST = 0.3
"""What is left of a weight that stands before "nhưng", "hóa ra", "but"."""
DENIED_GOOD, DENIED_BAD = -0.9, -0.4
"""Not good is nearly bad; not bad is a little good."""
WITHOUT_MARKS = 0.7
"""Confidence left where the marks are lost or wrong."""
NO_WORD_CONFIDENCE = 0.3
"""An ordinary sentence without a listed word is probably neutral, and only probably."""
_BANDS = {
    "positive": (0.15, 1.0),
    "negative": (-1.0, -0.15),
    "resigned": (-0.5, -0.1),
    "neutral": (-0.15, 0.15),
}


@dataclass(frozen=True, slots=True)
class _Phrase:
    weight: float
    pattern: Pattern
    bare_allowed: bool


@dataclass(frozen=True, slots=True)
class _Found:
    weight: float
    span: range
    exact: bool


@dataclass(frozen=True, slots=True)
class _Words:
    """One language's part of the file."""

    phrases: tuple[_Phrase, ...]
    negators: tuple[Pattern, ...]
    degrees: tuple[_Phrase, ...]
    contrasts: tuple[Pattern, ...]


class _Text:
    """A turn while it is scored. No repr of its own shows what it holds."""

    def __init__(self, words: list[Word]) -> None:
        self.exact = Line(words).text()
        self.bare = Line(words).text(bare=True)
        self._present = frozenset(self.exact.split())
        self._present_bare = frozenset(self.bare.split())
        self.marks_lost = self.exact == self.bare

    def spans(self, pattern: Pattern, *, bare: bool = False) -> list[range]:
        present = self._present_bare if bare else self._present
        return list(pattern.spans(self.bare if bare else self.exact, present, bare=bare))


class LexiconSentiment:
    """Immutable after load, does no I/O, keeps nothing of what it is asked."""

    def __init__(self, languages: dict[Language, _Words], version: str) -> None:
        self._languages = languages
        self.version = version
        """First 12 hexadecimal digits of the SHA-256 of the files."""

    def __repr__(self) -> str:
        return f"<LexiconSentiment {self.version}>"

    @property
    def model_id(self) -> str:
        """The version as the wire names models."""
        return f"sentiment-lexicon:{self.version}"

    @classmethod
    def load(cls, folder: Path | None = None) -> "LexiconSentiment":
        """Reads sentiment.yaml and words.yaml (None: the packaged ones), tries each example.

        Raises LexiconError with file, line and field.
        """
        folder = PACKAGED if folder is None else folder
        path, lists_path = folder / "sentiment.yaml", folder / "words.yaml"
        lists = read_lists(lists_path)
        names = {str(language) for language in LANGUAGES}
        parts = read(path).fields(names, names)
        languages: dict[Language, _Words] = {}
        examples: list[tuple[Language, str, Part]] = []
        for language in LANGUAGES:
            languages[language], tried = _read_language(parts[language], language, lists)
            examples += tried
        model = cls(languages, digest([lists_path, path]))
        for language, expected, part in examples:
            model._try_example(language, expected, part)
        return model

    def score(self, text: str, language: Language) -> Sentiment | None:
        """None where there is nothing to go on: no word, or another language. A sentence
        without a listed word is neutral with little confidence.
        """
        known = self._languages.get(language)
        words = words_of(text, language)
        if known is None or not any(c.isalpha() for word in words for c in word.key):
            return None
        turn = _Text(words)
        found = _longest(_find(known.phrases, turn))
        if not any(f.weight for f in found):
            return Sentiment(0.0, NO_WORD_CONFIDENCE + (0.1 if found else 0))
        weights = _in_context(found, known, turn)
        total, strength = sum(weights), sum(abs(weight) for weight in weights)
        agreement = abs(total) / strength if strength else 0.0
        confidence = min(0.8, 0.45 + 0.15 * strength) * (0.5 + 0.5 * agreement)
        if not all(f.exact for f in found if f.weight):
            confidence *= WITHOUT_MARKS
        # Bounded and symmetric; one plain word of weight 1 gives .58.
        return Sentiment(round(total / math.sqrt(total * total + 2), 3), round(confidence, 3))

    def _try_example(self, language: Language, expected: str, part: Part) -> None:
        low, high = _BANDS[expected]
        got = self.score(part.text(), language)
        if got is None or not low <= got.polarity <= high:
            value = "nothing" if got is None else f"{got.polarity:+.2f}"
            part.fail(
                f"got a polarity of {value}, expected {expected} ({low} to {high})",
                "change the example or the weights",
            )


def _find(phrases: Iterable[_Phrase], turn: _Text) -> list[_Found]:
    """Exact finds; without marks also where all marks are lost, or, for phrases of several
    words, where the transcriber got a tone wrong.
    """
    found: list[_Found] = []
    for phrase in phrases:
        found += [_Found(phrase.weight, span, True) for span in turn.spans(phrase.pattern)]
        several = phrase.pattern.least_words > 1
        if (turn.marks_lost or several) and phrase.bare_allowed and phrase.weight:
            spans = turn.spans(phrase.pattern, bare=True)
            found += [_Found(phrase.weight, span, False) for span in spans]
        elif turn.marks_lost and phrase.bare_allowed:
            spans = turn.spans(phrase.pattern, bare=True)
            found += [_Found(0.0, span, False) for span in spans]
    return found


def _longest(found: list[_Found]) -> list[_Found]:
    """Without overlaps: exact before bare, then longer before shorter, in text order."""
    kept: list[_Found] = []
    taken: set[int] = set()
    for hit in sorted(found, key=lambda f: (not f.exact, -len(f.span), f.span.start, f.weight)):
        if taken.isdisjoint(hit.span):
            kept.append(hit)
            taken.update(hit.span)
    return sorted(kept, key=lambda f: f.span.start)


def _in_context(found: list[_Found], known: _Words, turn: _Text) -> list[float]:
    """The weights after negation, degree and contrast."""
    within = {element for hit in found for element in hit.span}
    elements = turn.exact.split()

    def free(patterns: Iterable[Pattern]) -> list[range]:
        bare = turn.marks_lost
        return [s for p in patterns for s in turn.spans(p, bare=bare) if within.isdisjoint(s)]

    negators, contrasts = free(known.negators), free(known.contrasts)
    degrees = [(degree.weight, free([degree.pattern])) for degree in known.degrees]
    weights: list[float] = []
    for hit in found:
        weight = hit.weight
        if any(_denies(span, hit.span, within, elements) for span in negators):
            weight *= DENIED_GOOD if weight > 0 else DENIED_BAD
        for factor, spans in degrees:
            if any(s.stop == hit.span.start or s.start == hit.span.stop for s in spans):
                weight *= factor
                break
        if any(span.start >= hit.span.stop for span in contrasts):
            weight *= BEFORE_CONTRAST
        weights.append(weight)
    return weights


def _denies(negator: range, hit: range, within: set[int], elements: list[str]) -> bool:
    """Near enough, in the same sentence, with no other phrase between."""
    between = range(negator.start, hit.start)
    if not 0 < len(between) <= NEGATION_REACH or not within.isdisjoint(between):
        return False
    return not {START, END} & {elements[element] for element in between}


def _read_language(
    part: Part, language: Language, lists: Lists
) -> tuple[_Words, list[tuple[Language, str, Part]]]:
    names = {"weights", "negators", "degrees", "contrasts", "only_with_marks", "examples"}
    fields = part.fields(names, names)
    tones_only = frozenset(fields["only_with_marks"].texts())
    bands = fields["examples"].fields(set(_BANDS), set(_BANDS))
    words = _Words(
        _weighed(fields["weights"], language, lists, tones_only, 2),
        tuple(p.pattern for p in _phrases(fields["negators"], 0, language, lists, frozenset())),
        _weighed(fields["degrees"], language, lists, frozenset(), 2),
        tuple(p.pattern for p in _phrases(fields["contrasts"], 0, language, lists, frozenset())),
    )
    return words, [
        (language, name, item) for name, band in bands.items() for item in band.entries()
    ]


def _weighed(
    part: Part, language: Language, lists: Lists, tones_only: frozenset[str], limit: float
) -> tuple[_Phrase, ...]:
    phrases: list[_Phrase] = []
    for name, group in part.items():
        try:
            weight = float(name)
        except ValueError:
            weight = math.nan
        if not -limit <= weight <= limit:
            group.fail(f"got the weight {name}, expected a number to {limit}", "correct it")
        phrases += _phrases(group, weight, language, lists, tones_only)
    return tuple(phrases)


def _phrases(
    part: Part, weight: float, language: Language, lists: Lists, tones_only: frozenset[str]
) -> list[_Phrase]:
    phrases: list[_Phrase] = []
    for item in part.entries():
        source = item.text()
        try:
            pattern = compile_pattern(source, language, lists[language], toneless=True)
        except PatternError as error:
            item.fail(str(error), "see README.md in the folder of the lists")
        phrases.append(_Phrase(weight, pattern, source not in tones_only))
    return phrases
