"""How the hub logs: one line an event, for people or for programs, without content or secrets.

An exception is told by its class and place, because its text may repeat a row, a message or an
address with a password in it; only the hub's own errors, whose text is written here and holds
none of that, keep it. What still looks like a secret is struck out as a belt.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, Final, TextIO

import structlog

from hub.errors import HubError

FORMATS: Final = ("auto", "text", "json")
HIDDEN: Final = "[hidden]"
_HANDLER: Final = "hailong"
_NAMED: Final = (
    r"(?:pass(?:word|wd|phrase|file)?|pwd|secret|token|api[_-]?key|private[_-]?key|"
    r"authorization|cookie|session|csrf[_-]?\w*|signature|credentials?)"
)
"""How a secret is called."""
_NAMES_SECRET: Final = re.compile(rf"(?i){_NAMED}")
_STRUCK: Final = (
    # scheme://user:password@host
    (re.compile(r"(?<=://)[^/\s@]+@"), f"{HIDDEN}@"),
    # Authorization: Bearer x, and bearer x by itself
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {HIDDEN}"),
    # password=x, "token": "x", csrf_token: x
    (
        re.compile(rf"(?i)\b([\w-]*{_NAMED}[\w-]*)([\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]+"),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END|\Z)", re.DOTALL), HIDDEN),
)
_NOT_OURS: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def configure(level: str, format_: str = "auto", stream: TextIO | None = None) -> None:
    """`auto`: text on a terminal, JSON elsewhere. Replaces what was configured before."""
    terminal = (stream or sys.stderr).isatty()
    as_json = format_ == "json" or (format_ == "auto" and not terminal)
    handler = logging.StreamHandler(stream) if stream else _StandardError()
    handler.set_name(_HANDLER)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_named, structlog.processors.TimeStamper(fmt="iso", utc=True)],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                strike_out,
                structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else _as_text,
            ],
            # The record's own traceback would be appended to the line.
            keep_exc_info=False,
            keep_stack_info=False,
        )
    )
    handler.addFilter(without_exceptions)
    root = logging.getLogger()
    for old in [one for one in root.handlers if one.name == _HANDLER]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


class _StandardError(logging.StreamHandler[TextIO]):
    """Whatever standard error is when something is said."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        """Set by the base class once."""


def without_exceptions(record: logging.LogRecord) -> bool:
    """Exceptions leave the record: class and place take their place. Lets every record pass."""
    if isinstance(record.msg, BaseException):
        record.msg = _in_a_line(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(map(_in_a_line, record.args))
    elif isinstance(record.args, Mapping):
        record.args = {key: _in_a_line(value) for key, value in record.args.items()}
    if record.exc_info and record.exc_info[1] is not None:
        record.__dict__["error"] = told(record.exc_info[1])
    record.exc_info = record.exc_text = record.stack_info = None
    return True


def _in_a_line(value: Any) -> Any:
    """The hub's own errors say what to do, and need no place in a line for an operator."""
    if isinstance(value, HubError):
        return str(value)
    return told(value) if isinstance(value, BaseException) else value


def told(error: BaseException) -> str:
    """Class and place; the text only of the hub's own errors."""
    text = f": {error}" if isinstance(error, HubError) else ""
    return f"{type(error).__name__} at {place(error.__traceback__)}{text}"


def place(trace: TracebackType | None) -> str:
    """File, line and function of the innermost frame; never a value."""
    frames = traceback.extract_tb(trace)
    if not frames:
        return "an unknown place"
    last = frames[-1]
    return f"{last.filename.rpartition('/')[2]}:{last.lineno} in {last.name}"


def strike_out(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Values of keys that name a secret, and what looks like one in any text."""
    return {
        key: HIDDEN if _NAMES_SECRET.search(key) else _struck(value) for key, value in event.items()
    }


def _struck(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, instead in _STRUCK:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, bool | int | float) or value is None:
        return value
    return _struck(str(value))


def _named(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Level, logger and thread of a record, and what it was given beside its text."""
    record: logging.LogRecord = event["_record"]
    extra = {key: value for key, value in vars(record).items() if key not in _NOT_OURS}
    return {
        "level": record.levelname.lower(),
        "logger": record.name,
        "thread": record.threadName,
        **{key: value for key, value in event.items() if key != "level"},
        **extra,
    }


def _as_text(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> str:
    line = f"{str(event['level']).upper()} {event['logger']}: {event['event']}"
    return f"{line} ({event['error']})" if "error" in event else line


def _uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if error is not None and issubclass(kind, KeyboardInterrupt):
        return
    what = told(error) if error is not None else f"{kind.__name__} at {place(trace)}"
    logging.getLogger("hub").critical("stopped by %s", what)
