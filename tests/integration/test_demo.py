"""`make demo` as a newcomer runs it, real models and all, held against the recording's truth.

Run twice: the second run must keep the first one's data and double nothing.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import yaml
from psycopg.rows import dict_row

from edge_agent.lexicon.files import ACCUSING
from hub.embedded.postgres import EmbeddedPostgres
from hub.scoring.worker import rebuild
from hub.store import scoring
from hub.store.pool import Database
from schemas.interaction import InteractionPayload
from schemas.vocabulary import Category, Missing, Role, SpanKind
from tests.canary import Canary, search, search_folder
from tests.clips import beginning

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
TRUTH = json.loads((ROOT / "demo" / "truth.json").read_text())
TOLERANCE = TRUTH["tolerances"]
CLIP_S = 131.0
"""The first citizen has been gone for 20 s, the second has not come."""
NAMES = [interaction["name"] for interaction in TRUTH["interactions"]]


@dataclass
class Run:
    said: list[str]
    """What each run printed."""
    anchor: datetime
    payloads: list[InteractionPayload]
    flags: list[dict[str, Any]]
    scores: dict[tuple[Any, str], float | None]
    models: Path
    state: Path
    rows: list[dict[str, int]]
    """How many rows each table held after each run."""


def counted(connection) -> dict[str, int]:
    tables = ("interactions", "turns", "activity", "scores", "flags", "rejects", "scoring_queue")
    return {
        table: connection.execute(f"SELECT count(*) AS n FROM hailong.{table}").fetchone()["n"]
        for table in tables
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    state = tmp_path_factory.mktemp("demo") / "nhà riêng"  # a space, no ASCII, below 0700
    said, rows = [], []
    postgres = EmbeddedPostgres(state)
    try:
        for _ in range(2):
            words = ["-m", "demo", "--state", str(state), "--port", "18300", "--once"]
            done = subprocess.run(
                [sys.executable, *words],
                cwd=ROOT,
                check=False,
                capture_output=True,
                text=True,
                timeout=300,
                env={"HAILONG_MODELS": str(state.parent / "models"), **os.environ},
            )
            assert done.returncode == 0, done.stdout + done.stderr
            said.append(done.stdout + done.stderr)
            server = postgres.start()
            url = postgres.url_for(server.superuser, server.password, "hailong")
            with psycopg.connect(url, row_factory=dict_row) as connection:
                connection.execute("SET hailong.branches = 'hoan-kiem'")
                rows.append(counted(connection))
                keys = connection.execute(
                    "SELECT branch_id, counter_id, at, interaction_id FROM hailong.interactions"
                    " ORDER BY at"
                ).fetchall()
                flags = connection.execute(
                    "SELECT interaction_id, rule_id, kind FROM hailong.flags"
                ).fetchall()
                scores = connection.execute(
                    "SELECT interaction_id, figure, value FROM hailong.scores"
                ).fetchall()
            payloads = stored(url, keys)
            postgres.stop()
    finally:
        postgres.erase()
    anchors = json.loads((state / "agent" / "recordings.json").read_text())["recordings"]
    anchor = datetime.fromisoformat(anchors[TRUTH["sha256"]]["anchor"])
    return Run(
        said,
        anchor,
        payloads,
        flags,
        {(s["interaction_id"], s["figure"]): s["value"] for s in scores},
        Path(os.environ.get("HAILONG_MODELS", state.parent / "models")),
        state,
        rows,
    )


def stored(url: str, keys: list[dict[str, Any]]) -> list[InteractionPayload]:
    database = Database(url)
    database.open(10)
    try:
        with database.branches_transaction(["hoan-kiem"]) as connection:
            queued = [scoring.Queued(**key) for key in keys]
            found = {s.key: s for s in scoring.load(connection, queued)}
            return [rebuild(found[key]) for key in queued]
    finally:
        database.close()


@pytest.fixture(scope="module")
def measured(run):
    """By name: the truth and the payload of each interaction, as the hub holds it."""
    assert len(run.payloads) == len(NAMES)
    return {
        truth["name"]: (truth, payload)
        for truth, payload in zip(TRUTH["interactions"], run.payloads, strict=True)
    }


@pytest.fixture(scope="module")
def media_s(run):
    """Wall time to seconds of the recording."""
    return lambda at: (at - run.anchor).total_seconds()


def test_each_interaction_is_there_once_with_the_flags_of_the_truth_and_no_others(run):
    assert len({p.interaction_id for p in run.payloads}) == len(NAMES)
    for truth, payload in zip(TRUTH["interactions"], run.payloads, strict=True):
        raised = [f for f in run.flags if f["interaction_id"] == payload.interaction_id]
        assert sorted((f["rule_id"], f["kind"]) for f in raised) == sorted(
            (f["rule"], f["kind"]) for f in truth["flags"]
        )
    assert Counter(len(t["flags"]) for t in TRUTH["interactions"]) == {0: 2, 5: 1}


def test_a_second_run_keeps_everything_and_doubles_nothing(run):
    assert run.rows[0] == run.rows[1]
    assert run.rows[0]["rejects"] == run.rows[0]["scoring_queue"] == 0
    assert "was measured before" in run.said[1]


def test_it_prints_the_address_the_logins_and_each_finding(run):
    for said in run.said:
        assert "Open http://127.0.0.1:18300" in said
        assert "supervisor" in said
        assert said.count("interaction of") == len(NAMES)
        assert said.count("flag to review") == 3
        assert "Traceback" not in said


@pytest.fixture(params=NAMES)
def one(request, measured):
    return measured[request.param]


def near(expected, tolerance):
    return pytest.approx(expected, abs=TOLERANCE[tolerance])


def test_each_stay_begins_and_ends_where_the_citizen_came_and_went(one, media_s):
    truth, payload = one
    assert media_s(payload.started_at) == near(truth["start_s"], "interaction_edge_s")
    assert media_s(payload.ended_at) == near(truth["end_s"], "interaction_edge_s")
    assert payload.measurements.handling_s == near(truth["handling_s"], "handling_s")
    assert not payload.boundary_uncertain


def test_each_turn_is_its_speakers_and_lies_where_it_was_spoken(one, media_s):
    truth, payload = one
    moved = truth["start_s"] - media_s(payload.started_at)
    assert [t.role.value for t in payload.turns] == [t["role"] for t in truth["turns"]]
    for turn, true in zip(payload.turns, truth["turns"], strict=True):
        start_s = true["start_s"] + moved
        assert turn.start_s == near(start_s, "turn_edge_s")
        assert turn.start_s + turn.duration_s == near(start_s + true["duration_s"], "turn_edge_s")


def test_talk_time(one):
    truth, payload = one
    talk = payload.measurements.talk_time_s
    for role in ("staff", "citizen"):
        expected = truth["talk_time_s"][role]
        assert getattr(talk, role) == pytest.approx(expected, rel=TOLERANCE["talk_time_share"])
    assert payload.measurements.unknown_talk_time_s == 0


def test_overlap_gaps_and_silences(one):
    truth, payload = one
    figures = payload.measurements
    assert figures.overlap_s == near(truth["overlap_s"], "overlap_s")
    assert figures.dead_air_s == near(truth["dead_air_s"], "dead_air_s")
    assert figures.longest_dead_air_s == near(truth["longest_dead_air_s"], "dead_air_s")
    assert figures.response_gap_s == near(truth["response_gap_s"], "response_gap_s")


def test_interruptions_are_counted_one_by_one(one):
    truth, payload = one
    counted = payload.measurements.interruptions
    assert {"staff": counted.staff, "citizen": counted.citizen} == truth["interruptions"]


def test_raised_voices(one):
    truth, payload = one
    raised = payload.measurements.raised_voice_s
    for role in ("staff", "citizen"):
        # Without a minute of speech before there is no baseline, and then no figure.
        assert (getattr(raised, role) or 0.0) == near(
            truth["raised_voice_s"][role], "raised_voice_s"
        )
    if truth["raised_voice_s"]["citizen"]:
        assert raised.citizen is not None


def test_presence(one):
    truth, payload = one
    figures = payload.measurements
    assert figures.citizen_present_s == near(truth["citizen_present_s"], "presence_s")
    assert figures.staff_present_s == near(truth["staff_present_s"], "presence_s")
    assert figures.unattended_s == near(truth["unattended_s"], "unattended_s")
    unattended = [s for s in payload.spans if s.kind is SpanKind.UNATTENDED]
    assert len(unattended) == len(truth["staff_absent"])
    for span, true in zip(unattended, truth["staff_absent"], strict=True):
        assert span.start_s == near(true["start_s"], "unattended_s")
    assert payload.coverage.presence >= 0.95


def test_categories_are_those_said_and_no_accusation_else(one):
    truth, payload = one
    for role in (Role.STAFF, Role.CITIZEN):
        found = {
            hit.category for turn in payload.turns if turn.role is role for hit in turn.hits
        } - {Category.BACKCHANNEL}
        said = set(truth["categories"][role.value])
        if truth["words_understood"]:
            assert found == said
        else:
            assert not (found - said) & ACCUSING


def test_what_was_not_understood_is_missing_not_bad(one):
    truth, payload = one
    if truth["words_understood"]:
        assert payload.coverage.text_staff >= 0.9
        assert payload.coverage.text_citizen >= 0.9
    else:
        assert payload.coverage.text_staff < 0.8
        assert {Missing.LOW_CONFIDENCE, Missing.OTHER_LANGUAGE} & set(payload.coverage.missing)
    assert payload.coverage.audio == 1


def test_what_staff_said_to_nobody_is_in_no_interaction(measured, media_s):
    for truth in TRUTH["outside"]:
        start_s = truth["start_s"]
        for _, payload in measured.values():
            assert not media_s(payload.started_at) <= start_s <= media_s(payload.ended_at)


def test_analyze_prints_the_numbers_that_the_hub_holds(run, tmp_path):
    """On the first interaction alone: the clip is the same packets, up to where it has ended."""
    clip = beginning(tmp_path / "clip.mp4", CLIP_S)
    done = subprocess.run(
        [sys.executable, "-m", "hailong", "analyze", str(clip), "--json"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={"HAILONG_MODELS": str(run.models), **os.environ},
    )
    [printed] = json.loads(done.stdout)["interactions"]
    held = run.payloads[0]
    for part in ("measurements", "coverage", "turns", "spans"):
        shown = held.model_dump(mode="json", include={part})[part]
        assert same(printed[part], shown), part
    for figure in ("experience", "counter_part"):
        scored = run.scores[held.interaction_id, figure]
        assert printed["figures"][figure]["value"] == pytest.approx(scored, abs=0.01)
    assert [flag["rule_id"] for flag in printed["flags"]] == []
    assert search(done.stdout.encode() + done.stderr.encode(), script(), "analyze") == []


def script() -> Canary:
    """What is said in the recording, line by line."""
    told = yaml.safe_load((ROOT / "demo" / "script.yaml").read_text("utf-8"))
    lines = tuple(line for line in every_text(told) if len(line.split()) >= 4)
    assert len(lines) > 40
    chance = np.random.default_rng(1)
    nothing = chance.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    return Canary(lines, chance.normal(0, 900, 512).astype(np.int16), nothing)


def every_text(told: Any) -> list[str]:
    if isinstance(told, str):
        return ["".join(c for c in told if c.isalnum() or c in " '")]
    parts = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return [text for part in parts for text in every_text(part)]


def test_no_word_of_the_script_is_printed_or_kept(run):
    sought = script()
    assert search(sought.phrases[0].encode(), sought, "a line of the script") != []
    assert search("\n".join(run.said).encode(), sought, "terminal") == []
    assert search_folder(run.state, sought) == []


def same(one: Any, other: Any) -> bool:
    """Equal up to what single precision keeps."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=1e-5, abs=1e-6)
    return one == other
