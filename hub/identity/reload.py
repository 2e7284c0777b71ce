"""Telling the broker to read its files again."""

import os
import shlex
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from hub.identity.errors import BrokerFilesError

Reload = Callable[[], None]
"""Raises BrokerFilesError."""
_WAIT_S = 30.0
_NAME = "mosquitto"


def reload_from(text: str) -> Reload:
    """`pid:FILE` sends SIGHUP to the Mosquitto of that pid file; anything else is a command's
    words, such as `systemctl reload mosquitto`, run without a shell.
    """
    if text.startswith("pid:"):
        return lambda: hang_up(Path(text.removeprefix("pid:")))
    words = shlex.split(text)
    if not words:
        raise BrokerFilesError(
            "HAILONG_BROKER_RELOAD is not set; expected pid:FILE or a command that makes the "
            "broker read its files again"
        )
    return lambda: run(words)


def hang_up(pid_file: Path) -> None:
    try:
        pid = int(pid_file.read_text())
        # An old pid file may name a stranger by now.
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        if name != _NAME:
            raise BrokerFilesError(
                f"process {pid} of {pid_file} is {name}, expected {_NAME}; is the broker running?"
            )
        os.kill(pid, signal.SIGHUP)
    except (OSError, ValueError) as error:
        raise BrokerFilesError(
            f"the broker of {pid_file} cannot be told to read its files again "
            f"({type(error).__name__}); is it running, and may this user signal it?"
        ) from error


def run(words: list[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own words, no shell
            words, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_WAIT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BrokerFilesError(
            f"{words[0]} of HAILONG_BROKER_RELOAD did not run ({type(error).__name__})"
        ) from error
    if done.returncode != 0:
        raise BrokerFilesError(
            f"{words[0]} of HAILONG_BROKER_RELOAD ended with status {done.returncode}; run it by "
            "hand to see why"
        )
