"""measurements -> what of them may leave: hits of the kinds that the release in use names.

Only the wire is narrowed, and it says so. Measurements and coverage were taken before, with
every kind: an explained wait excuses its silence although nobody is told that it was said.
"""

from dataclasses import replace

from edge_agent.measure import Measured
from schemas.interaction import Turn
from schemas.vocabulary import Category


def narrow(measured: Measured, sent: frozenset[Category] | None) -> Measured:
    """`sent`: None sends hits of every kind."""
    if sent is None:
        return measured
    told = {"categories_sent": tuple(sorted(sent))}
    return replace(
        measured,
        turns=tuple(_narrowed(turn, sent) for turn in measured.turns),
        coverage=measured.coverage.model_copy(update=told),
    )


def _narrowed(turn: Turn, sent: frozenset[Category]) -> Turn:
    hits = tuple(hit for hit in turn.hits if hit.category in sent)
    return turn if hits == turn.hits else turn.model_copy(update={"hits": hits})
