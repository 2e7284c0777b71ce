"""Traces from an agent's publish to the commit, by OpenTelemetry; off unless asked for.

The wire has no field for it: a message may carry an MQTT 5 user property `traceparent`, which
is taken only in W3C Trace Context's exact form, two numbers and a flag, so that no text comes
this way. It is outside the signature and believed for nothing else. Without `start`,
OpenTelemetry is not even imported.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from hub.errors import HubError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span, Tracer

PROPERTY: Final = "traceparent"
_FORM: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-0([01])")
_PROPERTIES: Final = 8
"""Only so many user properties of a message are looked at."""
_LINKS: Final = 128


class TracingError(HubError):
    """Traces were asked for and cannot be made."""

    code = "tracing"


class Traced(Protocol):
    """What of a received message is needed here."""

    @property
    def trace(self) -> str | None: ...
    @property
    def received_at(self) -> datetime: ...


class _State:
    tracer: "Tracer | None" = None
    stop: Any = None


def traceparent(text: object) -> str | None:
    """`text` when it is a sampled traceparent of version 00, else None."""
    if not isinstance(text, str):
        return None
    found = _FORM.fullmatch(text)
    return text if found and found[3] == "1" else None


def is_on() -> bool:
    return _State.tracer is not None


def context_of(message: Any) -> str | None:
    """Of one of paho's messages."""
    properties = getattr(message.properties, "UserProperty", ())
    for name, value in properties[:_PROPERTIES]:
        if name == PROPERTY:
            return traceparent(value)
    return None


def start(endpoint: str, exporter: "SpanExporter | None" = None) -> None:
    """Spans go to `endpoint` (OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces).

    Which share of traces is kept: OpenTelemetry's own OTEL_TRACES_SAMPLER. Raises TracingError.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise TracingError(
            "HAILONG_OTLP_ENDPOINT cannot be used; expected http://host:port/v1/traces without "
            "a user"
        )
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - only where asked for
            OTLPSpanExporter,
        )
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise TracingError(
            "HAILONG_OTLP_ENDPOINT is set and OpenTelemetry is not installed; install "
            "hailong[tracing], or unset it"
        ) from error
    # Named here alone: the library's own detection would tell the machine's and the user's name.
    provider = TracerProvider(resource=Resource({"service.name": "hailong-hub"}))
    provider.add_span_processor(
        BatchSpanProcessor(exporter or OTLPSpanExporter(endpoint=endpoint, timeout=5))
    )
    _State.tracer = provider.get_tracer("hailong.hub")
    _State.stop = provider.shutdown


def stop() -> None:
    """Sends what is left. Nothing where traces are off."""
    if _State.stop is not None:
        _State.stop()
    _State.tracer, _State.stop = None, None


class Batch:
    """The spans of one batch: `ingest batch` around `commit`, and in each message's own trace
    `stored`, from the hub's receipt to the commit.
    """

    def __init__(self, batch: Sequence[Traced]) -> None:
        self._traced = [one for one in batch if one.trace is not None]
        self._open: list[Span] = []
        tracer = _State.tracer
        if tracer is None or not batch:
            return
        from opentelemetry.trace import Link  # noqa: PLC0415

        links = [Link(_remote(one.trace)) for one in self._traced[:_LINKS]]
        self._open = [
            tracer.start_span(
                "ingest batch",
                links=links,
                start_time=_ns(min(one.received_at for one in batch)),
                attributes={"messages": len(batch), "traced": len(self._traced)},
            )
        ]

    def committing(self) -> None:
        tracer = _State.tracer
        if tracer is not None and self._open:
            from opentelemetry.trace import set_span_in_context  # noqa: PLC0415

            within = set_span_in_context(self._open[0])
            self._open.append(tracer.start_span("commit", within))

    def committed(self) -> None:
        tracer = _State.tracer
        if tracer is not None and self._open:
            from opentelemetry.trace import (  # noqa: PLC0415
                Link,
                NonRecordingSpan,
                set_span_in_context,
            )

            to_batch = [Link(self._open[0].get_span_context())]
            for one in self._traced:
                parent = set_span_in_context(NonRecordingSpan(_remote(one.trace)))
                tracer.start_span(
                    "stored", parent, links=to_batch, start_time=_ns(one.received_at)
                ).end()
        while self._open:
            self._open.pop().end()


class NoBatch:
    """While traces are off."""

    def committing(self) -> None:
        pass

    def committed(self) -> None:
        pass


NO_BATCH: Final = NoBatch()


def batch(messages: Sequence[Traced]) -> Batch | NoBatch:
    return NO_BATCH if _State.tracer is None else Batch(messages)


def _remote(text: str | None) -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags  # noqa: PLC0415

    found = _FORM.fullmatch(text or "")
    assert found is not None, "checked when the message came"
    return SpanContext(int(found[1], 16), int(found[2], 16), True, TraceFlags(1))


def _ns(moment: datetime) -> int:
    return int(moment.timestamp() * 1e9)
