"""A rule tried on what is stored: the same as judging each interaction, and nothing is changed."""

import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from hypothesis import given, settings

from hailong.cli import main
from hub.scoring.backtest import BacktestTooLongError, backtest
from hub.scoring.case import Case
from hub.scoring.facts import Facts
from hub.scoring.flag import fires
from hub.scoring.rules import PACKAGED, load_rules
from hub.store.errors import NotPermittedError
from hub.store.place import enrol_device, set_up_place
from schemas.interaction import ByRole
from schemas.vocabulary import Role, Zone
from tests.builders import NOW, Sender, coverage, hit, interaction_payload, measurements, span, turn
from tests.condition_strategies import CONDITIONS
from tests.integration.conftest import counter_row
from tests.stored import arrive, make_worker

pytestmark = pytest.mark.integration

RULES = load_rules()
ADDRESS = next(rule for rule in RULES if rule.id == "may_tao_address")
BRANCHES = ("cn-x", "cn-y")
CATEGORIES = ("greeting", "closing", "abusive", "may_tao", "come_back", "explanation", "apology")
SINCE, UNTIL = NOW - timedelta(days=20), NOW


def payloads(chance: random.Random, count: int):
    """Talks that differ in what is said, how loud, how long, and how much of it was measured."""
    for _ in range(count):
        raised = chance.choice((0.0, 0.0, 5.0, 12.0))
        start = NOW - timedelta(minutes=chance.randrange(60, 19 * 1440))
        turns = tuple(
            turn(
                role=role,
                start_s=12.0 * number,
                role_confidence=chance.choice((0.5, 0.6, 0.9)),
                backchannel=chance.random() < 0.2,
                hits=tuple(
                    hit(category, 12.0 * number, chance.choice((0.3, 0.5, 0.7, 0.95)))
                    for category in chance.sample(CATEGORIES, chance.choice((0, 0, 1, 2)))
                )
                if role is Role.STAFF
                else (),
            )
            for number in range(chance.randrange(1, 12))
            for role in (chance.choice((Role.STAFF, Role.STAFF, Role.CITIZEN)),)
        )
        yield interaction_payload(
            started_at=start,
            turns=turns,
            boundary_uncertain=chance.random() < 0.1,
            spans=(
                span("citizen_present", start_s=0.0, duration_s=180.0),
                *([span("raised_voice", role=Role.STAFF, duration_s=raised)] if raised else []),
                *([span("unattended", duration_s=200.0)] if chance.random() < 0.2 else []),
            ),
            measurements=measurements(
                handling_s=chance.choice((100.0, 400.0, 900.0, 900.5, 2000.0)),
                raised_voice_s=ByRole(staff=raised, citizen=0.0),
                longest_unattended_s=chance.choice((0.0, 179.9, 180.0, 300.0)),
                longest_dead_air_s=chance.choice((None, 8.0, 70.0)),
                interruptions=ByRole(staff=chance.choice((None, 0, 3, 6)), citizen=0),
            ),
            coverage=coverage(
                **{
                    name: chance.choice((1.0, 1.0, 1.0, 0.95, 0.85, 0.3, 0.0))
                    for name in ("audio", "roles", "text_staff", "text_citizen", "video")
                }
            ),
        )


@pytest.fixture(scope="module")
def city(module_db):
    """The database and what is in it: (branch, zone, payload)."""
    chance = random.Random(5)
    migrator = module_db.open("migrator")
    zones = {"quay-05": "intake", "quay-06": "result"}
    set_up_place(
        migrator, [counter_row(b, c, zone=zone) for b in BRANCHES for c, zone in zones.items()]
    )
    known = []
    ingest = module_db.open("ingest")
    for branch in BRANCHES:
        for counter, zone in zones.items():
            sender = Sender(f"dev-{branch}-{counter}", branch, counter)
            enrol_device(
                migrator,
                device_id=sender.device_id,
                branch_id=branch,
                counter_id=counter,
                public_key=sender.public_key.hex(),
            )
            made = list(payloads(chance, 40))
            arrive(ingest, sender, *made)
            known += [(branch, Zone(zone), payload) for payload in made]
    return module_db, known


def expected(known, rule):
    return {
        payload.interaction_id
        for _, zone, payload in known
        if fires(rule, Case(payload, Facts(zone=zone), rule.cool_down_s))
    }


@pytest.fixture(scope="module")
def tried(city):
    """`tried(rule)`: its trial; one pool a role serves all tests."""
    db, _ = city
    pools = {role: db.open(role) for role in ("app", "auditor")}

    def run(rule, branches=BRANCHES, role="app", **more):
        with pools[role].branches_transaction(branches) as connection:
            return backtest(connection, rule, SINCE, UNTIL, **more)

    return run


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_finds_what_the_worker_would(city, tried, rule):
    _, known = city
    trial = tried(rule)
    assert {found.key.interaction_id for found in trial.found} == expected(known, rule)
    assert trial.interactions == len(known)
    times = [found.key.at for found in trial.found]
    assert times == sorted(times)


def test_enough_rules_find_something_to_prove_it_by(city):
    _, known = city
    firing = [rule.id for rule in RULES if expected(known, rule)]
    assert {"abusive_language_staff", "over_15_minutes"} & set(firing)
    assert len(firing) >= 6


def test_any_condition_whatever_finds_the_same(city, tried):
    _, known = city

    @settings(max_examples=150, deadline=None)
    @given(CONDITIONS)
    def try_it(condition):
        rule = replace(ADDRESS, when=condition, coverage={"audio": 0.05}, zones=(), blocked_by=())
        found = {f.key.interaction_id for f in tried(rule).found}
        assert found == expected(known, rule)

    try_it()


def test_branches_days_and_what_is_flagged_already(city, tried):
    db, _ = city
    make_worker(db.open("worker")).run_once()
    before = db.rows("SELECT * FROM hailong.flags ORDER BY flag_id")
    raised = next(rule for rule in RULES if rule.id == "raised_voice_staff")
    trial = tried(raised)
    assert db.rows("SELECT * FROM hailong.flags ORDER BY flag_id") == before
    assert trial.overlap[raised.id] == len(trial.found) > 0
    assert trial.new == 0
    flagged = {(i, r) for i, r in db.rows("SELECT interaction_id, rule_id FROM hailong.flags")}
    for found in trial.found:
        assert {(found.key.interaction_id, r) for r in found.flagged_by} <= flagged
    assert [branch.branch_id for branch in trial.branches] == list(BRANCHES)
    assert sum(branch.flagged for branch in trial.branches) == len(trial.found)
    days = db.rows(
        "SELECT branch_id, count(DISTINCT (at + interval '7 hours')::date)"
        " FROM hailong.interactions GROUP BY 1 ORDER BY 1"
    )
    assert [(b.branch_id, b.days) for b in trial.branches] == days
    assert trial.a_branch_day == pytest.approx(len(trial.found) / sum(n for _, n in days))
    one = tried(raised, branches=BRANCHES[:1])
    assert {found.key.branch_id for found in one.found} == {BRANCHES[0]}
    assert one.branches == trial.branches[:1]


def test_the_same_by_the_role_that_can_only_read(tried):
    rule = next(rule for rule in RULES if rule.id == "over_15_minutes")
    assert tried(rule, role="auditor").found == tried(rule).found


def test_a_trial_changes_nothing_even_if_it_tried(city):
    db, _ = city

    def try_to_write():
        with db.open("app").branches_transaction(BRANCHES) as connection:
            backtest(connection, ADDRESS, SINCE, UNTIL)
            connection.execute("UPDATE hailong.flags SET state = 'decided'")

    with pytest.raises(NotPermittedError, match="read-only"):
        try_to_write()


def test_a_trial_that_takes_too_long_is_ended(tried):
    clock = iter(range(0, 10_000, 30))
    rule = next(rule for rule in RULES if rule.id == "over_15_minutes")
    with pytest.raises(BacktestTooLongError, match="fewer days"):
        tried(rule, most_s=20.0, monotonic=lambda: float(next(clock)))


@pytest.fixture
def command(city, monkeypatch):
    db, _ = city
    address = db.server.embedded.address
    monkeypatch.setenv(
        "HAILONG_DATABASE_URL", f"postgresql://{address.host}:{address.port}/{db.name}"
    )
    monkeypatch.setenv("HAILONG_DATABASE_PASSFILE", str(db.server.passfile))
    monkeypatch.setenv("HAILONG_BROKER_URL", "mqtt://127.0.0.1:1")

    def run(*words):
        return CliRunner().invoke(main, ["hub", "rules", "backtest", *words])

    return run


def test_the_command_tells_people_and_programs_the_same(city, command):
    _, known = city
    file = str(PACKAGED / "over_15_minutes.yaml")
    rule = next(rule for rule in RULES if rule.id == "over_15_minutes")
    since = f"{SINCE:%Y-%m-%d}"
    told = json.loads(command(file, "--since", since, "--json").stdout)
    assert {found["interaction_id"] for found in told["found"]} == {
        str(i) for i in expected(known, rule)
    }
    assert told["flagged"] == len(told["found"])
    assert [branch["branch"] for branch in told["branches"]] == list(BRANCHES)
    text = command(file, "--since", since, "--branch", "cn-x").stdout
    assert text.startswith("over_15_minutes version ")
    assert "cn-x: " in text
    assert "cn-y" not in text


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--since", "2026-02-01", "--branch", "cn-z"], "no branch 'cn-z': expected one of cn-x"),
        (["--since", "2026-03-09", "--until", "2026-03-01"], "--since lies after --until"),
    ],
)
def test_the_command_says_what_is_wrong(command, words, what):
    done = command(str(PACKAGED / "over_15_minutes.yaml"), *words)
    assert done.exit_code == 2
    assert what in done.output


def test_a_file_that_is_no_rule_is_told_with_line_and_field(command, tmp_path):
    file = tmp_path / "over_15_minutes.yaml"
    text = (PACKAGED / "over_15_minutes.yaml").read_text("utf-8")
    file.write_text(text.replace("kind: trend", "kind: verdict"), "utf-8")
    done = command(str(file), "--since", "2026-02-01")
    assert done.exit_code == 2
    assert "over_15_minutes.yaml, line " in done.output
    assert "field kind" in done.output
