"""For tests on real streams."""

from collections.abc import Iterator

import pytest

from tests.streams.pulse import PulseServer


@pytest.fixture
def pulse(monkeypatch) -> Iterator[PulseServer]:
    """A sound server with one two-channel and two one-channel devices; this process and its
    children see no other.
    """
    server = PulseServer({"counter": 2, "left": 1, "right": 1})
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    try:
        server.start()
        yield server
    finally:
        server.close()
