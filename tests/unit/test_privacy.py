"""The agent's process gives nobody its memory: no core dump, no exception's text."""

import subprocess
import sys

import pytest

PHRASE = "bảy con voi tím nhảy múa"


def ran(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )


def test_no_core_dump_is_written_and_nobody_may_trace():
    done = ran(
        "import ctypes, resource\n"
        "from edge_agent import privacy\n"
        "privacy.no_core_dumps()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3))\n"
    )
    assert done.stdout.strip() == "(0, 0) 0"


@pytest.mark.parametrize(
    "crash",
    [
        "raise RuntimeError(held)",
        "import threading\nt = threading.Thread(target=lambda: {}[held])\nt.start(); t.join()",
    ],
)
def test_an_uncaught_error_is_told_by_class_and_place_alone(crash):
    done = ran(
        "import logging\n"
        "from edge_agent import privacy\n"
        "logging.basicConfig()\n"
        "privacy.quiet_crashes()\n"
        f"held = {PHRASE!r}\n{crash}\n"
    )
    said = done.stdout + done.stderr
    assert "Error at <string>:" in said
    assert "voi" not in said
    assert "Traceback" not in said


def test_an_error_of_our_own_keeps_its_text():
    done = ran(
        "import logging\n"
        "from edge_agent import privacy\n"
        "from edge_agent.errors import CaptureError\n"
        "logging.basicConfig()\n"
        "privacy.quiet_crashes()\n"
        "raise CaptureError('counter.mp4: is empty')\n"
    )
    assert "CaptureError" in done.stderr
    assert "counter.mp4: is empty" in done.stderr
