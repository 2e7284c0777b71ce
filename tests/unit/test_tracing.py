"""A traceparent is two numbers and a flag, or it is nothing; off, nothing is imported."""

import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from edge_agent import tracing as agent_tracing
from edge_agent.errors import SettingsError
from hub import tracing
from hub.ingest.connection import Held
from hub.ingest.link import Start
from hub.tracing import TracingError, context_of, traceparent

GOOD = f"00-{'a' * 32}-{'b' * 16}-01"


def test_a_sampled_one_is_taken():
    assert traceparent(GOOD) == GOOD


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        7,
        GOOD.upper(),
        GOOD.replace("00-", "01-", 1),
        GOOD[:-2] + "00",  # not sampled: nobody kept its other half
        GOOD[:-2] + "09",
        GOOD + "-more",
        GOOD + "\n",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"00-{'g' * 32}-{'b' * 16}-01",
        "00-nguyễn văn an 0912345678-bbbbbbbbbbbbbbbb-01",
        "a" * 100_000,
    ],
)
def test_anything_else_is_nothing(text):
    assert traceparent(text) is None


def message(*properties):
    return SimpleNamespace(properties=SimpleNamespace(UserProperty=list(properties)))


@pytest.mark.parametrize(("traces", "taken"), [(False, b""), (True, GOOD.encode())])
def test_messages_are_looked_at_while_tracing_is_on_alone(traces, taken):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        held = Held(ours, Start("broker", 1883, "worker", 10, (), 1, traces=traces))
        came = message(("traceparent", GOOD))
        came.topic, came.payload, came.mid, came.qos = "a/b", b"", 1, 1
        held._on_message(None, None, came)
        assert [one.trace for one in held._taken] == [taken]


def test_the_first_few_properties_are_looked_at():
    assert context_of(message(("other", "x"), ("traceparent", GOOD))) == GOOD
    assert context_of(message(*[("other", "x")] * 8, ("traceparent", GOOD))) is None
    assert context_of(message(("traceparent", "free text"))) is None
    assert context_of(SimpleNamespace(properties=SimpleNamespace())) is None


def test_the_agents_form_is_the_one_that_the_hub_takes(monkeypatch):
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider()
    monkeypatch.setattr(agent_tracing._State, "tracer", provider.get_tracer("test"))
    with agent_tracing.publishing("health") as properties:
        [(name, value)] = properties.UserProperty
    assert (name, traceparent(value)) == ("traceparent", value)


def test_a_trace_that_is_not_kept_leaves_no_property(monkeypatch):
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

    provider = TracerProvider(sampler=ALWAYS_OFF)
    monkeypatch.setattr(agent_tracing._State, "tracer", provider.get_tracer("test"))
    with agent_tracing.publishing("health") as properties:
        assert properties is None


@pytest.mark.parametrize("side", ["hub.ingest.service", "edge_agent.publisher"])
def test_off_means_that_opentelemetry_is_not_even_imported(side):
    code = f"import sys, {side}; print([m for m in sys.modules if 'opentelemetry' in m])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("endpoint", ["127.0.0.1:4318", "ftp://x/", "http://lan:bi-mat@x/v1"])
def test_an_endpoint_that_is_none_is_refused_and_not_repeated(endpoint):
    for start, kind in ((tracing.start, TracingError), (agent_tracing.start, SettingsError)):
        with pytest.raises(kind, match="HAILONG_OTLP_ENDPOINT") as caught:
            start(endpoint)
        assert "bi-mat" not in str(caught.value)
