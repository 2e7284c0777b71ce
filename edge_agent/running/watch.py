"""One counter's hearts and its view, for as long as it runs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from edge_agent.delivery import Delivery
from edge_agent.outbox import Outbox
from edge_agent.publisher import Publisher
from edge_agent.running.heart import HEARTS, Heart
from edge_agent.running.view import View, shown


@dataclass(frozen=True, slots=True)
class CounterWatch:
    publisher: Heart
    measuring: Heart
    show: Callable[[Outbox, Publisher, Delivery], None]
    """Once, when all three are there."""


@contextmanager
def watched(device: str) -> Iterator[CounterWatch]:
    with ExitStack() as stack:

        def show(outbox: Outbox, publisher: Publisher, delivery: Delivery) -> None:
            view = View(
                device,
                lambda: delivery.latest,
                outbox.stats,
                lambda: publisher.counters.connected,
                lambda: publisher.clock_trusted,
                lambda: publisher.counters.sent,
                lambda: publisher.counters.resent,
            )
            stack.enter_context(shown(view))

        yield CounterWatch(
            stack.enter_context(HEARTS.beating(f"publisher {device}")),
            stack.enter_context(HEARTS.beating(f"measuring {device}")),
            show,
        )
