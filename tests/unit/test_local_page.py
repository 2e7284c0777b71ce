"""The two local pages over real HTTP: who gets in, what is served once, what a press does."""

import http.client
import json
import queue
import re
import threading

import numpy as np
import pytest

from edge_agent.errors import LocalPageError
from edge_agent.keys.desk import KeyDesk
from edge_agent.local_page.keys import KeysPage
from edge_agent.local_page.png import png
from edge_agent.local_page.server import LoopbackServer
from edge_agent.local_page.terminal import draw_zones
from edge_agent.local_page.zones import OPEN_WITHIN_S, ZoneSetup, serve_zones, zones_toml
from edge_agent.settings import ZoneSettings
from schemas.vocabulary import Key, Role

ZONES = ZoneSettings(
    citizen=((0.5, 0.1), (0.9, 0.1), (0.9, 0.9)),
    staff=((0.1, 0.1), (0.4, 0.1), (0.4, 0.9), (0.1, 0.9)),
)


def ask(port, method, path, body=None, **headers):
    """Status, headers and body; headers by their names, None leaves one out."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Host": f"127.0.0.1:{port}"}
    if method == "POST":
        sent |= {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
        sent |= {"Content-Length": str(len(data or b""))}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_host=True)
    for name, value in sent.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(data)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def still(height=36, width=48):
    return np.random.default_rng(4).integers(0, 255, (height, width, 3)).astype(np.uint8)


class Opened:
    """What a browser has once it has opened a page."""

    def __init__(self, port, path="/"):
        status, headers, body = ask(port, "GET", path)
        assert status == 200
        self.port = port
        self.headers = headers
        self.cookie = headers["Set-Cookie"].split(";")[0]
        self.token = re.search(rb'name="token" content="([^"]+)"', body)[1].decode()

    def post(self, path, body, **headers):
        sent = {"Cookie": self.cookie, "X_Hailong_Token": self.token} | headers
        return ask(self.port, "POST", path, body, **sent)


@pytest.fixture
def setup():
    made = ZoneSetup(still(), ZONES)
    with LoopbackServer(made.routes, 0) as server:
        made.port = server.port
        yield made


class Counter:
    def __init__(self):
        self.told = queue.Queue()
        self.page = KeysPage(KeyDesk(lambda key, role: self.told.put((key, role))), 0)
        self.port = int(self.page.address.rsplit(":", 1)[1])


@pytest.fixture
def counter():
    made = Counter()
    made.page.start()
    yield made
    made.page.stop()


def test_every_answer_forbids_storing_framing_and_loading_from_elsewhere(setup):
    for path in (f"/?token={setup.token}", "/zones.js", "/nothing"):
        _, headers, _ = ask(setup.port, "GET", path)
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Server"].strip() == "hailong"
        assert not [name for name in headers if name.lower().startswith("access-control")]


def test_the_address_opens_once(setup):
    page = Opened(setup.port, f"/?token={setup.token}")
    assert "HttpOnly; SameSite=Strict" in page.headers["Set-Cookie"]
    assert ask(setup.port, "GET", f"/?token={setup.token}")[0] == 410


@pytest.mark.parametrize("path", ["/", "/?token=", "/?token=wrong", "/?token=%F0%9F%98%80"])
def test_a_wrong_token_opens_nothing_and_uses_up_nothing(setup, path):
    assert ask(setup.port, "GET", path)[0] == 410
    Opened(setup.port, f"/?token={setup.token}")


def test_an_old_address_opens_nothing():
    clock = [50.0]
    setup = ZoneSetup(still(), ZONES, monotonic=lambda: clock[0])
    with LoopbackServer(setup.routes, 0) as server:
        clock[0] += OPEN_WITHIN_S
        assert ask(server.port, "GET", f"/?token={setup.token}")[0] == 410
    assert setup.wait(threading.Event()) is None


def test_the_still_is_given_out_once_and_dropped(setup):
    assert ask(setup.port, "GET", "/picture.png")[0] == 403
    page = Opened(setup.port, f"/?token={setup.token}")
    assert setup.holds_picture
    status, headers, body = ask(setup.port, "GET", "/picture.png", Cookie=page.cookie)
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert body == png(still())
    assert not setup.holds_picture
    assert ask(setup.port, "GET", "/picture.png", Cookie=page.cookie)[0] == 410


def test_png_is_read_by_others():
    import io

    image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    picture = still(7, 5)
    assert np.array_equal(np.asarray(image.open(io.BytesIO(png(picture)))), picture)


@pytest.mark.parametrize("host", ["evil.example", "localhost:{port}", "127.0.0.1", "", None])
def test_another_host_is_refused(setup, host):
    given = None if host is None else host.format(port=setup.port)
    status, _, body = ask(setup.port, "GET", f"/?token={setup.token}", Host=given)
    assert status == 421
    assert b"zones" not in body
    Opened(setup.port, f"/?token={setup.token}")  # it was not used up


def test_only_loopback_is_bound(setup):
    import socket

    with socket.socket() as probe, pytest.raises(OSError, match="refused"):
        probe.connect(("127.0.0.2", setup.port))


def finished(setup, body, **headers):
    page = Opened(setup.port, f"/?token={setup.token}")
    return page.post("/zones", body, **headers)


def test_confirmed_zones_come_back_as_settings():
    told, stop = queue.Queue(), threading.Event()
    result = queue.Queue()
    thread = threading.Thread(
        target=lambda: result.put(serve_zones(still(), ZoneSettings(), told.put, stop))
    )
    thread.start()
    address = told.get(timeout=10)
    port, token = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=(.{43})", address).groups()
    page = Opened(int(port), f"/?token={token}")
    status, _, body = page.post("/zones", ZONES.model_dump(mode="json"))
    assert status == 200
    thread.join(10)
    assert result.get_nowait() == ZONES
    assert json.loads(body)["toml"] == zones_toml(ZONES)
    with pytest.raises(ConnectionRefusedError):
        ask(int(port), "GET", "/")


def test_stopping_ends_it_without_zones():
    stop = threading.Event()
    stop.set()
    assert serve_zones(still(), ZONES, lambda _: None, stop) is None


def test_the_toml_is_the_settings():
    import tomllib

    for zones in (ZONES, ZoneSettings()):
        assert ZoneSettings(**tomllib.loads(zones_toml(zones))["zones"]) == zones


@pytest.mark.parametrize(
    "body",
    [
        {"citizen": [[0, 0], [1, 1]]},
        {"citizen": [[0, 0], [0.5, 0.5], [1, 1]]},
        {"citizen": [[0, 0], [2, 0], [2, 2]]},
        {"more": 1},
        [],
        None,
    ],
)
def test_zones_that_are_none_are_refused(setup, body):
    status, _, answer = finished(setup, b"null" if body is None else body)
    assert status == 422
    assert "expected" in json.loads(answer)["fault"]
    assert setup._result is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X_Hailong_Token": "wrong"}, 403),
        ({"X_Hailong_Token": None}, 403),
        ({"Cookie": None}, 403),
        ({"Cookie": "hailong_zones_1=x"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": None}, 403),
        ({"Content_Type": "text/plain"}, 400),
        ({"Content_Length": "99999"}, 400),
        ({"Content_Length": "-1"}, 400),
    ],
)
def test_a_post_that_is_not_the_pages_own_is_refused(setup, headers, status):
    assert finished(setup, ZONES.model_dump(mode="json"), **headers)[0] == status
    assert setup._result is None


@pytest.mark.parametrize("body", [b"{", b"[" * 15_000, b"\xff\xfe"])
def test_what_is_no_json_is_refused(setup, body):
    assert finished(setup, body)[0] == 400


def test_a_press_is_told_with_who_asked_and_the_state_comes_back(counter):
    page = Opened(counter.port)
    status, _, body = page.post("/press", {"key": "mute", "asked_by": "citizen"})
    assert status == 200
    assert json.loads(body)["muted_by"] == "citizen"
    page.post("/press", {"key": "mute", "asked_by": "citizen"})
    page.post("/press", {"key": "written_on", "asked_by": "citizen"})
    page.post("/press", {"key": "help", "asked_by": "staff"})
    status, _, body = page.post("/press", {"key": "unmute", "asked_by": "staff"})
    state = json.loads(body)
    assert (state["muted_by"], state["muted_s"], state["written"]) == (None, None, True)
    assert 0 <= state["help_s"] < 60
    assert list(counter.told.queue) == [
        (Key.MUTE, Role.CITIZEN),
        (Key.WRITTEN_ON, Role.CITIZEN),
        (Key.HELP, Role.STAFF),
        (Key.UNMUTE, Role.STAFF),
    ]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({"key": "mute", "asked_by": "citizen"}, {"X_Hailong_Token": "x"}, 403),
        ({"key": "mute", "asked_by": "citizen"}, {"Cookie": None}, 403),
        ({"key": "mute", "asked_by": "citizen"}, {"Origin": "null"}, 403),
        ({"key": "mute", "asked_by": "citizen"}, {"Host": "evil.example"}, 421),
        ({"key": "explode", "asked_by": "citizen"}, {}, 422),
        ({"key": "mute", "asked_by": "unknown"}, {}, 422),
        (["mute"], {}, 422),
    ],
)
def test_a_press_from_elsewhere_or_without_sense_changes_nothing(counter, body, headers, status):
    page = Opened(counter.port)
    assert page.post("/press", body, **headers)[0] == status
    assert counter.told.empty()


def test_the_state_is_for_the_page_alone(counter):
    page = Opened(counter.port)
    assert ask(counter.port, "GET", "/state", Cookie=page.cookie)[0] == 403
    known = {"Cookie": page.cookie, "X_Hailong_Token": page.token}
    assert ask(counter.port, "GET", "/state", **known)[0] == 200


def test_a_taken_port_is_told_with_what_to_do(counter):
    with pytest.raises(LocalPageError, match=f"127.0.0.1:{counter.port}: .*choose another"):
        KeysPage(KeyDesk(lambda *_: None), counter.port)


def test_nothing_of_a_request_is_printed_or_logged(counter, capfd, caplog):
    caplog.set_level(0)
    ask(counter.port, "GET", "/?token=secret-in-address")
    ask(counter.port, "POST", "/press", b"{", Cookie="a=secret-in-cookie")
    ask(counter.port, "GET", "/state", Host="secret-host")
    output = capfd.readouterr()
    assert "secret" not in output.out + output.err + caplog.text
    assert output.err == ""


def test_hanging_connections_do_not_shut_out_the_page(counter):
    import socket

    hanging = [socket.create_connection(("127.0.0.1", counter.port)) for _ in range(5)]
    assert ask(counter.port, "GET", "/")[0] == 200
    for one in hanging:
        one.close()


def test_the_still_in_the_terminal_is_coarse_and_shows_both_zones():
    grey = np.full((288, 384, 3), 100, np.uint8)
    text = draw_zones(grey, ZONES, 60)
    lines = text.split("\n")
    assert len(lines) == 22 + 1  # two pixels a character, and the legend
    assert {line.count("▀") for line in lines[:-1]} == {60}
    assert "2;240;150;40" in text
    assert "2;60;200;190" in text
    assert "100;100;100" in text
    assert "người dân" in lines[-1]
    alone = draw_zones(grey, ZoneSettings(), 60)
    assert "60;200;190" not in alone
    assert alone.split("\n")[0].count("240;150;40") >= 60  # the whole picture's upper edge
