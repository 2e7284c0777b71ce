"""Live alerts on the supervisor's page: the list, the stream of events, and who went to look."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

from hub.api.alert_feed import StreamLimits
from hub.api.serve import WebServer
from hub.auth import passwords
from hub.scoring.live import LIVE_FOR
from hub.store.place import set_up_place
from schemas.vocabulary import Role
from tests.builders import NOW, hit, interaction_payload, turn
from tests.devices import wait_until
from tests.integration.conftest import counter_row
from tests.stored import arrive, make_worker, tell
from tests.website import PASSWORD, QUICK, STAFF, Site, api_token, form_token, sign_in

pytestmark = pytest.mark.integration


def escalation(**overrides):
    said = turn(role=Role.CITIZEN, start_s=6.0, hits=(hit("escalation", 7.0),))
    return interaction_payload(
        **{"started_at": NOW - timedelta(minutes=4), "turns": (turn(), said), **overrides}
    )


@pytest.fixture
def make_site(hub_db, branch, monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    hub_db.rows("INSERT INTO hailong.staff VALUES (%s, %s)", STAFF, branch)

    def make(**limits) -> Site:
        streams = StreamLimits(**{"beat_s": 0.2, "lifetime_s": 30.0, **limits})
        return Site(hub_db.open("app"), hub_db.open("migrator"), branch, streams=streams)

    return make


@pytest.fixture
def site(make_site) -> Site:
    return make_site()


@pytest.fixture
def hub(hub_db, sender):
    """Tells, ends and judges as ingest and the worker do."""

    class Hub:
        ingest = hub_db.open("ingest")
        worker = make_worker(hub_db.open("worker"))

        def tell(self, *payloads, by=sender, **how):
            tell(self.ingest, by, *payloads, **how)
            self.worker.run_once()

        def end(self, *payloads, by=sender):
            arrive(self.ingest, by, *payloads)
            self.worker.run_once()

    return Hub()


# The list -------------------------------------------------------------------------------


def listed(client):
    answer = client.get("/overview/alerts")
    assert answer.status_code == 200
    return answer.text


def test_an_alert_is_listed_from_its_beginning_to_its_end(site, hub):
    payload = escalation()
    with site.as_("supervisor") as client:
        assert "Không có báo ngay" in listed(client)
        hub.tell(payload)
        text = listed(client)
        assert "Quầy 5" in text
        assert "Người dân đề nghị gặp lãnh đạo" in text
        assert "Mới" in text
        assert '<span class="badge badge--live">1</span>' in text
        assert text.count("Tôi đã đến xem") == 1
        assert "/interactions/" not in text  # there is no page of it yet
        hub.end(payload)
        ended = listed(client)
        assert "số liệu cuối cùng cũng ghi nhận như vậy" in ended
        assert f"/interactions/{payload.interaction_id}" in ended
        assert "badge--live" not in ended
        assert client.get(f"/interactions/{payload.interaction_id}").status_code == 200


def test_one_that_the_end_does_not_support_is_said_to_be_withdrawn(site, hub):
    payload = escalation()
    with site.as_("supervisor") as client:
        hub.tell(payload)
        hub.end(payload.model_copy(update={"turns": (turn(),)}))
        text = listed(client)
        assert "Rút lại theo số liệu cuối cùng" in text
        assert "/interactions/" not in text


def test_one_that_was_not_heard_of_for_two_minutes_is_not_live(site, hub):
    with site.as_("supervisor") as client:
        hub.tell(escalation())
        site.now = NOW + LIVE_FOR
        assert "badge--live" in listed(client)
        site.now = NOW + LIVE_FOR + timedelta(seconds=1)
        text = listed(client)
        assert "Chưa có tin mới" in text
        assert "badge--live" not in text
        site.now = NOW + timedelta(hours=5, minutes=1)
        assert "Không có báo ngay" in listed(client)


def test_what_is_reviewed_outside_the_branch_calls_nobody_of_it(site, hub, hub_db):
    with site.as_("supervisor") as client:
        hub.tell(escalation())
        hub_db.rows("UPDATE hailong.alerts SET rule_id = 'money_hint'")
        assert "Không có báo ngay" in listed(client)


def test_the_overview_shows_it_to_supervisors_alone_and_works_without_a_script(site, hub):
    hub.tell(escalation())
    with site.as_("supervisor") as client:
        overview = client.get("/overview").text
        assert 'id="alerts"' in overview
        assert "Người dân đề nghị gặp lãnh đạo" in overview
        assert "alerts.js" in overview
    for role in ("qa", "privacy"):
        with site.as_(role) as client:
            overview = client.get("/overview").text
            assert 'id="alerts"' not in overview
            assert "alerts.js" not in overview


def test_another_branchs_alert_is_neither_listed_nor_looked_at(site, hub, hub_db, enrolled):
    other = "cn-khac"
    set_up_place(hub_db.open("migrator"), [counter_row(other, "quay-05")])
    hub.tell(escalation(), by=enrolled(branch=other))
    flag_id = hub_db.value("SELECT flag_id FROM hailong.alerts")
    with site.as_("supervisor") as client:
        assert "Không có báo ngay" in listed(client)
        answer = client.post(f"/alerts/{flag_id}/visits", headers=api_token(client))
        assert answer.status_code == 404
    assert hub_db.rows("SELECT * FROM hailong.alert_visits") == []


def test_who_went_to_look_is_kept_once_with_the_time(site, hub, hub_db):
    hub.tell(escalation())
    flag_id = hub_db.value("SELECT flag_id FROM hailong.alerts")
    address = f"/alerts/{flag_id}/visits"
    with site.as_("supervisor") as client:
        assert client.post(address).status_code == 403  # no token: a forged form
        token = form_token(client.get("/overview"))
        answer = client.post(address, data={"csrf_token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/overview")
        site.now = NOW + timedelta(minutes=1)
        part = client.post(address, headers={**api_token(client), "HX-Request": "true"})
        assert part.status_code == 200
        assert "supervisor đã đến xem lúc 10:00" in " ".join(part.text.split())
        assert "Tôi đã đến xem" not in part.text
    assert hub_db.rows(
        "SELECT v.seen_at, u.login FROM hailong.alert_visits v JOIN hailong.users u"
        " ON u.user_id = v.seen_by"
    ) == [(NOW, "supervisor")]
    site.add_user("lan", "supervisor")
    with site.browser() as client:
        sign_in(client, "lan")
        assert "Tôi đã đến xem" in listed(client)  # the others' visit is not one's own


def test_a_channel_that_failed_is_said_on_the_page(site, hub, hub_db):
    hub.tell(escalation())
    hub_db.rows(
        "INSERT INTO hailong.alert_sendings SELECT event_no, 'truc-ban', branch_id, 'failed', 8,"
        " %s, %s FROM hailong.alert_events",
        NOW,
        NOW,
    )
    with site.as_("supervisor") as client:
        assert "1 báo ngay không gửi được tới kênh “truc-ban”" in listed(client)


# The stream -----------------------------------------------------------------------------


class Reader(threading.Thread):
    """Reads a stream of events as a browser does."""

    def __init__(self, client: httpx.Client, address: str, **headers: str) -> None:
        super().__init__(daemon=True)
        self._client, self._address, self._headers = client, address, headers
        self.status = 0
        self.headers: httpx.Headers | None = None
        self.events: list[tuple[str, str, str, float]] = []
        """id, name, data, and when it came."""
        self.ended = threading.Event()
        self.start()

    def run(self) -> None:
        got = {}
        try:
            with self._client.stream("GET", self._address, headers=self._headers) as answer:
                self.headers = answer.headers
                self.status = answer.status_code
                for line in answer.iter_lines():
                    name, _, value = line.partition(": ")
                    if line:
                        got[name] = value
                        continue
                    if "event" in got:
                        at_s = time.monotonic()
                        self.events.append((got.get("id", ""), got["event"], got["data"], at_s))
                    got = {}
        except httpx.HTTPError:
            pass
        finally:
            self.ended.set()

    def named(self, name):
        return [event for event in self.events if event[1] == name]

    def whats(self):
        return [json.loads(data)["what"] for _, _, data, _ in self.named("alert")]


@contextmanager
def signed_in(server: WebServer, login: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address, trust_env=False, timeout=20) as client:
        token = form_token(client.get("/sign-in"))
        fields = {"csrf_token": token, "login": login, "password": PASSWORD}
        assert client.post("/sign-in", data=fields).status_code == 303
        yield client


@pytest.fixture
def running(site) -> Iterator[WebServer]:
    site.add_user("lan", "supervisor")
    with WebServer(site.app, port=0) as server:
        yield server
        site.app.state.services.feed.close()


ADDRESS = "/overview/alerts/events"


def test_events_come_at_once_and_hold_ids_alone(running, hub, hub_db):
    payload = escalation()
    with signed_in(running, "lan") as client:
        reader = Reader(client, ADDRESS)
        wait_until(lambda: reader.named("hello") and reader.named("beat"))
        assert reader.status == 200
        assert reader.headers["content-type"].startswith("text/event-stream")
        assert reader.headers["cache-control"] == "no-store"
        hub.tell(payload)
        wait_until(lambda: reader.whats() == ["new"])
        hub.end(payload)
        wait_until(lambda: reader.whats() == ["new", "end"])
        flag_id = hub_db.value("SELECT flag_id FROM hailong.alerts")
        number, _, data, _ = reader.named("alert")[0]
        assert json.loads(data) == {"what": "new", "flag_id": str(flag_id)}
        assert int(number) == hub_db.value("SELECT min(event_no) FROM hailong.alert_events")


@pytest.mark.parametrize("how", ["header", "address"])
def test_who_comes_again_is_told_what_came_since(running, hub, how):
    first, second = escalation(), escalation()
    with signed_in(running, "lan") as client:
        hub.tell(escalation())  # before anybody listened: on the list, not in the stream
        reader = Reader(client, ADDRESS)
        wait_until(lambda: reader.named("hello"))
        hub.tell(first)
        wait_until(lambda: reader.whats() == ["new"])
        heard = reader.named("alert")[0][0]
    # Asleep meanwhile.
    hub.tell(second)
    hub.end(first)
    with signed_in(running, "lan") as client:
        again = (
            Reader(client, ADDRESS, **{"Last-Event-ID": heard})
            if how == "header"
            else Reader(client, f"{ADDRESS}?last={heard}")
        )
        wait_until(lambda: again.whats() == ["new", "end"])


def test_a_number_from_before_a_restore_or_no_number_at_all(running, hub):
    with signed_in(running, "lan") as client:
        reader = Reader(client, f"{ADDRESS}?last=999999999999")
        wait_until(lambda: reader.named("hello"))
        hub.tell(escalation())
        wait_until(lambda: reader.whats() == ["new"])
        assert client.get(f"{ADDRESS}?last=1;DROP").status_code == 422


def test_another_branch_hears_nothing_of_it(running, site, hub, hub_db, enrolled):
    other = "cn-khac"
    set_up_place(hub_db.open("migrator"), [counter_row(other, "quay-05")])
    site.add_user("nga", "supervisor", branches=[other])
    with signed_in(running, "lan") as ours, signed_in(running, "nga") as theirs:
        mine, hers = Reader(ours, ADDRESS), Reader(theirs, ADDRESS)
        wait_until(lambda: mine.named("hello") and hers.named("hello"))
        hub.tell(escalation(), by=enrolled(branch=other))
        wait_until(lambda: hers.whats() == ["new"])
        beats = len(mine.named("beat"))
        wait_until(lambda: len(mine.named("beat")) > beats + 1)
        assert mine.whats() == []
        again = Reader(ours, f"{ADDRESS}?last=0")
        wait_until(lambda: again.named("beat"))
        assert again.whats() == []


def test_a_stream_ends_with_its_session(running, hub, hub_db):
    with signed_in(running, "lan") as client:
        reader = Reader(client, ADDRESS)
        wait_until(lambda: reader.named("hello"))
        hub_db.rows("DELETE FROM hailong.sessions")
        assert reader.ended.wait(10)
        assert client.get(ADDRESS).status_code == 303  # to the sign-in page
        assert client.get("/overview/alerts", headers={"HX-Request": "true"}).status_code == 401


def test_a_stream_does_not_keep_its_person_signed_in(running, hub_db):
    with signed_in(running, "lan") as client:
        hub_db.rows("UPDATE hailong.sessions SET seen_at = now() - interval '40 minutes'")
        before = hub_db.value("SELECT seen_at FROM hailong.sessions")
        reader = Reader(client, ADDRESS)
        wait_until(lambda: len(reader.named("beat")) > 1)
        client.get("/overview/alerts")
        assert hub_db.value("SELECT seen_at FROM hailong.sessions") == before


def test_streams_are_bounded_by_person_and_altogether(make_site):
    site = make_site(most=3, most_a_person=2)
    for login in ("lan", "nga", "hoa"):
        site.add_user(login, "supervisor")
    feed = site.app.state.services.feed
    with (
        WebServer(site.app, port=0) as server,
        signed_in(server, "lan") as lan,
        signed_in(server, "nga") as nga,
        signed_in(server, "hoa") as hoa,
    ):
        opened = []
        for _ in range(3):
            opened.append(Reader(lan, ADDRESS))
            wait_until(lambda: opened[-1].named("hello"))
        assert opened[0].ended.wait(10)  # the oldest window gave way
        assert not opened[2].ended.is_set()
        assert feed.listeners == 2
        third = Reader(nga, ADDRESS)
        wait_until(lambda: third.named("hello"))
        refused = Reader(hoa, ADDRESS)
        assert refused.ended.wait(10)
        assert (refused.status, refused.headers["retry-after"]) == (429, "60")
        assert listed(hoa)  # the list is there all the same
        feed.close()


def test_who_goes_leaves_nothing_behind_and_the_server_stops_at_once(make_site):
    site = make_site(beat_s=0.1)
    site.add_user("lan", "supervisor")
    feed = site.app.state.services.feed
    with WebServer(site.app, port=0) as server:
        with signed_in(server, "lan") as client:
            reader = Reader(client, ADDRESS)
            wait_until(lambda: reader.named("hello"))
            assert feed.listeners == 1
        wait_until(lambda: feed.listeners == 0)
        wait_until(lambda: feed._thread is None)
        with signed_in(server, "lan") as client:
            reader = Reader(client, ADDRESS)
            wait_until(lambda: reader.named("hello"))
            began_s = time.monotonic()
            feed.close()
            server.stop()
            assert time.monotonic() - began_s < 4  # not the 5 s that running requests are given


def test_a_database_that_went_away_is_listened_to_again(running, hub, hub_db):
    with signed_in(running, "lan") as client:
        reader = Reader(client, ADDRESS)
        wait_until(lambda: reader.named("hello"))
        hub_db.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'test-app' AND datname = current_database()"
        )
        hub.tell(escalation())
        wait_until(lambda: reader.whats() == ["new"], 20)
        assert not reader.ended.is_set()
