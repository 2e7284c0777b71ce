import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest

from hub.embedded.binaries import installed
from hub.embedded.errors import EmbeddedError, InUseError
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.processes import wait_gone, working_in

pytestmark = pytest.mark.integration

ROOT = os.geteuid() == 0
PROJECT = Path(__file__).parents[2]
SUPERVISOR = """
import sys
from pathlib import Path
from hub.embedded.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), Path(sys.argv[2]))
server.start()
print(server.pid, server.address.port, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def place():
    """pytest's own folders are private, and root's server runs as nobody."""
    folder = Path(tempfile.mkdtemp(prefix="hailong-test-"))
    folder.chmod(0o755)
    (folder / "nhà riêng").mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def server(place):
    with EmbeddedPostgres(place / "nhà riêng" / "trạng thái", place / "shared") as running:
        yield running


@pytest.fixture
def running(server):
    """Whatever the test before did to it."""
    server.start()
    return server


def url(server) -> str:
    return server.url_for(server.address.superuser, server.address.password, "postgres")


def ask(server, sql: str, *values):
    with psycopg.connect(url(server)) as connection:
        cursor = connection.execute(sql, values or None)
        return cursor.fetchone() if cursor.description else None


def reachable_by_all(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def killed(server) -> None:
    pid = server.pid
    os.kill(pid, signal.SIGKILL)
    assert wait_gone([pid], 10)


def supervisor(server, place) -> subprocess.Popen:
    state = server._state.parent
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(state), str(place / "shared")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )


def test_listens_on_loopback_only(running):
    sockets = psutil.Process(running.pid).net_connections("all")
    listening = {c.laddr for c in sockets if c.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", running.address.port)}
    assert not [c for c in sockets if c.family not in (2, 10)], "no unix socket"


def test_password_is_needed_and_hidden(running):
    address = running.address
    assert address.password not in repr(address)
    assert stat.S_IMODE((running._state / "superuser-password").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(running.url_for(address.superuser, "wrong", "postgres"))
    server = psutil.Process(running.pid)
    commands = [" ".join(server.cmdline())]
    for child in server.children():
        with contextlib.suppress(psutil.NoSuchProcess):  # a backend that ends meanwhile
            commands.append(" ".join(child.cmdline()))
    assert not any(address.password in command for command in commands)


def test_settings(running):
    wanted = {
        "data_checksums": "on",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
        "password_encryption": "scram-sha-256",
    }
    with psycopg.connect(url(running)) as connection:
        for name, value in wanted.items():
            assert connection.execute(f"SHOW {name}").fetchone() == (value,)
        assert connection.execute("SELECT lower('HÀI LÒNG Ở ĐÂY')").fetchone() == (
            "hài lòng ở đây",
        )


def test_data_folder_is_private_and_the_server_is_not_root(running):
    data = running.data.stat()
    process = psutil.Process(running.pid)
    assert stat.S_IMODE(data.st_mode) == 0o700
    assert set(process.uids()) == {data.st_uid}
    assert data.st_uid != 0
    if ROOT:
        assert process.gids().real != 0
        status = Path(f"/proc/{running.pid}/status").read_text()
        assert "Groups:\t \n" in status or "Groups:\t\n" in status


def test_rows_do_not_reach_the_log(running):
    ask(running, "CREATE TABLE leak (word text PRIMARY KEY CHECK (word <> 'mật khẩu'))")
    ask(running, "INSERT INTO leak VALUES ('một chuyện riêng')")
    for statement in (
        "INSERT INTO leak VALUES ('một chuyện riêng')",
        "INSERT INTO leak VALUES ('mật khẩu')",
        "SELECT 'một chuyện riêng'::int",
        "SELEC 'một chuyện riêng'",
    ):
        with pytest.raises(psycopg.Error):
            ask(running, statement)
    with pytest.raises(psycopg.Error):
        ask(running, "INSERT INTO leak VALUES (%s)", "mật khẩu")
    log = (running._state / "postgres.log").read_text()
    assert "ready to accept connections" in log
    assert "chuyện" not in log
    assert "mật khẩu" not in log


def test_restart_keeps_data_and_port(running):
    ask(running, "CREATE TABLE kept AS SELECT 7 AS seven")
    before = running.address
    running.stop()
    assert running.pid is None
    assert not working_in(running.data, "postgres")
    assert running.start() == before
    assert ask(running, "SELECT seven FROM kept") == (7,)


def test_kill_of_the_server_loses_nothing_committed(running):
    ask(running, "CREATE TABLE survives (n int)")
    busy = psycopg.connect(url(running))
    busy.execute("INSERT INTO survives VALUES (1)")
    busy.commit()
    busy.execute("INSERT INTO survives VALUES (2)")  # never committed
    before = running.address
    killed(running)
    assert running.pid is None
    assert running.start() == before
    busy.close()
    assert ask(running, "SELECT array_agg(n) FROM survives") == ([1],)


def test_pid_file_that_names_a_stranger(running):
    running.stop()
    stranger = f"{os.getpid()}\n{running.data}\n1\n{running.address.port}\n\n127.0.0.1\n"
    (running.data / "postmaster.pid").write_text(stranger)
    running.start()
    assert ask(running, "SELECT 1") == (1,)


def test_second_supervisor_is_refused(running, place):
    other = EmbeddedPostgres(running._state.parent, place / "shared")
    with pytest.raises(InUseError, match=f"already run by process {os.getpid()}"):
        other.start()
    assert ask(running, "SELECT 1") == (1,)


def test_server_ends_with_its_supervisor(running, place):
    port = running.address.port
    running.stop()
    with supervisor(running, place) as other:
        pid, other_port = map(int, other.stdout.readline().split())
        other.kill()
    assert other_port == port
    assert wait_gone([pid], 15)
    assert not (running.data / "postmaster.pid").exists(), "shut down in order"


def test_takes_over_a_server_that_outlived_its_supervisor(running, place):
    running.stop()
    with supervisor(running, place) as other:
        pid, _ = map(int, other.stdout.readline().split())
        # The watcher would end the server, so it goes first.
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or []
            if str(running.data) in line and line[0] == "/bin/sh":
                process.kill()
        other.kill()
    assert not wait_gone([pid], 0)
    running.start()
    assert wait_gone([pid], 0)
    assert ask(running, "SELECT 1") == (1,)


def test_failure_names_the_reason_and_the_last_log_line(running):
    running.stop()
    configuration = running.data / "postgresql.conf"
    good = configuration.read_text()
    configuration.write_text(good + "\nmax_connections = many\n")
    try:
        with pytest.raises(EmbeddedError, match=r"ended while starting .*max_connections") as info:
            running.start()
    finally:
        configuration.write_text(good)
    assert "\n" not in str(info.value)


def test_data_without_their_password_are_not_taken(running):
    running.stop()
    password = running._state / "superuser-password"
    aside = password.rename(password.with_name("aside"))
    try:
        with pytest.raises(EmbeddedError, match="password file is gone"):
            running.start()
    finally:
        aside.rename(password)


def test_long_log_is_set_aside(running):
    log = running._state / "postgres.log"
    running.stop()
    log.write_bytes(b"x" * 1_100_000)
    running.start()
    assert log.stat().st_size < 100_000
    assert log.with_name("postgres.log.1").stat().st_size == 1_100_000


def test_erase_leaves_neither_data_nor_password(running, place):
    state = place / "nhà riêng" / "để xóa"
    shutil.copytree(running._state, state / "postgres")
    if ROOT:
        home = place / "shared" / "clusters" / "to-erase"
        (home / "data").mkdir(parents=True)
        (state / "postgres" / "where").write_text(f"{home}\n")
    doomed = EmbeddedPostgres(state, place / "shared")
    data = doomed.data
    assert data.exists()
    doomed.erase()
    assert not data.exists()
    assert not (state / "postgres" / "superuser-password").exists()
    assert ask(running, "SELECT 1") == (1,)


@pytest.mark.skipif(not ROOT, reason="an ordinary user runs all the other tests so")
def test_an_ordinary_user_runs_it_in_the_state_folder(place):
    # Python starts as root, because its own files may lie in a private home.
    program = f"import os\n{SUPERVISOR}".replace(
        "server = ", "os.setgroups([]); os.setgid(65534); os.setuid(65534)\nserver = "
    )
    if not reachable_by_all(installed()):
        pytest.skip("user nobody cannot reach this environment")
    state = place / "của nobody"
    state.mkdir()
    os.chown(state, 65534, 65534)
    command = [sys.executable, "-c", program, str(state), "/nowhere"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT
    ) as other:
        pid = int(other.stdout.readline().split()[0])
        assert (state / "postgres" / "data" / "PG_VERSION").exists()
        assert psutil.Process(pid).uids().real == state.stat().st_uid
        other.stdin.close()
    assert wait_gone([pid], 15)
    with pytest.raises(EmbeddedError, match="made by an ordinary user"):
        EmbeddedPostgres(state, place / "shared").start()


@pytest.mark.skipif(not ROOT, reason="root alone makes a copy of the programs")
def test_copy_that_others_could_change_is_refused(place):
    loose = place / "loose"
    loose.mkdir()
    loose.chmod(0o777)
    with pytest.raises(EmbeddedError, match="can be changed by others than root"):
        EmbeddedPostgres(place / "s1", loose).start()
    with pytest.raises(EmbeddedError, match="cannot be reached by user nobody"):
        EmbeddedPostgres(place / "s2", place / "nhà riêng" / "shared").start()
