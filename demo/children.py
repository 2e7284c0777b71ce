"""The demo's programs, started as a user would start them and kept running."""

import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from urllib.parse import urljoin

from demo.setup import Demo
from hub.embedded.broker import UNACKNOWLEDGED
from hub.errors import HubError

_QUIET = {"HAILONG_LOG_LEVEL": "WARNING"}
"""The demo tells what happens in its own lines; its programs tell what goes wrong."""
_STOP_S = 15.0
_READY_S = 60.0
_RESTART_S = 2.0


class ProgramError(HubError):
    """One of the demo's programs does not run."""

    code = "demo-program"


class Child:
    """A program of ours; `mend` starts it again when it died by itself."""

    def __init__(self, name: str, words: Sequence[str], extra: Mapping[str, str]) -> None:
        self.name = name
        self._words = words
        self._environment = {**os.environ, **extra}
        self._died_s: float | None = None
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        """By itself and well."""
        return self._process.poll() == 0

    @property
    def refused(self) -> bool:
        """It said what is wrong with its input and will say it again."""
        return self._process.poll() == 2

    def mend(self) -> str | None:
        """What was done about it, to be said; None when it runs or ended well."""
        code = self._process.poll()
        if code in (None, 0, 2):
            return None
        now_s = time.monotonic()
        if self._died_s is None:
            self._died_s = now_s
            return f"{self.name} died (exit code {code}); starting it again"
        if now_s - self._died_s >= _RESTART_S:
            self._died_s = None
            self._process = self._start()
        return None

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        # Ctrl-C reaches the whole terminal; the demo tells its programs in their order.
        return subprocess.Popen(  # noqa: S603 - our own program with our own words
            [sys.executable, "-m", "hailong", *self._words],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def start_hub(demo: Demo) -> Child:
    hub = demo.hub
    return Child(
        "the hub",
        ["hub", "run"],
        {
            **_QUIET,
            "HAILONG_DATABASE_URL": f"postgresql://{hub.database}/{hub.database_name}",
            "HAILONG_DATABASE_PASSFILE": str(hub.passfile),
            "HAILONG_BROKER_URL": f"mqtt://{hub.broker}",
            # More the embedded broker does not give, and a full half is stored at once.
            "HAILONG_INGEST_WINDOW": str(UNACKNOWLEDGED),
            "HAILONG_STATE": str(hub.state),
            "HAILONG_WEB_ADDRESS": str(hub.web),
        },
    )


def start_agent(demo: Demo, *, stay: bool) -> Child:
    return Child(
        "the agent",
        ["agent", "run", "--settings", str(demo.agent_settings), *(["--stay"] if stay else [])],
        {**_QUIET, "HAILONG_WHISPER": str(demo.whisper)},
    )


def wait_ready(demo: Demo, hub: Child, stop: threading.Event) -> None:
    """Returns when the hub answers and its database is reachable; raises ProgramError."""
    deadline_s = time.monotonic() + _READY_S
    while not stop.is_set():
        try:
            with urllib.request.urlopen(urljoin(demo.web_url, "/readyz"), timeout=2):  # noqa: S310 - our own loopback address
                return
        except (urllib.error.URLError, OSError):
            if hub.ended or hub.refused or time.monotonic() > deadline_s:
                raise ProgramError(
                    f"the hub does not answer at {demo.web_url}; see its lines above"
                ) from None
            stop.wait(0.1)
