"""A trace from each publish, by OpenTelemetry; off unless asked for.

The message itself does not change: the trace travels as the MQTT 5 user property `traceparent`
(W3C Trace Context), beside the signature. A span says the kind of message and nothing of it.
Without `start`, OpenTelemetry is not even imported.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

PROPERTY = "traceparent"


class _State:
    tracer: "Tracer | None" = None
    stop: Any = None


def start(endpoint: str, exporter: "SpanExporter | None" = None) -> None:
    """Spans go to `endpoint` (OTLP over HTTP). Which share of traces is kept:
    OpenTelemetry's own OTEL_TRACES_SAMPLER. Raises SettingsError.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise SettingsError(
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
        raise SettingsError(
            "HAILONG_OTLP_ENDPOINT is set and OpenTelemetry is not installed; install "
            "hailong[tracing], or unset it"
        ) from error
    provider = TracerProvider(resource=Resource({"service.name": "hailong-agent"}))
    provider.add_span_processor(
        BatchSpanProcessor(exporter or OTLPSpanExporter(endpoint=endpoint, timeout=5))
    )
    _State.tracer = provider.get_tracer("hailong.agent")
    _State.stop = provider.shutdown


def stop() -> None:
    """Sends what is left. Nothing where traces are off."""
    if _State.stop is not None:
        _State.stop()
    _State.tracer, _State.stop = None, None


@contextmanager
def publishing(kind: str) -> Iterator[Properties | None]:
    """A span around one publish, and the property that carries it; None while traces are off or
    this one is not kept.
    """
    tracer = _State.tracer
    if tracer is None:
        yield None
        return
    with tracer.start_as_current_span(f"publish {kind}") as span:
        context = span.get_span_context()
        if not context.trace_flags.sampled:
            yield None
            return
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.UserProperty = (
            PROPERTY,
            f"00-{context.trace_id:032x}-{context.span_id:016x}-01",
        )
        yield properties
