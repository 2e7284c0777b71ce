"""What scoring costs one core. CPU time, so that others on the machine do not count.

The goal is of the whole batch path of the pure function: quantities read out of interactions of 40
turns, both figures with parts and intervals as arrays. Not included are the database, rebuilding an
interaction from its rows and making rows of its figures (told apart). `score` one by one is what the
worker calls.
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from benchmarks.machine import Figure
from hub.scoring.batch import Table, read_table, score_table
from hub.scoring.facts import Facts
from hub.scoring.rubrics import rubric_for
from hub.scoring.score import score
from hub.scoring.score_rows import score_rows
from schemas.interaction import (
    ByRole,
    Coverage,
    Hit,
    InteractionPayload,
    Measurements,
    SentimentSummary,
    Turn,
)
from schemas.vocabulary import Category, EndReason, Language, Role, SourceKind, Zone

GOAL = 20_000
TURNS = 40
_READ = 2_000
_TIMES = 25
"""So many times as many rows are scored at once."""
_AT = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
_STAFF = (Category.GREETING, Category.EXPLANATION, Category.CLOSING, Category.COME_BACK)
_CITIZEN = (Category.POSITIVE, Category.NEGATIVE)


def figures(least_s: float = 1.0, read: int = _READ) -> list[Figure]:
    """`least_s`: CPU time of each repetition's measurement, at least; `read`: interactions."""
    rubric = rubric_for(Zone.INTAKE)
    chance = random.Random(1)
    cases = [(interaction(n, chance), Facts(zone=Zone.INTAKE)) for n in range(read)]
    table = many(read_table(rubric, cases))
    batch = score_table(table, rubric)
    return [
        Figure(
            "interactions of 40 turns read and scored in a batch",
            _a_second(read, lambda: score_table(read_table(rubric, cases), rubric), least_s),
            "/s a core",
            goal=GOAL,
            better="higher",
        ),
        Figure(
            "of it the scoring alone",
            _a_second(table.rows, lambda: score_table(table, rubric), least_s),
            "/s a core",
            better="higher",
        ),
        Figure(
            "their rows made, with all parts",
            _a_second(read, lambda: [score_rows(batch.at(n)) for n in range(read)], least_s),
            "/s a core",
            better="higher",
        ),
        Figure(
            "interactions read and scored one by one",
            _a_second(read, lambda: [score(*case, rubric) for case in cases], least_s),
            "/s a core",
            better="higher",
        ),
    ]


def many(table: Table) -> Table:
    """The same rows over and over."""
    quantities, coverage, confidence = (
        {name: np.tile(column, _TIMES) for name, column in columns.items()}
        for columns in (table.quantities, table.coverage, table.confidence)
    )
    return Table(table.rows * _TIMES, quantities, coverage, confidence)


def interaction(number: int, chance: random.Random) -> InteractionPayload:
    """An ordinary one of 40 turns, a hit in every fifth."""
    turns = []
    for n in range(TURNS):
        role = Role.STAFF if n % 2 == 0 else Role.CITIZEN
        words = _STAFF if role is Role.STAFF else _CITIZEN
        hits: tuple[Hit, ...] = ()
        if chance.random() < 0.2:
            hits = (Hit(category=chance.choice(words), offset_s=8.0 * n, confidence=0.9),)
        turns.append(
            Turn(
                role=role,
                role_confidence=0.95,
                start_s=8.0 * n,
                duration_s=6.0,
                speech_s=5.0,
                syllables=20,
                syllables_per_minute=240.0,
                loudness_dbfs=-25.0,
                asr_confidence=chance.uniform(0.6, 0.95),
                language=Language.VIETNAMESE,
                hits=hits,
            )
        )
    started_at = _AT + timedelta(minutes=number)
    return InteractionPayload(
        interaction_id=UUID(int=number),
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=330),
        source=SourceKind.LIVE,
        end_reason=EndReason.CITIZEN_ABSENT,
        turns=tuple(turns),
        spans=(),
        measurements=Measurements(
            handling_s=chance.uniform(100, 2000),
            talk_time_s=ByRole(staff=100.0, citizen=90.0),
            dead_air_s=chance.uniform(0, 100),
            dead_air_threshold_s=5.0,
            interruptions=ByRole(staff=chance.randrange(3), citizen=0),
            raised_voice_s=ByRole(staff=0.0, citizen=0.0),
            syllables_per_minute=ByRole(staff=240.0, citizen=230.0),
            sentiment=SentimentSummary(
                mean=chance.uniform(-0.5, 0.5), second_half=chance.uniform(-0.5, 0.5), turns=20
            ),
            citizen_present_s=300.0,
            staff_present_s=290.0,
            unattended_s=chance.uniform(0, 60),
            snr_db=ByRole(staff=20.0, citizen=20.0),
        ),
        coverage=Coverage(
            **{
                name: chance.uniform(0.7, 1.0)
                for name in Coverage.model_fields
                if name not in {"missing", "categories_sent"}
            }
        ),
        models=("speed:1",),
    )


def _a_second(count: int, work: Callable[[], object], least_s: float) -> float:
    """The best of three, each of `least_s` at least."""
    best = 0.0
    for _ in range(3):
        began_s, done = time.process_time(), 0
        while (spent_s := time.process_time() - began_s) < least_s or not done:
            work()
            done += count
        best = max(best, done / spent_s)
    return best
