"""Runs the embedded PostgreSQL: start, take over what a dead supervisor left, stop."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from hub.embedded.cluster import ENVIRONMENT, SUPERUSER, Cluster, locate
from hub.embedded.errors import EmbeddedError
from hub.embedded.files import Lock, Log
from hub.embedded.ports import HOST, KeptPort
from hub.embedded.processes import send, wait_gone, working_in

SHARED = Path("/var/lib/hailong")
"""Programs and data of root's servers."""
_START_TIMEOUT_S = 120.0
"""Generous: replaying the log after a crash is bounded by max_wal_size, disks are not."""
_FAST_S = 20.0
_IMMEDIATE_S = 5.0
_POLL_S = 0.02

# Rows never reach the log: statements and parameters are off, TERSE leaves out DETAIL (keys
# and failing rows), and `log` as the lowest level leaves out errors of clients, whose text
# may quote a value; the client gets them all the same.
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # paths of sockets are limited to 107 bytes
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_min_messages": "log",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}

# The shell becomes the server. Before that it leaves a watcher behind, which holds the end of
# a pipe: when the supervisor dies, by kill -9 too, the pipe closes and the watcher asks the
# server for a fast shutdown. A line on the pipe sends the watcher home. (PR_SET_PDEATHSIG
# would fire when the starting thread ends, not the process.) The watcher is forked twice, as
# the server must not find a child that it does not know.
_WATCHED = """
exec 3<&0 0</dev/null
( { read -r _ <&3 || kill -INT $$; } >/dev/null 2>&1 & )
exec 3<&-
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    host: str
    port: int
    superuser: str
    password: str = field(repr=False)


class EmbeddedPostgres:
    """PostgreSQL of one state folder, on 127.0.0.1 and no socket. Not thread-safe.

    Everything that goes wrong is an EmbeddedError of one line. `start` again after the
    server died brings it back on the same port.
    """

    def __init__(self, state: Path, shared: Path = SHARED) -> None:
        """`shared` is used by root only: a folder that root alone changes and all can enter."""
        self._state = state / "postgres"
        self._shared = shared
        self._cluster: Cluster | None = None
        self._lock: Lock | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._address: ServerAddress | None = None
        self._log = Log(self._state / "postgres.log")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """Of the server while it runs."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if self._process is not None and running else None

    @property
    def address(self) -> ServerAddress:
        if self._address is None:
            raise EmbeddedError("the embedded PostgreSQL has not been started: call start() first")
        return self._address

    @property
    def data(self) -> Path:
        """The folder that holds the database, for backups and for those who delete it."""
        return self._located().data

    def url_for(self, role: str, password: str, database: str) -> str:
        """A URL for psycopg. Encryption is not tried: the binaries have none, and it is loopback."""
        where = f"{self.address.host}:{self.address.port}/{quote(database, safe='')}"
        who = f"{quote(role, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{who}@{where}?sslmode=disable&gssencmode=disable"

    def start(self) -> ServerAddress:
        """Ready for connections on return. A running server is left alone."""
        if self.pid is not None:
            return self.address
        self._forget_process()
        try:
            cluster = self._located()
            self._lock = self._lock or Lock(cluster.home / "lock", "the embedded PostgreSQL")
            self._lock.acquire()
            cluster.make()
            _end_leftovers(cluster)
            (cluster.data / "postmaster.pid").unlink(missing_ok=True)
            kept = KeptPort(cluster.state / "port", None, "the embedded PostgreSQL")
            port = kept.take(promised=self._address is not None)
            self._launch(cluster, port)
            self._wait_until_ready(cluster)
            self._address = ServerAddress(HOST, port, SUPERUSER, cluster.password())
        except (OSError, subprocess.SubprocessError) as error:
            self.stop()
            raise EmbeddedError(f"the embedded PostgreSQL did not start: {error}") from error
        except BaseException:  # Ctrl-C during the start leaves no server behind either
            self.stop()
            raise
        return self._address

    def stop(self) -> None:
        """Fast shutdown; immediate if that takes over 20 s. Does nothing if none runs."""
        process = self._process
        if process is not None and process.poll() is None:
            for number, patience_s in (
                (signal.SIGINT, _FAST_S),
                (signal.SIGQUIT, _IMMEDIATE_S),
                (signal.SIGKILL, _IMMEDIATE_S),
            ):
                send(process.pid, number)
                if wait_gone([process.pid], patience_s):
                    break
        self._forget_process()
        if self._lock is not None:
            self._lock.release()

    def erase(self) -> None:
        """Stops the server and deletes its data and password for good."""
        self.stop()
        cluster = self._located()
        lock = Lock(cluster.home / "lock", "the embedded PostgreSQL")
        lock.acquire()
        try:
            _end_leftovers(cluster)
            if cluster.data.exists():
                cluster.erase()
        except OSError as error:
            raise EmbeddedError(f"could not delete {cluster.data}: {error}") from error
        finally:
            lock.release()

    def _located(self) -> Cluster:
        if self._cluster is None:
            self._cluster = locate(self._state, self._shared)
        return self._cluster

    def _launch(self, cluster: Cluster, port: int) -> None:
        settings = {**_SETTINGS, "port": str(port)}
        command = ["/bin/sh", "-c", _WATCHED, "sh", cluster.program("postgres")]
        command += ["-D", str(cluster.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = self._log.open()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own programs
                command,
                cwd="/",
                env=ENVIRONMENT,
                umask=0o077,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops in order
                **cluster.account.popen(),
            )
        finally:
            os.close(log)

    def _wait_until_ready(self, cluster: Cluster) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not _is_ready(cluster, self._process.pid):
            if wait_gone([self._process.pid], _POLL_S):
                raise EmbeddedError(
                    f"the embedded PostgreSQL ended while starting (status "
                    f"{self._process.wait()}); its log {self._log.path} ends: {self._log.tail()}"
                )
            if time.monotonic() >= deadline:
                raise EmbeddedError(
                    f"the embedded PostgreSQL was not ready after {_START_TIMEOUT_S:.0f} s; "
                    f"its log {self._log.path} ends: {self._log.tail()}"
                )

    def _forget_process(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(b"\n")
            process.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()


def _is_ready(cluster: Cluster, pid: int) -> bool:
    """By the state that the server writes into its pid file: pid first, status eighth."""
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _end_leftovers(cluster: Cluster) -> None:
    """Ends what a killed supervisor or a killed server left running on these data.

    We hold the lock, so nobody else supervises it. Without this check a removed pid file
    would let two servers write the same data.
    """
    left = working_in(cluster.data, "postgres")
    try:
        first = (cluster.data / "postmaster.pid").read_text().split("\n", 1)[0].strip()
    except FileNotFoundError:
        first = ""
    server = [pid for pid in left if str(pid) == first]
    for targets, number, patience_s in (
        (server, signal.SIGINT, _FAST_S),
        (left, signal.SIGQUIT, _IMMEDIATE_S),
        (left, signal.SIGKILL, _IMMEDIATE_S),
    ):
        if not targets:
            continue
        for pid in targets:
            send(pid, number)
        wait_gone(left, patience_s)
        left = working_in(cluster.data, "postgres")
        if not left:
            return
    if left:
        raise EmbeddedError(
            f"process {left[0]} still works on {cluster.data} and does not end: "
            "end it, then start again"
        )
