"""A small city for tests of rollups: random changes by the programs' own ways of writing, and the
rollups that follow from the rows, recomputed in Python without any of the SQL under test.
"""

import itertools
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from hub.scoring.rollups import RollupWorker
from hub.store import reviews, rollup_queue, row_counts, scoring
from hub.store.arrivals import write_arrivals
from hub.store.histogram import Sums, sums
from hub.store.place import set_up_place
from hub.store.queries import load_queries
from hub.store.rows import Arrivals, InteractionRow, TurnRow
from hub.store.scoring import FlagRow, Queued, ScoreRow
from tests.builders import NOW
from tests.integration.conftest import HubDatabase, counter_row

HANOI_H = 7
CATEGORIES = ("greeting", "abusive", "come_back", "thanks")
RULES = (
    ("abusive_language_staff", "review"),
    ("over_15_minutes", "trend"),
    ("off_tariff", "shadow"),
)
OUTCOMES = ("confirmed", "dismissed", "insufficient", "coached")
ZONES = ("intake", "result", "advice")
SPANS = (
    ("raised_voice", "staff"),
    ("raised_voice", "citizen"),
    ("interruption", "staff"),
    ("interruption", "citizen"),
    ("dead_air", None),
    ("overlap", None),
    ("unattended", None),
)
Cell = tuple[Any, ...]


Said = tuple[str, str, Decimal]
"""Measure, variant and value."""


@dataclass(frozen=True)
class KnownFlag:
    name: tuple[str, str]
    dismissed: bool
    evidence: tuple[tuple[Any, ...], ...]


class City:
    """Two branches with some counters each and two clerks a counter."""

    def __init__(
        self, db: HubDatabase, seed: int, name: str = "cn", counters: int = 3, turns: int = 2
    ) -> None:
        """`name` tells cities of one database apart; `turns` are those of an interaction."""
        self.db = db
        self.random = random.Random(seed)
        self.branches = [f"{name}-{number}" for number in range(2)]
        self.ingest, self.migrator = db.open("ingest"), db.open("migrator")
        self.worker, self.app = db.open("worker"), db.open("app")
        self.rollups = RollupWorker(self.worker)
        self.counters = [f"quay-{n:02}" for n in range(1, counters + 1)]
        self._turns_each = turns
        set_up_place(
            self.migrator,
            [
                counter_row(b, c, zone=ZONES[n % len(ZONES)])
                for b in self.branches
                for n, c in enumerate(self.counters)
            ],
        )
        for branch in self.branches:
            for counter in self.counters:
                for n in range(2):
                    db.rows(
                        "INSERT INTO hailong.staff VALUES (%s, %s)",
                        f"{branch}-{counter}-{n}",
                        branch,
                    )
        self.user: UUID = db.value(
            "INSERT INTO hailong.users (login, password_hash, role)"
            " VALUES (%s, '-', 'supervisor') RETURNING user_id",
            name,
        )
        for branch in self.branches:
            db.rows("INSERT INTO hailong.user_branches VALUES (%s, %s)", self.user, branch)
        for _ in range(20):
            self.correct_roster()
        self.keys: list[Queued] = []
        self.revisions: dict[UUID, int] = {}
        self.flags: dict[UUID, tuple[Queued, int]] = {}
        """Flag -> its interaction and how often it was decided."""

    # Changes ------------------------------------------------------------------------------

    def add(self, count: int, days_ago: int = 3) -> None:
        keys = []
        for _ in range(count):
            seconds = self.random.randrange(days_ago * 86_400)
            keys.append(
                Queued(
                    self.random.choice(self.branches),
                    self.random.choice(self.counters),
                    NOW - timedelta(seconds=seconds),
                    UUID(int=self.random.getrandbits(128)),
                )
            )
        self.keys += keys
        self._arrive(keys)

    def revise(self, count: int) -> None:
        self._arrive(self._some(count))

    def score(self, count: int) -> None:
        """Also again, under the same or the next version of the rubric."""
        for branch, keys in self._by_branch(self._some(count)).items():
            with self.worker.branches_transaction([branch]) as connection:
                for key in keys:
                    raised = [
                        self._flag(key, *rule) for rule in RULES if self.random.random() < 0.3
                    ]
                    for flag in raised:
                        self.flags.setdefault(flag.flag_id, (key, 0))
                    scoring.write(connection, key, self._scores(), raised, NOW)

    def decide(self, count: int) -> None:
        """A first decision or one that overturns the last."""
        chosen = self.random.sample(sorted(self.flags), min(count, len(self.flags)))
        for branch in self.branches:
            with self.app.branches_transaction([branch]) as connection:
                for flag_id in chosen:
                    key, number = self.flags[flag_id]
                    flag = reviews.find_flag(connection, flag_id)
                    if key.branch_id != branch or flag is None or flag.state == "withdrawn":
                        continue
                    assert reviews.lock_flag(connection, flag)
                    added = reviews.add_review(
                        connection,
                        flag,
                        review_no=number + 1,
                        outcome=self.random.choice(OUTCOMES),
                        ground="none",
                        decided_by=self.user,
                    )
                    assert added is not None
                    self.flags[flag_id] = (key, number + 1)

    def correct_roster(self) -> None:
        """Another clerk sat there; takes hours that were attributed already."""
        sql = load_queries("roster")
        branch, counter = self.random.choice(self.branches), self.random.choice(self.counters)
        from_at = NOW - timedelta(hours=6 * self.random.randrange(1, 13))
        line = {
            "branch_id": branch,
            "counter_id": counter,
            "from_at": from_at,
            "to_at": from_at + timedelta(hours=self.random.choice((3, 6))),
            "staff_id": f"{branch}-{counter}-{self.random.randrange(2)}",
        }
        with self.migrator.transaction() as connection:
            connection.execute(sql["roster_lock"])
            connection.execute(sql["put_assignment"], line)
            connection.execute(
                sql["attribute_again"], line | {"to_at": from_at + timedelta(hours=6)}
            )

    def move_counter(self) -> None:
        """To another zone: revisions from now on count there."""
        self.db.rows(
            "UPDATE hailong.counters SET zone = %s WHERE branch_id = %s AND counter_id = %s",
            self.random.choice(ZONES),
            self.random.choice(self.branches),
            self.random.choice(self.counters),
        )

    def erase(self, count: int) -> None:
        gone = self._some(count)
        for table in ("turns", "scores", "flags", "interactions"):
            self.db.rows(
                f"DELETE FROM hailong.{table} WHERE branch_id = ANY (%s)"  # type: ignore[arg-type]
                " AND interaction_id = ANY (%s)",
                self.branches,
                [key.interaction_id for key in gone],
            )
        lost = {key.interaction_id for key in gone}
        self.keys = [key for key in self.keys if key.interaction_id not in lost]
        self.flags = {
            flag: known for flag, known in self.flags.items() if known[0].interaction_id not in lost
        }

    def operate(self, count: int) -> None:
        """So many random operations, a few of one kind in each transaction."""
        kinds = ("add", "late", "revise", "score", "decide", "roster", "move", "erase")
        weights = (30, 6, 14, 30, 12, 2, 1, 5)
        done = 0
        while done < count:
            kind = self.random.choices(kinds, weights)[0]
            size = min(self.random.randrange(1, 40), count - done)
            if kind == "add":
                self.add(size)
            elif kind == "late":
                self.add(size, days_ago=34)
            elif kind == "revise":
                self.revise(size)
            elif kind == "score":
                self.score(size)
            elif kind == "decide":
                self.decide(size)
            elif kind == "erase":
                self.erase(size)
            else:
                size = 1
                self.correct_roster() if kind == "roster" else self.move_counter()
            done += size

    # What rows say ----------------------------------------------------------------------

    def kept(self) -> dict[str, dict[Cell, Sums]]:
        """All three tables as they are."""
        found = {}
        for table, keys in TABLES.items():
            rows = self.db.rows(
                f"SELECT branch_id, measure, variant, {', '.join(keys)}, n, total, squares, bins"  # type: ignore[arg-type]
                f" FROM hailong.{table} WHERE branch_id = ANY (%s)",
                self.branches,
            )
            found[table] = {
                row[:-4]: Sums(row[-4], row[-3], int(row[-2]), row[-1] and tuple(row[-1]))
                for row in rows
            }
        return found

    def recomputed(self) -> dict[str, dict[Cell, Sums]]:
        measures = {
            row[0]: row[1:]
            for row in self.db.rows(
                "SELECT measure, step, edges, by_staff FROM hailong.rollup_measures"
            )
        }
        amounts: dict[str, dict[Cell, list[int]]] = {t: defaultdict(list) for t in TABLES}
        for branch, counter, at, zone, staff, said in self._said():
            day, hour = hanoi(at)
            for measure, variant, value in said:
                step, _, by_staff = measures[measure]
                amount = int((value / step).quantize(Decimal(1), ROUND_HALF_UP))
                named = (branch, measure, variant)
                amounts["rollups"][*named, day, counter, zone].append(amount)
                month = day.replace(day=1)
                amounts["hour_rollups"][*named, month, hour, counter, zone].append(amount)
                citizens = measure == "hits" and not variant.endswith(".staff")
                if staff is not None and by_staff and not citizens:
                    amounts["staff_rollups"][*named, day, staff, zone].append(amount)
        return {
            table: {cell: sums(values, measures[cell[1]][1]) for cell, values in cells.items()}
            for table, cells in amounts.items()
        }

    def _said(self) -> list[tuple[str, str, datetime, str, str | None, list[Said]]]:
        decisions = {
            row[0]: row[1]
            for row in self.db.rows(
                "SELECT flag_id, outcome FROM hailong.reviews WHERE branch_id = ANY (%s)"
                " ORDER BY flag_id, review_no",
                self.branches,
            )
        }
        flags, scores, hits = self._flags(decisions), self._stored_scores(), self._stored_hits()
        found = []
        for (
            branch,
            counter,
            at,
            interaction,
            zone,
            staff,
            uncertain,
            measured,
            shares,
        ) in self.db.rows(
            "SELECT branch_id, counter_id, at, interaction_id, zone, staff_id,"
            " boundary_uncertain, measurements::text, coverage::text"
            " FROM hailong.interactions WHERE branch_id = ANY (%s)",
            self.branches,
        ):
            void = {e for flag in flags[interaction] if flag.dismissed for e in flag.evidence}
            said: list[Said] = [("interactions", "", Decimal(1))]
            said += [("boundary_uncertain", "", Decimal(1))] if uncertain else []
            said += _measured(_numbers(measured), void)
            said += [(f"coverage.{n}", "", value) for n, value in _numbers(shares).items()]
            said += scores[interaction]
            said += _counted(
                ("hits", f"{category}.{role}")
                for category, role, offset in hits[interaction]
                if ("hit", category, role, offset, 0) not in void
            )
            said += _counted(flag.name for flag in flags[interaction])
            found.append((branch, counter, at, zone, staff, said))
        return found

    def _flags(self, decisions: dict[UUID, str]) -> dict[UUID, list[KnownFlag]]:
        found: dict[UUID, list[KnownFlag]] = defaultdict(list)
        for interaction, flag, rule_id, kind, state, evidence in self.db.rows(
            "SELECT interaction_id, flag_id, rule_id, kind, state, evidence FROM hailong.flags"
            " WHERE state <> 'withdrawn' AND branch_id = ANY (%s)",
            self.branches,
        ):
            outcome = decisions[flag] if state == "decided" else state
            pieces = tuple(
                (
                    e["type"],
                    e.get("category", e.get("kind")),
                    e["role"],
                    e["offset_s"],
                    e["duration_s"],
                )
                for e in evidence
            )
            measure = "shadow_flags" if kind == "shadow" else "flags"
            found[interaction].append(
                KnownFlag((measure, f"{rule_id}.{outcome}"), outcome == "dismissed", pieces)
            )
        return found

    def _stored_scores(self) -> dict[UUID, list[Said]]:
        found: dict[UUID, list[Said]] = defaultdict(list)
        for interaction, figure, rubric, version, value in self.db.rows(
            "SELECT interaction_id, figure, rubric, rubric_version, value::text"
            " FROM hailong.scores WHERE branch_id = ANY (%s)",
            self.branches,
        ):
            if value is None:
                variant = f"{figure}.{rubric}.{version}"
                found[interaction].append(("not_enough_measured", variant, Decimal(1)))
            else:
                # A real as a decimal number has six digits in PostgreSQL.
                six = Decimal(f"{float(value):.6g}")
                found[interaction].append((figure, f"{rubric}.{version}", six))
        return found

    def _stored_hits(self) -> dict[UUID, list[tuple[str, str, float]]]:
        found: dict[UUID, list[tuple[str, str, float]]] = defaultdict(list)
        for interaction, role, hits in self.db.rows(
            "SELECT interaction_id, role, hits FROM hailong.turns WHERE branch_id = ANY (%s)",
            self.branches,
        ):
            found[interaction] += [(h["category"], role, h["offset_s"]) for h in hits]
        return found

    # Random rows ------------------------------------------------------------------------

    def _some(self, count: int) -> list[Queued]:
        return self.random.sample(self.keys, min(count, len(self.keys)))

    @staticmethod
    def _by_branch(keys: list[Queued]) -> dict[str, list[Queued]]:
        found: dict[str, list[Queued]] = defaultdict(list)
        for key in keys:
            found[key.branch_id].append(key)
        return found

    def _arrive(self, keys: list[Queued]) -> None:
        if keys:
            write_arrivals(
                self.ingest,
                self.branches,
                Arrivals(
                    interactions=tuple(self._interaction(key) for key in keys),
                    turns=tuple(turn for key in keys for turn in self._turns(key)),
                ),
            )

    def _interaction(self, key: Queued) -> InteractionRow:
        self.revisions[key.interaction_id] = self.revisions.get(key.interaction_id, 0) + 1
        measured = self._measurements()
        shares = ("audio", "video", "roles", "text_staff", "presence", "raised_voice_staff")
        return InteractionRow(
            **asdict(key),
            revision=self.revisions[key.interaction_id],
            ended_at=key.at + timedelta(seconds=180),
            device_id="d",
            source="live",
            end_reason="citizen_absent",
            boundary_uncertain=self.random.random() < 0.1,
            handling_s=measured["handling_s"],
            measurements=json.dumps(measured),
            coverage=json.dumps({name: self._share() for name in shares}),
            spans="[]",
            models=[],
            message_id=UUID(int=self.random.getrandbits(128)),
            received_at=NOW,
        )

    def _measurements(self) -> dict[str, Any]:
        r = self.random

        def seconds(most: float) -> float:
            return r.choice((0, round(r.uniform(0, most), 3)))

        found: dict[str, Any] = {
            "handling_s": round(r.lognormvariate(5, 1), 3),
            "talk_time_s": {"staff": seconds(200), "citizen": seconds(200)},
            "dead_air_s": seconds(60),
            "longest_dead_air_s": seconds(30),
            "interruptions": {"staff": r.randrange(4)},
            "raised_voice_s": {"staff": seconds(20)},
            "snr_db": {"citizen": round(r.uniform(0, 40), 2)},
        }
        if r.random() < 0.7:
            found["response_gap_s"] = round(r.uniform(-3, 8), 3)
            found["sentiment"] = {"mean": round(r.uniform(-1, 1), 4), "turns": 3}
            found["overlap_s"] = seconds(9)
            found["unattended_s"] = seconds(90)
            found["raised_voice_s"]["citizen"] = seconds(5)
            found["interruptions"]["citizen"] = r.randrange(20)
        return found

    def _share(self) -> float:
        return self.random.choice((0, 1, round(self.random.random(), 3)))

    def _turns(self, key: Queued) -> list[TurnRow]:
        return [
            TurnRow(
                **asdict(key),
                turn_no=number,
                role=role,
                role_confidence=1,
                start_s=number,
                duration_s=1,
                speech_s=1,
                continued=False,
                syllables=None,
                syllables_per_minute=None,
                loudness_dbfs=-20,
                loudness_above_baseline_db=None,
                asr_confidence=None,
                language=None,
                backchannel=False,
                sentiment_polarity=None,
                sentiment_confidence=None,
                hits=json.dumps(
                    [
                        {"category": category, "offset_s": offset, "confidence": 0.9}
                        for category, offset in self._hits()
                    ]
                ),
            )
            for number, role in enumerate(
                itertools.islice(itertools.cycle(("staff", "citizen")), self._turns_each), start=1
            )
        ]

    def _hits(self) -> list[tuple[str, float]]:
        return [
            (self.random.choice(CATEGORIES), self.random.choice((1, 2.5)))
            for _ in range(self.random.randrange(3))
        ]

    def _scores(self) -> list[ScoreRow]:
        version = self.random.randrange(1, 3)
        found = []
        for figure in ("experience", "counter_part"):
            value = self.random.choice((None, self.random.uniform(0, 100)))
            found.append(
                ScoreRow(figure, "intake", version, value, value, value, self._share(), [])
            )
        return found

    def _flag(self, key: Queued, rule: str, kind: str) -> FlagRow:
        evidence: list[dict[str, Any]] = [
            {
                "type": "hit",
                "category": category,
                "role": "staff",
                "offset_s": offset,
                "duration_s": 0.0,
                "confidence": 0.9,
            }
            for category, offset in self._hits()
        ]
        for name, role in self.random.sample(SPANS, 2):
            evidence.append(
                {
                    "type": "span",
                    "kind": name,
                    "role": role,
                    "offset_s": 3.0,
                    "duration_s": self.random.choice((1.0, 4.25)),
                    "confidence": None,
                }
            )
        number = [r for r, _ in RULES].index(rule)
        return FlagRow(
            UUID(int=key.interaction_id.int ^ (number + 1)),
            rule,
            1,
            kind,
            3,
            "staff",
            evidence,
            1.0,
        )


TABLES = {
    "rollups": ("day", "counter_id", "zone"),
    "staff_rollups": ("day", "staff_id", "zone"),
    "hour_rollups": ("month", "hour", "counter_id", "zone"),
}
_READ = {
    "handling_s": ("handling_s",),
    "talk_time_s.staff": ("talk_time_s", "staff"),
    "talk_time_s.citizen": ("talk_time_s", "citizen"),
    "overlap_s": ("overlap_s",),
    "dead_air_s": ("dead_air_s",),
    "longest_dead_air_s": ("longest_dead_air_s",),
    "response_gap_s": ("response_gap_s",),
    "unattended_s": ("unattended_s",),
    "interruptions.staff": ("interruptions", "staff"),
    "interruptions.citizen": ("interruptions", "citizen"),
    "raised_voice_s.staff": ("raised_voice_s", "staff"),
    "raised_voice_s.citizen": ("raised_voice_s", "citizen"),
    "sentiment.citizen": ("sentiment", "mean"),
    "snr_db.staff": ("snr_db", "staff"),
    "snr_db.citizen": ("snr_db", "citizen"),
}
_VOIDS = {
    "overlap_s": ("overlap", None),
    "dead_air_s": ("dead_air", None),
    "unattended_s": ("unattended", None),
    "interruptions.staff": ("interruption", "staff"),
    "interruptions.citizen": ("interruption", "citizen"),
    "raised_voice_s.staff": ("raised_voice", "staff"),
    "raised_voice_s.citizen": ("raised_voice", "citizen"),
}


def _measured(document: dict[str, Any], void: set[Any]) -> list[Said]:
    found: list[Said] = []
    for measure, path in _READ.items():
        value: Any = document
        for name in path:
            value = value.get(name) if value is not None else None
        if value is None:
            continue
        if measure in _VOIDS:
            kind, role = _VOIDS[measure]
            spans = [v for v in void if v[:3] == ("span", kind, role)]
            taken = sum(
                (
                    Decimal(1) if measure.startswith("interruptions") else Decimal(str(v[4]))
                    for v in spans
                ),
                Decimal(0),
            )
            value = max(Decimal(0), value - taken)
        found.append((measure, "", value))
    return found


def _counted(names: Iterable[tuple[str, str]]) -> list[Said]:
    return [(*name, Decimal(n)) for name, n in Counter(names).items()]


def _numbers(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return found


def hanoi(at: datetime) -> tuple[date, int]:
    local = at + timedelta(hours=HANOI_H)
    return local.date(), local.hour


class AnyOrder(RuleBasedStateMachine):
    """Changes and roll-ups in any order end at what the rows say. `db` is set by the test."""

    db: HubDatabase
    numbers = itertools.count(1)

    @initialize(seed=st.integers(0, 2**32))
    def build(self, seed: int) -> None:
        self.city = City(self.db, seed, f"cn{next(self.numbers)}")

    @rule(count=st.integers(1, 5), days=st.sampled_from((1, 34)))
    def add(self, count: int, days: int) -> None:
        self.city.add(count, days)

    @rule(count=st.integers(1, 5))
    def revise(self, count: int) -> None:
        self.city.revise(count)

    @rule(count=st.integers(1, 5))
    def score(self, count: int) -> None:
        self.city.score(count)

    @rule(count=st.integers(1, 3))
    def decide(self, count: int) -> None:
        self.city.decide(count)

    @rule()
    def correct_roster(self) -> None:
        self.city.correct_roster()

    @rule()
    def move_counter(self) -> None:
        self.city.move_counter()

    @rule(count=st.integers(1, 3))
    def erase(self, count: int) -> None:
        self.city.erase(count)

    @rule(most=st.integers(1, 20))
    def roll_some_up(self, most: int) -> None:
        for branch in self.city.branches:
            rollup_queue.roll_up(self.city.worker, branch, most)

    def teardown(self) -> None:
        if hasattr(self, "city"):
            assert row_counts.faults(self.city.migrator) == []
            self.city.rollups.interactions()
            assert self.city.kept() == self.city.recomputed()
            assert row_counts.faults(self.city.migrator) == []
