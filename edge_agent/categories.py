"""Which kinds of phrases a turn holds. The hit leaves the device, the words never do.

A hit is a likeness of words, not of meaning: irony, quotation and words misheard by the
transcriber pass unseen. That is why it only ever asks a person to look.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from edge_agent.lexicon.files import ACCUSING, Example, Folder, Rule, read_folder
from edge_agent.lexicon.patterns import Pattern
from edge_agent.lexicon.words import Line, words_of
from edge_agent.lexicon.yaml_lines import LexiconError
from schemas.interaction import ROLE_NEUTRAL
from schemas.vocabulary import Category, Language, Role

__all__ = ["CategoryHit", "Lexicon", "LexiconError"]

PACKAGED = Path(__file__).parent / "lexicon"
MAX_HITS = 32
"""The wire's limit a turn. Each category keeps its strongest before any keeps its second."""
TONELESS_SHARE = 0.7
"""Confidence left where a phrase was found without its tones only."""
MARKLESS_WORDS = 4
"""A Vietnamese turn of so many words without one mark has lost them: "chung chi" may be
chứng chỉ. It accuses nobody."""


@dataclass(frozen=True, slots=True)
class CategoryHit:
    category: Category
    confidence: float
    """0 to 1; weak phrases and those found without tones are lower."""
    position: float
    """0 to 1: character offset of the hit's start over the length of the turn's text (NFC)."""


@dataclass(frozen=True, slots=True)
class _Found:
    category: Category
    confidence: float
    span: range


class Lexicon:
    """Immutable after load, does no I/O, keeps nothing of what it is asked."""

    def __init__(
        self,
        rules: tuple[Rule, ...],
        protected: dict[Language, tuple[Pattern, ...]],
        version: str,
    ) -> None:
        self.version = version
        """First 12 hexadecimal digits of the SHA-256 of the files."""
        self._protected = protected
        self._rules = {
            (language, role): tuple(
                rule
                for rule in rules
                if rule.language is language
                and rule.role is role
                and rule.category not in ROLE_NEUTRAL
            )
            for language in (Language.VIETNAMESE, Language.ENGLISH)
            for role in (Role.STAFF, Role.CITIZEN)
        }
        self._backchannels = tuple(r for r in rules if r.category is Category.BACKCHANNEL)
        self.examples: tuple[Example, ...] = tuple(e for rule in rules for e in rule.examples)

    def __repr__(self) -> str:
        return f"<Lexicon {self.version}>"

    @property
    def model_id(self) -> str:
        """The version as the wire names models."""
        return f"lexicon:{self.version}"

    @classmethod
    def load(cls, folder: Path | None = None) -> "Lexicon":
        """Reads the folder's files (None: the packaged ones) and tries each example.

        Raises LexiconError with file, line and field, also where an example does not do
        what its file says.
        """
        content = read_folder(PACKAGED if folder is None else folder)
        lexicon = cls.of(content)
        for rule in content.rules:
            for mistake in lexicon.mistakes(rule):
                raise mistake
        return lexicon

    @classmethod
    def of(cls, content: Folder) -> "Lexicon":
        """Without trying the examples."""
        return cls(content.rules, dict(content.protected), content.version)

    def match(self, text: str, role: Role, language: Language) -> list[CategoryHit]:
        """Hits of the role's own categories, in the order of the text.

        An unknown role gets role-neutral categories only (law 2); another language gets
        nothing, which is missing and not innocence.
        """
        text = unicodedata.normalize("NFC", text)
        words = words_of(text, language)
        if not words or language is Language.OTHER:
            return []
        line = Line(words)
        found = self._search(line, role, language)
        if self._all_backchannel(line, language):
            found.append(_Found(Category.BACKCHANNEL, 1.0, range(1, 2)))
        return [
            CategoryHit(f.category, round(f.confidence, 3), line.offset(f.span.start) / len(text))
            for f in _kept(found)
        ]

    def is_backchannel(self, text: str, language: Language) -> bool:
        """Whether the whole turn is backchannels alone ("dạ", "vâng vâng", "ừ")."""
        words = words_of(text, language)
        return bool(words) and self._all_backchannel(Line(words), language)

    def _search(self, line: Line, role: Role, language: Language) -> list[_Found]:
        rules = self._rules.get((language, role), ())
        plain = line.text()
        masked = [
            span
            for pattern in self._protected[language]
            for span in pattern.spans(plain, frozenset(plain.split()))
        ]
        texts = {bare: line.text(bare=bare, masked=masked) for bare in (False, True)}
        present = {bare: frozenset(text.split()) for bare, text in texts.items()}
        marks_lost = line.word_count >= MARKLESS_WORDS and plain == line.text(bare=True)
        untrusted = ACCUSING if marks_lost and language is Language.VIETNAMESE else frozenset()
        return [
            found
            for rule in rules
            if rule.category not in untrusted
            for found in self._search_rule(rule, line, masked, texts, present)
        ]

    def _search_rule(
        self,
        rule: Rule,
        line: Line,
        masked: list[range],
        texts: dict[bool, str],
        present: dict[bool, frozenset[str]],
    ) -> list[_Found]:
        found: list[_Found] = []
        for bare in (False, True) if rule.toneless else (False,):
            spans = _spans(rule.say, texts[bare], present[bare], bare=bare)
            # Look-alikes are compared with their tones always: without them cháo bà is chào bà.
            blocked = _spans(rule.blocked_by, texts[False], present[False]) if spans else []
            if blocked:
                text = line.text(bare=bare, masked=[*masked, *blocked])
                spans = _spans(rule.say, text, frozenset(text.split()), bare=bare)
            confidence = rule.confidence * (TONELESS_SHARE if bare else 1)
            found += [_Found(rule.category, confidence, span) for span in spans]
        return found

    def _all_backchannel(self, line: Line, language: Language) -> bool:
        text = line.text()
        covered: set[int] = set()
        for rule in self._backchannels:
            if rule.language is language:
                for span in _spans(rule.say, text, frozenset(text.split())):
                    covered.update(span)
        return all(
            number in covered or element in "^$" for number, element in enumerate(text.split())
        )

    def mistakes(self, rule: Rule) -> Iterator[LexiconError]:
        """Each example of the rule that does not do what its file says, then each phrase that
        no example hits.
        """
        unused = {pattern.source: pattern for pattern in rule.say}
        for example in rule.examples:
            for role in example.roles:
                hits = {h.category for h in self.match(example.text, role, example.language)}
                if example.fires and rule.category not in hits:
                    yield _broken(example, f"got no hit of {rule.category}, expected one")
                bad = sorted(hits & (ACCUSING | {rule.category}))
                if not example.fires and bad:
                    yield _broken(example, f"got a hit of {bad[0]} ({role}), expected none")
            if example.fires:
                text = Line(words_of(example.text, example.language)).text()
                for source, pattern in list(unused.items()):
                    if any(pattern.spans(text, frozenset(text.split()))):
                        del unused[source]
        for source in unused:
            yield LexiconError(
                rule.file,
                rule.line,
                "say",
                f"got the phrase {source} without an example that it hits",
                "add one under fires:",
            )


def _broken(example: Example, problem: str) -> LexiconError:
    field = "fires" if example.fires else "innocent"
    return LexiconError(
        example.file, example.line, field, problem, "change the example, say: or not: of its rule"
    )


def _spans(
    patterns: tuple[Pattern, ...], text: str, present: frozenset[str], *, bare: bool = False
) -> list[range]:
    return [span for pattern in patterns for span in pattern.spans(text, present, bare=bare)]


def _kept(found: list[_Found]) -> list[_Found]:
    """Of overlapping hits of one category the first, with the best confidence of them; then
    at most MAX_HITS, in the order of the text.
    """
    merged: list[_Found] = []
    by_category = sorted(found, key=lambda f: (f.category, f.span.start, -f.confidence))
    ranked: list[tuple[int, _Found]] = []
    for _, group in groupby(by_category, key=lambda f: f.category):
        merged = []
        for hit in group:
            last = merged[-1] if merged else None
            if last is None or hit.span.start >= last.span.stop:
                merged.append(hit)
                continue
            span = range(last.span.start, max(last.span.stop, hit.span.stop))
            merged[-1] = _Found(hit.category, max(last.confidence, hit.confidence), span)
        ranked += enumerate(sorted(merged, key=lambda f: -f.confidence))
    kept = sorted(ranked, key=lambda pair: (pair[0], -pair[1].confidence))[:MAX_HITS]
    return sorted((hit for _, hit in kept), key=lambda f: (f.span.start, f.category))
