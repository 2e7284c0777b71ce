"""Passwords, accounts and addresses, without a database."""

import unicodedata

import pytest

from hub.api.app import create_app
from hub.auth import passwords
from hub.auth.attempts import FailuresByAddress
from hub.auth.errors import SignInBusyError, UserError
from hub.auth.users import create_user
from hub.store.pool import Database
from hub.web import urls

PASSWORD = "mật-khẩu-thử-1"


def test_an_address_that_fails_too_often_waits() -> None:
    time_s = 100.0
    failures = FailuresByAddress(allowed=3, within_s=60, clock=lambda: time_s)
    for _ in range(3):
        failures.check("192.0.2.7")
        failures.record("192.0.2.7")

    with pytest.raises(SignInBusyError, match="3 failed sign-ins"):
        failures.check("192.0.2.7")
    failures.check("192.0.2.8")
    time_s = 161.0
    failures.check("192.0.2.7")


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/queue", "/queue"),
        ("/interactions?day=2026-03-10", "/interactions?day=2026-03-10"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        (None, "/"),
    ],
)
def test_signing_in_leads_to_this_site_alone(asked, goes) -> None:
    assert urls.safe_next(asked) == goes


def test_the_same_password_typed_composed_or_decomposed_fits() -> None:
    stored = passwords.hash_password(unicodedata.normalize("NFC", PASSWORD))

    assert passwords.fits(unicodedata.normalize("NFD", PASSWORD), stored)
    assert not passwords.fits(PASSWORD + "1", stored)
    assert not passwords.fits(PASSWORD, None)
    assert stored.startswith("$argon2id$")
    with pytest.raises(UserError, match="3 characters"):
        passwords.hash_password("abc")


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"login": "Lan Anh"}, "is no login"),
        ({"role": "boss"}, "expected one of supervisor"),
        ({"role": "clerk", "staff_id": None}, "a clerk needs a staff_id"),
        ({"role": "qa", "staff_id": "cb-1"}, "nobody else has one"),
        ({"language": "fr"}, "expected vi or en"),
    ],
)
def test_a_user_that_cannot_be_made_is_refused_with_the_reason(overrides, says) -> None:
    nowhere = Database("postgresql://hailong_migrator@127.0.0.1:9/hailong")
    given = {"login": "moi", "password": PASSWORD, "role": "qa", "branches": ["b"], **overrides}
    with pytest.raises(UserError, match=says):
        create_user(nowhere, **given)


def test_an_app_is_made_without_a_database_answering() -> None:
    app = create_app(Database("postgresql://hailong_app@127.0.0.1:9/hailong"))

    assert app.title == "Hài Lòng"
