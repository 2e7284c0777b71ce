"""A Vietnamese syllable as onset, nucleus, final and tone, and back; and two texts side by side.

Spellings of one sound are one part: c and k, g and gh, ng and ngh. A word that is no syllable of
this form (a number, a foreign name) has no parts.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TONES = ("", "\u0301", "\u0300", "\u0309", "\u0303", "\u0323")
"""ngang, sắc, huyền, hỏi, ngã, nặng."""
PARTS = ("onset", "nucleus", "final", "tone")
_ONSETS = (
    "ngh", "ng", "gh", "gi", "kh", "nh", "ph", "qu", "th", "tr", "ch", "b", "c", "d", "đ", "g",
    "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "x",
)  # fmt: skip
_SPOKEN = {"k": "c", "gh": "g", "ngh": "ng"}
_WRITTEN = {"c": "k", "g": "gh", "ng": "ngh"}
_FORM = re.compile(r"^([aăâeêioôơuưy]{1,3})(ng|nh|ch|c|m|n|p|t)?$")
_FRONT = tuple("ieêy")
_MARKS = re.compile("[\u0300\u0301\u0303\u0309\u0323]")


@dataclass(frozen=True, slots=True)
class Syllable:
    onset: str
    nucleus: str
    """With the glides around it."""
    final: str
    tone: str

    def __str__(self) -> str:
        onset = self.onset
        if self.nucleus.startswith(_FRONT):
            onset = _WRITTEN.get(onset, onset)
        if onset == "gi" and self.nucleus.startswith("i"):
            onset = "g"
        at = _toned(self.nucleus, closed=bool(self.final))
        nucleus = self.nucleus[: at + 1] + self.tone + self.nucleus[at + 1 :]
        return unicodedata.normalize("NFC", onset + nucleus + self.final)


def syllable(word: str) -> Syllable | None:
    parts = unicodedata.normalize("NFD", word.lower())
    tone = "".join(_MARKS.findall(parts))
    base = unicodedata.normalize("NFC", _MARKS.sub("", parts))
    if tone not in TONES:
        return None
    onset = next((o for o in _ONSETS if base.startswith(o)), "")
    rest = base[len(onset) :]
    if onset == "gi" and not (rest and rest[0] in "aăâeêioôơuưy"):
        rest = "i" + rest
    found = _FORM.match(rest)
    if found is None:
        return None
    return Syllable(_SPOKEN.get(onset, onset), found[1], found[2] or "", tone)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFC", text).lower())


def _toned(nucleus: str, *, closed: bool) -> int:
    marked = [at for at, letter in enumerate(nucleus) if letter in "ăâêôơư"]
    if marked:
        return marked[-1]
    return len(nucleus) - 1 if closed or len(nucleus) == 1 else len(nucleus) - 2


def aligned(said: Sequence[str], heard: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """Pairs in order; None stands for a word that was dropped or put in. A word is likelier to
    be misread as one that sounds alike than to be dropped beside another that was put in.
    """
    rows, columns = len(said) + 1, len(heard) + 1
    cost = [[float(i + j) for j in range(columns)] for i in range(rows)]
    for i in range(1, rows):
        for j in range(1, columns):
            cost[i][j] = min(
                cost[i - 1][j] + 1,
                cost[i][j - 1] + 1,
                cost[i - 1][j - 1] + unlike(said[i - 1], heard[j - 1]),
            )
    pairs: list[tuple[str | None, str | None]] = []
    i, j = rows - 1, columns - 1
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + unlike(said[i - 1], heard[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((said[i], heard[j]))
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            pairs.append((said[i], None))
        else:
            j -= 1
            pairs.append((None, heard[j]))
    return reversed(pairs)


def unlike(said: str, heard: str) -> float:
    """0 the same, under 1 where a part is shared, 1.25 where nothing is."""
    if said == heard:
        return 0.0
    one, other = syllable(said), syllable(heard)
    if one is None or other is None:
        return 1.25
    return (0.0, 0.5, 0.75, 1.0, 1.25)[len(changed(one, other))]


def changed(one: Syllable, other: Syllable) -> tuple[str, ...]:
    return tuple(part for part in PARTS if getattr(one, part) != getattr(other, part))
