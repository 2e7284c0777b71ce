"""The demo's run: services up, programs started, what is found printed, all down again."""

import shutil
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from demo.children import Child, start_agent, start_hub, wait_ready
from demo.findings import Findings
from demo.setup import Demo, set_up
from edge_agent.capture.file import RecordingSource
from edge_agent.measure_recording import VIDEO_FPS
from edge_agent.models import catalog
from hub.embedded.broker import EmbeddedBroker
from hub.embedded.ports import is_free
from hub.embedded.postgres import EmbeddedPostgres

Say = Callable[[str], None]
_LOOK_S = 0.5
_ONCE_TIMEOUT_S = 900.0


def show(source: Path, state: Path, port: int, say: Say, *, once: bool) -> None:
    """Until Ctrl-C or, with `once`, until the recording is measured, sent and scored."""
    RecordingSource(source, channels=None, video_fps=VIDEO_FPS)  # a bad one is told at once
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    began_s = time.monotonic()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    whisper = catalog.place_whisper_base(catalog.models_folder() / "whisper-base", say)
    say("starting PostgreSQL and the broker")
    with EmbeddedPostgres(state) as postgres, EmbeddedBroker(state) as broker:
        demo = set_up(state, source, postgres, broker, _web_port(port, say), whisper)
        say("starting the hub")
        hub = start_hub(demo)
        children = [hub]
        try:
            wait_ready(demo, hub, stop)
            _welcome(demo, time.monotonic() - began_s, say)
            with Findings(demo, say) as findings:
                agent = start_agent(demo, stay=not once)
                children.append(agent)
                deadline_s = time.monotonic() + _ONCE_TIMEOUT_S
                while not stop.is_set():
                    _mend(postgres, broker, children, say)
                    findings.look()
                    if agent.refused:
                        break
                    if once and agent.ended and findings.settled():
                        break
                    if once and time.monotonic() > deadline_s:
                        say("not everything was measured in 15 minutes")
                        break
                    stop.wait(_LOOK_S)
        finally:
            say("stopping")
            for child in reversed(children):
                child.stop()
    say(f"stopped; the data is kept in {state}")


def forget(state: Path, say: Say) -> None:
    """Deletes the database, which as root lies outside the folder, and what the demo keeps."""
    EmbeddedPostgres(state).erase()
    for name in ("agent", "broker", "hub", "postgres"):
        shutil.rmtree(state / name, ignore_errors=True)
    for name in ("database.pass", "logins.json", "roster.csv"):
        (state / name).unlink(missing_ok=True)
    say(f"the demo's data is deleted; the models stay in {catalog.models_folder()}")


def _web_port(wanted: int, say: Say) -> int:
    for port in range(wanted, wanted + 20):
        if is_free(port):
            if port != wanted:
                say(f"port {wanted} is taken; the pages are at port {port}")
            return port
    return wanted


def _welcome(demo: Demo, took_s: float, say: Say) -> None:
    say(f"ready after {took_s:.0f} s. Open {demo.web_url} and sign in as one of")
    for login in demo.logins:
        say(f"  {login.login:<11} {login.password}   {login.what}")
    say("Ctrl-C stops everything; the data is kept.")


def _mend(
    postgres: EmbeddedPostgres, broker: EmbeddedBroker, children: Sequence[Child], say: Say
) -> None:
    """Whatever died is started again, on the same port and with its data."""
    if postgres.pid is None:
        say("PostgreSQL died; starting it again")
        postgres.start()
    if broker.pid is None:
        say("the broker died; starting it again")
        broker.start()
    for child in children:
        if (done := child.mend()) is not None:
            say(done)
