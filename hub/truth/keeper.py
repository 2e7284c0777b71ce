"""Matches the sessions that ended with what the devices sent meanwhile.

Not at a session's end: a counter's last interaction comes when it is over, and a device that was
offline sends what it kept for seven days. So a session is matched a quarter of an hour after its
end and once a day until nothing of it can come any more, and again when late ticks come.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

from hub.scoring.facts import Facts
from hub.scoring.heard import TEXT_COVERAGE, hits
from hub.scoring.rules import Rule
from hub.scoring.worker import facts_of as facts_of_worker
from hub.scoring.worker import rebuild
from hub.store import scoring
from hub.store import truth as store
from hub.store.errors import StoreError
from hub.store.pool import Database
from hub.store.scoring import StoredInteraction
from hub.store.truth import MatchRow, SessionRow, TickRow, TruthConnection
from hub.truth.judged import Stay, judge
from hub.truth.matching import (
    Hit,
    Match,
    Reason,
    Ticked,
    Unseen,
    Watch,
    match,
    silent_stretches,
)
from hub.truth.watched import GROUPS, Thing, TickRole, What, things
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Category, Role, SpanKind

log = logging.getLogger(__name__)
SETTLES: Final = timedelta(minutes=15)
"""After a session's end: the last interaction has ended and come."""
LATE: Final = timedelta(days=8)
"""A device keeps what it could not send for seven days."""
_DAY = timedelta(days=1)
_WINDOW = timedelta(seconds=10)
"""Of one window of activity."""
HEARD_FROM: Final = 0.5
"""Share of a window that must have been heard before it counts as measured."""
READ_FROM: Final = 0.3
"""Share of a side's speech that must have been read, as rules about words ask for."""
SURE_S: Final = 2.0
"""By how much a tap's time on the hub's clock may be wrong."""
_SPANS = {SpanKind.MUTED: Reason.MUTED, SpanKind.WRITTEN: Reason.WRITTEN}


def match_due(
    database: Database,
    rules: Sequence[Rule],
    now: datetime,
    *,
    settles: timedelta = SETTLES,
    facts_of: Callable[[StoredInteraction], Facts] = facts_of_worker,
) -> int:
    """Returns how many sessions were matched. `facts_of` must be what their flags were raised on.

    `database` signs in as hailong_worker or as the migrator.
    """
    count = 0
    for branch_id in store.branches(database):
        with database.branches_transaction([branch_id]) as connection:
            rows = store.due(
                connection, settled_before=now - settles, day_ago=now - _DAY, late=LATE
            )
            for row in rows:
                try:
                    found = matches(connection, row, rules, facts_of)
                except StoreError:
                    raise
                except Exception as error:  # noqa: BLE001 - the boundary: one that cannot be matched must not stop the others
                    # By type alone: an error's text may repeat a value.
                    log.error(  # noqa: TRY400
                        "truth session %s of %s cannot be compared (%s)",
                        row.session_id,
                        branch_id,
                        type(error).__name__,
                    )
                    continue
                store.put_matches(connection, row, [_row(one) for one in found], now)
                count += 1
    return count


def matches(
    connection: TruthConnection,
    row: SessionRow,
    rules: Sequence[Rule],
    facts_of: Callable[[StoredInteraction], Facts] = facts_of_worker,
) -> list[Match]:
    """Of one session that ended."""
    assert row.ended_at is not None, "only sessions that ended are matched"
    from_at, to_at = row.started_at, row.ended_at
    watched = things(group for group in row.watched if group in GROUPS)
    tapped = store.ticks(connection, row)
    ticks = [tick for tick in map(_ticked, tapped) if tick.thing in watched]
    unsure = [_unsure(tick) for tick in tapped if tick.clock_error_s > SURE_S]
    stays = _stays(connection, row, facts_of)
    heard = store.heard_between(connection, row, from_at, to_at, HEARD_FROM)
    unseen = silent_stretches(heard, _WINDOW, from_at, to_at)
    unseen += [one for stay in stays for one in _unseen(stay.interaction, watched)]
    unseen += unsure
    watch = Watch(from_at, to_at, unseen)
    said = [one for stay in stays for one in _hits(stay.interaction) if one.thing in watched]
    spoken = [tick for tick in ticks if tick.thing.what == "category"]
    return [*match(spoken, said, watch), *judge(stays, ticks, watch, rules, watched)]


def _stays(
    connection: TruthConnection, row: SessionRow, facts_of: Callable[[StoredInteraction], Facts]
) -> list[Stay]:
    assert row.ended_at is not None
    keys = store.interactions_between(connection, row, row.started_at, row.ended_at)
    flagged: dict[UUID, dict[str, int]] = {}
    for flag in store.flags_between(connection, row, row.started_at, row.ended_at):
        flagged.setdefault(flag.interaction_id, {})[flag.rule_id] = flag.rule_version
    return [
        Stay(rebuild(stored), facts_of(stored), flagged.get(stored.key.interaction_id, {}))
        for stored in sorted(scoring.load(connection, keys), key=lambda one: one.key.at)
    ]


def _hits(one: InteractionPayload) -> list[Hit]:
    return [
        Hit(
            Thing("category", hit.category, cast("TickRole", str(role))),
            one.started_at + timedelta(seconds=hit.offset_s),
        )
        for role in (Role.STAFF, Role.CITIZEN)
        for hit in hits(one, role, frozenset(Category))
    ]


def _unseen(one: InteractionPayload, watched: frozenset[Thing]) -> list[Unseen]:
    """What of a stay says nothing: paused, written, not read, or not sent."""
    found = []
    for span in one.spans:
        if span.kind in _SPANS:
            start = one.started_at + timedelta(seconds=span.start_s)
            end = start + timedelta(seconds=span.duration_s)
            found.append(Unseen(start, end, _SPANS[span.kind]))
    blind: dict[Reason, set[Thing]] = {Reason.NOT_READ: set(), Reason.NOT_SENT: set()}
    sent = one.coverage.categories_sent
    for thing in watched:
        if thing.what != "category":
            continue
        if getattr(one.coverage, TEXT_COVERAGE[Role(thing.role)]) < READ_FROM:
            blind[Reason.NOT_READ].add(thing)
        elif sent is not None and thing.name not in sent:
            blind[Reason.NOT_SENT].add(thing)
    found += [
        Unseen(one.started_at, one.ended_at, reason, frozenset(of))
        for reason, of in blind.items()
        if of
    ]
    return found


def _ticked(row: TickRow) -> Ticked:
    thing = Thing(cast("What", row.what), row.name, cast("TickRole", row.role))
    return Ticked(thing, row.at, row.tick_id)


def _unsure(row: TickRow) -> Unseen:
    """Around a tap whose time is not known well enough: nothing of its kind can be told there."""
    error = timedelta(seconds=row.clock_error_s)
    only = frozenset({_ticked(row).thing})
    return Unseen(row.at - error, row.at + error, Reason.CLOCK, only)


def _row(one: Match) -> MatchRow:
    return MatchRow(
        what=one.thing.what,
        name=one.thing.name,
        role=one.thing.role,
        rule_version=one.rule_version,
        outcome=one.outcome,
        reason=one.reason,
        later_s=one.later_s,
    )
