"""Carries out commands: each is on disk before it is begun, so that none is done twice."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from edge_agent.clock import WallClock
from edge_agent.errors import AgentError
from edge_agent.outbox import Outbox
from edge_agent.remote.memory import Memory
from edge_agent.remote.orders import Order
from schemas.release import CommandPayload
from schemas.vocabulary import CommandKind, CommandOutcome, ConfigFault

_IN_GAP = frozenset({CommandKind.RESTART, CommandKind.ROLL_BACK, CommandKind.SELF_TEST})
"""Done while nothing is measured."""
_log = logging.getLogger(__name__)

Errand = Callable[[], bool]
"""Whether it went well; may raise AgentError."""


@dataclass(frozen=True, slots=True)
class Errands:
    memory: Memory
    outbox: Outbox
    clock: WallClock
    self_test: Errand | None = None
    """None: there are no live sensors to test."""
    renew_certificate: Errand | None = None
    """None: this device has no certificate."""

    @property
    def wait_for_gap(self) -> bool:
        return any(order.command in _IN_GAP for order in self.memory.orders.open)

    def hear(self, command: CommandPayload) -> None:
        known = self.memory.orders.find(command.command_id) is not None
        orders = self.memory.order(lambda o: o.take(command, self.clock.now()))
        order = orders.find(command.command_id)
        if known or order is None or order.outcome is not None:
            return
        _log.info("command %s: %s", command.command, command.command_id)
        if command.command is CommandKind.RESEND:
            self._do(order, lambda: self._resend(command))

    def in_background(self) -> None:
        for order in self.memory.orders.open:
            if order.command is CommandKind.RENEW_CERTIFICATE:
                self._do(order, self.renew_certificate)

    def in_gap(self) -> None:
        for order in self.memory.orders.open:
            if order.command is CommandKind.RESTART:
                self._do(order, lambda: True)
            elif order.command is CommandKind.ROLL_BACK:
                self._do(order, self._roll_back)
            elif order.command is CommandKind.SELF_TEST:
                self._do(order, self.self_test)

    def _do(self, order: Order, errand: Errand | None) -> None:
        number = order.command_id
        if order.expires_at <= self.clock.now():
            outcome = CommandOutcome.EXPIRED
        elif errand is None:
            outcome = CommandOutcome.UNSUPPORTED
        else:
            self.memory.order(lambda o: o.begin(number))
            try:
                outcome = CommandOutcome.DONE if errand() else CommandOutcome.FAILED
            except AgentError as error:
                _log.error("command %s: %s", order.command, error)
                outcome = CommandOutcome.FAILED
        self.memory.order(lambda o: o.end(number, outcome, self.clock.now()))
        _log.info("command %s: %s", order.command, outcome)

    def _resend(self, command: CommandPayload) -> bool:
        assert command.stream is not None
        return self.outbox.resend(command.stream, command.ranges)

    def _roll_back(self) -> bool:
        if self.memory.standing.in_use == 0:
            return False
        self.memory.stand(lambda s: s.roll_back(ConfigFault.COMMANDED))
        return True
