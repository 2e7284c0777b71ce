"""Scoring again: beside the old figures, broken off at any moment, while everything goes on."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.cli import hub
from hub.scoring.errors import RubricError
from hub.scoring.facts import Facts
from hub.scoring.rescore import rescore
from hub.scoring.rubrics import PACKAGED, load_rubrics, rubric_for
from hub.scoring.score import score
from hub.scoring.score_rows import score_rows
from hub.scoring.worker import ScoringWorker
from hub.store import pages
from hub.store import rescore as store
from hub.store import scoring as scoring_store
from hub.store.erasures import Erasure
from hub.store.erasures import apply as erase
from hub.store.rescore import Wanted
from schemas.vocabulary import Zone
from tests.builders import NOW, hit, interaction_payload, turn
from tests.stored import RUBRICS, arrive, make_worker

pytestmark = pytest.mark.integration

SINCE = NOW - timedelta(days=2)
LATER = NOW + timedelta(minutes=5)
OLD = rubric_for(Zone.INTAKE)


@pytest.fixture
def tried(tmp_path) -> Path:
    """A folder with another intake rubric: waiting weighs less, the dossier more."""
    folder = tmp_path / "tried"
    folder.mkdir()
    for path in PACKAGED.glob("*.yaml"):
        text = path.read_text("utf-8")
        if path.stem == "intake":
            text = text.replace(f"version: {OLD.version}\n", f"version: {OLD.version + 1}\n")
            text = text.replace("weight: 20\n    neutral: 65", "weight: 10\n    neutral: 65", 1)
            text = text.replace("weight: 14\n", "weight: 24\n", 1)
        (folder / path.name).write_text(text, "utf-8")
    return folder


def payloads(count: int):
    return [
        interaction_payload(
            started_at=NOW - timedelta(minutes=30, seconds=n),
            turns=(turn(hits=(hit("greeting"),) * (n % 2) + (hit("closing"),) * (n % 3 > 1)),),
        )
        for n in range(count)
    ]


def run(database, folder=PACKAGED, clock=LATER):
    found = list(rescore(database, load_rubrics(folder), SINCE, lambda: clock, folder))
    return found[-1] if found else None


def figures(hub_db):
    return hub_db.rows(
        "SELECT interaction_id, figure, rubric_version, value, low, high, coverage"
        " FROM hailong.scores ORDER BY 1, 2, 3"
    )


def expected(payload, rubric):
    made = score(payload, Facts(zone=Zone.INTAKE), rubric)
    return [
        (payload.interaction_id, f.name, rubric.version, f.value, f.low, f.high, f.coverage)
        for f in made.figures
    ]


def all_expected(found, rubrics):
    rows = [row for payload in found for rubric in rubrics for row in expected(payload, rubric)]
    return sorted(rows, key=lambda row: row[:3])


def same(rows, wanted):
    assert [row[:3] for row in rows] == [row[:3] for row in wanted]
    for row, want in zip(rows, wanted, strict=True):
        assert row[3:] == pytest.approx(want[3:])


def test_both_versions_are_kept_and_pages_show_the_one_in_force(hub_db, sender, branch, tried):
    found = payloads(5)
    arrive(hub_db.open("ingest"), sender, *found)
    worker = make_worker(hub_db.open("worker"))
    worker.run_once()
    migrator = hub_db.open("migrator")
    done = run(migrator, tried)
    assert (done.done, done.total, done.failed) == (5, 5, 0)
    new = next(r for r in load_rubrics(tried) if r.id == "intake")
    same(figures(hub_db), all_expected(found, [OLD, new]))

    app = hub_db.open("app")

    def shown():
        with app.branches_transaction([branch]) as connection:
            row = pages.interaction(connection, found[0].interaction_id)
            listed = pages.interactions(connection, limit=9)
            versions = [(s.figure, s.rubric_version) for s in pages.scores(connection, row)]
        return versions, [i.figure_value for i in listed if i.interaction_id == row.interaction_id]

    versions, listed = shown()
    assert versions == [
        ("counter_part", 2), ("counter_part", 3), ("experience", 2), ("experience", 3)
    ]  # fmt: skip
    assert listed == pytest.approx([expected(found[0], OLD)[0][3]], abs=1e-4)

    # What comes in meanwhile is scored by the rubric in force, not by the one that is tried.
    newer = interaction_payload()
    arrive(hub_db.open("ingest"), sender, newer)
    worker.run_once()
    of_newer = [row for row in figures(hub_db) if row[0] == newer.interaction_id]
    same(of_newer, all_expected([newer], [OLD]))

    # Once the worker takes the new one up, pages show it, and the old one stays readable.
    taken_up = ScoringWorker(
        hub_db.open("worker"), load_rubrics(tried), (), lambda: LATER + timedelta(minutes=1)
    )
    taken_up.run_once()
    versions, listed = shown()
    assert [v for f, v in versions if f == "experience"] == [3, 2]
    assert listed == pytest.approx([expected(found[0], new)[0][3]], abs=1e-4)


def test_it_changes_nothing_twice_and_takes_new_revisions(hub_db, sender, tried):
    found = payloads(3)
    ingest, migrator = hub_db.open("ingest"), hub_db.open("migrator")
    arrive(ingest, sender, *found)
    assert run(migrator, tried).done == 3
    assert run(migrator, tried, LATER + timedelta(minutes=1)) is None
    corrected = found[1].model_copy(
        update={"revision": 2, "turns": (turn(hits=(hit("abusive"),)),)}
    )
    arrive(ingest, sender, corrected)
    hub_db.rows(
        "UPDATE hailong.interactions SET received_at = %s WHERE revision = 2",
        LATER + timedelta(seconds=1),
    )
    assert run(migrator, tried, LATER + timedelta(minutes=2)).done == 1
    new = next(r for r in load_rubrics(tried) if r.id == "intake")
    same(figures(hub_db), all_expected([found[0], corrected, found[2]], [new]))


def test_numbers_that_changed_without_a_new_version_are_refused(hub_db, sender, tried):
    arrive(hub_db.open("ingest"), sender, *payloads(1))
    migrator = hub_db.open("migrator")
    run(migrator, tried)
    path = tried / "intake.yaml"
    path.write_text(path.read_text("utf-8").replace("neutral: 70", "neutral: 71", 1), "utf-8")
    with pytest.raises(RubricError, match="got version 3 with other numbers"):
        run(migrator, tried)
    # The same holds for the worker, and titles may be mended freely.
    path.write_text(path.read_text("utf-8").replace("neutral: 71", "neutral: 70"), "utf-8")
    path.write_text(
        path.read_text("utf-8").replace("title_en: Waiting", "title_en: Queue"), "utf-8"
    )
    assert run(migrator, tried, LATER + timedelta(minutes=1)) is None


def test_what_became_newer_or_went_meanwhile_is_not_written(hub_db, sender, branch):
    """The rows were read; then come a revision with its figure, and an erasure."""
    revised, erased = payloads(2)
    ingest, migrator = hub_db.open("ingest"), hub_db.open("migrator")
    arrive(ingest, sender, revised, erased)
    worker = make_worker(hub_db.open("worker"))
    wanted = [Wanted("intake", OLD.id, OLD.version, None)]
    with migrator.branches_transaction([branch]) as connection:
        keys = store.due(connection, branch, wanted, SINCE, None, 10)
        stored = scoring_store.load(connection, keys)
    rows = score_rows(score(revised, Facts(zone=Zone.INTAKE), OLD))
    rude = revised.model_copy(update={"revision": 2, "turns": (turn(hits=(hit("abusive"),)),)})
    arrive(ingest, sender, rude)
    worker.run_once()
    erase(migrator, [Erasure(1, "interaction", str(erased.interaction_id), NOW)])
    with migrator.branches_transaction([branch]) as connection:
        written = store.put_scores(connection, branch, [(s, rows) for s in stored], LATER)
    assert written == 0
    same(figures(hub_db), all_expected([rude], [OLD]))


def test_a_figure_of_the_worker_that_is_newer_than_the_reading_stays(hub_db, sender, branch):
    (payload,) = payloads(1)
    arrive(hub_db.open("ingest"), sender, payload)
    migrator = hub_db.open("migrator")
    make_worker(hub_db.open("worker")).run_once()
    with migrator.branches_transaction([branch]) as connection:
        (key,) = [
            scoring_store.Queued(branch, *row)
            for row in connection.execute(
                "SELECT counter_id, at, interaction_id FROM hailong.interactions"
            )
        ]
        stored = scoring_store.load(connection, [key])
        other = score_rows(score(payload, Facts(zone=Zone.INTAKE, dossier_outcome="nothing"), OLD))
        before = NOW - timedelta(seconds=1)
        assert store.put_scores(connection, branch, [(stored[0], other)], before) == 0
    same(figures(hub_db), all_expected([payload], [OLD]))


def test_one_that_cannot_be_read_is_counted_and_holds_nothing_up(hub_db, sender, branch, caplog):
    found = payloads(3)
    arrive(hub_db.open("ingest"), sender, *found)
    hub_db.rows(
        "UPDATE hailong.interactions SET measurements = '{\"secret\": 1}' WHERE interaction_id = %s",
        found[0].interaction_id,
    )
    done = run(hub_db.open("migrator"))
    assert (done.done, done.failed) == (3, 1)
    assert len(figures(hub_db)) == 4
    assert "secret" not in caplog.text


def command(hub_db, folder):
    address = hub_db.server.embedded.address
    environment = {
        "HAILONG_DATABASE_URL": f"postgresql://{address.host}:{address.port}/{hub_db.name}",
        "HAILONG_BROKER_URL": "mqtt://127.0.0.1:1",
        "HAILONG_DATABASE_PASSFILE": str(hub_db.server.passfile),
    }
    return [
        "rescore", "--since", f"{SINCE:%Y-%m-%d}", "--rubric-dir", str(folder)
    ], environment  # fmt: skip


def test_killed_at_any_moment_and_begun_again_it_ends_with_every_figure_once(
    hub_db, sender, branch, tried
):
    found = payloads(900)
    ingest = hub_db.open("ingest")
    for start in range(0, len(found), 300):
        arrive(ingest, sender, *found[start : start + 300])
    words, environment = command(hub_db, tried)
    stop = threading.Event()
    worker = make_worker(hub_db.open("worker"))
    beside = threading.Thread(target=lambda: [worker.run_once() for _ in iter(stop.is_set, True)])
    beside.start()
    count = "SELECT count(*) FROM hailong.scores WHERE rubric_version = 3"
    try:
        for least in (1, 601):
            program = subprocess.Popen(
                [sys.executable, "-m", "hailong.cli", "hub", *words],
                env={**os.environ, **environment},
                cwd=Path(__file__).parents[2],
                stderr=subprocess.PIPE,
            )
            deadline = time.monotonic() + 60
            while hub_db.value(count) < least and program.poll() is None:
                assert time.monotonic() < deadline
                time.sleep(0.005)
            program.send_signal(signal.SIGKILL)
            program.communicate()
        broken_off = hub_db.value(count)
        assert broken_off % 600 == 0, "half a batch was written"
        done = CliRunner().invoke(hub, words, env=environment)
        assert done.exit_code == 0, done.output
        assert "interactions scored under advice 1" in done.output
        assert hub_db.value(count) == 2 * len(found)
        if broken_off < 2 * len(found):
            assert f"of {900 - broken_off // 2} (100 %)" in done.output
        deadline = time.monotonic() + 60
        while hub_db.value("SELECT count(*) FROM hailong.scoring_queue"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        stop.set()
        beside.join()
    new = next(r for r in load_rubrics(tried) if r.id == "intake")
    same(figures(hub_db), all_expected(found, [OLD, new]))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_revisions_in_any_order_leave_the_same_figures(hub_db, sender, order):
    (first,) = payloads(1)
    revisions = [
        first.model_copy(update={"revision": n + 1, "turns": (turn(hits=(hit(word),)),)})
        for n, word in enumerate(("abusive", "closing", "explanation"))
    ]
    ingest, worker = hub_db.open("ingest"), make_worker(hub_db.open("worker"))
    for n in order:
        arrive(ingest, sender, revisions[n])
        worker.run_once()
    same(figures(hub_db), all_expected([revisions[2]], [OLD]))


def test_the_worker_refuses_numbers_that_changed_without_a_new_version(hub_db, sender):
    arrive(hub_db.open("ingest"), sender, *payloads(1))
    make_worker(hub_db.open("worker")).run_once()
    part = OLD.parts["experience"][0]
    changed = replace(
        OLD,
        parts={**OLD.parts, "experience": (replace(part, neutral=1), *OLD.parts["experience"][1:])},
    )
    others = [rubric for rubric in RUBRICS if rubric is not OLD and rubric.id != OLD.id]
    worker = ScoringWorker(hub_db.open("worker"), [changed, *others], (), lambda: LATER)
    with pytest.raises(RubricError, match="raise it to 3 or more"):
        worker.run_once()


def test_the_command_says_what_is_wrong_in_one_line(hub_db, tried):
    words, environment = command(hub_db, tried)
    (tried / "fee.yaml").write_text("rubric: [", "utf-8")
    done = CliRunner().invoke(hub, words, env=environment)
    assert done.exit_code == 2
    assert "fee.yaml, line" in done.output
    assert len(done.output.strip().splitlines()) == 1
    done = CliRunner().invoke(hub, ["rescore", "--since", "yesterday"], env=environment)
    assert done.exit_code == 2


def test_the_packaged_rubrics_are_registered_once_with_their_text(hub_db, sender):
    make_worker(hub_db.open("worker")).run_once()
    rows = hub_db.rows("SELECT rubric, rubric_version, body, in_force_since FROM hailong.rubrics")
    assert {row[:2] for row in rows} == {(r.id, r.version) for r in RUBRICS}
    for name, _, body, since in rows:
        assert body == (PACKAGED / f"{name}.yaml").read_text("utf-8")
        assert since == NOW
    make_worker(hub_db.open("worker")).run_once()
    again = hub_db.rows("SELECT rubric, rubric_version, body, in_force_since FROM hailong.rubrics")
    assert sorted(again) == sorted(rows)
