"""From ratings to a calibrated figure on a page, by the command, the worker and rescoring."""

import random
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner

from hub.auth import passwords
from hub.cli import hub
from hub.scoring.rollups import RollupWorker
from hub.store.erasures import Erasure
from hub.store.erasures import apply as erase
from tests.builders import NOW, coverage, hit, interaction_payload, measurements, turn
from tests.stored import arrive, make_worker
from tests.website import QUICK, Site

pytestmark = pytest.mark.integration

DAYS, A_DAY = 24, 14
WORDS = ("greeting", "thanks", "closing", "explanation", "abusive", "come_back")


@pytest.fixture
def command(hub_db, monkeypatch):
    address = hub_db.server.embedded.address
    monkeypatch.setenv(
        "HAILONG_DATABASE_URL", f"postgresql://{address.host}:{address.port}/{hub_db.name}"
    )
    monkeypatch.setenv("HAILONG_DATABASE_PASSFILE", str(hub_db.server.passfile))
    monkeypatch.setenv("HAILONG_BROKER_URL", "mqtt://127.0.0.1:1")
    since = f"{NOW - timedelta(days=30):%Y-%m-%d}"
    until = f"{NOW + timedelta(days=1):%Y-%m-%d}"

    def run(*words: str):
        days = () if "--withdraw" in words else ("--since", since, "--until", until)
        return CliRunner().invoke(hub, ["calibrate", *days, *words])

    return run


def payloads():
    chance = random.Random(7)
    for day in range(DAYS):
        for n in range(A_DAY):
            said = tuple(hit(word, 2.0) for word in chance.sample(WORDS, chance.randrange(4)))
            yield interaction_payload(
                started_at=NOW - timedelta(days=day + 1, minutes=20 * n),
                turns=(turn(hits=said),),
                measurements=measurements(
                    handling_s=chance.uniform(120, 1500),
                    dead_air_s=chance.uniform(0, 100),
                    sentiment=None,
                ),
                coverage=coverage(audio=chance.uniform(0.9, 1)),
            )


@pytest.fixture
def rated(hub_db, sender, branch):
    """Every interaction scored, and a rating of nearly each that follows its figure."""
    ingest = hub_db.open("ingest")
    found = list(payloads())
    arrive(ingest, sender, *found[:170])
    arrive(ingest, sender, *found[170:])
    make_worker(hub_db.open("worker")).run_once()
    chance = random.Random(8)
    for interaction, at, value in hub_db.rows(
        "SELECT interaction_id, at, value FROM hailong.scores WHERE figure = 'experience'"
    ):
        if chance.random() < 0.85:
            rate(hub_db, branch, interaction, at, stars_of(value + chance.gauss(0, 8)))
    return found


def stars_of(value: float) -> int:
    return 1 + sum(value > edge for edge in (52, 60, 66, 74))


def rate(hub_db, branch: str, interaction: UUID, at, stars: int, **overrides) -> None:
    given = {"solicited": False, "channel": "ticket", **overrides}
    hub_db.rows(
        "INSERT INTO hailong.ratings VALUES (%s, %s, 'quay-05', %s, NULL, %s, %s, %s, %s)",
        branch,
        uuid4(),
        at + timedelta(minutes=5),
        [interaction],
        stars,
        given["channel"],
        given["solicited"],
    )


def told(output: str) -> list[float]:
    """Error, AUC and margin with their intervals."""
    (line,) = (line for line in output.splitlines() if line.startswith("mean absolute error"))
    return [float(number) for number in re.findall(r"\d+\.\d+", line)]


def figures(hub_db):
    return hub_db.rows(
        "SELECT figure, value, low, high, calibration_no, parts FROM hailong.scores"
        " ORDER BY at, figure"
    )


def test_ratings_become_one_more_bar_and_every_page_says_so(
    hub_db, sender, branch, rated, command, monkeypatch
):
    before = figures(hub_db)
    done = command()
    assert done.exit_code == 0, done.output
    ratings = hub_db.value("SELECT count(*) FROM hailong.ratings")
    assert f"calibrated on {ratings} ratings" in done.output
    assert "AUC" in done.output
    assert "ratings cannot show where" in done.output
    number, knots, report = hub_db.rows(
        "SELECT calibration_no, knots, report FROM hailong.calibrations"
    )[0]
    assert f"calibration {number} holds from now on for intake 2" in done.output
    assert report["auc"][0] > 0.7
    assert [y for _, y in knots] == sorted(y for _, y in knots)

    # What is there stays until it is scored again; what comes in is calibrated.
    assert figures(hub_db) == before
    newer = interaction_payload()
    arrive(hub_db.open("ingest"), sender, newer)
    make_worker(hub_db.open("worker")).run_once()
    counter_part, experience = figures(hub_db)[-2:]
    assert (counter_part[4], experience[4]) == (None, number)
    *parts, bar = experience[5]
    assert bar["id"] == "calibration"
    assert sum(p["contribution"] for p in (*parts, bar)) == pytest.approx(experience[1], abs=1e-4)
    assert bar["before"][0] == pytest.approx(sum(p["contribution"] for p in parts))

    # Means of calibrated figures stand apart from the others'.
    RollupWorker(hub_db.open("worker")).run_once()
    sums = hub_db.rows(
        "SELECT variant, sum(n) FROM hailong.rollups WHERE measure = 'experience' GROUP BY 1"
    )
    assert dict(sums) == {"intake.2": len(rated), f"intake.2.c{number}": 1}

    monkeypatch.setattr(passwords, "_hasher", QUICK)
    site = Site(hub_db.open("app"), hub_db.open("migrator"), branch)
    with site.as_("supervisor") as client:
        page = client.get(f"/interactions/{newer.interaction_id}").text
        older = client.get(f"/interactions/{rated[0].interaction_id}").text
        listed = client.get("/interactions").text
    assert f"Đã hiệu chuẩn theo {ratings} lượt đánh giá, đến ngày" in page
    assert "Hiệu chuẩn theo đánh giá của người dân" in page
    assert "Chưa hiệu chuẩn theo đánh giá của người dân." not in page
    assert "Chưa hiệu chuẩn theo đánh giá của người dân." in older
    assert "Một số chỉ số trong danh sách đã hiệu chuẩn" in listed

    again = CliRunner().invoke(hub, ["rescore", "--since", f"{NOW - timedelta(days=30):%Y-%m-%d}"])
    assert again.exit_code == 0, again.output
    found = [row for row in figures(hub_db) if row[0] == "experience"]
    assert {row[4] for row in found} == {number}
    assert len(found) == DAYS * A_DAY + 1

    # Fitted again on calibrated figures, it is the same: it goes by what was measured.
    repeated = command("--dry-run")
    assert "nothing was stored" in repeated.output
    assert told(repeated.output) == pytest.approx(told(done.output), abs=0.3)

    withdrawn = command("--withdraw", str(number))
    assert withdrawn.exit_code == 0
    assert command("--withdraw", str(number)).exit_code == 2
    CliRunner().invoke(hub, ["rescore", "--since", f"{NOW - timedelta(days=30):%Y-%m-%d}"])
    assert {row[4] for row in figures(hub_db)} == {None}
    plain = {row[1] for row in before if row[0] == "experience"}
    assert plain <= {row[1] for row in figures(hub_db) if row[0] == "experience"}


def test_too_few_or_unfit_ratings_change_nothing_and_say_why(hub_db, sender, branch, command):
    ingest = hub_db.open("ingest")
    found = list(payloads())[:40]
    arrive(ingest, sender, *found)
    make_worker(hub_db.open("worker")).run_once()
    asked = interaction_payload(
        started_at=NOW - timedelta(days=2, hours=3), turns=(turn(hits=(hit("rating_solicited"),)),)
    )
    arrive(ingest, sender, asked)
    make_worker(hub_db.open("worker")).run_once()
    for payload in found:
        rate(hub_db, branch, payload.interaction_id, payload.started_at, 4)
    rate(hub_db, branch, asked.interaction_id, asked.started_at, 5)
    rate(hub_db, branch, uuid4(), NOW - timedelta(days=3), 5, solicited=True)
    done = command()
    assert done.exit_code == 2
    assert "too few ratings: got 40 usable ratings (expected 200 or more)" in done.output
    assert "left out: 2 asked for by staff" in done.output
    assert hub_db.value("SELECT count(*) FROM hailong.calibrations") == 0


def test_ratings_of_a_file_count_and_a_wrong_file_is_told_by_line(
    hub_db, sender, branch, command, tmp_path
):
    found = list(payloads())[:3]
    arrive(hub_db.open("ingest"), sender, *found)
    make_worker(hub_db.open("worker")).run_once()
    path = tmp_path / "ratings.csv"
    head = "at,branch,counter,visit,interactions,stars,channel,solicited\n"
    path.write_text(
        head
        + "".join(
            f"{p.started_at.isoformat()},{branch},quay-05,,{p.interaction_id},2,ticket,no\n"
            for p in found
        )
    )
    assert "got 3 usable ratings" in command("--ratings", str(path)).output
    path.write_text(head + "soon,x,,,,9,ticket,no\n")
    done = command("--ratings", str(path))
    assert done.exit_code == 2
    assert "line 2, column at: got 'soon'" in done.output
    assert "line 2, column stars: got '9'" in done.output


def test_what_was_rated_goes_with_an_erased_interaction(hub_db, sender, branch):
    kept, erased = interaction_payload(), interaction_payload()
    arrive(hub_db.open("ingest"), sender, kept, erased)
    for payload in (kept, erased):
        rate(hub_db, branch, payload.interaction_id, payload.started_at, 3)
    erase(hub_db.open("migrator"), [Erasure(1, "interaction", str(erased.interaction_id), NOW)])
    assert hub_db.rows("SELECT interaction_ids FROM hailong.ratings") == [([kept.interaction_id],)]
