"""schema.sql: the state after all migrations, for reading and for review of what one changes;
and migrations/effects.json, what each one does to tables that are there already.

`python -m hub.store.schema_dump` writes both, by an embedded PostgreSQL of its own in a temporary
folder; a test compares it with a fresh replay.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from hub.embedded.binaries import installed
from hub.embedded.postgres import EmbeddedPostgres
from hub.settings import Address, role_url
from hub.store.bootstrap import MIGRATOR, bootstrap
from hub.store.errors import MigrationError
from hub.store.migrate import migrate
from hub.store.migrate_plan import EFFECTS_FILE, Recorder
from hub.store.pool import Database, describe

SCHEMA_FILE = Path(__file__).with_name("schema.sql")
# Differs from run to run or from version to version, and says nothing of the schema.
_NOISE = re.compile(r"^(\\(un)?restrict .*|-- Dumped (from|by) .*|SET .*|--)$\n?", re.MULTILINE)
_SET_CONFIG = re.compile(r"^SELECT pg_catalog\.set_config\(.*\n", re.MULTILINE)
_ROLES = re.compile(r" TO (hailong_\w+(?:, hailong_\w+)+)")
"""Of one policy; the server lists them as they happen to lie in its catalog."""
_HEAD = """\
-- Written by `python -m hub.store.schema_dump`; do not edit. Migrations are what is run.

"""


def dump_schema(url: str) -> str:
    """Of a migrated database, without partitions' data and without rows; `url` of a role that
    may read everything.
    """
    command = [str(installed() / "bin" / "pg_dump"), "--schema-only"]
    command += ["--schema=hailong", "--schema=hailong_private", f"--dbname={url}"]
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        command, capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode != 0:
        raise MigrationError(f"pg_dump of {describe(url)} failed with status {done.returncode}")
    text = _SET_CONFIG.sub("", _NOISE.sub("", done.stdout))
    text = _ROLES.sub(lambda found: " TO " + ", ".join(sorted(found[1].split(", "))), text)
    return _HEAD + re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def replay() -> tuple[str, str]:
    """The schema that all migrations make from nothing, and their effects as JSON."""
    home = Path(tempfile.mkdtemp(prefix="hailong-schema-"))
    home.chmod(0o755)  # root's PostgreSQL runs as nobody and must get in
    try:
        with EmbeddedPostgres(home / "state", shared=home / "shared") as server:
            address = server.address
            passfile = home / "database.pass"
            superuser = server.url_for(address.superuser, address.password, "postgres")
            urls = {}
            recorder = Recorder()
            for name in ("hailong", "hailong_effects"):
                bootstrap(superuser, passfile, name)
                urls[name] = role_url(Address(address.host, address.port), name, MIGRATOR, passfile)
                database = Database(urls[name])
                database.open(10)
                if name == "hailong":
                    migrate(database)
                else:
                    migrate(database, before=recorder.before, after=recorder.after)
                database.close()
            return dump_schema(urls["hailong"]), recorder.text()
    finally:
        shutil.rmtree(home)


if __name__ == "__main__":
    schema, effects = replay()
    SCHEMA_FILE.write_text(schema, encoding="utf-8")
    EFFECTS_FILE.write_text(effects, encoding="utf-8")
