"""Every route with every role: the table in hub/auth/permissions.py is what is enforced."""

from uuid import uuid4

import pytest
from fastapi.routing import APIRoute

from hub.api.alert_feed import StreamLimits
from hub.api.app import ROUTERS, route_names
from hub.auth import passwords
from hub.auth.permissions import PUBLIC, ROUTES, UserRole, may_open
from tests.website import QUICK, Site, api_token

pytestmark = pytest.mark.integration
ALL: list[APIRoute] = [
    route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)
]
DECISION = {"outcome": "confirmed", "ground": "eyewitness", "expected_review_no": 0}


@pytest.fixture
def site(hub_db, branch, monkeypatch) -> Site:
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    hub_db.rows("INSERT INTO hailong.staff VALUES ('cb-0117', %s)", branch)
    # A stream of events ends by itself; here soon, so that its answer is whole.
    soon = StreamLimits(beat_s=0.05, lifetime_s=0.1)
    return Site(hub_db.open("app"), hub_db.open("migrator"), branch, streams=soon)


def ask(client, route: APIRoute, headers: dict[str, str]):
    path = route.path
    for name in ("{interaction_id}", "{flag_id}", "{session_id}"):
        path = path.replace(name, str(uuid4()))
    (method,) = route.methods
    if method == "GET":
        return client.get(path)
    if path.startswith("/api/"):
        return client.post(path, json=DECISION, headers=headers)
    return client.post(path, data={**DECISION, "seen": 0, "language": "vi"}, headers=headers)


def test_the_table_names_each_route_once_and_no_other() -> None:
    names = route_names()

    assert len(ALL) == len(names) == len(set(names)) == len(PUBLIC) + len(ROUTES)
    assert set(names) == PUBLIC | ROUTES.keys()


@pytest.mark.parametrize("role", UserRole)
def test_each_role_opens_what_the_table_says_and_nothing_else(site, role) -> None:
    opened = set()
    with site.as_(role) as client:
        first = client.get(client.get("/").headers["location"])
        assert first.status_code == 200
        for name in ("overview", "queue", "interactions", "truth", "devices", "kept"):
            shown = f'<a href="/{name}"' in first.text
            assert shown == (role in ROUTES[f"page.{name}"]), name
        headers = api_token(client)
        last = [r for r in ALL if r.name == "page.sign_out"]
        for route in [r for r in ALL if r.name not in PUBLIC and r not in last] + last:
            answer = ask(client, route, headers)
            assert answer.status_code not in {401, 500}, route.name
            if answer.status_code != 403:
                opened.add(route.name)
            elif route.path.startswith("/api/"):
                assert answer.json()["code"] == "not_allowed"
            else:
                assert "không thuộc phần việc" in answer.text
        assert opened == {name for name, roles in ROUTES.items() if role in roles}


def test_a_stranger_opens_the_public_routes_alone(site) -> None:
    with site.browser() as client:
        for route in ALL:
            answer = ask(client, route, {})
            if route.name in PUBLIC:
                assert answer.status_code in {200, 403}, route.name  # 403: no form token
            elif route.path.startswith("/api/"):
                assert answer.status_code == 401, route.name
                assert answer.headers["WWW-Authenticate"] == "Session"
            else:
                assert answer.headers["location"].startswith("/sign-in"), route.name
        assert client.get("/static/hailong.css").status_code == 200
        assert client.get("/static/../pages.py").status_code in {404, 401}


def test_an_unnamed_route_is_closed_to_everybody() -> None:
    assert not any(may_open(role, "page.forgotten") for role in UserRole)


def test_the_description_of_the_api_names_what_there_is(site) -> None:
    with site.as_("supervisor") as client:
        described = client.get("/api/openapi.json").json()

    paths = {route.path for route in ALL if route.path.startswith("/api/v1")}
    assert paths <= described["paths"].keys()
    assert "FlagView" in described["components"]["schemas"]
    assert "handling_s" in described["components"]["schemas"]["InteractionDetail"]["properties"]
