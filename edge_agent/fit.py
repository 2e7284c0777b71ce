"""What of a very long interaction goes on the wire: figures whole, evidence as far as it fits.

The figures are taken over all turns and spans; only the lists are shortened, what rules look
for last. The coverage of words falls by the speech left out, and `overload` says why.
"""

from collections.abc import Sequence

from edge_agent.measure import Measured
from edge_agent.spans import hundredths
from schemas.interaction import ROLE_NEUTRAL, Span, Turn
from schemas.vocabulary import Missing, Role, SpanKind

MAX_TURNS = MAX_SPANS = 2000
"""The wire's own limits."""
BUDGET_BYTES = 200 * 1024
"""For turns and spans, of the 256 KiB a message may have."""
_SPAN_BUDGET_BYTES = BUDGET_BYTES // 4
_SPANS_FIRST = (
    SpanKind.RAISED_VOICE,
    SpanKind.INTERRUPTION,
    SpanKind.HELP,
    SpanKind.MUTED,
    SpanKind.WRITTEN,
    SpanKind.UNATTENDED,
    SpanKind.DEAD_AIR,
    SpanKind.CITIZEN_PRESENT,
    SpanKind.STAFF_PRESENT,
    SpanKind.PRESENCE_UNKNOWN,
    SpanKind.OVERLAP,
)


def fit(measured: Measured) -> Measured:
    """The same measurements with turns and spans within the wire's limits."""
    turns = _turns_that_fit(measured.turns)
    spans = _spans_that_fit(measured.spans)
    if len(turns) == len(measured.turns) and len(spans) == len(measured.spans):
        return measured
    coverage = measured.coverage
    kept = {role: _share(turns, measured.turns, role) for role in (Role.STAFF, Role.CITIZEN)}
    missing = tuple(sorted({*coverage.missing, Missing.OVERLOAD}))
    return Measured(
        turns=turns,
        spans=spans,
        measurements=measured.measurements,
        coverage=coverage.model_copy(
            update={
                "text_staff": hundredths(coverage.text_staff * kept[Role.STAFF]),
                "text_citizen": hundredths(coverage.text_citizen * kept[Role.CITIZEN]),
                "sentiment": hundredths(coverage.sentiment * kept[Role.CITIZEN]),
                "missing": missing,
            }
        ),
    )


def _turns_that_fit(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Turns with hits before longer turns before shorter ones."""
    ranked = sorted(range(len(turns)), key=lambda i: (-_hits(turns[i]), -turns[i].speech_s, i))
    sizes = [len(turn.model_dump_json(exclude_none=True)) + 1 for turn in turns]
    kept = _take(ranked, sizes, MAX_TURNS, BUDGET_BYTES - _SPAN_BUDGET_BYTES)
    return tuple(turns[i] for i in sorted(kept))


def _spans_that_fit(spans: Sequence[Span]) -> tuple[Span, ...]:
    ranked = sorted(
        range(len(spans)),
        key=lambda i: (_SPANS_FIRST.index(spans[i].kind), -spans[i].duration_s, i),
    )
    sizes = [len(span.model_dump_json(exclude_none=True)) + 1 for span in spans]
    kept = _take(ranked, sizes, MAX_SPANS, _SPAN_BUDGET_BYTES)
    return tuple(spans[i] for i in sorted(kept))


def _take(ranked: Sequence[int], sizes: Sequence[int], most: int, budget: int) -> list[int]:
    kept: list[int] = []
    for index in ranked[:most]:
        budget -= sizes[index]
        if budget < 0:
            break
        kept.append(index)
    return kept


def _hits(turn: Turn) -> int:
    return sum(hit.category not in ROLE_NEUTRAL for hit in turn.hits)


def _share(kept: Sequence[Turn], of: Sequence[Turn], role: Role) -> float:
    whole_s = sum(t.speech_s for t in of if t.role is role)
    return sum(t.speech_s for t in kept if t.role is role) / whole_s if whole_s else 1.0
