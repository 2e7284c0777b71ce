"""Releases and rollouts in the database: who is told what, and who may see or change it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from hailong.cli import main
from hub.control import rollouts
from hub.store import releases
from hub.store.errors import NotPermittedError, ReleaseRefusedError, RowRefusedError
from hub.store.place import enrol_device, revoke_device, set_up_place
from hub.store.releases import ReleaseFileRow
from tests.integration.conftest import counter_row

pytestmark = pytest.mark.integration

NOW = datetime.now(UTC)
BY = "van-hanh"


@pytest.fixture
def operator(hub_db):
    """A city of two branches: cn-a with counters 01 and 02, cn-b with 01; a device at each."""
    return Operator(hub_db)


class Operator:
    def __init__(self, hub_db) -> None:
        self.db = hub_db
        self.migrator = hub_db.open("migrator")
        self.control = hub_db.open("control")
        for place in (("cn-a", "quay-01"), ("cn-a", "quay-02"), ("cn-b", "quay-01")):
            set_up_place(self.migrator, [counter_row(*place)])
            self.enrol(*place)

    def enrol(self, branch, counter, name="may") -> str:
        device = f"{name}-{branch}-{counter[-2:]}"
        enrol_device(
            self.migrator,
            device_id=device,
            branch_id=branch,
            counter_id=counter,
            public_key=device.encode().ljust(32, b".").hex(),
        )
        return device

    def release(self, **settings) -> int:
        return releases.add_release(self.migrator, settings or {"beam_size": 2}, [], BY)

    def start(self, number, branch="cn-a", counter="quay-01") -> int:
        return rollouts.start(
            self.migrator, release_no=number, branch=branch, counter=counter, taken_by=BY
        )

    def widen(self, **options):
        return rollouts.widen(self.migrator, taken_by=BY, now=NOW, **options)

    def says(self, device, state="ok", *, at=NOW, **config) -> None:
        row = self.wanted().get(device)
        told = {"version": row[0], "wanted": row[0], "state": state} if row else {}
        branch = self.db.value("SELECT branch_id FROM hailong.devices WHERE device_id=%s", device)
        self.db.rows(
            "INSERT INTO hailong.device_status (device_id, branch_id, status, health, health_at)"
            " VALUES (%s, %s, 'online', %s, %s) ON CONFLICT (device_id) DO UPDATE"
            " SET health = excluded.health, health_at = excluded.health_at",
            device,
            branch,
            json.dumps({"config": {**told, **config}}),
            at,
        )

    def wanted(self) -> dict[str, tuple[int, int | None]]:
        return {
            row.device_id: (row.version, row.release_no) for row in releases.wanted(self.control)
        }


A1, A2, B1 = "may-cn-a-01", "may-cn-a-02", "may-cn-b-01"


def test_stage_by_stage_more_devices_are_told(operator):
    number = operator.release()
    assert operator.start(number) == 1
    assert operator.wanted() == {A1: (1, number)}
    with pytest.raises(ReleaseRefusedError, match=rf"{A1} at cn-a/quay-01: silent \(never"):
        operator.widen()
    operator.says(A1)
    assert operator.widen() == ("branch", 1)
    operator.says(A2, at=NOW - timedelta(hours=1))
    with pytest.raises(ReleaseRefusedError, match=f"{A2}.*silent.*last report"):
        operator.widen()
    assert operator.widen(silent_after=timedelta(hours=2)) == ("all", 1)
    assert operator.wanted() == {A1: (1, number), A2: (1, number), B1: (1, number)}
    with pytest.raises(ReleaseRefusedError, match="has reached all"):
        operator.widen()
    # One that is enrolled later runs what all others run; a revoked one is told nothing.
    operator.enrol("cn-b", "quay-01", "moi")
    assert operator.wanted()["moi-cn-b-01"] == (1, number)
    revoke_device(operator.migrator, B1)
    assert B1 not in operator.wanted()


@pytest.mark.parametrize("state", ["failed", "rolled_back", "pending"])
def test_a_device_that_is_not_well_stops_the_rollout_unless_the_operator_goes_past_it(
    operator, state
):
    operator.start(operator.release())
    operator.says(A1, state, reason="crashed")
    with pytest.raises(ReleaseRefusedError, match=rf"{A1}.*{state.replace('_', ' ')} \(crashed\)"):
        operator.widen()
    assert operator.widen(despite=True)[0] == "branch"
    status = rollouts.status(operator.migrator, NOW)
    assert [(s.step, s.stage, s.despite_failures) for s in status.steps] == [
        ("start", "counter", False),
        ("widen", "branch", True),
    ]


def test_a_paused_rollout_tells_nobody_more(operator):
    operator.start(operator.release())
    operator.says(A1)
    operator.widen()
    rollouts.pause(operator.migrator, taken_by=BY, paused=True)
    late = operator.enrol("cn-a", "quay-02", "moi")
    assert late not in operator.wanted()
    with pytest.raises(ReleaseRefusedError, match="paused; resume it first"):
        operator.widen(despite=True)
    with pytest.raises(ReleaseRefusedError, match="is paused already"):
        rollouts.pause(operator.migrator, taken_by=BY, paused=True)
    rollouts.pause(operator.migrator, taken_by=BY, paused=False)
    assert operator.wanted()[late] == (1, 1)


def test_back_gives_each_device_what_it_ran_before(operator):
    first, second = operator.release(), operator.release(beam_size=5)
    operator.start(first)
    operator.says(A1)
    operator.widen()
    operator.widen(despite=True)
    operator.start(second, counter="quay-02")
    operator.says(A2)
    operator.widen()
    assert operator.wanted() == {A1: (2, second), A2: (2, second), B1: (1, first)}
    assert rollouts.back(operator.migrator, taken_by=BY) == 2
    assert operator.wanted() == {A1: (3, first), A2: (3, first), B1: (1, first)}
    assert rollouts.status(operator.migrator, NOW) is None
    # A device that is enrolled meanwhile goes back to what all others run.
    third = operator.enrol("cn-b", "quay-01", "moi")
    operator.start(second, branch="cn-b")
    rollouts.back(operator.migrator, taken_by=BY)
    assert operator.wanted()[third] == (3, first)


def test_back_from_a_first_release_leads_to_the_device_as_it_was_installed(operator):
    operator.start(operator.release())
    rollouts.back(operator.migrator, taken_by=BY)
    assert operator.wanted() == {A1: (2, None)}


def test_only_one_goes_on_at_a_time_and_a_wrong_start_changes_nothing(operator):
    number = operator.release()
    for wrong in ({"number": 99}, {"counter": "quay-77"}, {"branch": "cn-zz"}):
        with pytest.raises(ReleaseRefusedError):
            operator.start(**{"number": number, **wrong})
    revoke_device(operator.migrator, B1)
    with pytest.raises(ReleaseRefusedError, match="no device is enrolled at cn-b/quay-01"):
        operator.start(number, branch="cn-b")
    assert operator.wanted() == {}
    operator.start(number)
    with pytest.raises(ReleaseRefusedError, match="has reached its counter only"):
        operator.start(number)
    rollouts.back(operator.migrator, taken_by=BY)
    with pytest.raises(ReleaseRefusedError, match="no rollout goes on"):
        operator.widen()
    with pytest.raises(ReleaseRefusedError, match="no rollout goes on"):
        rollouts.back(operator.migrator, taken_by=BY)


def test_a_hub_restored_from_a_backup_numbers_above_what_a_device_has_seen(operator):
    number = operator.release()
    operator.start(number)
    operator.says(A1, wanted=41, version=41)
    assert operator.wanted() == {A1: (42, number)}
    assert operator.wanted() == {A1: (42, number)}
    operator.says(A1, wanted=2**53)
    assert operator.wanted() == {A1: (42, number)}


def test_one_that_is_there_and_has_not_heard_is_marked(operator):
    operator.start(operator.release())
    operator.says(A1, wanted=0, version=0)
    assert [row.unheard for row in releases.wanted(operator.control)] == [True]
    operator.says(A1)
    assert [row.unheard for row in releases.wanted(operator.control)] == [False]


# Rights ------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["files", "releases", "release_files", "rollout_steps"])
@pytest.mark.parametrize("statement", ["DELETE FROM hailong.{}", "TRUNCATE hailong.{} CASCADE"])
def test_a_release_is_changed_by_nobody(operator, table, statement):
    file = ReleaseFileRow("lexicon", "greeting", "ab" * 32, 5)
    operator.start(releases.add_release(operator.migrator, {}, [file], BY))
    with pytest.raises(RowRefusedError), operator.migrator.transaction() as connection:
        connection.execute(statement.format(table))


def test_each_role_may_do_its_part_and_no_more(operator):
    operator.start(operator.release())
    refused = {
        "control": [
            "UPDATE hailong.device_configs SET version = 9",
            "INSERT INTO hailong.releases VALUES (9, '{}', 'x')",
            "UPDATE hailong.rollouts SET stage = 'all'",
            "SELECT public_key FROM hailong.devices",
            "INSERT INTO hailong.commands (command, asked_by) VALUES ('restart', 'x')",
            "SELECT FROM hailong.interactions",
            "SELECT FROM hailong.users",
        ],
        "app": [
            "SELECT FROM hailong.releases",
            "SELECT FROM hailong.rollouts",
            "SELECT FROM hailong.commands",
            "INSERT INTO hailong.device_configs VALUES ('x', 1)",
        ],
        "ingest": [
            "SELECT FROM hailong.releases",
            "UPDATE hailong.commands SET device_id = 'x'",
            "DELETE FROM hailong.commands",
        ],
        "worker": ["SELECT FROM hailong.device_configs", "SELECT FROM hailong.commands"],
    }
    for role, statements in refused.items():
        database = operator.db.open(role)
        for statement in statements:
            with pytest.raises(NotPermittedError), database.transaction() as connection:
                connection.execute(statement)


def test_people_see_what_their_own_branches_devices_are_to_run(operator):
    operator.start(operator.release())
    operator.says(A1)
    operator.widen()
    operator.widen(despite=True)
    app = operator.db.open("app")
    for branches, seen in (([], 0), (["cn-a"], 2), (["cn-b"], 1), (["cn-a", "cn-b"], 3)):
        with app.branches_transaction(branches) as connection:
            assert connection.execute("SELECT FROM hailong.device_configs").rowcount == seen


# The commands ------------------------------------------------------------------------------


@pytest.fixture
def run(operator, monkeypatch, tmp_path):
    address = operator.db.server.embedded.address
    settings = {
        "HAILONG_DATABASE_URL": f"postgresql://{address.host}:{address.port}/{operator.db.name}",
        "HAILONG_DATABASE_PASSFILE": str(operator.db.server.passfile),
        "HAILONG_BROKER_URL": "mqtt://127.0.0.1:1",
        "HAILONG_STATE": str(tmp_path / "hub"),
        "HAILONG_OPERATOR": BY,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def invoke(line: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, ["hub", *line.split()])
        assert done.exit_code == code, done.output
        return done.output

    return invoke


def test_the_operators_steps_by_command(operator, run, tmp_path):
    from tests.rollout import DATA, LISTS

    settings = tmp_path / "settings.toml"
    settings.write_text("beam_size = 5\nhealth_interval_s = 30\n")
    made = run(
        f"releases create --settings {settings} --lexicon {LISTS / 'greeting.yaml'} "
        f"--model sentiment={DATA / 'sentiment_ngrams.onnx'}"
    )
    assert made == "release 1: 2 settings, 2 files\n"
    assert "2 settings, 2 files" in run("releases list")
    shown = run("releases show 1")
    assert "beam_size = 5" in shown
    assert "lexicon greeting: " in shown
    assert f"made by {BY}" in shown
    held = [path for path in (tmp_path / "hub" / "files").glob("*/*") if path.is_file()]
    assert len(held) == 2
    assert "no rollout goes on" in run("rollout status")
    run("rollout start --release 1 --branch cn-a --counter quay-01")
    assert f"{A1} at cn-a/quay-01: silent (never reported)" in run("rollout status", 1)
    assert "never reported" in run("rollout widen", 2)
    operator.says(A1)
    assert f"{A1} at cn-a/quay-01: good" in run("rollout status")
    assert run("rollout widen") == "stage branch: 1 more device(s) are to run the release\n"
    run("rollout pause")
    assert "stage branch, paused" in run("rollout status", 1)
    run("rollout resume")
    assert "stage all" in run("rollout widen --despite-failures")
    assert "3 device(s)" in run("rollout back")
    asked = run(f"commands send --device {A1} restart")
    number = asked.split()[-1]
    assert number in run("commands list")
    (row,) = releases.open_commands(operator.control)
    assert (row.device_id, row.command, str(row.command_id)) == (A1, "restart", number)


def test_the_kinds_of_phrases_of_a_release_by_command(operator, run):
    made = run("releases create --categories from-rules")
    assert made == "release 1: 0 settings, 0 files, 26 of 27 categories\n"
    assert "26 of 27 categories" in run("releases list")
    shown = run("releases show 1")
    assert "categories sent: abusive, apology, broker," in shown
    assert "not sent: backchannel\n" in shown
    warned = run("releases create --categories greeting,abusive")
    assert warned.startswith("release 2: 0 settings, 0 files, 2 of 27 categories\n")
    assert (
        "warning: money_hint is not sent, and needed by rule money_hint, rule off_tariff_money\n"
        in warned
    )
    assert "greeting is not sent" not in warned
    # All of them are a release too: the way back from a narrower one.
    assert run("releases create --categories all") == "release 3: 0 settings, 0 files\n"
    assert "categories sent: all\n" in run("releases show 3")
    assert operator.db.rows("SELECT categories FROM hailong.releases WHERE release_no > 1") == [
        (["abusive", "greeting"],),
        (None,),
    ]
    started = run("rollout start --release 2 --branch cn-a --counter quay-01")
    assert "1 device(s) at cn-a/quay-01 are to run release 2\n" in started
    assert "warning: closing is not sent, and needed by rule closing_missing, closed of" in started
    (narrowed,) = releases.narrowed(operator.control)
    assert (narrowed.release_no, narrowed.devices) == (2, 1)
    run("rollout back")
    assert releases.narrowed(operator.control) == []
    assert "warning" not in run("rollout start --release 3 --branch cn-a --counter quay-01")
    run("rollout back")
    operator.start(1)
    operator.says(A1)
    operator.widen()
    operator.widen(despite=True)
    again = run("rollout start --release 3 --branch cn-a --counter quay-01")
    assert (
        "warning: backchannel will leave "
        "devices again; release 1, which 3 device(s) are to run, keeps them there\n"
    ) in again


@pytest.mark.parametrize("categories", ["{greeting,NULL}", "{Chào}", '{"a,b","c d"}'])
def test_the_database_takes_names_of_categories_alone(operator, categories):
    with pytest.raises(RowRefusedError), operator.migrator.transaction() as connection:
        connection.execute(
            "INSERT INTO hailong.releases (release_no, settings, made_by, categories)"
            " VALUES (9, '{}', 'x', %s)",
            (categories,),
        )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("releases create", "nothing is named"),
        ("releases create --categories grieting", "got 'grieting', expected all, from-rules"),
        ("releases create --lexicon may.yaml", "names no phrase list"),
        ("releases create --lexicon none/greeting.yaml", "cannot be taken in"),
        ("releases create --model eyes=x", "names no model"),
        ("releases create --model sentiment=x --by Ánh", "is no name"),
        ("releases create --settings none.toml", "No such file"),
        ("releases create --whisper none", "cannot be taken in"),
        ("releases show 7", "no release 7"),
        ("commands send --device nobody restart", "no such device"),
        (f"commands send --device {A1} resend", "or a range that is none"),
        (f"commands send --device {A1} restart --stream {'0' * 32}", "or a range that is none"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(run, line, said):
    output = run(line, 2)
    assert said in output
    assert output.count("\n") <= 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source = 'rtsp://x'", "what may be set from afar: beam_size"),
        ("beam_size = 11", "beam_size"),
        ("beam_size = ", "no TOML"),
    ],
)
def test_settings_that_may_not_be_set_from_afar_are_refused(run, tmp_path, text, said):
    path = tmp_path / "settings.toml"
    path.write_text(text)
    assert said in run(f"releases create --settings {path}", 2)


def test_an_empty_file_is_no_list(run, tmp_path):
    path = tmp_path / "greeting.yaml"
    path.write_bytes(b"")
    assert "is empty" in run(f"releases create --lexicon {path}", 2)
