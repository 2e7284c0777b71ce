"""Which kinds of phrases rules and rubrics read, so that devices send those and no other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.scoring.case import Selector
from hub.scoring.condition import All, Any, Condition, Count, Fact, Measured, Not, StartedAt
from hub.scoring.measured import MEASURED
from hub.scoring.moments import CounterStates, DossierEvents, TicketMoments
from hub.scoring.quantities import QUANTITIES
from hub.scoring.rubrics import Rubric
from hub.scoring.rules import COUNTED, Rule, placeholders
from hub.scoring.selectors import Hits, Spans, Turns
from schemas.vocabulary import Category


@dataclass(frozen=True, slots=True)
class Need:
    who: str
    """A rule, or a quantity and its rubrics: as an operator is told."""
    categories: frozenset[Category]


def needs(rules: Sequence[Rule], rubrics: Sequence[Rubric]) -> list[Need]:
    """Those of them that read a kind of phrase."""
    found = [Need(f"rule {rule.id}", read_by_rule(rule)) for rule in rules]
    found += [
        Need(f"{quantity} of rubric {' and '.join(named)}", QUANTITIES[quantity].reads)
        for quantity, named in _measured(rubrics).items()
    ]
    return [need for need in found if need.categories]


def needed(found: Iterable[Need]) -> tuple[Category, ...]:
    """All that anybody needs, in the order of the names."""
    return tuple(sorted({category for need in found for category in need.categories}))


def lacking(
    found: Iterable[Need], sent: Iterable[Category] | None
) -> dict[Category, tuple[str, ...]]:
    """Each kind that is needed and not sent, with who needs it. `sent`: None is every kind."""
    if sent is None:
        return {}
    kept = frozenset(sent)
    who: dict[Category, list[str]] = {}
    for need in found:
        for category in need.categories - kept:
            who.setdefault(category, []).append(need.who)
    return {category: tuple(who[category]) for category in sorted(who)}


def read_by_rule(rule: Rule) -> frozenset[Category]:
    """By its condition, its evidence and the numbers in its reasons."""
    named = {*placeholders(rule.reason_vi), *placeholders(rule.reason_en)} - {COUNTED}
    return _all(
        [
            _by_condition(rule.when),
            *map(_by_selector, rule.evidence),
            *(MEASURED[name].reads for name in named),
        ]
    )


def _by_condition(condition: Condition) -> frozenset[Category]:
    match condition:
        case All(of=parts) | Any(of=parts):
            return _all(map(_by_condition, parts))
        case Not(of=part):
            return _by_condition(part)
        case Count(of=of, near=near, after=after, before=before, during=during):
            asked = (of, near, after, before, during)
            return _all(_by_selector(one) for one in asked if one is not None)
        case Measured(quantity=quantity):
            return MEASURED[quantity].reads
        case Fact() | StartedAt():
            return frozenset()
    # A form that is new and not told here would leave devices sending too little.
    raise TypeError(f"no condition: {type(condition).__name__}")


def _by_selector(selector: Selector) -> frozenset[Category]:
    match selector:
        case Hits(categories=categories):
            return frozenset(categories)
        case Spans() | Turns() | TicketMoments() | DossierEvents() | CounterStates():
            return frozenset()
    raise TypeError(f"no selector: {type(selector).__name__}")


def _measured(rubrics: Sequence[Rubric]) -> Mapping[str, list[str]]:
    """Quantity -> the rubrics that measure it."""
    found: dict[str, list[str]] = {}
    for rubric in rubrics:
        items = (item for parts in rubric.parts.values() for part in parts for item in part.items)
        for quantity in dict.fromkeys(item.measures for item in items):
            found.setdefault(quantity, []).append(rubric.id)
    return found


def _all(sets: Iterable[frozenset[Category]]) -> frozenset[Category]:
    return frozenset().union(*sets)
