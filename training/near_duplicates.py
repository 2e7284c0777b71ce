"""Whether two utterances are nearly one: the split between training and held-out hangs on it."""

import re
import unicodedata

SIMILAR = 0.5
"""Share of common runs of four letters, of all that either has (Jaccard)."""
_LITTLE = frozenset(
    [
        "a",
        "da",
        "vang",
        "nhe",
        "nha",
        "nghen",
        "nghe",
        "hi",
        "ne",
        "em",
        "anh",
        "chi",
        "co",
        "chu",
        "bac",
        "ong",
        "ba",
        "chau",
        "con",
        "toi",
        "tui",
        "o",
        "me",
        "the",
        "vay",
        "rua",
        "thi",
        "ma",
        "la",
        "the",
        "i",
        "you",
        "the",
        "a",
        "it",
        "is",
        "to",
    ]
)
"""Forms of address and particles: an utterance that differs in these alone is the same."""


def plain(text: str) -> str:
    """Lower case, no marks, no punctuation."""
    parts = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join(
        re.findall(r"[a-z0-9]+", "".join(c for c in parts if not unicodedata.combining(c)))
    )


def words(text: str) -> list[str]:
    """Lower case with marks, without punctuation."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text.lower()))


def kernel(text: str) -> str:
    """`plain` without address and particles; the whole where nothing else is there."""
    words = plain(text).split()
    return " ".join([w for w in words if w not in _LITTLE] or words)


def runs(text: str) -> frozenset[str]:
    padded = f"  {plain(text)}  "
    return frozenset(padded[i : i + 4] for i in range(len(padded) - 3))


def near_duplicates(ones: list[str], others: list[str]) -> list[tuple[str, str]]:
    """Pairs (one, other) of the two lists that are nearly the same."""
    prepared = [(other, kernel(other), runs(other)) for other in others]
    found = []
    for one in ones:
        core, grams = kernel(one), runs(one)
        for other, other_core, other_grams in prepared:
            alike = len(grams & other_grams) / len(grams | other_grams)
            if core == other_core or alike >= SIMILAR:
                found.append((one, other))
    return found
