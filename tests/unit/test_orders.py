"""Commands: each done once, its outcome told."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.remote.orders import LONGEST, MOST, Orders
from schemas.fields import SequenceRange
from schemas.release import CommandPayload
from schemas.vocabulary import CommandKind, CommandOutcome

NOW = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def command(kind=CommandKind.RESTART, expires_at=NOW + HOUR, **more) -> CommandPayload:
    if kind is CommandKind.RESEND:
        more = {"stream": "0" * 32, "ranges": (SequenceRange(first=1, last=2),), **more}
    return CommandPayload(command_id=uuid4(), command=kind, expires_at=expires_at, **more)


def test_a_command_is_taken_once_and_done_once():
    asked = command()
    orders = Orders().take(asked, NOW)
    assert [o.command_id for o in orders.open] == [asked.command_id]
    assert orders.take(asked, NOW) == orders
    begun = orders.begin(asked.command_id)
    assert begun.open == ()
    done = begun.end(asked.command_id, CommandOutcome.DONE, NOW)
    assert done.take(asked, NOW + HOUR / 2).open == ()
    (report,) = done.reports()
    assert (report.command_id, report.outcome) == (asked.command_id, CommandOutcome.DONE)
    assert done.told((report,)).reports() == ()


def test_one_that_comes_too_late_is_told_as_expired_and_not_done():
    late = command(expires_at=NOW)
    orders = Orders().take(late, NOW)
    assert orders.open == ()
    assert orders.reports()[0].outcome is CommandOutcome.EXPIRED


def test_one_that_expires_in_ages_is_nobodys():
    assert Orders().take(command(expires_at=NOW + LONGEST + HOUR), NOW) == Orders()


def test_what_a_kill_interrupts_is_not_tried_again():
    kinds = (CommandKind.SELF_TEST, CommandKind.RESTART, CommandKind.RESEND)
    test, restart, resend = (command(kind) for kind in kinds)
    waiting = command(CommandKind.ROLL_BACK)
    orders = Orders()
    for asked in (test, restart, resend, waiting):
        orders = orders.take(asked, NOW)
    for asked in (test, restart):
        orders = orders.begin(asked.command_id)
    started = orders.started(NOW)
    told = {r.command_id: r.outcome for r in started.reports()}
    assert told == {
        test.command_id: CommandOutcome.INTERRUPTED,
        restart.command_id: CommandOutcome.DONE,
        resend.command_id: CommandOutcome.INTERRUPTED,
    }
    assert [o.command_id for o in started.open] == [waiting.command_id]


def test_what_is_remembered_is_bounded_and_forgotten_when_it_has_expired_and_was_told():
    orders = Orders()
    for _ in range(MOST + 5):
        orders = orders.take(command(), NOW)
    assert len(orders.known) == MOST
    for order in orders.known:
        orders = orders.begin(order.command_id).end(order.command_id, CommandOutcome.DONE, NOW)
    later = command(expires_at=NOW + 3 * HOUR)
    assert orders.take(later, NOW + 2 * HOUR).find(later.command_id) is None  # none was told
    while reports := orders.reports():
        assert len(reports) <= 16
        orders = orders.told(reports)
    kept = orders.take(later, NOW + 2 * HOUR)
    assert [o.command_id for o in kept.known] == [later.command_id]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 180)), max_size=40))
def test_however_often_it_comes_it_is_open_at_most_once(arrivals):
    asked = [command(expires_at=NOW + timedelta(minutes=60 + n)) for n in range(4)]
    orders, done = Orders(), []
    for number, minute in sorted(arrivals, key=lambda a: a[1]):
        now = NOW + timedelta(minutes=minute)
        orders = orders.take(asked[number], now)
        for order in orders.open:
            done.append(order.command_id)
            orders = orders.begin(order.command_id).end(order.command_id, CommandOutcome.DONE, now)
            orders = orders.told(orders.reports())
    assert len(done) == len(set(done))
    assert all(o.outcome is not None for o in orders.known)
