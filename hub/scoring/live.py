"""Live rules on interactions that go on: what somebody may walk over for.

The same rules and the same ids as of the finished interaction, which has the last word. A
snapshot that comes too late raises nothing: whoever walked over would find somebody else there.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from hub import metrics
from hub.scoring.facts import Facts
from hub.scoring.flag import Flag, flags
from hub.scoring.rules import Rule
from hub.store import alerts as store
from hub.store import scoring as queue
from hub.store.alerts import AlertRow, OpenInteraction
from hub.store.errors import RowRefusedError
from hub.store.pool import Database
from hub.store.scoring import Queued, ScoringConnection
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Zone

log = logging.getLogger(__name__)

LIVE_FOR = timedelta(minutes=2)
"""From the device's snapshot; what is older is stored and not shown as live."""
SWEEP_EVERY = timedelta(minutes=1)
Allowed: TypeAlias = Callable[[ScoringConnection, str, Sequence[Rule]], Sequence[Rule]]
"""Of a branch, the rules that may raise an alert there."""


def every_rule(
    _connection: ScoringConnection, _branch: str, rules: Sequence[Rule]
) -> Sequence[Rule]:
    return rules


class LiveJudge:
    """`database` signs in as hailong_worker and is opened by whoever calls."""

    def __init__(
        self,
        database: Database,
        rules: Sequence[Rule],
        clock: Callable[[], datetime],
        allowed: Allowed = every_rule,
    ) -> None:
        self._database = database
        self._rules = [rule for rule in rules if rule.kind == "live"]
        self._clock = clock
        self._allowed = allowed
        self._swept_at: datetime | None = None

    def run_once(self) -> int:
        """Judges the snapshots that wait; returns how many."""
        self._sweep()
        count = 0
        for branch_id in queue.branches_waiting(self._database, live=True):
            while self._judge_next(branch_id):
                count += 1
        return count

    def found(self, interaction: InteractionPayload, facts: Facts) -> list[Flag]:
        """By the live rules, as if it went on; nothing where it cannot be judged."""
        try:
            return flags(interaction.model_copy(update={"open": True}), facts, self._rules)
        except Exception as error:  # noqa: BLE001 - the boundary: its figures and flags are there already
            log.error("an alert cannot be held against its end (%s)", type(error).__name__)  # noqa: TRY400
            return []

    def _judge_next(self, branch_id: str) -> bool:
        """One a transaction: an alert must not wait for others, nor fail with them."""
        keys: list[Queued] = []
        try:
            with self._database.branches_transaction([branch_id]) as connection:
                keys = queue.claim(connection, branch_id, 1, live=True)
                for key in keys:
                    self._judge(connection, key)
                    queue.done_live(connection, key)
        except RowRefusedError as error:
            # Not tried again: the finished interaction comes, and is scored by itself.
            with self._database.branches_transaction([branch_id]) as connection:
                for key in keys:
                    queue.done_live(connection, key)
            _tell(branch_id, error.code)
        return bool(keys)

    def _judge(self, connection: ScoringConnection, key: Queued) -> None:
        taken = store.take(connection, key)
        if taken is None:
            return
        now = self._clock()
        store.judged(connection, key, now)
        if now - taken.captured_at > LIVE_FOR:
            metrics.ALERTS.labels("late").inc()
            return
        rules = self._allowed(connection, key.branch_id, self._rules)
        try:
            raised = _raised(taken, rules)
        except Exception as error:  # noqa: BLE001 - the boundary: one that cannot be judged must not stop the others
            # By type alone: an error's text may repeat a value.
            _tell(key.branch_id, type(error).__name__)
            return
        for change in store.put(connection, key, _rows(raised), taken.captured_at, now):
            metrics.ALERTS.labels(change).inc()
        metrics.ALERT_SECONDS.observe(max(0.0, (now - taken.captured_at).total_seconds()))

    def _sweep(self) -> None:
        now = self._clock()
        if self._swept_at is None or now - self._swept_at >= SWEEP_EVERY:
            self._swept_at = now
            store.sweep(self._database, now)


def _tell(branch_id: str, what: str) -> None:
    log.error("a snapshot of %s cannot be judged (%s)", branch_id, what)


def _raised(taken: OpenInteraction, rules: Sequence[Rule]) -> list[Flag]:
    interaction = InteractionPayload.model_validate_json(taken.payload)
    return flags(interaction, Facts(zone=Zone(taken.zone) if taken.zone else None), rules)


def _rows(raised: Sequence[Flag]) -> list[AlertRow]:
    return [
        AlertRow(
            flag_id=flag.flag_id,
            rule_id=flag.rule_id,
            rule_version=flag.rule_version,
            severity=flag.severity,
            role=flag.role,
            evidence=[one.as_json() for one in flag.evidence],
            coverage=flag.coverage,
        )
        for flag in raised
    ]
