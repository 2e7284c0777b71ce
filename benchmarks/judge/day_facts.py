"""What the queue, the case system and the roster desk say of a stay of the simulated day.

An ordinary stay leaves the traces that its zone leaves; a planted one, or an innocent look-alike,
the traces that its rule reads. A feed is silent for some stays, and then nothing is known.
"""

import random
from dataclasses import replace
from datetime import datetime, time, timedelta

from benchmarks.judge.day_plan import Planned
from hub.scoring.facts import (
    CounterMode,
    CounterState,
    DossierEvent,
    DossierStep,
    Facts,
    Ticket,
    Visit,
)
from hub.scoring.local_time import Calendar, Weekday
from hub.scoring.sources import Sources, facts_of
from schemas.vocabulary import Zone

NO_CASES, NO_QUEUE = 0.03, 0.02
"""Share of stays of which the case system, the queue system said nothing."""
SLIP = 0.15
"""Of dossiers at intake: papers are asked for, with a slip."""
LATE_RECEIPT = 0.01
"""Of receipts: written too late to be found with the stay."""
_HOURS = ((time(7, 30), time(11, 30)), (time(13, 0), time(17, 0)))
CALENDAR = Calendar(weekly=dict.fromkeys(tuple(Weekday)[:5], _HOURS))


def outcome(plan: Planned, chance: random.Random) -> DossierStep | None:
    """What the stay comes to in the case system; what is said goes with it."""
    kind = plan.planted or plan.look_alike
    if kind in {"missing", "no_dossier_no_slip"}:
        return None
    if kind == "sent_back_twice":
        return DossierStep.SUPPLEMENT_SLIP
    if plan.zone is Zone.INTAKE:
        draw = chance.random()
        if draw < SLIP:
            return DossierStep.SUPPLEMENT_SLIP
        return DossierStep.REFUSED if draw < SLIP + 0.02 else DossierStep.ACCEPTED
    if plan.zone is Zone.RESULT:
        return DossierStep.RESULT_LATE if chance.random() < 0.05 else DossierStep.RESULT_ON_TIME
    return None


def facts(plan: Planned, length_s: float, step: DossierStep | None, chance: random.Random) -> Facts:
    end = plan.started_at + timedelta(seconds=length_s)
    kind = plan.planted or plan.look_alike
    no_ticket = kind == "served_out_of_turn" and chance.random() < 0.5
    no_ticket = no_ticket or (kind == "money" and plan.number % 3 == 0)
    receipt_due = plan.zone is Zone.FEE or (plan.zone is Zone.INTAKE and chance.random() < 0.4)
    if kind in {"missing", "no_dossier_no_slip"}:
        receipt_due = False
    no_receipt = kind == "money" and plan.number % 3 == 1
    events = [] if step is None else [DossierEvent(step, end - timedelta(seconds=20))]
    if receipt_due and not no_receipt and chance.random() >= LATE_RECEIPT:
        events.append(DossierEvent(DossierStep.RECEIPT, end - timedelta(seconds=40)))
    queue_silent = kind not in _BY_QUEUE and chance.random() < NO_QUEUE
    ticket = None if no_ticket or queue_silent else _ticket(plan, end, kind, chance)
    sources = Sources(
        zone=plan.zone,
        ticket=ticket,
        no_ticket=None if queue_silent else no_ticket,
        visit=Visit(sent_back=2 if kind == "sent_back_twice" else 0, transfers=0),
        dossier=None if chance.random() < NO_CASES else tuple(events),
        money_due=receipt_due or no_receipt,
        states=(CounterState(CounterMode.OPEN, plan.started_at - timedelta(hours=1)),),
        calendar=CALENDAR,
        overloads=(),
        system_faults=(),
        online_only=frozenset(),
        help_pressed_at=(end - timedelta(seconds=length_s / 2),) if kind == "help_button" else (),
        called_with_nobody=chance.randint(3, 5) if kind == "called_with_nobody" else 0,
    )
    return facts_of(plan.started_at, end, sources)


_BY_QUEUE = frozenset({"served_out_of_turn", "ticket_closed_early", "priority_skipped"})


def _ticket(plan: Planned, end: datetime, kind: str | None, chance: random.Random) -> Ticket:
    waited = timedelta(minutes=min(75.0, chance.lognormvariate(2.3, 0.7)))
    # Most tickets are closed about when the citizen leaves.
    closed = end - timedelta(seconds=chance.uniform(-20, 25))
    if kind == "ticket_closed_early":
        closed = end - timedelta(seconds=chance.uniform(75, 150))
    ticket = Ticket(
        created_at=plan.started_at - waited,
        called_at=plan.started_at - timedelta(seconds=15),
        closed_at=closed,
        priority=chance.random() < 0.1 and kind not in _BY_QUEUE,
        out_of_turn=False,
        priority_skipped=False,
        service="1.004194",
        dossiers=1,
    )
    if kind == "served_out_of_turn":
        return replace(ticket, out_of_turn=True)
    return replace(ticket, priority_skipped=True) if kind == "priority_skipped" else ticket
