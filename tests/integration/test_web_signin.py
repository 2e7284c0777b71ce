"""Signing in, sessions, forms: what a stranger cannot do, and what the one who may, can."""

import hashlib
import logging
from dataclasses import replace

import pytest

from hub.api.headers import POLICY
from hub.auth import passwords
from hub.auth.sessions import SessionLimits
from hub.store.pool import Database
from tests.website import PASSWORD, QUICK, Site, form_token, sign_in

pytestmark = pytest.mark.integration


@pytest.fixture
def site(hub_db, branch, monkeypatch) -> Site:
    monkeypatch.setattr(passwords, "_hasher", QUICK)
    found = Site(hub_db.open("app"), hub_db.open("migrator"), branch)
    found.add_user("lan", "supervisor")
    return found


def test_a_session_is_known_to_the_database_by_its_digest_alone(site, hub_db) -> None:
    with site.browser() as client:
        answer = sign_in(client, "lan")

        cookie = answer.headers["set-cookie"]
        token = client.cookies["hailong_session"]
        assert answer.headers["location"] == "/"
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie, "http on this machine could not use it"
        stored = hub_db.value("SELECT token_sha256 FROM hailong.sessions")
        assert stored == hashlib.sha256(token.encode()).digest()
        assert client.get("/").headers["location"] == "/overview"


def test_beyond_this_machine_cookies_are_secure(site) -> None:
    for base_url in ("https://hub.example", "http://hub.example"):
        with site.browser(base_url=base_url) as client:
            page = client.get("/sign-in")
            cookie = page.headers["set-cookie"]

            assert cookie.startswith("__Host-hailong_form=")
            assert "Secure" in cookie
            strict = "Strict-Transport-Security" in page.headers
            assert strict == base_url.startswith("https")


def test_wrong_password_unknown_and_disabled_user_get_one_answer(site, hub_db) -> None:
    site.add_user("cu", "qa")
    hub_db.rows("UPDATE hailong.users SET disabled_at = now() WHERE login = 'cu'")
    with site.browser() as client:
        answers = [
            sign_in(client, "lan", "sai-mat-khau"),
            sign_in(client, "khong-co-ai", PASSWORD),
            sign_in(client, "cu", PASSWORD),
        ]

    assert {a.status_code for a in answers} == {401}
    assert len({a.text for a in answers}) == 1
    assert "Sai tên đăng nhập hoặc mật khẩu" in answers[0].text
    assert PASSWORD not in answers[1].text


def test_five_wrong_tries_lock_a_user_for_a_while(site, hub_db) -> None:
    with site.browser() as client:
        for _ in range(5):
            sign_in(client, "lan", "sai-mat-khau")
        locked_for = hub_db.value("SELECT locked_until - now() FROM hailong.users")
        assert 0 < locked_for.total_seconds() <= 60
        assert sign_in(client, "lan").status_code == 401, "the right password does not help now"
        assert hub_db.value("SELECT failed_sign_ins FROM hailong.users") == 5

        hub_db.rows("UPDATE hailong.users SET locked_until = now() - interval '1 second'")
        sign_in(client, "lan", "sai-mat-khau")
        longer = hub_db.value("SELECT locked_until - now() FROM hailong.users")
        assert longer.total_seconds() > 60

        hub_db.rows("UPDATE hailong.users SET locked_until = now() - interval '1 second'")
        assert sign_in(client, "lan").status_code == 303
        assert hub_db.rows("SELECT failed_sign_ins, locked_until FROM hailong.users") == [(0, None)]


ENDINGS = (
    "UPDATE hailong.sessions SET expires_at = now()",
    "UPDATE hailong.sessions SET seen_at = now() - interval '46 minutes'",
    "DELETE FROM hailong.sessions",
    "UPDATE hailong.users SET disabled_at = now()",
)


def test_an_ended_session_leads_to_the_sign_in_page_and_back(site, hub_db) -> None:
    for ended in ENDINGS:
        with site.browser() as client:
            sign_in(client, "lan")
            hub_db.rows(ended)

            page = client.get("/interactions?flagged=true")
            assert page.status_code == 303, ended
            assert page.headers["location"] == (
                "/sign-in?next=%2Finteractions%3Fflagged%3Dtrue&expired=1"
            )
            assert "Phiên làm việc đã kết thúc" in client.get(page.headers["location"]).text
            refresh = client.get("/overview/live", headers={"HX-Request": "true"})
            assert refresh.status_code == 401
            assert client.get("/api/v1/me").json()["code"] == "sign_in_needed"


def test_a_person_prolongs_a_session_and_a_refreshing_page_does_not(site, hub_db) -> None:
    back = "UPDATE hailong.sessions SET seen_at = now() - interval '20 minutes'"
    age = "SELECT extract(epoch FROM now() - seen_at) FROM hailong.sessions"
    with site.browser() as client:
        sign_in(client, "lan")
        hub_db.rows(back)
        assert client.get("/overview/live").status_code == 200
        assert hub_db.value(age) > 1000
        assert client.get("/overview").status_code == 200
        assert hub_db.value(age) < 1000


def test_signing_out_ends_the_session_everywhere(site, hub_db) -> None:
    with site.browser() as client:
        sign_in(client, "lan")
        stolen = client.cookies["hailong_session"]
        token = form_token(client.get("/overview"))
        assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303
        assert hub_db.rows("SELECT 1 FROM hailong.sessions") == []

        client.cookies.set("hailong_session", stolen, domain="localhost.local")
        assert client.get("/overview").status_code == 303


def test_a_form_of_another_site_or_person_does_nothing(site, hub_db) -> None:
    site.add_user("minh", "supervisor")
    with site.browser() as other:
        sign_in(other, "minh")
        foreign = form_token(other.get("/overview"))
    with site.browser() as client:
        sign_in(client, "lan")
        own = form_token(client.get("/overview"))
        tries = [
            ({}, {}),
            ({"csrf_token": ""}, {}),
            ({"csrf_token": foreign}, {}),
            ({"csrf_token": own}, {"Sec-Fetch-Site": "cross-site"}),
        ]
        for fields, headers in tries:
            answer = client.post("/sign-out", data=fields, headers=headers)
            assert answer.status_code == 403, (fields, headers)
            assert "Trang đã mở quá lâu" in answer.text
        assert client.get("/overview").status_code == 200
        flag = "/api/v1/flags/00000000-0000-8000-8000-000000000000/reviews"
        decision = {"outcome": "confirmed", "ground": "none", "expected_review_no": 0}
        for headers in ({}, {"X-CSRF-Token": foreign}):
            refused = client.post(flag, json=decision, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "form_token")
        kept = client.post("/language", data={"csrf_token": own, "language": "en"})
        assert kept.status_code == 303


def test_signing_in_needs_our_own_form(site) -> None:
    with site.browser() as client:
        fields = {"login": "lan", "password": PASSWORD}
        assert client.post("/sign-in", data=fields).status_code == 403
        fields["csrf_token"] = form_token(client.get("/sign-in")) + "x"
        assert client.post("/sign-in", data=fields).status_code == 403


def test_the_language_is_chosen_before_signing_in_and_kept_with_the_user(site, hub_db) -> None:
    with site.browser() as client:
        first = client.get("/sign-in")
        assert '<html lang="vi">' in first.text
        chosen = {"csrf_token": form_token(first), "language": "en", "next": "/sign-in"}
        assert client.post("/language", data=chosen).headers["location"] == "/sign-in"
        assert '<html lang="en">' in client.get("/sign-in").text

        sign_in(client, "lan")
        page = client.get("/overview")
        assert '<html lang="en">' in page.text, "what was chosen on the way in holds"
        assert hub_db.value("SELECT language FROM hailong.users") == "en"
        chosen = {"csrf_token": form_token(page), "language": "vi", "next": "/overview"}
        client.post("/language", data=chosen)
        assert '<html lang="vi">' in client.get("/overview").text
    with site.browser() as other:
        sign_in(other, "lan")
        assert '<html lang="vi">' in other.get("/overview").text, "kept with the user"


def test_every_answer_carries_the_security_headers(site) -> None:
    with site.browser() as client:
        for path in ("/sign-in", "/nothing", "/api/v1/me", "/healthz", "/static/hailong.css"):
            headers = client.get(path).headers
            assert headers["Content-Security-Policy"] == POLICY
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            kept = "no-cache" if path.startswith("/static/") else "no-store"
            assert headers["Cache-Control"] == kept


@pytest.fixture
def unknown_column(hub_db):
    """The schema is not what the program expects: no error that anybody planned for."""
    hub_db.rows("ALTER TABLE hailong.flags RENAME COLUMN evidence TO bang_chung_bi_mat")
    yield
    hub_db.rows("ALTER TABLE hailong.flags RENAME COLUMN bang_chung_bi_mat TO evidence")


def test_an_unexpected_error_shows_an_id_and_logs_no_text(site, unknown_column, caplog) -> None:
    with site.browser() as client:
        sign_in(client, "lan")
        with caplog.at_level(logging.ERROR):
            page = client.get("/queue")
            answer = client.get("/api/v1/flags")

    assert page.status_code == answer.status_code == 500
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["code"] == "unexpected"
    logged = [record.getMessage() for record in caplog.records]
    assert len(logged) == 2
    assert f"error {problem['error_id']}: QueryError at" in logged[1]
    error_id = logged[0].split()[1].rstrip(":")
    assert error_id in page.text
    assert not any("evidence" in line or "column" in line for line in logged)
    assert "QueryError" not in page.text + answer.text


def test_without_a_database_pages_say_so_and_the_process_lives(site) -> None:
    away = Site(Database("postgresql://hailong_app@127.0.0.1:9/hailong"), site.migrator, "x")
    with away.browser() as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["database"]) == (503, "unreachable")
        client.cookies.set("hailong_session", "some-token")
        page = client.get("/overview")
        assert page.status_code == 503
        assert page.headers["Retry-After"] == "5"
        assert "Không kết nối được cơ sở dữ liệu" in page.text
    with site.browser() as client:
        assert client.get("/readyz").status_code == 200


def test_a_large_body_is_refused(site) -> None:
    with site.browser() as client:
        answer = client.post("/sign-in", data={"login": "x" * 70_000})

    assert answer.status_code == 413


def test_making_a_user_twice_changes_nothing_and_a_new_password_ends_sessions(site, hub_db) -> None:
    with site.browser() as client:
        sign_in(client, "lan")
        before = hub_db.rows("SELECT * FROM hailong.users")
        site.add_user("lan", "supervisor")
        assert hub_db.rows("SELECT * FROM hailong.users") == before
        assert client.get("/overview").status_code == 200

        site.add_user("lan", "supervisor", password="mật-khẩu-khác-2")
        assert client.get("/overview").status_code == 303


def test_limits_can_be_set(site) -> None:
    strict = replace(SessionLimits(), idle_s=0.0)
    hasty = Site(site.app_database, site.migrator, site.branch, limits=strict)
    with hasty.browser() as client:
        sign_in(client, "lan")
        assert client.get("/overview").status_code == 303


def test_the_web_may_not_make_users(hub_db, branch) -> None:
    from hub.auth.users import create_user
    from hub.store.errors import NotPermittedError

    with pytest.raises(NotPermittedError):
        create_user(hub_db.open("app"), "moi", PASSWORD, "qa", [branch])
