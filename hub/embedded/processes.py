"""Waiting for processes and finding those that work in a folder (Linux, /proc)."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Collection
from pathlib import Path


def wait_gone(pids: Collection[int], timeout_s: float) -> bool:
    """Sleeps until all have ended or the time is over; also for processes not our own."""
    deadline = time.monotonic() + timeout_s
    with contextlib.ExitStack() as stack:
        poll = select.poll()
        waiting = set()
        for pid in pids:
            try:
                handle = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            stack.callback(os.close, handle)
            poll.register(handle, select.POLLIN)
            waiting.add(handle)
        while waiting:
            left_ms = (deadline - time.monotonic()) * 1000
            for handle, _ in poll.poll(max(0.0, left_ms)):
                poll.unregister(handle)
                waiting.discard(handle)
            if left_ms <= 0:
                break
        return not waiting


def working_in(folder: Path, program: str) -> list[int]:
    """Processes of executable `program` whose working folder is `folder`.

    Unlike a pid file this names no stranger that came by the same number, and it also
    finds the children that a killed server left behind.
    """
    found = []
    where = folder.resolve()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            here = (entry / "cwd").readlink()
            program_run = (entry / "exe").readlink().name
        except OSError:
            continue  # ended meanwhile, or another user's
        # An upgraded program that still runs is named "postgres (deleted)".
        if here == where and program_run.removesuffix(" (deleted)") == program:
            found.append(int(entry.name))
    return found


def send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
