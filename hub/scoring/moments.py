"""What a rule may look for beside sound and picture: moments of the ticket, of the dossier,
and the counter's states. What happened off the screen of its system is not known.
"""

from dataclasses import dataclass
from datetime import datetime

from hub.scoring.case import ANYWHERE, Case, Evidence, TicketMoment, Window
from hub.scoring.facts import CounterMode, DossierStep, PauseReason, Ticket

TICKET_MOMENTS: tuple[TicketMoment, ...] = ("created", "called", "closed", "transferred", "open")


@dataclass(frozen=True, slots=True)
class TicketMoments:
    moments: tuple[TicketMoment, ...]
    """`open`: the stretch from its call to its closing, where both are known."""
    window: Window = ANYWHERE

    def found(self, case: Case) -> list[Evidence]:
        ticket = case.facts.ticket
        if ticket is None:
            return []
        told = [one for name in self.moments if (one := _moment(name, ticket, case)) is not None]
        kept = [one for one in told if self.window.holds(one.offset_s, case)]
        return sorted(kept, key=lambda one: one.offset_s)

    def share_seen(self, case: Case) -> float:
        """A time that was not told is not known, so only a moment that was told and lies
        elsewhere is known not to lie here.
        """
        ticket = case.facts.ticket
        if ticket is None or not self.window.can_tell(case):
            return 0.0
        return float(all(_moment(name, ticket, case) is not None for name in self.moments))


def _moment(name: TicketMoment, ticket: Ticket, case: Case) -> Evidence | None:
    times: dict[TicketMoment, datetime | None] = {
        "created": ticket.created_at,
        "called": ticket.called_at,
        "closed": ticket.closed_at,
        "transferred": ticket.transferred_at,
        "open": ticket.called_at if ticket.closed_at is not None else None,
    }
    at = times[name]
    if at is None:
        return None
    open_s = 0.0
    if name == "open" and ticket.closed_at is not None:
        open_s = max(0.0, (ticket.closed_at - at).total_seconds())
    return Evidence("ticket", name, None, case.offset_s(at), open_s)


@dataclass(frozen=True, slots=True)
class DossierEvents:
    steps: tuple[DossierStep, ...]
    window: Window = ANYWHERE

    def found(self, case: Case) -> list[Evidence]:
        return [
            Evidence("dossier", event.step, None, offset_s, 0.0)
            for event in sorted(case.facts.dossier or (), key=lambda event: event.at)
            if event.step in self.steps
            and self.window.holds(offset_s := case.offset_s(event.at), case)
        ]

    def share_seen(self, case: Case) -> float:
        """While the interaction is open the event may still come."""
        known = case.facts.dossier is not None and not case.interaction.open
        return float(known and self.window.can_tell(case))


@dataclass(frozen=True, slots=True)
class CounterStates:
    modes: tuple[CounterMode, ...]
    reasons: tuple[PauseReason, ...] = ()
    """Empty: whatever the reason, also none."""
    lasting_s: float = 0.0
    """At least; of one that still lasts, until the interaction's end."""
    window: Window = ANYWHERE

    def found(self, case: Case) -> list[Evidence]:
        kept = []
        for state in sorted(case.facts.states or (), key=lambda state: state.from_at):
            offset_s = case.offset_s(state.from_at)
            until_s = case.length_s if state.until_at is None else case.offset_s(state.until_at)
            lasted_s = max(0.0, until_s - offset_s)
            if (
                state.mode in self.modes
                and (not self.reasons or state.reason in self.reasons)
                and lasted_s >= self.lasting_s
                and self.window.holds(offset_s, case)
            ):
                kept.append(Evidence("state", state.mode, None, offset_s, lasted_s))
        return kept

    def share_seen(self, case: Case) -> float:
        return float(case.facts.states is not None and self.window.can_tell(case))
