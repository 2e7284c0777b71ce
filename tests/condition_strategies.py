"""Conditions of every form, and interactions and facts on which they have something to find."""

from datetime import time, timedelta

from hypothesis import strategies as st

from hub.scoring.case import Window
from hub.scoring.condition import (
    COMPARISONS,
    All,
    Any,
    Condition,
    Count,
    Fact,
    Measured,
    Not,
    StartedAt,
)
from hub.scoring.facts import (
    YES_OR_NO,
    CounterMode,
    CounterState,
    DossierEvent,
    DossierStep,
    Facts,
    PauseReason,
    Ticket,
    Visit,
)
from hub.scoring.local_time import Calendar, Clock, PartOfDay, Weekday
from hub.scoring.moments import TICKET_MOMENTS, CounterStates, DossierEvents, TicketMoments
from hub.scoring.selectors import Hits, Spans, Turns
from schemas.interaction import Coverage, InteractionPayload
from schemas.vocabulary import Category, Language, Role, SpanKind, Zone
from tests.builders import NOW, hit, interaction_payload, span, turn
from tests.scoring_strategies import NAMES

START = NOW - timedelta(minutes=30)
ROLES = st.sampled_from([Role.STAFF, Role.CITIZEN])
KINDS = st.sampled_from([Category.ABUSIVE, Category.COME_BACK, Category.GREETING])
SPANS = st.sampled_from([SpanKind.RAISED_VOICE, SpanKind.DEAD_AIR, SpanKind.UNATTENDED])
OFFSETS = st.sampled_from([-60.0, 0.0, 30.0, 60.0, 90.0, 150.0, 200.0])
HALF_DAY = Calendar(dict.fromkeys(Weekday, ((time(7, 30), time(9, 45)), (time(13), time(17)))))
QUANTITIES = st.sampled_from(
    ["handling_s_per_dossier", "sent_back", "stayed_after_close_s", "called_with_nobody"]
)
"""Those that the facts tell. What counts turns is no condition by itself, see staff_turns."""


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    return Clock(
        weekdays=draw(st.sampled_from([(), (Weekday.TUE,), (Weekday.SAT,)])),
        parts=draw(st.sampled_from([(), (PartOfDay.WORKING,), (PartOfDay.LUNCH,)])),
        until=draw(st.sampled_from([time.max, time(9, 31)])),
    )


@st.composite
def windows(draw: st.DrawFn) -> Window:
    return Window(
        from_s=draw(st.sampled_from([float("-inf")] * 4 + [60.0])),
        last_s=draw(st.sampled_from([None] * 5 + [60.0])),
        clock=draw(st.one_of(*[st.none()] * 5, clocks())),
    )


def some(items: list) -> st.SearchStrategy:
    return st.lists(st.sampled_from(items), min_size=1, max_size=2, unique=True).map(tuple)


EACH_SELECTOR = {
    "hits": st.builds(
        Hits, KINDS.map(lambda kind: (kind,)), ROLES, st.sampled_from([0.3, 0.7]), windows()
    ),
    "spans": st.builds(
        Spans, SPANS, st.one_of(st.none(), ROLES), st.sampled_from([0.0, 4.0]), windows()
    ),
    "turns": st.one_of(
        st.builds(Turns, ROLES, lasting_s=st.just(5.0), window=windows()),
        st.builds(Turns, ROLES, pace_above=st.just(250.0), window=windows()),
        st.builds(Turns, ROLES, languages=st.just((Language.OTHER,)), window=windows()),
        st.builds(Turns, ROLES, gap_above_s=st.just(40.0), window=windows()),
    ),
    "ticket": st.builds(TicketMoments, some(list(TICKET_MOMENTS)), windows()),
    "dossier": st.builds(DossierEvents, some(list(DossierStep)), windows()),
    "states": st.builds(
        CounterStates,
        some(list(CounterMode)),
        st.sampled_from([(), (PauseReason.LUNCH,)]),
        st.sampled_from([0.0, 30.0]),
        windows(),
    ),
}
SELECTORS = st.one_of(*EACH_SELECTOR.values())


@st.composite
def counts(draw: st.DrawFn, of: st.SearchStrategy = SELECTORS) -> Count:
    relation = draw(st.sampled_from([None] * 6 + ["near", "after", "before", "during"]))
    related = {} if relation is None else {relation: draw(SELECTORS)}
    return Count(
        draw(of),
        at_least=draw(st.sampled_from([1, 1, 1, 2])),
        within_s=draw(st.sampled_from([10.0, float("inf")])),
        **related,
    )


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(
        counts(),
        st.builds(Measured, QUANTITIES, st.sampled_from(list(COMPARISONS)), st.floats(0, 200)),
        st.builds(Fact, st.sampled_from(list(YES_OR_NO))),
        st.builds(StartedAt, clocks()),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(All),
        st.lists(inner, min_size=1, max_size=3).map(Any),
        inner.map(Not),
    ),
    max_leaves=5,
)


@st.composite
def talks(draw: st.DrawFn) -> InteractionPayload:
    """Three minutes with turns, hits and spans at a few offsets, seen to any degree."""
    turns = [
        turn(
            role=draw(st.sampled_from([Role.STAFF, Role.CITIZEN])),
            start_s=max(0.0, at_s),
            duration_s=draw(st.sampled_from([2.0, 8.0])),
            syllables_per_minute=draw(st.sampled_from([200.0, 300.0])),
            language=draw(st.sampled_from([Language.VIETNAMESE, Language.OTHER])),
            hits=tuple(
                hit(kind, max(0.0, at_s), 0.8) for kind in draw(st.lists(KINDS, max_size=2))
            ),
        )
        for at_s in draw(st.lists(OFFSETS, min_size=1, max_size=5))
    ]
    spans = [
        span(draw(SPANS), role=draw(ROLES), start_s=max(0.0, at_s), duration_s=6.0)
        for at_s in draw(st.lists(OFFSETS, max_size=3))
    ]
    shares = st.sampled_from([1.0] * 12 + [0.0, 0.5, 0.8, 0.95])
    return interaction_payload(
        turns=tuple(turns),
        spans=(*spans, span(SpanKind.CITIZEN_PRESENT, start_s=0.0, duration_s=180.0)),
        open=draw(st.sampled_from([False, False, True])),
        coverage=Coverage(**{name: draw(shares) for name in NAMES}),
    )


@st.composite
def known_facts(draw: st.DrawFn) -> Facts:
    """Nearly everything is known, so that there is something to forget."""
    yes = st.sampled_from([True, False])

    def moment() -> timedelta:
        return timedelta(seconds=draw(OFFSETS))

    return Facts(
        zone=Zone.INTAKE,
        dossier_outcome=draw(st.sampled_from(["nothing", "supplement", "accepted"])),
        overload=draw(yes),
        system_fault=draw(yes),
        paused=draw(yes),
        no_ticket=draw(yes),
        no_receipt=draw(yes),
        slip_given=draw(yes),
        online_only=draw(yes),
        outside_hours=draw(yes),
        help_pressed=draw(yes),
        waiting_s=draw(st.floats(0, 4000)),
        called_with_nobody=draw(st.integers(0, 5)),
        ticket=Ticket(
            created_at=START - timedelta(seconds=600),
            called_at=START + moment(),
            closed_at=draw(st.one_of(st.none(), st.just(START + moment()))),
            transferred_at=draw(st.one_of(st.none(), st.just(START + moment()))),
            priority=draw(yes),
            out_of_turn=draw(yes),
            priority_skipped=draw(yes),
            dossiers=draw(st.integers(1, 3)),
        ),
        visit=Visit(draw(st.integers(0, 3)), draw(st.integers(0, 3)), draw(yes)),
        dossier=tuple(
            DossierEvent(step, START + moment())
            for step in draw(st.lists(st.sampled_from(list(DossierStep)), max_size=2))
        ),
        states=tuple(
            CounterState(
                draw(st.sampled_from(list(CounterMode))),
                START + moment(),
                draw(st.one_of(st.none(), st.just(START + timedelta(seconds=400)))),
                draw(st.sampled_from([None, PauseReason.LUNCH])),
            )
            for _ in range(draw(st.integers(0, 2)))
        ),
        calendar=HALF_DAY,
    )
