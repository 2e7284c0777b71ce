"""A database that is full, slow, or fails over to its replica: the hub stops acknowledging, says
so, goes on by itself, and nothing settled is missing.
"""

import contextlib
import logging
import os
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from nacl.signing import SigningKey
from psycopg import sql

from hub.embedded.cluster import ENVIRONMENT
from hub.embedded.postgres import EmbeddedPostgres
from hub.ingest.service import IngestService
from hub.settings import Address, HubSettings
from hub.store.pool import Database
from tests.builders import NOW, activity_payload, interaction_payload, interaction_uuid
from tests.devices import DeviceClient, wait_until

pytestmark = pytest.mark.integration


def interactions(sender, first, last):
    return [
        sender.message(
            interaction_payload(
                interaction_id=interaction_uuid(n), started_at=NOW - timedelta(minutes=n)
            )
        )
        for n in range(first, last + 1)
    ]


def test_while_a_table_is_locked_nothing_is_acknowledged(ingest, hub_db, sender):
    with psycopg.connect(hub_db.server.superuser_url(hub_db.name)) as other:
        other.execute("LOCK TABLE hailong.interactions IN ACCESS EXCLUSIVE MODE")
        with ingest.device(sender) as device:
            device.publish(*interactions(sender, 1, 20))
            with pytest.raises(queue.Empty):
                device.confirm(timeout_s=1.5)
            other.rollback()
            assert device.confirm_when(lambda c: c.settled_below == 21).rows == 20
    assert hub_db.value("SELECT count(*) FROM hailong.interactions") == 20


@contextlib.contextmanager
def small_disk(owner_of, megabytes):
    """A file system of its own; its size can be changed."""
    folder = Path(tempfile.mkdtemp(prefix="hailong-disk-"))

    def mount(*options):
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    status = owner_of.stat()
    if not mount(f"size={megabytes}m", "mode=700", f"uid={status.st_uid}", f"gid={status.st_gid}"):
        folder.rmdir()
        pytest.skip("only root may mount a file system of its own to fill")
    try:
        yield folder, lambda size: mount("remount", f"size={size}m")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)
        folder.rmdir()


def test_a_full_disk_is_told_and_waited_for(start_ingest, hub_db, broker, sender, caplog):
    """The tables lie on a disk that fills; the server itself goes on, as with a full data disk
    beside one for the log.
    """
    caplog.set_level(logging.INFO, "hub.ingest")
    with small_disk(hub_db.server.embedded.data, 2) as (disk, resize):
        superuser = hub_db.server.superuser_url(hub_db.name)
        with psycopg.connect(superuser, autocommit=True) as connection:
            place = sql.Literal(str(disk))
            connection.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(place))
            for (name,) in connection.execute(
                "SELECT relname FROM pg_class WHERE relname LIKE 'activity_2026%%'"
                " AND relkind = 'r'"
            ).fetchall():
                table = sql.Identifier("hailong_private", name)
                connection.execute(sql.SQL("ALTER TABLE {} SET TABLESPACE small").format(table))
        ingest = start_ingest(broker)
        try:
            count = 3000
            messages = [
                sender.message(activity_payload(NOW - timedelta(minutes=n + 2)))
                for n in range(count)
            ]
            with ingest.device(sender) as device:
                sending = threading.Thread(target=device.publish, args=messages, daemon=True)
                sending.start()
                wait_until(lambda: not ingest.service.ready, timeout_s=60)
                assert any("53100" in r.getMessage() for r in caplog.records)
                before = hub_db.value("SELECT count(*) FROM hailong_private.activity")
                assert 0 < before < 6 * count
                assert resize(64)
                done = device.confirm_when(lambda c: c.settled_below == count + 1, timeout_s=90)
                sending.join(20)
            assert (done.missing, done.rejected, done.rows) == ((), (), count)
            assert hub_db.value("SELECT count(*) FROM hailong_private.activity") == 6 * count
            assert ingest.service.ready
        finally:
            ingest.stop()
            hub_db.rows("TRUNCATE hailong_private.activity")
            with psycopg.connect(superuser, autocommit=True) as connection:
                for (name,) in connection.execute(
                    "SELECT relname FROM pg_class c JOIN pg_tablespace t ON t.oid = reltablespace"
                    " WHERE spcname = 'small' AND relkind = 'r'"
                ).fetchall():
                    table = sql.Identifier("hailong_private", name)
                    connection.execute(
                        sql.SQL("ALTER TABLE {} SET TABLESPACE pg_default").format(table)
                    )
                connection.execute("DROP TABLESPACE small")


class Replica:
    """A streaming copy of a server, made by pg_basebackup, that can be promoted."""

    def __init__(self, primary: EmbeddedPostgres, folder: Path, port: int) -> None:
        self.data, self.port, self._log = folder / "replica", port, folder / "replica.log"
        status = primary.data.stat()
        self._as = {"user": status.st_uid, "group": status.st_gid, "extra_groups": []}
        if os.geteuid() != 0:
            self._as = {}
        address = primary.address
        binaries = Path(f"/proc/{primary.pid}/exe").readlink().parent
        self._program = binaries / "postgres"
        password = {**ENVIRONMENT, "PGPASSWORD": address.password}
        subprocess.run(
            [
                binaries / "pg_basebackup", "-D", self.data, "-R", "-X", "stream", "--checkpoint=fast",
                "-h", address.host, "-p", str(address.port), "-U", address.superuser,
            ],
            env=password, cwd="/", check=True, capture_output=True, **self._as,
        )  # fmt: skip

    def start(self) -> None:
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [self._program, "-D", self.data, "-c", f"port={self.port}", "-c",
                 "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
                env=ENVIRONMENT, cwd="/", stdout=log, stderr=log, **self._as,
            )  # fmt: skip


@pytest.fixture
def home():
    # Not below pytest's own folder, which user nobody cannot enter.
    folder = Path(tempfile.mkdtemp(prefix="hailong-failover-"))
    folder.chmod(0o755)
    (folder / "copy").mkdir()
    (folder / "copy").chmod(0o777)  # its server runs as nobody where this runs as root
    yield folder
    shutil.rmtree(folder)


def test_a_failover_loses_nothing_that_devices_still_hold(
    hub_db, postgres_server, sender, home, own_broker
):
    primary = postgres_server.embedded
    address = primary.address
    replica = Replica(primary, home / "copy", free_port())
    replica.start()
    wait_until(
        lambda: hub_db.rows("SELECT pid FROM pg_stat_replication WHERE state = 'streaming'"), 60
    )
    settings = HubSettings.from_environment(
        {
            "HAILONG_DATABASE_URL": f"postgresql://{address.host}:{address.port},"
            f"127.0.0.1:{replica.port}/{hub_db.name}",
            "HAILONG_DATABASE_PASSFILE": str(postgres_server.passfile),
            "HAILONG_BROKER_URL": "mqtt://127.0.0.1",
        }
    )
    broker = Address(own_broker.address.host, own_broker.address.port)
    key, stop = SigningKey.generate(), threading.Event()
    service = IngestService(
        Database(settings.database_url("ingest")), broker, key, clock=lambda: NOW
    )
    running = threading.Thread(target=service.run, args=(stop,))
    running.start()
    try:
        wait_until(lambda: service.ready)
        messages = interactions(sender, 1, 60)
        with DeviceClient(broker, sender, key.verify_key) as device:
            device.publish(*messages[:40])
            device.confirm_when(lambda c: c.settled_below == 41)
            os.kill(primary.pid, signal.SIGKILL)
            wait_until(lambda: primary.pid is None)
            device.publish(*messages[40:50])
            wait_until(lambda: not service.ready)
            promote(replica, address)
            # What came meanwhile, and what the copy may lack, the device sends again when told.
            device.publish(*messages[50:])
            done = device.confirm_when(
                lambda c: c.settled_below == 61 or bool(c.missing), timeout_s=40
            )
            while done.settled_below != 61:
                wanted = {n for r in done.missing for n in range(r.first, r.last + 1)}
                device.publish(*[messages[n - 1] for n in sorted(wanted)])
                done = device.confirm_when(lambda c: c.settled_below > 40, timeout_s=20)
        assert (done.missing, done.rejected, done.rows) == ((), (), 60)
        with psycopg.connect(replica_url(replica, address, hub_db.name)) as connection:
            count = connection.execute("SELECT count(*) FROM hailong.interactions").fetchone()
        assert count == (60,)
    finally:
        stop.set()
        running.join(20)
        replica.process.send_signal(signal.SIGINT)
        replica.process.wait(20)
        primary.start()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def replica_url(replica, address, database):
    return (
        f"postgresql://{address.superuser}:{address.password}@127.0.0.1:{replica.port}/{database}"
        "?sslmode=disable"
    )


def promote(replica, address):
    with psycopg.connect(replica_url(replica, address, "postgres"), autocommit=True) as connection:
        assert connection.execute("SELECT pg_promote(true, 30)").fetchone() == (True,)
