"""Writes tests/data/releases/NAME.sql: a database as a release left it, with rows in every table.

    python -m tests.make_release_dump 0.1.0              # all migrations of this checkout
    python -m tests.make_release_dump before-0.1.0 1     # the first one alone

Run once, when a version is released; the file is never written again. `test_store_upgrade.py`
migrates each of them. Plain SQL with INSERT, so that no psql is needed to load it.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import psycopg

from hub.embedded.binaries import installed
from hub.embedded.postgres import EmbeddedPostgres
from hub.settings import Address, role_url
from hub.store.arrivals import ensure_partitions
from hub.store.bootstrap import bootstrap
from hub.store.migrate import load_migrations, migrate
from hub.store.pool import Database
from tests.attack_site import fill
from tests.builders import NOW

FOLDER = Path(__file__).parent / "data" / "releases"
# For psql, or of the moment: nothing of it is the release's.
_NOISE = re.compile(r"^(\\.*|-- Dumped .*|SET transaction_timeout.*)$\n?", re.MULTILINE)


def make(name: str, migrations: int | None) -> Path:
    home = Path(tempfile.mkdtemp(prefix="hailong-release-"))
    home.chmod(0o755)
    try:
        text = _dump(home, migrations)
    finally:
        shutil.rmtree(home)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.sql"
    path.write_text(_NOISE.sub("", text), encoding="utf-8")
    return path


def _dump(home: Path, migrations: int | None) -> str:
    with EmbeddedPostgres(home / "state", shared=home / "shared") as server:
        address = server.address
        superuser = server.url_for(address.superuser, address.password, "hailong")
        bootstrap(server.url_for(address.superuser, address.password, "postgres"), home / "pass")
        where = Address(address.host, address.port)
        database = Database(role_url(where, "hailong", "hailong_migrator", home / "pass"))
        database.open(10)
        migrate(database, load_migrations()[:migrations])
        ensure_partitions(database, NOW - timedelta(days=1), NOW)
        database.close()
        with psycopg.connect(superuser) as connection:
            fill(connection)
        program = str(installed() / "bin" / "pg_dump")
        return subprocess.run(
            [program, "--rows-per-insert=50", "--no-owner", f"--dbname={superuser}"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout


if __name__ == "__main__":
    sys.stdout.write(f"{make(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)}\n")
