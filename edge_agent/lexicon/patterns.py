"""The phrase syntax of the category files, made into regular expressions.

README.md beside this file explains the syntax to those who edit the lists.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from edge_agent.lexicon.words import element_at, words_of
from schemas.vocabulary import Language

GAP_WORDS = 4
FAR_WORDS = 16
"""`...` within a sentence, `~` across sentences. Bounded, so that matching stays linear
enough for any text."""

_SYNTAX = re.compile(
    r"(?P<gap>\.\.\.(?P<size>\d?))|(?P<far>~)|(?P<edge>[\^$])|(?P<side>[<>])"
    r"|\{(?P<list>\w+)\}|(?P<open>[(\[])|(?P<close>[)\]])|(?P<or>\|)"
    r"|(?P<words>[^\s()\[\]|{}<>~^$]+?(?=\.\.\.|[\s()\[\]|{}<>~^$]|$))|(?P<space>\s+)|(?P<bad>.)",
    re.DOTALL,
)
_CLOSES = {"(": ")", "[": "]"}


class PatternError(ValueError):
    """A phrase is not written in the syntax; the text says what was expected."""


@dataclass(frozen=True, slots=True)
class Pattern:
    source: str
    exact: re.Pattern[str]
    bare: re.Pattern[str] | None
    """None where tones always count."""
    needed: frozenset[str]
    """Keys without which `exact` cannot match: the cheap test before the dear one."""
    needed_bare: frozenset[str]
    least_words: int

    def spans(self, line: str, present: frozenset[str], *, bare: bool = False) -> Iterator[range]:
        """Ranges of elements of a `Line.text()` that the phrase covers, left to right."""
        if not (self.needed_bare if bare else self.needed) <= present:
            return
        regex = self.bare if bare and self.bare else self.exact
        for match in regex.finditer(line):
            first, end = match.span("hit")
            yield range(element_at(line, first), element_at(line, end))


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a phrase: both regular expressions, what it needs, its fewest words."""

    exact: str = ""
    bare: str = ""
    needed: frozenset[str] = frozenset()
    needed_bare: frozenset[str] = frozenset()
    least: int = 0

    def then(self, other: "_Part") -> "_Part":
        return _Part(
            self.exact + other.exact,
            self.bare + other.bare,
            self.needed | other.needed,
            self.needed_bare | other.needed_bare,
            self.least + other.least,
        )


def compile_pattern(
    source: str, language: Language, lists: Mapping[str, list[str]], *, toneless: bool = False
) -> Pattern:
    """`lists` are the named lists for {name}. Raises PatternError."""
    parser = _Parser(source, language, lists)
    part = parser.parse()
    if part.least == 0:
        raise PatternError("got a phrase that may be empty, expected one fixed word at least")
    return Pattern(
        source,
        re.compile(_whole(part.exact)),
        re.compile(_whole(part.bare)) if toneless else None,
        part.needed,
        part.needed_bare,
        part.least,
    )


def _whole(regex: str) -> str:
    before, start, rest = regex.rpartition("<")
    hit, end, after = (rest if start else regex).partition(">")
    ahead = f"(?={after})" if end else ""
    return f"(?<= ){before}(?P<hit>{hit}){ahead}"


class _Parser:
    def __init__(self, source: str, language: Language, lists: Mapping[str, list[str]]) -> None:
        self._language = language
        self._lists = lists
        self._tokens = [m for m in _SYNTAX.finditer(source) if m.lastgroup != "space"]
        self._at = 0
        self._sides: list[str] = []

    def parse(self) -> _Part:
        part = self._sequence("")
        if self._sides not in ([], ["<"], [">"], ["<", ">"]):
            raise PatternError("got < and > in another order, expected `before < hit > after`")
        return part

    def _sequence(self, closer: str) -> _Part:
        """Alternatives up to `closer`; outside brackets there is only one."""
        options = [_Part()]
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if token["close"]:
                if token["close"] != closer:
                    raise PatternError(f"got {token['close']} without its opening bracket")
                return _either(options)
            if token["or"]:
                if not closer:
                    raise PatternError("got | outside brackets, expected (this|that)")
                options.append(_Part())
            else:
                options[-1] = options[-1].then(self._piece(token, inside=bool(closer)))
        if closer:
            raise PatternError(f"got no {closer} at the end, expected each bracket closed")
        return options[0]

    def _piece(self, token: re.Match[str], *, inside: bool) -> _Part:
        if token["list"]:
            return self._named(token["list"])
        if token["words"]:
            return _fixed(token["words"], self._language)
        if token["open"]:
            part = self._sequence(_CLOSES[token["open"]])
            if token["open"] == "(":
                return part
            return _Part(f"(?:{part.exact})?", f"(?:{part.bare})?")
        if token["side"]:
            if inside:
                raise PatternError(f"got {token['side']} within brackets, expected it outside")
            self._sides.append(token["side"])
        return _sign(token)

    def _named(self, name: str) -> _Part:
        if name == "letter":
            return _Part(r"[^\W\d_] ", r"[^\W\d_] ", least=1)
        if name == "digits":
            return _Part(r"\d+ ", r"\d+ ", least=1)
        if name not in self._lists:
            known = ", ".join(sorted([*self._lists, "digits", "letter"]))
            raise PatternError(f"got the list {{{name}}}, expected one of {known}")
        options = [_fixed(entry, self._language) for entry in self._lists[name]]
        # Longest first: "quý khách hàng" before "quý khách".
        part = _either(sorted(options, key=lambda option: -len(option.exact)))
        if name == "number":
            return _Part(f"(?:\\d+ |{part.exact})", f"(?:\\d+ |{part.bare})", least=1)
        return part


@lru_cache(maxsize=4096)
def _fixed(text: str, language: Language) -> _Part:
    """Cached, because lists recur in many phrases; what passes here is file text only."""
    words = words_of(text, language)
    if not words:
        raise PatternError(f"got {text}, expected a word")
    return _Part(
        "".join(re.escape(word.key) + " " for word in words),
        "".join(re.escape(word.bare) + " " for word in words),
        frozenset(word.key for word in words),
        frozenset(word.bare for word in words),
        len(words),
    )


def _sign(token: re.Match[str]) -> _Part:
    if token["gap"]:
        return _gap(r"[^ ^$]+", int(token["size"] or GAP_WORDS))
    if token["far"]:
        return _gap(r"[^ ]+", FAR_WORDS)
    if token["edge"]:
        return _Part(f"\\{token['edge']} ", f"\\{token['edge']} ")
    if token["side"]:
        return _Part(token["side"], token["side"])
    raise PatternError(f"got the sign {token.group()}, which the syntax does not know")


def _gap(element: str, size: int) -> _Part:
    piece = f"(?:{element} ){{0,{size}}}?"
    return _Part(piece, piece)


def _either(options: list[_Part]) -> _Part:
    return _Part(
        "(?:" + "|".join(option.exact for option in options) + ")",
        "(?:" + "|".join(option.bare for option in options) + ")",
        frozenset.intersection(*(option.needed for option in options)),
        frozenset.intersection(*(option.needed_bare for option in options)),
        min(option.least for option in options),
    )
