"""No secret and no content reaches the hub's log, whatever a library puts into its exceptions."""

import io
import json
import logging
import subprocess
import sys

import pytest

from hub import logs
from hub.store.errors import DatabaseUnavailableError

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
        lambda log: log.error("%(why)s", {"why": raised(KeyError(f"{PHRASE} {PASSWORD}"))}),
        lambda log: log.warning("cannot reach postgresql://lan:%s@db:5432/hailong", PASSWORD),
        lambda log: log.warning("connecting to mqtt://%s@broker", PASSWORD),
        lambda log: log.info("password=%s", PASSWORD),
        lambda log: log.info('{"token": "%s", "n": 1}', PASSWORD),
        lambda log: log.info("csrf_token: %s", PASSWORD),
        lambda log: log.info("Authorization: Bearer %s", PASSWORD),
        lambda log: log.info("HAILONG_CAMERA_PASSWORD=%s", PASSWORD),
        lambda log: log.info("signed in", extra={"password": PASSWORD, "note": f"pwd={PASSWORD}"}),
        lambda log: log.info(
            "-----BEGIN EC PRIVATE KEY-----\n%s\n-----END EC PRIVATE KEY-----", PASSWORD
        ),
    ],
)
def test_planted_secrets_and_words_are_not_in_the_log(log, format_, planted):
    stream = log(format_)
    planted(logging.getLogger("hub.ingest.service"))
    said = stream.getvalue()
    assert said.strip(), "the event itself must be told"
    assert PASSWORD not in said
    assert "voi tím" not in said


def test_the_search_would_find_a_leak(log):
    stream = log("json")
    logging.getLogger("hub").info("said %s by %s", PHRASE, PASSWORD)
    assert PASSWORD in stream.getvalue()
    assert "voi tím" in stream.getvalue()


def test_an_exception_is_told_by_class_and_place(log):
    stream = log("json")
    logging.getLogger("hub.run").error("stopped", exc_info=raised(ValueError(PHRASE)))
    said = json.loads(stream.getvalue())
    assert said["error"].startswith("ValueError at test_hub_logs.py:")
    assert said["event"] == "stopped"
    assert (said["level"], said["logger"]) == ("error", "hub.run")
    assert "exception" not in said
    assert said["timestamp"].endswith("Z")


def test_an_error_of_our_own_keeps_its_text(log):
    stream = log("text")
    error = raised(DatabaseUnavailableError("no PostgreSQL answers at db:5432"))
    logging.getLogger("hub.web").warning("waiting: %s", error)
    assert "no PostgreSQL answers at db:5432" in stream.getvalue()


def test_what_is_no_secret_stays(log):
    stream = log("text")
    logging.getLogger("hub.run").info("pages at %s", "http://127.0.0.1:8080/")
    logging.getLogger("hub.run").info("reject %s of %s", "bad_signature", "may-07")
    said = stream.getvalue()
    assert "INFO hub.run: pages at http://127.0.0.1:8080/" in said
    assert "reject bad_signature of may-07" in said


def test_json_is_one_line_an_event_and_text_goes_to_a_terminal(log):
    stream = log("auto")
    logging.getLogger("hub").warning("two\nlines")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["event"] == "two\nlines"

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    logs.configure("INFO", "auto", terminal)
    logging.getLogger("hub").warning("for people")
    assert terminal.getvalue() == "WARNING hub: for people\n"


@pytest.mark.parametrize(
    "crash",
    [
        "raise RuntimeError(held)",
        "import threading\nt = threading.Thread(target=lambda: {}[held])\nt.start(); t.join()",
        "import warnings\nwarnings.warn('password=' + held)",
    ],
)
def test_what_nobody_caught_is_told_without_its_text(crash):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from hub import logs\nlogs.configure('INFO', 'json')\nheld = {PASSWORD!r}\n{crash}",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = done.stdout + done.stderr
    assert said.strip()
    assert PASSWORD not in said.replace(crash, "")
    assert "Traceback" not in said


def test_a_command_that_was_called_leaves_logging_as_it_was():
    """By tests/conftest.py, after each test: here before any command was called in this one."""
    assert not [one for one in logging.getLogger().handlers if one.name == "hailong"]
