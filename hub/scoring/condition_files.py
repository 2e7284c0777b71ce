"""Reads the conditions of rule files. The form stands in rules/README.md."""

from collections.abc import Mapping

from hub.scoring.case import Selector
from hub.scoring.condition import (
    COMPARISONS,
    All,
    Any,
    Comparison,
    Condition,
    Count,
    Fact,
    Measured,
    Not,
    Relation,
    StartedAt,
)
from hub.scoring.facts import YES_OR_NO
from hub.scoring.located import Located
from hub.scoring.measured import MEASURED
from hub.scoring.selector_files import (
    FOREVER,
    SELECTORS,
    WINDOW,
    clock,
    read_fields,
    read_selector,
)

RELATIONS: tuple[Relation, ...] = ("near", "after", "before", "during")
COUNT = ("at_least", *RELATIONS, "within_s")
OTHERS = ("all", "any", "not", "measured", "fact", "started")
FORMS = (*OTHERS, *SELECTORS)
MOST = 1000
DEEPEST = 12


def read_condition(located: Located, depth: int = 1) -> Condition:
    """One of FORMS."""
    if depth > DEEPEST:
        # Also where YAML's anchors make a condition a part of itself.
        located.fail(f"got conditions over {DEEPEST} deep, expected fewer", "make it simpler")
    form, value = located.only_one_of(FORMS)
    if form in {"all", "any"}:
        parts = [read_condition(item, depth + 1) for item in value.items()]
        return All(parts) if form == "all" else Any(parts)
    if form == "not":
        return Not(read_condition(value, depth + 1))
    if form == "measured":
        return _measured(value)
    if form == "fact":
        return Fact(value.one_of(YES_OR_NO))
    if form == "started":
        return StartedAt(clock(value))
    return _count(form, value)


def _count(form: str, value: Located) -> Count:
    kind = SELECTORS[form]
    fields = value.fields(kind.required, (*kind.optional, *WINDOW, *COUNT))
    related = _relation(value, fields)
    return Count(
        read_fields(form, fields),
        at_least=fields["at_least"].whole(1, MOST) if "at_least" in fields else 1,
        within_s=fields["within_s"].number(0, FOREVER) if "within_s" in fields else float("inf"),
        near=related.get("near"),
        after=related.get("after"),
        before=related.get("before"),
        during=related.get("during"),
    )


def _relation(value: Located, fields: Mapping[str, Located]) -> dict[Relation, Selector]:
    given = [name for name in RELATIONS if name in fields]
    if len(given) > 1:
        value.fail(f"got {' and '.join(given)}, expected one of them", "keep one, or use all:")
    if ("near" in given) != ("within_s" in fields) and given in ([], ["near"]):
        value.fail("got one of near and within_s, expected both or none", "add the other")
    if "during" in given and "within_s" in fields:
        fields["within_s"].fail("got a distance beside during, expected none", "remove it")
    return {name: read_selector(fields[name]) for name in given}


def _measured(value: Located) -> Measured:
    fields = value.fields(("quantity",), COMPARISONS)
    given: list[Comparison] = [name for name in COMPARISONS if name in fields]
    if len(given) != 1:
        value.fail(
            f"got {len(given)} comparisons, expected one of {', '.join(COMPARISONS)}", "keep one"
        )
    quantity = fields["quantity"].one_of(MEASURED)
    if MEASURED[quantity].phrases:
        fields["quantity"].fail(
            f"got {quantity}, which counts phrases and does not know what was not read",
            "ask with hits:",
        )
    return Measured(quantity, given[0], fields[given[0]].number(-1e9, 1e9))
