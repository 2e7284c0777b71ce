"""open interaction -> when the hub is to be told of it before it ends. Pure; media time decides.

A snapshot is due on a new raised voice, on words that somebody may have to walk over for, on the
help button, and while the citizen is there without staff: at 30 s and at each 30 s more. One in
5 s at most; what comes in between waits for the next. Which rule it is for, the hub says.
"""

from collections import deque

from edge_agent.interaction import Unattended
from edge_agent.read_turn import ReadTurn
from edge_agent.spans import find_raised
from schemas.vocabulary import Category, Role

EVERY_S = 5.0
UNATTENDED_EVERY_S = 30.0
_PRESSES = 16
WORDS = frozenset(
    {
        Category.ABUSIVE,
        Category.CITIZEN_ABUSE,
        Category.DISRESPECT,
        Category.MAY_TAO,
        Category.ESCALATION,
    }
)


class AlertWatch:
    """Of one interaction after the other; times are media time, in seconds."""

    def __init__(self, sent: frozenset[Category] | None = None) -> None:
        """`sent`: the kinds of phrases that leave this device; None for all of them. What does not
        leave it calls nobody either.
        """
        self._words = WORDS if sent is None else WORDS & sent
        self._pressed_s: deque[float] = deque(maxlen=_PRESSES)
        self.opened(0.0)

    def opened(self, start_s: float) -> None:
        """An interaction began, which may have been decided seconds later."""
        self._zero_s = start_s
        self._pressed_s = deque((p for p in self._pressed_s if p >= start_s), _PRESSES)
        self._told = 0
        self._told_s = float("-inf")
        self._wanted = False
        self._helped = False
        """Staff asked whether they are heard well, and speak up for that."""
        self._alone_since_s: float | None = None
        self._alone_told = 0

    def heard(self, turn: ReadTurn) -> None:
        """A turn of the interaction, as soon as it was read."""
        categories = {hit.category for hit in turn.words.hits}
        self._helped |= turn.role is Role.STAFF and Category.HEARING_HELP in categories
        raised = bool(find_raised([turn], self._zero_s))
        if turn.role is Role.STAFF and self._helped:
            raised = False
        self._wanted |= raised or (turn.role is not Role.UNKNOWN and bool(categories & self._words))

    def pressed(self, at_s: float) -> None:
        """The help button."""
        self._pressed_s.append(at_s)

    def due(self, now_s: float, until_s: float, alone: Unattended | None) -> int:
        """The number of the snapshot to take now, from 1 on; 0 while none is due.

        `until_s`: how far the interaction is known to reach.
        """
        # A press that the interaction does not reach yet would not stand in the snapshot.
        ahead = [at_s for at_s in self._pressed_s if at_s > until_s]
        self._wanted |= len(ahead) < len(self._pressed_s)
        self._pressed_s = deque(ahead, _PRESSES)
        self._wanted |= self._left_alone(alone)
        if not self._wanted or now_s - self._told_s < EVERY_S:
            return 0
        self._wanted = False
        self._told_s = now_s
        self._told += 1
        return self._told

    def _left_alone(self, alone: Unattended | None) -> bool:
        if alone is None:
            return False
        if alone.since_s != self._alone_since_s:
            self._alone_since_s, self._alone_told = alone.since_s, 0
        reached = int((alone.until_s - alone.since_s) // UNATTENDED_EVERY_S)
        new, self._alone_told = reached > self._alone_told, max(reached, self._alone_told)
        return new
