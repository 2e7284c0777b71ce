"""Reads the conditions and selectors of rule files. The form stands in rules/README.md."""

from hub.scoring.condition import (
    COMPARISONS,
    All,
    Any,
    Comparison,
    Condition,
    Count,
    Fact,
    Hits,
    Measured,
    Not,
    Selector,
    Spans,
)
from hub.scoring.facts import YES_OR_NO
from hub.scoring.located import Located
from hub.scoring.quantities import QUANTITIES
from schemas.vocabulary import Category, Role, SpanKind

_SIDES = (Role.STAFF, Role.CITIZEN)
_RANGE = ("from_s", "until_s")
_HITS = ("confidence", *_RANGE)
_SPANS = ("role", "lasting_s", *_RANGE)
_COUNT = ("at_least", "near", "within_s")
_FORMS = ("all", "any", "not", "hits", "spans", "measured", "fact")
_FOREVER = 86_400.0


def read_condition(located: Located) -> Condition:
    """One of all, any, not, hits, spans, measured, fact."""
    form, value = _one_of(located, _FORMS)
    if form in {"all", "any"}:
        parts = [read_condition(item) for item in value.items()]
        return All(parts) if form == "all" else Any(parts)
    if form == "not":
        return Not(read_condition(value))
    if form == "measured":
        return _measured(value)
    if form == "fact":
        return Fact(value.one_of(YES_OR_NO))
    return _count(form, value)


def read_selector(located: Located) -> Selector:
    """`hits:` or `spans:` without a count."""
    form, value = _one_of(located, ("hits", "spans"))
    if form == "hits":
        return _hits(value.fields(("categories", "role"), _HITS))
    return _spans(value.fields(("kind",), _SPANS))


def _one_of(located: Located, forms: tuple[str, ...]) -> tuple[str, Located]:
    pairs = located.pairs()
    if len(pairs) != 1 or pairs[0][0] not in forms:
        got = ", ".join(name for name, _ in pairs) or "nothing"
        located.fail(f"got {got}, expected one of {', '.join(forms)}", "write one a list item")
    return pairs[0]


def _count(form: str, value: Located) -> Count:
    selector: Selector
    if form == "hits":
        fields = value.fields(("categories", "role"), (*_HITS, *_COUNT))
        selector = _hits(fields)
    else:
        fields = value.fields(("kind",), (*_SPANS, *_COUNT))
        selector = _spans(fields)
    if ("near" in fields) != ("within_s" in fields):
        value.fail("got one of near and within_s, expected both or none", "add the other")
    return Count(
        of=selector,
        at_least=fields["at_least"].whole(1, 1000) if "at_least" in fields else 1,
        near=read_selector(fields["near"]) if "near" in fields else None,
        within_s=fields["within_s"].number(0, _FOREVER) if "within_s" in fields else 0.0,
    )


def _hits(fields: dict[str, Located]) -> Hits:
    from_s, until_s = _range(fields)
    return Hits(
        tuple(Category(name) for name in fields["categories"].names_of(list(Category))),
        Role(fields["role"].one_of(_SIDES)),
        fields["confidence"].number(0, 1) if "confidence" in fields else 0.5,
        from_s,
        until_s,
    )


def _spans(fields: dict[str, Located]) -> Spans:
    from_s, until_s = _range(fields)
    return Spans(
        SpanKind(fields["kind"].one_of(list(SpanKind))),
        Role(fields["role"].one_of(_SIDES)) if "role" in fields else None,
        fields["lasting_s"].number(0, _FOREVER) if "lasting_s" in fields else 0.0,
        from_s,
        until_s,
    )


def _range(fields: dict[str, Located]) -> tuple[float, float]:
    from_s = fields["from_s"].number(0, _FOREVER) if "from_s" in fields else 0.0
    until_s = fields["until_s"].number(0, _FOREVER) if "until_s" in fields else float("inf")
    if from_s > until_s:
        fields["until_s"].fail(
            f"got {until_s:g}, which lies before from_s {from_s:g}", "correct one of them"
        )
    return from_s, until_s


def _measured(value: Located) -> Measured:
    fields = value.fields(("quantity",), COMPARISONS)
    given: list[Comparison] = [name for name in COMPARISONS if name in fields]
    if len(given) != 1:
        value.fail(
            f"got {len(given)} comparisons, expected one of {', '.join(COMPARISONS)}", "keep one"
        )
    quantity = fields["quantity"].one_of(QUANTITIES)
    if QUANTITIES[quantity].phrases:
        fields["quantity"].fail(
            f"got {quantity}, which counts phrases and does not know what was not read",
            "ask with hits:",
        )
    return Measured(quantity, given[0], fields[given[0]].number(-1e9, 1e9))
