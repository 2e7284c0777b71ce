"""A release tried in a process of its own, before the agent uses it: a model that takes its
process with it, or all the memory or time there is, does so here and not at the counter.

`python -m edge_agent.remote.trial` reads what to try as JSON on standard input. Exit code 0:
all is well; 3: a list is wrong; 4: a model is. What is wrong stands on standard error.
"""

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from edge_agent import privacy
from edge_agent.errors import AgentError, ReleaseError
from edge_agent.guard import where
from edge_agent.lexicon.yaml_lines import LexiconError
from edge_agent.models.replaced import HeldFile, Replaced
from schemas.vocabulary import ConfigFault, ModelFile

LONGEST_S = 300.0
_LISTS, _MODELS = 3, 4
_FAULTS = {_LISTS: ConfigFault.LEXICON}
_LOOK_S = 0.1
_NICE = 10
"""Measuring goes on beside it."""
_log = logging.getLogger(__name__)


def try_out(replaced: Replaced, stop: threading.Event, longest_s: float = LONGEST_S) -> bool:
    """Whether it was tried to the end: False when stopped. Raises ReleaseError."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "edge_agent.remote.trial"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=_environment(),
    )
    try:
        assert child.stdin is not None
        # One that is gone before it was asked is told by how it ended.
        with contextlib.suppress(BrokenPipeError), child.stdin as asked:
            asked.write(_to_json(replaced).encode())
        until = time.monotonic() + longest_s
        while child.poll() is None:
            if stop.wait(_LOOK_S):
                return False
            if time.monotonic() > until:
                raise ReleaseError(
                    f"the release's models were not ready after {longest_s:.0f} s; expected them "
                    "to load and answer by then",
                    ConfigFault.MODEL,
                )
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()
    if child.returncode != 0:
        fault = _FAULTS.get(child.returncode, ConfigFault.MODEL)
        raise ReleaseError(f"the release was tried and is not used: {fault}", fault)
    return True


def _environment() -> dict[str, str]:
    """Without what is ours in it: cameras' passwords are not a model's business."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HAILONG_")}
    return kept | {"PYTHONPATH": os.pathsep.join(place for place in sys.path if place)}


def _to_json(replaced: Replaced) -> str:
    return json.dumps(
        {
            "lexicon": None if replaced.lexicon is None else str(replaced.lexicon),
            "whisper": None if replaced.whisper is None else str(replaced.whisper),
            "files": [[held.model, str(held.path), held.sha256] for held in replaced.files],
        }
    )


def _from_json(text: str) -> Replaced:
    data = json.loads(text)
    return Replaced(
        lexicon=None if data["lexicon"] is None else Path(data["lexicon"]),
        whisper=None if data["whisper"] is None else Path(data["whisper"]),
        files=tuple(HeldFile(ModelFile(m), Path(p), sha256) for m, p, sha256 in data["files"]),
    )


def main() -> int:
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    privacy.quiet_crashes()
    os.nice(_NICE)
    from edge_agent.remote import sane  # noqa: PLC0415 - loads slowly

    replaced = _from_json(sys.stdin.read())
    try:
        sane.try_lists(replaced)
    except LexiconError as error:
        _log.error("%s", error)
        return _LISTS
    try:
        sane.try_models(replaced)
    except AgentError as error:
        _log.error("%s", error)
        return _MODELS
    except Exception as error:  # noqa: BLE001 - a runtime's own errors, of several bases
        _log.error("%s at %s", type(error).__name__, where(error.__traceback__))
        return _MODELS
    return 0


if __name__ == "__main__":
    sys.exit(main())
