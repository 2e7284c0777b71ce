"""Interactions in the database that differ as real ones do: what a trial of a rule reads.

Rows go by COPY straight into their partitions, as superuser. The same seed makes the same rows.
Three branches of 37 counters, 24 interactions a counter and working day, 40 turns each; how often
a phrase, a raised voice or a long stay comes is an estimate (DOMAIN.md), and so is the coverage.
"""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from tests.builders import coverage, measurements

Connection = psycopg.Connection[TupleRow]
BRANCHES, COUNTERS, A_DAY, TURNS = 3, 37, 24, 40
_ZONES = ("intake",) * 3 + ("result", "advice", "fee", "reception")
_HITS = (
    ("staff", "greeting", 0.75, 0),
    ("staff", "closing", 0.6, 39),
    ("staff", "thanks", 0.5, 37),
    ("staff", "explanation", 0.7, 11),
    ("staff", "apology", 0.08, 5),
    ("staff", "document_missing", 0.15, 13),
    ("staff", "document_list_given", 0.11, 15),
    ("staff", "come_back", 0.06, 19),
    ("staff", "redirect", 0.05, 21),
    ("staff", "disrespect", 0.002, 23),
    ("staff", "may_tao", 0.001, 25),
    ("staff", "abusive", 0.0005, 27),
    ("staff", "money_hint", 0.001, 29),
    ("staff", "off_channel", 0.002, 31),
    ("citizen", "positive", 0.2, 38),
    ("citizen", "negative", 0.05, 12),
    ("citizen", "grievance", 0.02, 14),
    ("citizen", "escalation", 0.003, 16),
    ("citizen", "citizen_abuse", 0.002, 18),
)
"""Role, category, share of interactions that hold it, and in which turn."""
_KEY = "branch_id, counter_id, at, interaction_id, "
_INTERACTION_COLUMNS = (
    f"{_KEY}revision, ended_at, zone, device_id, staff_id, source, end_reason,"
    " boundary_uncertain, handling_s, measurements, coverage, spans, models, message_id, received_at"
)
_TURN_COLUMNS = (
    f"{_KEY}turn_no, role, role_confidence, start_s, duration_s, speech_s, continued, syllables,"
    " syllables_per_minute, loudness_dbfs, loudness_above_baseline_db, asr_confidence, language,"
    " backchannel, sentiment_polarity, sentiment_confidence, hits"
)
_FLAG_COLUMNS = (
    "branch_id, counter_id, at, flag_id, interaction_id, rule_id, rule_version, kind, severity,"
    " role, evidence, coverage, state, raised_at"
)


def place(connection: Connection) -> list[str]:
    """Branches and their counters; returns the branches."""
    branches = [f"cn-{number + 1:02}" for number in range(BRANCHES)]
    for branch in branches:
        connection.execute(
            "INSERT INTO hailong.branches VALUES (%s, 'Chi nhánh', 'Branch')", [branch]
        )
        connection.execute(
            "INSERT INTO hailong.points VALUES (%s, 'diem-1', 'Điểm', 'Point')", [branch]
        )
        for counter in range(COUNTERS):
            connection.execute(
                "INSERT INTO hailong.counters VALUES (%s, %s, 'diem-1', %s, %s)",
                [branch, f"quay-{counter + 1:02}", _ZONES[counter % len(_ZONES)], counter + 1],
            )
    connection.commit()
    return branches


def fill(connection: Connection, now: datetime, count: int, seed: int = 1) -> datetime:
    """So many interactions, the newest first; returns the time of the oldest. Partitions must
    be there for as many days as it takes.
    """
    chance = random.Random(seed)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    made = 0
    connection.execute("ALTER TABLE hailong.turns DROP CONSTRAINT turns_pkey")
    while made < count:
        day -= timedelta(days=1)
        if day.weekday() >= 5:
            continue
        wanted = min(count - made, BRANCHES * COUNTERS * A_DAY)
        _day(connection, day, wanted, chance)
        made += wanted
    connection.execute("SET maintenance_work_mem = '256MB'")
    connection.execute(
        "ALTER TABLE hailong.turns ADD CONSTRAINT turns_pkey"
        " PRIMARY KEY (branch_id, counter_id, at, interaction_id, turn_no)"
    )
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE hailong.interactions, hailong.turns, hailong.flags")
    connection.autocommit = False
    return day


def _day(connection: Connection, day: datetime, wanted: int, chance: random.Random) -> None:
    interactions, turns, flags = [], [], []
    for number in range(wanted):
        place, slot = divmod(number, A_DAY)
        branch, counter = divmod(place, COUNTERS)
        at = day + timedelta(hours=1, seconds=slot * 1200 + round(chance.random() * 600, 1))
        identity = UUID(int=chance.getrandbits(128))
        key = f"cn-{branch + 1:02}\tquay-{counter + 1:02}\t{at.isoformat()}\t"
        zone = _ZONES[counter % len(_ZONES)]
        interactions.append(_interaction(f"{key}{identity}\t", at, zone, identity, chance))
        turns += _turns(f"{key}{identity}\t", chance)
        if chance.random() < 0.05:
            flag = UUID(int=chance.getrandbits(128))
            flags.append(
                f"{key}{flag}\t{identity}\tgreeting_missing\t1\ttrend\t1\tstaff\t[]\t0.9\topen\t"
                f"{at.isoformat()}\n"
            )
    week = f"{day.isocalendar().year}w{day.isocalendar().week:02}"
    _copy(connection, f"interactions_{week}", _INTERACTION_COLUMNS, interactions)
    _copy(connection, f"turns_{week}", _TURN_COLUMNS, turns)
    _copy(connection, f"flags_{week}", _FLAG_COLUMNS, flags)


def _interaction(key: str, at: datetime, zone: str, identity: UUID, chance: random.Random) -> str:
    handling_s = min(7200.0, round(chance.lognormvariate(5.6, 0.7), 1))
    raised_s = round(chance.expovariate(0.4), 1) if chance.random() < 0.03 else 0.0
    away_s = round(chance.expovariate(0.02), 1) if chance.random() < 0.08 else 0.0
    interruptions = chance.choices((0, 1, 2, 3, 5), (80, 12, 5, 2, 1))[0]
    measured = measurements(handling_s=handling_s).model_dump(exclude_none=True, mode="json")
    measured["raised_voice_s"]["staff"] = raised_s
    measured["interruptions"]["staff"] = interruptions
    measured["longest_unattended_s"] = measured["unattended_s"] = away_s
    seen = coverage().model_dump(mode="json")
    for name, share in seen.items():
        if isinstance(share, float):
            seen[name] = round(1 - chance.random() ** 4, 3)
    spans = [{"kind": "citizen_present", "role": None, "start_s": 0.0, "duration_s": handling_s}]
    if raised_s:
        spans.append(
            {"kind": "raised_voice", "role": "staff", "start_s": 44.0, "duration_s": raised_s}
        )
    if away_s:
        spans.append({"kind": "unattended", "role": None, "start_s": 60.0, "duration_s": away_s})
    spans += [
        {"kind": "interruption", "role": "staff", "start_s": 20.0 * n, "duration_s": 1.5}
        for n in range(interruptions)
    ]
    ended = (at + timedelta(seconds=handling_s)).isoformat()
    uncertain = "t" if chance.random() < 0.04 else "f"
    return (
        f"{key}1\t{ended}\t{zone}\tmay\t\\N\tlive\tcitizen_absent\t{uncertain}\t{handling_s}\t"
        f"{json.dumps(measured)}\t{json.dumps(seen)}\t{json.dumps(spans)}\t"
        f"{{whisper-base:905e5bf8}}\t{identity}\t{ended}\n"
    )


def _turns(key: str, chance: random.Random) -> Iterator[str]:
    hits: dict[tuple[str, int], list[str]] = {}
    for role, category, share, turn in _HITS:
        if chance.random() < share:
            found = {
                "category": category,
                "offset_s": round(4.5 * turn + 1, 1),
                "confidence": round(1 - chance.random() ** 2 * 0.6, 2),
            }
            hits.setdefault((role, turn), []).append(json.dumps(found))
    for number in range(TURNS):
        role = ("staff", "citizen")[number % 2]
        sure = round(1 - chance.random() ** 3 * 0.5, 2)
        tone = "0.1\t0.7" if role == "citizen" else "\\N\t\\N"
        held = ",".join(hits.get((role, number), hits.get((role, number + 1), [])))
        short = "t" if chance.random() < 0.15 else "f"
        yield (
            f"{key}{number + 1}\t{role}\t{sure}\t{4.5 * number:.1f}\t4\t3.5\tf\t14\t240\t-24\t0.5\t"
            f"0.9\tvi\t{short}\t{tone}\t[{held}]\n"
        )


def _copy(connection: Connection, table: str, columns: str, lines: list[str]) -> None:
    copied = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier("hailong", table), sql.SQL(columns)
    )
    with connection.cursor() as cursor, cursor.copy(copied) as copy:
        for begin in range(0, len(lines), 2000):
            copy.write("".join(lines[begin : begin + 2000]))
    connection.commit()
