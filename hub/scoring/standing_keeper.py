"""Looks once a day how each rule stands at each branch, and writes down what has changed.

Deciding is pure (`hub/scoring/standing.py`); this counts decisions, over the branch and over the
city, and appends to the history. Looked at twice, nothing is written twice.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from secrets import token_bytes
from typing import Literal

from hub.scoring.admission import entry, stood_of
from hub.scoring.budget import day_of
from hub.scoring.rules import Rule
from hub.scoring.standing import Pooled, Stood, Tally, next_standing, pool
from hub.store import standings as store
from hub.store.errors import DatabaseUnavailableError, StoreError
from hub.store.pool import Database
from hub.store.standings import FigureRow, StandingConnection, StandingRow, TallyRow

log = logging.getLogger(__name__)
_SEED_BYTES = 16


class StandingKeeper:
    """`database` signs in as hailong_worker."""

    def __init__(
        self,
        database: Database,
        rules: Sequence[Rule],
        clock: Callable[[], datetime],
        chance: Callable[[int], bytes] = token_bytes,
    ) -> None:
        self._database = database
        self._rules = {(rule.id, rule.version): rule for rule in rules}
        self._clock = clock
        self._chance = chance
        self._looked: date | None = None

    def look_if_due(self) -> int:
        """Once a day of Hanoi's, and after a start; returns how many entries were written."""
        today = day_of(self._clock())
        if today == self._looked:
            return 0
        written = 0
        try:
            written = self.look()
        except DatabaseUnavailableError:
            raise
        except StoreError as error:
            # Rules stand as they stood, and interactions are scored all the same.
            log.warning("how rules stand cannot be looked at today: %s", error)
        self._looked = today
        return written

    def look(self) -> int:
        with self._database.transaction() as connection:
            branches = store.branches(connection)
        if not branches:
            return 0
        now = self._clock()
        with self._database.branches_transaction(branches) as connection:
            counted = store.tallies(connection)
            for figure in city_figures(counted, now):
                store.put_figure(connection, figure)
            return sum(
                self._step(connection, row, counted, now) for row in store.standings(connection)
            )

    def _step(
        self,
        connection: StandingConnection,
        row: StandingRow,
        counted: Sequence[TallyRow],
        now: datetime,
    ) -> bool:
        rule = self._rules.get((row.rule_id, row.rule_version))
        if rule is None:
            return False  # Not in force any more: it stands as it stood.
        if row.counted_from is not None:
            counted = store.tallies(connection, rule_id=rule.id, since=row.counted_from)
        judged = pooled_tally(counted, row.branch_id, rule.id, rule.version)
        stood = next_standing(rule, stood_of(row), judged.tally, now)
        return stood is not None and self._write(connection, row, rule, stood, judged)

    def _write(
        self,
        connection: StandingConnection,
        row: StandingRow,
        rule: Rule,
        stood: Stood,
        judged: Pooled,
    ) -> bool:
        if stood.standing == "stopped":
            stood = replace(stood, seed=self._chance(_SEED_BYTES))
        new = entry(row.branch_id, rule, row.standing_no + 1, stood, judged)
        if not store.add_standing(connection, new):
            return False
        log.warning(
            "rule %s, version %d, stands as %s at %s (%s)",
            rule.id,
            rule.version,
            stood.standing,
            row.branch_id,
            stood.reason,
        )
        return True


def set_by_hand(
    database: Database,
    rules: Sequence[Rule],
    branches: Sequence[str],
    standing: Literal["active", "trend"],
    by: str,
    now: datetime,
) -> int:
    """A person ends a silence, takes a rule up again, or lets it go on as a trend; what was
    decided before counts no more. `database` signs in as the migrator. Returns how many entries
    were written: none where a rule stands so already, nor of one that is measured in shadow.
    """
    written = 0
    with database.branches_transaction(branches) as connection:
        last = {(r.branch_id, r.rule_id, r.rule_version): r for r in store.standings(connection)}
        for branch_id in branches:
            for rule in rules:
                known = last.get((branch_id, rule.id, rule.version))
                if rule.kind in {"shadow", "positive"} or (
                    known is not None and known.standing == standing
                ):
                    continue
                number = 1 if known is None else known.standing_no + 1
                stood = Stood(standing, "by_hand", now, counted_from=now)
                new = entry(branch_id, rule, number, stood, set_by=by)
                written += store.add_standing(connection, new)
    return written


def pooled_tally(
    counted: Sequence[TallyRow], branch_id: str, rule_id: str, rule_version: int
) -> Pooled:
    """What a version of a rule is judged by at a branch: its own decisions or the city's."""
    of_rule = [r for r in counted if (r.rule_id, r.rule_version) == (rule_id, rule_version)]
    own = sum((tally_of(row) for row in of_rule if row.branch_id == branch_id), Tally())
    return pool(own, sum(map(tally_of, of_rule), Tally()))


def city_figures(counted: Sequence[TallyRow], now: datetime) -> list[FigureRow]:
    found: dict[tuple[str, int], list[TallyRow]] = {}
    for row in counted:
        found.setdefault((row.rule_id, row.rule_version), []).append(row)
    return [
        FigureRow(
            rule_id,
            version,
            decided=sum(row.decided for row in rows),
            with_ground=sum(row.with_ground for row in rows),
            founded=sum(row.founded for row in rows),
            bulk=sum(row.bulk for row in rows),
            branches=len(rows),
            counted_at=now,
        )
        for (rule_id, version), rows in sorted(found.items())
    ]


def tally_of(row: TallyRow | FigureRow) -> Tally:
    return Tally(row.decided, row.with_ground, row.founded)
