"""The web server's thread: starts on a free port, says when it cannot, and ends when asked."""

import threading
import urllib.request

import pytest

from hub.api.app import create_app
from hub.api.serve import AddressInUseError, WebServer, serve
from hub.store.pool import Database

AWAY = "postgresql://hailong_app@127.0.0.1:9/hailong"


def get(address: str) -> int:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=10) as answer:
        return int(answer.status)


def test_it_serves_while_the_database_is_away_and_stops_when_asked() -> None:
    stop = threading.Event()
    with WebServer(create_app(Database(AWAY)), port=0) as server:
        assert get(f"{server.address}/healthz") == 200
        free = server.port
    assert not server.is_alive

    app = create_app(Database(AWAY))
    thread = threading.Thread(target=serve, args=(app, "127.0.0.1", free, stop))
    thread.start()
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


def test_a_taken_address_is_named_with_what_to_do() -> None:
    app = create_app(Database(AWAY))
    with (
        WebServer(app, port=0) as first,
        pytest.raises(AddressInUseError, match=f"127.0.0.1:{first.port}.*another port"),
    ):
        WebServer(app, port=first.port)
    assert not first.is_alive
