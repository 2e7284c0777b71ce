"""Reads a folder of phrase lists into rules, refusing what the matching rules forbid.

A folder holds words.yaml (named lists), protected.yaml (names of procedures and of
disabilities) and one file a category.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.lexicon.patterns import Pattern, PatternError, compile_pattern
from edge_agent.lexicon.yaml_lines import LexiconError, Part, digest, read
from schemas.interaction import ROLE_NEUTRAL
from schemas.vocabulary import Category, Language, Role

TONELESS_ALLOWED = frozenset({Category.GREETING, Category.THANKS, Category.EXPLANATION})
ACCUSING = frozenset(
    {
        Category.ABUSIVE,
        Category.DISRESPECT,
        Category.MAY_TAO,
        Category.CITIZEN_ABUSE,
        Category.MONEY_HINT,
        Category.BROKER,
        Category.OFF_CHANNEL,
    }
)
"""Hits that can hurt a person: no innocent sentence of any file may hit one of them."""
LANGUAGES = (Language.VIETNAMESE, Language.ENGLISH)
LEAST_INNOCENTS = 3
_ROLES = {"S": Role.STAFF, "C": Role.CITIZEN, "any": None}
_MODES = {"tone_exact": False, "toneless": True}
_RULE_FIELDS = {"name", "say", "not", "confidence", "single_word", "fires", "innocent"}

Lists = Mapping[Language, Mapping[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence of a file. `fires` says whether its rule must hit it or must not."""

    file: str
    line: int
    category: Category
    language: Language
    roles: tuple[Role, ...]
    """Who says it: an innocent sentence may be bound to one side."""
    fires: bool
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rule:
    file: str
    line: int
    name: str
    category: Category
    role: Role | None
    """None: role-neutral."""
    language: Language
    toneless: bool
    say: tuple[Pattern, ...]
    blocked_by: tuple[Pattern, ...]
    confidence: float
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    rules: tuple[Rule, ...]
    protected: Mapping[Language, tuple[Pattern, ...]]
    version: str


def read_folder(folder: Path) -> Folder:
    """Raises LexiconError for the first thing that is wrong."""
    words, protected = folder / "words.yaml", folder / "protected.yaml"
    paths = [folder / f"{category}.yaml" for category in Category]
    lists = read_lists(words)
    allowed = {path.name for path in (words, protected, *paths)} | {"sentiment.yaml"}
    for stray in sorted(folder.glob("*.yaml")):
        if stray.name not in allowed:
            raise LexiconError(
                stray.name,
                1,
                "file",
                "got a file that names no category",
                f"rename or remove it; expected one of {', '.join(sorted(allowed))}",
            )
    rules = [
        rule
        for category, path in zip(Category, paths, strict=True)
        for rule in _category(category, path, lists)
    ]
    return Folder(tuple(rules), _protected(protected, lists), digest([words, protected, *paths]))


def read_lists(path: Path) -> Lists:
    by_language = read(path).fields({str(x) for x in LANGUAGES}, {str(x) for x in LANGUAGES})
    return {
        language: {name: part.texts() for name, part in by_language[language].items()}
        for language in LANGUAGES
    }


def _protected(path: Path, lists: Lists) -> dict[Language, tuple[Pattern, ...]]:
    by_language = read(path).fields({str(x) for x in LANGUAGES}, {str(x) for x in LANGUAGES})
    return {language: _patterns(by_language[language], language, lists) for language in LANGUAGES}


def _category(category: Category, path: Path, lists: Lists) -> list[Rule]:
    head = read(path).fields({"category", "role", "mode", "vi", "en"}, {"category", "role", "mode"})
    if head["category"].text() != category:
        head["category"].fail(
            f"got {head['category'].text()}, expected {category} as the file's name says",
            "correct one of them",
        )
    role = _ROLES.get(head["role"].text(), Role.UNKNOWN)
    if role is Role.UNKNOWN:
        head["role"].fail(f"got {head['role'].text()}, expected S, C or any", "correct it")
    if (role is None) != (category in ROLE_NEUTRAL):
        head["role"].fail(
            f"got {head['role'].text()}",
            "only a category that says nothing about a person has the role any",
        )
    toneless = _MODES.get(head["mode"].text())
    if toneless is None:
        head["mode"].fail(
            f"got {head['mode'].text()}, expected tone_exact or toneless", "correct it"
        )
    if toneless and category not in TONELESS_ALLOWED:
        head["mode"].fail(
            "got toneless: without tones ordinary words look like others",
            f"write tone_exact; toneless is for {', '.join(sorted(TONELESS_ALLOWED))}",
        )
    rules: list[Rule] = []
    for language in LANGUAGES:
        if language not in head:
            continue
        made = [
            _rule(part, category, role, language, toneless=toneless, lists=lists)
            for part in head[language].entries()
        ]
        _enough_innocents(made)
        rules += made
    return rules


def _rule(
    part: Part,
    category: Category,
    role: Role | None,
    language: Language,
    *,
    toneless: bool,
    lists: Lists,
) -> Rule:
    fields = part.fields(_RULE_FIELDS, {"name", "say", "fires"})
    say = _patterns(fields["say"], language, lists, toneless=toneless)
    single = "single_word" in fields and fields["single_word"].flag()
    for pattern, item in zip(say, fields["say"].entries(), strict=True):
        if pattern.least_words < 2 and not single and category not in ROLE_NEUTRAL:
            item.fail(
                f"got one word ({pattern.source}), expected two or more",
                "add a word, or `single_word: yes` where it means one thing only",
            )
    examples = [
        Example(
            item.file, item.line, category, language, (role or Role.UNKNOWN,), True, item.text()
        )
        for item in fields["fires"].entries()
    ]
    if "innocent" in fields:
        examples += [_innocent(item, category, language) for item in fields["innocent"].entries()]
    return Rule(
        part.file,
        part.line,
        fields["name"].text(),
        category,
        role,
        language,
        toneless,
        say,
        _patterns(fields["not"], language, lists) if "not" in fields else (),
        fields["confidence"].number(0.05, 1) if "confidence" in fields else 0.9,
        tuple(examples),
    )


def _innocent(item: Part, category: Category, language: Language) -> Example:
    """A plain sentence is innocent whoever says it; `C: sentence` only from that side."""
    roles: tuple[Role, ...] = (Role.STAFF, Role.CITIZEN, Role.UNKNOWN)
    part = item
    if item.is_mapping:
        sides = item.fields({"S", "C"}, set())
        if len(sides) != 1:
            item.fail("got no side or two, expected `S: sentence` or `C: sentence`", "correct it")
        side, part = next(iter(sides.items()))
        roles = (Role.STAFF if side == "S" else Role.CITIZEN,)
    return Example(item.file, item.line, category, language, roles, False, part.text())


def _enough_innocents(rules: list[Rule]) -> None:
    for rule in rules:
        count = sum(not example.fires for example in rule.examples)
        if count < LEAST_INNOCENTS:
            raise LexiconError(
                rule.file,
                rule.line,
                "innocent",
                f"got {count} innocent sentences, expected {LEAST_INNOCENTS} in each rule",
                "add sentences that look alike and must not fire",
            )


def _patterns(
    part: Part, language: Language, lists: Lists, *, toneless: bool = False
) -> tuple[Pattern, ...]:
    patterns = []
    for item in part.entries():
        try:
            patterns.append(
                compile_pattern(item.text(), language, lists[language], toneless=toneless)
            )
        except PatternError as error:
            item.fail(str(error), "see README.md in the folder of the lists")
    return tuple(patterns)
