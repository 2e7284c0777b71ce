"""Scores what ingest has stored: takes keys from the queue, writes figures and flags.

A transaction a branch holds the lock on the key, the figures, the flags and the key's removal,
so that a worker killed at any moment leaves everything as it was or as it should be. Scoring
the same interaction again changes nothing but the time.
"""

import logging
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from hub import metrics
from hub.errors import HubError
from hub.health.heart import IDLE, SCORING, WAITING_FOR_DATABASE, Heart
from hub.scoring import in_force
from hub.scoring.admission import Admission, Admitted
from hub.scoring.calibration import Calibration
from hub.scoring.facts import Facts
from hub.scoring.flag import Flag, flags
from hub.scoring.rubrics import Rubric, rubric_for
from hub.scoring.rules import Rule
from hub.scoring.score import Scores, score
from hub.scoring.score_rows import score_rows
from hub.scoring.standing_keeper import StandingKeeper
from hub.store import scoring as store
from hub.store.errors import RowRefusedError, StoreError
from hub.store.pool import Database
from hub.store.scoring import FlagRow, Queued, ScoringConnection, StoredInteraction, Wait
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Zone

log = logging.getLogger(__name__)

BATCH = 100
_POLL_S = 2.0
_SLICE_S = 0.2
"""How long a stop may go unnoticed while waiting for a notification."""
_RETRY_S = (0.1, 10.0)
_OPEN_S = 1.0
_ASIDE_S = (30.0, 3600.0)
_REMEMBERED = 1000
"""Failing interactions whose back-off is remembered; the oldest starts over."""


class ScoringWorker:
    """`database` signs in as hailong_worker; `run` opens and closes it."""

    def __init__(
        self,
        database: Database,
        rubrics: Sequence[Rubric],
        rules: Sequence[Rule],
        clock: Callable[[], datetime],
        heart: Heart | None = None,
        *,
        by_standing: bool = False,
    ) -> None:
        """`clock` is what scored_at and raised_at say, in UTC. `by_standing`: flags are shown as
        their rules stand at the branch and within its budget of a day; without it, all of them
        as their rules ask.
        """
        self._heart = heart or Heart("score")
        self._database = database
        self._rubrics = rubrics
        self._rules = rules
        self._clock = clock
        self._keeper = StandingKeeper(database, rules, clock) if by_standing else None
        self._failures: OrderedDict[Queued, int] = OrderedDict()
        self._state: str | None = None
        self._taken_up = False

    def missing(self) -> list[str]:
        """What scoring lacks, in words."""
        if self._state:
            return [f"database: {self._state}; nothing is scored until it works again"]
        return [] if self._state == "" else ["database: not opened yet"]

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; a database that goes away is waited for."""
        opened = False
        delay_s = _RETRY_S[0]
        try:
            while not stop.is_set():
                try:
                    if not opened:
                        self._database.open(_OPEN_S)
                        opened = True
                    with ExitStack() as stack:
                        wait = stack.enter_context(store.wake_ups(self._database))
                        self._tell(None)
                        delay_s = _RETRY_S[0]
                        self._work(wait, stop)
                except StoreError as error:
                    self._heart.beat(WAITING_FOR_DATABASE)
                    self._tell(error)
                    stop.wait(random.uniform(0.5, 1.0) * delay_s)  # noqa: S311 - no secret
                    delay_s = min(_RETRY_S[1], delay_s * 2)
        finally:
            self._database.close()

    def run_once(self) -> int:
        """Takes on what is due now; returns how many were scored or set aside.

        Raises RubricError where a rubric has changed and its version has not.
        """
        if not self._taken_up:
            with self._database.transaction() as connection:
                in_force.take_up(connection, self._rubrics, self._clock())
            self._taken_up = True
        count = 0
        for branch_id in store.branches_waiting(self._database):
            while taken := self._timed(branch_id):
                count += taken
        return count

    def _timed(self, branch_id: str) -> int:
        self._heart.beat(SCORING)
        began_s = time.monotonic()
        taken = self._score_branch(branch_id)
        if taken:
            metrics.SCORING_SECONDS.observe(time.monotonic() - began_s)
            metrics.SCORED.inc(taken)
        return taken

    def _work(self, wait: Wait, stop: threading.Event) -> None:
        """Listens first, then looks: nothing queued in between is missed."""
        while not stop.is_set():
            self._heart.beat(SCORING)
            if self._keeper is not None:
                self._keeper.look_if_due()
            self.run_once()
            for _ in range(round(_POLL_S / _SLICE_S)):
                self._heart.beat(IDLE)
                if stop.is_set() or wait(_SLICE_S):
                    break

    def _score_branch(self, branch_id: str) -> int:
        """One batch; 0 when nothing is due."""
        keys: list[Queued] = []
        try:
            with self._database.branches_transaction([branch_id]) as connection:
                keys = store.claim(connection, branch_id, BATCH)
                return self._score(connection, keys)
        except RowRefusedError:
            # One row spoils the batch's transaction: each by itself finds it.
            return sum(self._score_alone(key) for key in keys)

    def _score_alone(self, key: Queued) -> int:
        try:
            with self._database.branches_transaction([key.branch_id]) as connection:
                return self._score(connection, [key]) if store.claim_one(connection, key) else 0
        except RowRefusedError as error:
            with self._database.branches_transaction([key.branch_id]) as connection:
                self._set_aside(connection, key, error)
            return 1

    def _score(self, connection: ScoringConnection, keys: Sequence[Queued]) -> int:
        failed: set[Queued] = set()
        now = self._clock()
        calibration = in_force.calibration(connection)
        admission = (
            Admission(connection, keys[0].branch_id, self._rules, now)
            if self._keeper is not None and keys
            else None
        )
        for stored in store.load(connection, keys):
            try:
                scores, raised = self._judge(stored, calibration)
            except Exception as error:  # noqa: BLE001 - the boundary: one that cannot be judged must not stop the others
                self._set_aside(connection, stored.key, error)
                failed.add(stored.key)
                continue
            admitted = (
                [Admitted(flag, flag.kind) for flag in raised]
                if admission is None
                else admission.admit(stored.key, raised)
            )
            store.write(connection, stored.key, score_rows(scores), flag_rows(admitted), now)
        for key in keys:
            # Also one that was deleted meanwhile: nothing is left to be scored.
            if key not in failed:
                store.done(connection, key)
                self._failures.pop(key, None)
        return len(keys)

    def _judge(
        self, stored: StoredInteraction, calibration: Calibration | None
    ) -> tuple[Scores, list[Flag]]:
        interaction = rebuild(stored)
        facts = facts_of(stored)
        rubric = rubric_for(stored.zone, self._rubrics)
        scores = score(interaction, facts, rubric, calibration)
        return scores, flags(interaction, facts, self._rules)

    def _set_aside(self, connection: ScoringConnection, key: Queued, error: Exception) -> None:
        """By type alone: an error's text may repeat a value."""
        times = self._failures.pop(key, 0)
        self._failures[key] = times + 1
        if len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)
        for_s = min(_ASIDE_S[1], _ASIDE_S[0] * 2**times)
        store.set_aside(connection, key, for_s)
        what = error.code if isinstance(error, HubError) else type(error).__name__
        log.error(
            "interaction %s of %s cannot be scored (%s); set aside for %.0f s",
            key.interaction_id,
            key.branch_id,
            what,
            for_s,
        )

    def _tell(self, error: StoreError | None) -> None:
        """Once a change."""
        state = "" if error is None else error.code
        if state == self._state:
            return
        self._state = state
        if error is None:
            log.info("scoring: database %s in use", self._database.address)
        else:
            log.warning("scoring: %s; trying again for ever", error)


def facts_of(stored: StoredInteraction) -> Facts:
    """What is known beside sound and sight, for scoring now and for scoring again."""
    return Facts(zone=Zone(stored.zone))


def rebuild(stored: StoredInteraction) -> InteractionPayload:
    """The payload as it came over the wire."""
    columns = stored.columns
    return InteractionPayload.model_validate(
        {
            "interaction_id": stored.key.interaction_id,
            "revision": columns["revision"],
            "started_at": stored.key.at,
            "ended_at": columns["ended_at"],
            "source": columns["source"],
            "end_reason": columns["end_reason"],
            "boundary_uncertain": columns["boundary_uncertain"],
            "turns": tuple(_turn(turn) for turn in stored.turns),
            "spans": tuple(columns["spans"]),
            "measurements": columns["measurements"],
            "coverage": columns["coverage"],
            "models": tuple(columns["models"]),
        }
    )


def _turn(row: Mapping[str, Any]) -> dict[str, Any]:
    polarity, confidence = row["sentiment_polarity"], row["sentiment_confidence"]
    kept = {k: v for k, v in row.items() if not k.startswith("sentiment_")}
    if polarity is not None:
        kept["sentiment"] = {"polarity": polarity, "confidence": confidence}
    return kept


def flag_rows(admitted: Sequence[Admitted]) -> list[FlagRow]:
    return [
        FlagRow(
            flag_id=one.flag.flag_id,
            rule_id=one.flag.rule_id,
            rule_version=one.flag.rule_version,
            kind=one.kind,
            severity=one.flag.severity,
            role=one.flag.role,
            evidence=[piece.as_json() for piece in one.flag.evidence],
            coverage=one.flag.coverage,
            held=one.held,
            sampled=one.sampled,
            reviewer="city" if one.city else "branch",
        )
        for one in admitted
    ]
