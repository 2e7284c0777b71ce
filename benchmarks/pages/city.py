"""A city in the database: counters in office hours, months of interactions, weeks of activity.

Rows go by COPY straight into their partitions, as superuser: what is measured is reading. The same
seed makes the same city to the byte. A branch has 37 counters; a counter 24 interactions a working
day of 40 turns each; a tenth of the city is three branches.
"""

import itertools
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from tests.builders import coverage, measurements, span

Connection = psycopg.Connection[TupleRow]

NOW = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
"""A Tuesday, 10:00 in Hanoi."""
COUNTERS_A_BRANCH = 37
COUNTERS = 30 * COUNTERS_A_BRANCH
INTERACTION_DAYS = 180
ACTIVITY_DAYS = 30
INTERACTIONS_A_DAY = 24
TURNS = 40
_OPENS, _HOURS = 1, 8  # 08:00 to 16:00 in Hanoi, in UTC
_ZONES = ("reception", "advice", "intake", "fee", "result", "digitising")
_KINDS = (("review", 0.02), ("live", 0.03), ("trend", 0.05), ("shadow", 0.06))
_OPEN_FOR = timedelta(days=3)
_SCORE_PARTS = "[" + ", ".join(
    f'{{"part": "part_{n}", "weight": 20, "measured": 0.8, "coverage": 0.9, "value": 16.4}}'
    for n in range(5)
) + "]"  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counter:
    number: int
    """In the whole city, from 0."""

    @property
    def branch(self) -> str:
        return f"cn-{self.number // COUNTERS_A_BRANCH + 1:02}"

    @property
    def name(self) -> str:
        return f"quay-{self.number % COUNTERS_A_BRANCH + 1:02}"

    @property
    def staff(self) -> str:
        return f"cb-{self.number:04}"

    @property
    def device(self) -> str:
        return f"may-{self.number:04}"

    @property
    def supervisor(self) -> UUID:
        return UUID(int=(8 << 76) | (2 << 62) | self.number // COUNTERS_A_BRANCH)


def office_days(days: int) -> list[datetime]:
    """Midnights of the working days before NOW, and today's."""
    today = NOW.replace(hour=0)
    every = (today - timedelta(days=back) for back in range(days, -1, -1))
    return [day for day in every if day.weekday() < 5]


def add_counters(connection: Connection, first: int, last: int) -> None:
    """Counters first..last - 1 with all that they measured. Partitions must be there."""
    counters = [Counter(number) for number in range(first, last)]
    _place(connection, counters)
    with (
        _without_key(
            connection, "hailong.turns", "branch_id, counter_id, at, interaction_id, turn_no"
        ),
        _without_key(
            connection, "hailong_private.activity", "branch_id, counter_id, at, device_id"
        ),
    ):
        _measured(connection, counters, first)


@contextmanager
def _without_key(connection: Connection, table: str, columns: str) -> Iterator[None]:
    """The two big ones get their index afterwards, by one sort: three times as quick."""
    name = f"{table.split('.')[1]}_pkey"
    connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")  # type: ignore[arg-type]
    yield
    connection.execute("SET maintenance_work_mem = '256MB'")
    connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY ({columns})")  # type: ignore[arg-type]
    connection.commit()


def _measured(connection: Connection, counters: list[Counter], first: int) -> None:
    randomness = random.Random(first)
    weeks = itertools.groupby(office_days(INTERACTION_DAYS), key=lambda day: day.isocalendar()[:2])
    for (year, week), days in weeks:
        _interactions(connection, f"{year}w{week:02}", counters, list(days), randomness)
    for day in office_days(ACTIVITY_DAYS):
        _copy(
            connection,
            ("hailong_private", f"activity_{day:%Y%m%d}"),
            "branch_id, counter_id, at, device_id, staff_speech_s, citizen_speech_s,"
            " unknown_speech_s, overlap_s, staff_level_dbfs, citizen_level_dbfs,"
            " citizen_present_s, staff_present_s, in_interaction_s, audio_coverage, video_coverage",
            _activity(counters, day),
        )


def _place(connection: Connection, counters: Iterable[Counter]) -> None:
    for c in counters:
        for statement, values in (
            ("branches VALUES (%s, 'Chi nhánh', 'Branch')", [c.branch]),
            ("points VALUES (%s, 'diem-1', 'Điểm', 'Point')", [c.branch]),
            (
                "counters VALUES (%s, %s, 'diem-1', %s, %s)",
                [c.branch, c.name, _ZONES[c.number % 6], c.number % COUNTERS_A_BRANCH + 1],
            ),
            ("staff VALUES (%s, %s)", [c.staff, c.branch]),
            (
                "assignments VALUES (%s, %s, %s, %s, %s)",
                [c.branch, c.name, c.staff, NOW - timedelta(days=200), NOW + timedelta(days=1)],
            ),
            (
                "devices VALUES (%s, %s, %s, %s)",
                [c.device, c.branch, c.name, c.number.to_bytes(32)],
            ),
            (
                "device_status VALUES (%s, %s, 1, 'online', %s, '0.1.0', '{}', %s)",
                [c.device, c.branch, NOW, NOW],
            ),
            ("streams VALUES (%s, %s, '{[1,200000)}')", [c.device, f"{c.number:032x}"]),
            (
                "users (user_id, login, password_hash, role) VALUES (%s, %s, 'x', 'supervisor')",
                [c.supervisor, f"supervisor.{c.branch}"],
            ),
            ("user_branches VALUES (%s, %s)", [c.supervisor, c.branch]),
        ):
            connection.execute(f"INSERT INTO hailong.{statement} ON CONFLICT DO NOTHING", values)
        connection.execute(
            "INSERT INTO hailong.rejects (received_at, branch_id, counter_id, kind, device_id,"
            " reason, detail, bytes, message_sha256) SELECT %s - n * interval '1 hour', %s, %s,"
            " 'health', %s, 'schema', 'does not fit', 900, sha256((%s || n)::bytea)"
            " FROM generate_series(1, 40) n",
            [NOW, c.branch, c.name, c.device, c.device],
        )
    connection.commit()


def _interactions(
    connection: Connection,
    week: str,
    counters: list[Counter],
    days: list[datetime],
    randomness: random.Random,
) -> None:
    """A week's partition of interactions, turns, scores and flags, and the reviews of those."""
    kept = _Week(randomness)
    for counter in counters:
        for day in days:
            kept.add_day(counter, day)
    for table, columns, lines in (
        ("interactions", _INTERACTION_COLUMNS, kept.interactions),
        ("turns", _TURN_COLUMNS, kept.turns()),
        ("scores", _SCORE_COLUMNS, kept.scores),
        ("flags", _FLAG_COLUMNS, kept.flags),
    ):
        _copy(connection, ("hailong", f"{table}_{week}"), columns, lines)
    _copy(connection, ("hailong", "reviews"), _REVIEW_COLUMNS, kept.reviews)


_KEY = "branch_id, counter_id, at, "
_INTERACTION_COLUMNS = (
    f"{_KEY}interaction_id, revision, ended_at, zone, device_id, staff_id, source, end_reason,"
    " boundary_uncertain, handling_s, measurements, coverage, spans, models, message_id, received_at"
)
_TURN_COLUMNS = (
    f"{_KEY}interaction_id, turn_no, role, role_confidence, start_s, duration_s, speech_s,"
    " continued, syllables, syllables_per_minute, loudness_dbfs, loudness_above_baseline_db,"
    " asr_confidence, language, backchannel, sentiment_polarity, sentiment_confidence, hits"
)
_SCORE_COLUMNS = (
    f"{_KEY}interaction_id, figure, rubric, rubric_version, value, low, high, coverage, parts,"
    " scored_at"
)
_FLAG_COLUMNS = (
    f"{_KEY}flag_id, interaction_id, rule_id, rule_version, kind, severity, role, evidence,"
    " coverage, state, raised_at"
)
_REVIEW_COLUMNS = (
    f"{_KEY}flag_id, review_no, interaction_id, outcome, ground, decided_by, decided_at"
)
_MEASUREMENTS = measurements().model_dump_json(exclude_none=True)
_COVERAGE = coverage().model_dump_json(exclude_none=True)
_SPANS = "[" + ",".join(span("citizen_present").model_dump_json() for _ in range(4)) + "]"


def _turn(number: int) -> str:
    role = ("staff", "citizen")[number % 2]
    tone = "0.1\t0.7" if role == "citizen" else "\\N\t\\N"
    return (
        f"{number}\t{role}\t0.97\t{4.5 * number:.1f}\t4\t3.5\tf\t14\t240\t-24\t0.5\t0.9\tvi\tf\t"
        f"{tone}\t[]\n"
    )


_TURNS = [_turn(number) for number in range(1, TURNS + 1)]


class _Week:
    """Lines of COPY's text format."""

    def __init__(self, randomness: random.Random) -> None:
        self._random = randomness
        self._keys: list[str] = []
        self.interactions: list[str] = []
        self.scores: list[str] = []
        self.flags: list[str] = []
        self.reviews: list[str] = []

    def add_day(self, counter: Counter, day: datetime) -> None:
        slot_s = _HOURS * 3600 / INTERACTIONS_A_DAY
        for number in range(INTERACTIONS_A_DAY):
            start_s = _OPENS * 3600 + (number + self._random.random() * 0.5) * slot_s
            at = day + timedelta(seconds=round(start_s, 3))
            if at < NOW:
                self._add(counter, at)

    def _add(self, counter: Counter, at: datetime) -> None:
        draw = self._random.random()
        identity = UUID(int=self._random.getrandbits(128))
        when, ended = at.isoformat(), (at + timedelta(seconds=180)).isoformat()
        key = f"{counter.branch}\t{counter.name}\t{when}\t"
        self._keys.append(f"{key}{identity}\t")
        self.interactions.append(
            f"{key}{identity}\t1\t{ended}\t{_ZONES[counter.number % 6]}\t{counter.device}\t"
            f"{counter.staff}\tlive\tcitizen_absent\tf\t180\t{_MEASUREMENTS}\t{_COVERAGE}\t{_SPANS}"
            f"\t{{whisper-base:905e5bf8,silero-vad:6.2.3}}\t{identity}\t{ended}\n"
        )
        value = "\\N\t\\N\t\\N" if draw > 0.9 else "64\t52\t76"
        for figure in ("experience", "counter_part"):
            self.scores.append(
                f"{key}{identity}\t{figure}\tintake\t1\t{value}\t0.9\t{_SCORE_PARTS}\t{ended}\n"
            )
        kind = next((kind for kind, below in _KINDS if draw < below), None)
        if kind is not None:
            self._flag(counter, key, identity, kind, at)

    def _flag(self, counter: Counter, key: str, identity: UUID, kind: str, at: datetime) -> None:
        flag = UUID(int=self._random.getrandbits(128))
        state = "open" if NOW - at < _OPEN_FOR or kind in {"trend", "shadow"} else "decided"
        raised = at.isoformat()
        self.flags.append(
            f"{key}{flag}\t{identity}\tgreeting_missing\t1\t{kind}\t3\tstaff\t[]\t0.9\t{state}\t"
            f"{raised}\n"
        )
        if state == "decided":
            self.reviews.append(
                f"{key}{flag}\t1\t{identity}\tcoached\tclerk_agrees\t{counter.supervisor}\t{raised}\n"
            )

    def turns(self) -> Iterator[str]:
        for key in self._keys:
            yield "".join([key + turn for turn in _TURNS])


def _activity(counters: Iterable[Counter], day: datetime) -> Iterator[str]:
    """A line for each ten seconds of the office's hours."""
    starts = [
        (day + timedelta(seconds=_OPENS * 3600 + 10 * n)).isoformat() for n in range(_HOURS * 360)
    ]
    for c in counters:
        before = f"{c.branch}\t{c.name}\t"
        after = f"\t{c.device}\t3\t2\t0\t0\t-25\t-27\t10\t10\t10\t1\t1\n"
        yield "".join([before + at + after for at in starts])


def _copy(
    connection: Connection, table: tuple[str, str], columns: str, lines: Iterable[str]
) -> None:
    copied = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(*table), sql.SQL(columns))  # type: ignore[arg-type]
    with connection.cursor() as cursor, cursor.copy(copied) as copy:
        block: list[str] = []
        size = 0
        for line in lines:
            block.append(line)
            size += len(line)
            if size > 1_000_000:
                copy.write("".join(block))
                block, size = [], 0
        copy.write("".join(block))
    connection.commit()
