"""What became of commands: pure. An id is kept until the command has expired, so that one
that comes again is known, and its outcome until a health message tells it.
"""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from edge_agent.remote.standing import Part
from schemas.health import CommandReport
from schemas.release import CommandPayload
from schemas.vocabulary import CommandKind, CommandOutcome

MOST = 64
"""Commands remembered; beyond that a new one is left to come again."""
LONGEST = timedelta(days=8)
"""One that expires later is no command of our hub's."""
_REPORTS = 16
"""The wire's own limit a message."""


class Order(Part):
    command_id: UUID
    command: CommandKind
    expires_at: AwareDatetime
    begun: bool = False
    outcome: CommandOutcome | None = None
    at: AwareDatetime | None = None
    told: bool = False


class Orders(Part):
    known: Annotated[tuple[Order, ...], Field(max_length=MOST)] = ()

    def take(self, command: CommandPayload, now: datetime) -> Self:
        """With the command noted, as expired where it is; as it was where it is known, comes
        from too far away or finds no room.
        """
        kept = self._without_old(now)
        strange = command.expires_at > now + LONGEST or len(kept.known) >= MOST
        if strange or kept.find(command.command_id) is not None:
            return kept
        late = command.expires_at <= now
        order = Order(
            command_id=command.command_id,
            command=command.command,
            expires_at=command.expires_at,
            outcome=CommandOutcome.EXPIRED if late else None,
            at=now if late else None,
        )
        return kept.model_copy(update={"known": (*kept.known, order)})

    def find(self, command_id: UUID) -> Order | None:
        return next((o for o in self.known if o.command_id == command_id), None)

    def begin(self, command_id: UUID) -> Self:
        return self._change(command_id, begun=True)

    def end(self, command_id: UUID, outcome: CommandOutcome, now: datetime) -> Self:
        return self._change(command_id, outcome=outcome, at=now)

    def started(self, now: datetime) -> Self:
        """The agent starts: what was in the middle of its doing is not tried again. A restart
        that was in the middle has now happened.
        """
        orders = self
        for order in self.known:
            if order.outcome is None and (order.begun or order.command is CommandKind.RESEND):
                done = order.begun and order.command is CommandKind.RESTART
                outcome = CommandOutcome.DONE if done else CommandOutcome.INTERRUPTED
                orders = orders.end(order.command_id, outcome, now)
        return orders

    @property
    def open(self) -> tuple[Order, ...]:
        return tuple(o for o in self.known if o.outcome is None and not o.begun)

    def reports(self) -> tuple[CommandReport, ...]:
        """Outcomes that no health message has told."""
        untold = [o for o in self.known if o.outcome is not None and not o.told]
        return tuple(
            CommandReport(command_id=o.command_id, outcome=o.outcome, at=o.at or o.expires_at)
            for o in untold[:_REPORTS]
            if o.outcome is not None
        )

    def told(self, reports: tuple[CommandReport, ...]) -> Self:
        orders = self
        for report in reports:
            orders = orders._change(report.command_id, told=True)
        return orders

    def _change(self, command_id: UUID, **changes: object) -> Self:
        known = tuple(
            o.model_copy(update=changes) if o.command_id == command_id else o for o in self.known
        )
        return self.model_copy(update={"known": known})

    def _without_old(self, now: datetime) -> Self:
        kept = tuple(o for o in self.known if o.expires_at > now or o.outcome is None or not o.told)
        return self.model_copy(update={"known": kept})
