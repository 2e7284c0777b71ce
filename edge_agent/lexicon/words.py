"""A turn's text as comparable syllables.

Two spellings of one syllable give one key: NFC and NFD, hoà and hòa, kí and ký, I'm and
I am. The tone stays part of the key, because without it "hồ sơ đã đủ" is obscene; the bare
form without any mark stands beside it for the few categories that may use it.

Nothing here is cached: a cache would keep words after their turn is dropped.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from schemas.vocabulary import Language

START, END = "^", "$"
"""Elements around each sentence of a `Line`; no syllable looks like them."""
MASK = "\ue000"

_WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?…;:]\s|\n")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_LONG_Y = re.compile(r"^((?:b|c|ch|d|đ|g|gh|gi|h|k|kh|l|m|n|ng|ngh|nh|p|ph|qu|r|s|t|th|tr|v|x)?)y$")
_CONTRACTIONS = (
    (re.compile(r"^can't$"), "can not"),
    (re.compile(r"^cannot$"), "can not"),
    (re.compile(r"^won't$"), "will not"),
    (re.compile(r"^let's$"), "let us"),
    (re.compile(r"^gonna$"), "going to"),
    (re.compile(r"^wanna$"), "want to"),
    (re.compile(r"^(\w+)n't$"), r"\1 not"),
    (re.compile(r"^(\w+)'m$"), r"\1 am"),
    (re.compile(r"^(\w+)'re$"), r"\1 are"),
    (re.compile(r"^(\w+)'ll$"), r"\1 will"),
    (re.compile(r"^(\w+)'ve$"), r"\1 have"),
    (re.compile(r"^(\w+)'d$"), r"\1 would"),
    (re.compile(r"^(\w+)'s$"), r"\1 is"),
)


@dataclass(frozen=True, slots=True, repr=False)
class Word:
    """One syllable. The default repr shows an address and no text."""

    key: str
    """Lower case, tone mark last."""
    bare: str
    """Without tone or any other mark, đ as d."""
    start: int
    """Offset in the text's NFC form, in characters."""
    opens: bool
    """A sentence starts here."""


def words_of(text: str, language: Language) -> list[Word]:
    """The syllables of a text in any normal form, with punctuation and capitals."""
    text = unicodedata.normalize("NFC", text)
    found: list[Word] = []
    end = 0
    for match in _WORD.finditer(text):
        opens = not found or _SENTENCE_END.search(text, end, match.start()) is not None
        end = match.end()
        for part in _parts(match.group(), language):
            vietnamese = language is Language.VIETNAMESE
            key = _vietnamese_key(part) if vietnamese else part
            found.append(Word(key, _bare(part, vietnamese=vietnamese), match.start(), opens))
            opens = False
    return found


def _parts(word: str, language: Language) -> list[str]:
    """A written word as the words that are matched: English contractions are written out."""
    word = word.lower().replace("’", "'").replace("ʼ", "'")
    if language is Language.ENGLISH:
        for short, long in _CONTRACTIONS:
            if short.match(word):
                word = short.sub(long, word)
                break
    return word.replace("'", " ").split()


def _vietnamese_key(word: str) -> str:
    parts = unicodedata.normalize("NFD", word.replace("ð", "đ"))
    tone = "".join(c for c in parts if c in _TONES)
    base = unicodedata.normalize("NFC", "".join(c for c in parts if c not in _TONES))
    return _one_i(base) + tone


def _bare(word: str, *, vietnamese: bool) -> str:
    parts = unicodedata.normalize("NFD", word.replace("ð", "đ"))
    base = "".join(c for c in parts if not unicodedata.combining(c)).replace("đ", "d")
    return _one_i(base) if vietnamese else base


def _one_i(base: str) -> str:
    """kỹ as kĩ, quý as quí; thúy stays apart from thúi, and y alone stays y."""
    return _LONG_Y.sub(lambda m: m[1] + "i" if m[1] else "y", base)


class Line:
    """Words joined for matching: ` ^ dạ chào bác $ ^ mời bác ngồi $ `.

    Each element ends with one space, so a position is an element's number, and marks of
    masked words keep their length, so numbers stay true.
    """

    __slots__ = ("_elements", "_words")

    def __init__(self, words: list[Word]) -> None:
        self._words = words
        self._elements: list[int | None] = []
        """Number of the word at each element; None for a sentence's start or end."""
        for number, word in enumerate(words):
            if word.opens:
                self._elements += [None, None] if number else [None]
            self._elements.append(number)
        if words:
            self._elements.append(None)

    @property
    def word_count(self) -> int:
        return len(self._words)

    def text(self, *, bare: bool = False, masked: Iterable[range] = ()) -> str:
        """The elements; those within `masked` (ranges of elements) match nothing but a gap."""
        hidden = {element for span in masked for element in span}
        parts: list[str] = []
        last_mark = END
        for element, number in enumerate(self._elements):
            if number is None:
                last_mark = START if last_mark == END else END
                parts.append(last_mark)
            else:
                word = self._words[number]
                form = word.bare if bare else word.key
                parts.append(MASK * len(form) if element in hidden else form)
        return " " + " ".join(parts) + " "

    def offset(self, element: int) -> int:
        """Where in the NFC text the element's word starts, or the next one's after a mark."""
        for number in self._elements[element:]:
            if number is not None:
                return self._words[number].start
        return self._words[-1].start


def element_at(line_text: str, position: int) -> int:
    return line_text.count(" ", 0, position) - 1
