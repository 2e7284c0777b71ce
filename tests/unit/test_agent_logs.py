"""No secret and no word reaches the agent's log, whatever a library puts into its exceptions."""

import io
import json
import logging

import pytest

from edge_agent import logs
from edge_agent.errors import CaptureError

PASSWORD = "M4t-khau-r4t-bi-mat"
PHRASE = "bảy con voi tím nhảy múa"


@pytest.fixture
def log():
    """Starts logging in a format and hands out what was logged."""

    def start(format_):
        stream = io.StringIO()
        logs.configure("DEBUG", format_, stream)
        return stream

    return start


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


@pytest.mark.parametrize("format_", ["text", "json"])
@pytest.mark.parametrize(
    "planted",
    [
        lambda log: log.error("it failed", exc_info=raised(ValueError(f"{PASSWORD} {PHRASE}"))),
        lambda log: log.error("it failed: %s", raised(RuntimeError(f"said {PHRASE} {PASSWORD}"))),
        lambda log: log.error(raised(RuntimeError(f"{PHRASE} {PASSWORD}"))),
        lambda log: log.warning("cannot open rtsp://lan:%s@10.0.0.7/1: timed out", PASSWORD),
        lambda log: log.info("HAILONG_CAMERA_PASSWORD=%s", PASSWORD),
        lambda log: log.info("asked", extra={"password": PASSWORD}),
    ],
)
def test_planted_secrets_and_words_are_not_in_the_log(log, format_, planted):
    stream = log(format_)
    planted(logging.getLogger("edge_agent.capture"))
    said = stream.getvalue()
    assert said.strip()
    assert PASSWORD not in said
    assert "voi tím" not in said


def test_the_search_would_find_a_leak(log):
    stream = log("json")
    logging.getLogger("edge_agent").info("said %s by %s", PHRASE, PASSWORD)
    assert PASSWORD in stream.getvalue()
    assert "voi tím" in stream.getvalue()


def test_an_error_of_our_own_keeps_its_text_and_any_other_its_place(log):
    stream = log("json")
    logger = logging.getLogger("edge_agent.run")
    logger.warning("no: %s", raised(CaptureError("counter.mp4: is empty")))
    logger.error("no", exc_info=raised(ValueError(PHRASE)))
    own, other = map(json.loads, stream.getvalue().splitlines())
    assert "counter.mp4: is empty" in own["event"]
    assert other["error"].startswith("ValueError at test_agent_logs.py:")
    assert (other["level"], other["logger"]) == ("error", "edge_agent.run")
