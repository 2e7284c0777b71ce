"""A database's folder on disk: where it lies, made once, with its superuser's password.

An ordinary user's data lie in the state folder. Root's server runs as `nobody`, who may not
be able to enter that folder: its data lie below `shared`, under a name made from the state
folder's path, and the file `where` in the state folder points there.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hub.embedded import binaries
from hub.embedded.errors import EmbeddedError
from hub.embedded.files import sync_folder, write_private

SUPERUSER = "postgres"
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
_INITDB_TIMEOUT_S = 300
# Where an operator may want others; what must hold is on the server's command line.
_SIZES = {
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "max_connections": "50",
    "max_wal_size": "512MB",
    "huge_pages": "off",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    state: Path
    """Password, log, port: ours alone."""
    home: Path
    """Holds `data` and the lock; root's or, for an ordinary user, `state` itself."""
    programs: Path
    account: binaries.Account

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def password_file(self) -> Path:
        return self.state / "superuser-password"

    @property
    def pointer(self) -> Path:
        return self.state / "where"

    def password(self) -> str:
        return self.password_file.read_text().strip()

    def program(self, name: str) -> str:
        return str(self.programs / "bin" / name)

    def make(self) -> None:
        """Runs initdb unless the data are there. A broken-off attempt is begun anew."""
        if self.data.exists():
            self._check()
            return
        if self.home != self.state and self.pointer.exists():
            raise EmbeddedError(
                f"the database of this state folder is gone: expected {self.data}; put it "
                f"back, or delete {self.pointer} to begin with an empty one"
            )
        if not self.password_file.exists():
            write_private(self.password_file, secrets.token_urlsafe(32) + "\n")
        for broken_off in self.home.glob("data.new-*"):
            shutil.rmtree(broken_off, ignore_errors=True)
        # A name of its own, as the initdb of a killed supervisor may still be writing.
        partial = self.home / f"data.new-{secrets.token_hex(4)}"
        password = self.home / "password.new"
        partial.mkdir(mode=0o700)
        write_private(password, self.password() + "\n")
        try:
            self.account.give(partial)
            self.account.give(password)
            self._initdb(partial, password)
        finally:
            password.unlink()
        partial.rename(self.data)
        sync_folder(self.home)
        if self.home != self.state:
            write_private(self.pointer, f"{self.home}\n")

    def erase(self) -> None:
        """Deletes the data, then the password; the server must be stopped."""
        shutil.rmtree(self.data, ignore_errors=False)
        for file in (self.pointer, self.password_file):
            file.unlink(missing_ok=True)

    def _initdb(self, data: Path, password: Path) -> None:
        # No ICU in these binaries: the built-in C.UTF-8 knows upper and lower case of all
        # letters and sorts by code point; names are sorted by a key of our own.
        command = [
            self.program("initdb"),
            f"--pgdata={data}",
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            "--auth-local=reject",
            "--auth-host=scram-sha-256",
            "--no-instructions",
            *(f"--set={name}={value}" for name, value in _SIZES.items()),
        ]
        try:
            done = subprocess.run(  # noqa: S603 - our own programs, no shell
                command,
                cwd="/",
                env=ENVIRONMENT,
                umask=0o077,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_INITDB_TIMEOUT_S,
                check=False,
                **self.account.popen(),
            )
        except subprocess.TimeoutExpired as error:
            raise EmbeddedError(
                f"making the database took over {_INITDB_TIMEOUT_S} s and was ended"
            ) from error
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").split("\n")
            last = " | ".join([line.strip() for line in said if line.strip()][-4:])
            raise EmbeddedError(f"making the database in {data} failed: {last}")

    def _check(self) -> None:
        if not self.password_file.exists():
            raise EmbeddedError(
                f"{self.data} holds the database of an earlier state folder at {self.state}, "
                "whose password file is gone: put that folder back, or delete "
                f"{self.data} to begin with an empty one"
            )
        have = (self.data / "PG_VERSION").read_text().strip()
        said = subprocess.run(  # noqa: S603 - our own program
            [self.program("postgres"), "--version"],
            cwd="/",
            env=ENVIRONMENT,
            capture_output=True,
            check=True,
            text=True,
            **self.account.popen(),
        )
        bring = said.stdout.split()[-1].partition(".")[0]
        if have != bring:
            raise EmbeddedError(
                f"the data in {self.data} are of PostgreSQL {have}, this installation brings "
                f"{bring}: install the version that wrote them, dump, and restore into the new one"
            )


def locate(state: Path, shared: Path) -> Cluster:
    """The cluster of this state folder for the user we are; makes its folders."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    state = state.resolve()
    account = binaries.unprivileged()
    pointer = state / "where"
    if account.uid is None:
        if pointer.exists():
            raise EmbeddedError(
                f"the database of {state} was made by root: run as root again, or use "
                "another state folder"
            )
        return Cluster(state, state, binaries.installed(), account)
    if (state / "data").exists():
        raise EmbeddedError(
            f"the database in {state} was made by an ordinary user (uid "
            f"{state.stat().st_uid}): run as that user, or use another state folder"
        )
    programs = binaries.reachable_copy(shared)
    clusters = shared / "clusters"
    name = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    home = clusters / name
    with contextlib.suppress(FileNotFoundError):
        home = Path(pointer.read_text().strip())  # the state folder may have been moved
    if home.parent.resolve() != clusters.resolve():
        raise EmbeddedError(f"{pointer} points to {home}; expected a folder in {clusters}")
    binaries.require_roots_own(clusters)
    binaries.require_roots_own(home)
    return Cluster(state, home, programs, account)
