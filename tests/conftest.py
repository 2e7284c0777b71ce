"""For all tests: machines are busy, and a generated example has no time limit of its own; a
command that was called in the tests' own process leaves logging as it was.
"""

import logging
import os
import sys
import threading

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "busy",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),  # the same examples for the same commit
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("busy")


# Before any command has run, also one that a fixture of a whole module calls.
_LEVEL = logging.getLogger().level


@pytest.fixture(autouse=True)
def logging_as_it_was():
    """Handlers of pytest come and go with each phase of a test: only ours are taken away."""
    root = logging.getLogger()
    root.setLevel(_LEVEL)
    hooks = (sys.excepthook, threading.excepthook)
    yield
    root.setLevel(_LEVEL)
    for handler in [one for one in root.handlers if one.name == "hailong"]:
        root.removeHandler(handler)
    logging.captureWarnings(capture=False)
    sys.excepthook, threading.excepthook = hooks
