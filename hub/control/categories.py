"""Which kinds of phrases a release lets leave a device, and what is then wanting here."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from hub.scoring.needs import Need, lacking, needed, needs
from hub.scoring.rubrics import load_rubrics
from hub.scoring.rules import load_rules
from hub.store.errors import ReleaseRefusedError
from hub.store.releases import NarrowedRow
from schemas.vocabulary import Category

ALL = "all"
FROM_RULES = "from-rules"
_NAMED = 3
"""Of those who need a kind, in one line."""


@cache
def loaded_needs() -> Sequence[Need]:
    """Of this hub's rules and rubrics."""
    return needs(load_rules(), load_rubrics())


def read_categories(text: str | None) -> tuple[Category, ...] | None:
    """`all` and nothing are None. Raises ReleaseRefusedError for a name that is no category."""
    if text is None or text == ALL:
        return None
    if text == FROM_RULES:
        return needed(loaded_needs())
    named = {name.strip() for name in text.split(",")}
    unknown = sorted(named - set(Category))
    if unknown:
        raise ReleaseRefusedError(
            f"--categories: got {unknown[0][:40]!r}, expected {ALL}, {FROM_RULES}, or names with "
            f"commas between them, of {', '.join(sorted(Category))}"
        )
    return tuple(sorted(map(Category, named)))


def not_sent(sent: Iterable[str]) -> list[Category]:
    return sorted(set(Category) - set(sent))


def wanting(sent: Iterable[str] | None) -> Mapping[Category, tuple[str, ...]]:
    """Each kind that this hub's rules or rubrics read and that is not sent, with who reads it."""
    return lacking(loaded_needs(), None if sent is None else map(Category, sent))


def warnings(sent: Iterable[str] | None) -> list[str]:
    """A line for each kind that is wanting, and what comes of it. Empty where all is well."""
    found = wanting(sent)
    if not found:
        return []
    lines = [
        f"{category} is not sent, and needed by {_few(who)}" for category, who in found.items()
    ]
    lines.append(
        "what is not sent is not known here: such a rule raises no flag by it, such a figure counts "
        f"it as not measured. --categories {FROM_RULES} sends what is needed"
    )
    return lines


def sent_again(sent: Iterable[str] | None, before: Iterable[NarrowedRow]) -> list[str]:
    """A line for each release in force that keeps on its devices what this one sends."""
    now = set(Category) if sent is None else set(sent)
    return [
        f"{', '.join(more)} will leave devices again; release {row.release_no}, which "
        f"{row.devices} device(s) are to run, keeps them there"
        for row in before
        if (more := sorted(now - set(row.categories)))
    ]


def _few(who: Sequence[str]) -> str:
    more = f" and {len(who) - _NAMED} more" if len(who) > _NAMED else ""
    return ", ".join(who[:_NAMED]) + more
