"""The pages as a browser meets them, without one: sign in, follow, send forms."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from hub.api.app import create_app
from hub.api.deps import WebSettings
from hub.auth.permissions import UserRole
from hub.auth.sessions import SessionLimits
from hub.auth.users import create_user
from hub.store.pool import Database
from tests.builders import NOW

PASSWORD = "mật-khẩu-thử-1"
STAFF = "cb-0117"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Set as passwords._hasher where a test is not about the cost of guessing."""
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Site:
    """`as_(role)` is a signed-in client; users are made by the migrator, as the command does."""

    app_database: Database
    migrator: Database
    branch: str
    limits: SessionLimits = field(default_factory=SessionLimits)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.app = create_app(
            self.app_database,
            settings=WebSettings(limits=self.limits, now=lambda: self.now),
        )

    def add_user(self, login: str, role: str, **overrides: Any) -> None:
        given: dict[str, Any] = {
            "password": PASSWORD,
            "branches": [self.branch],
            "staff_id": STAFF if role == UserRole.CLERK else None,
        }
        create_user(self.migrator, login, role=role, **{**given, **overrides})

    @contextmanager
    def browser(self, **options: Any) -> Iterator[TestClient]:
        given = {"base_url": "http://localhost", "follow_redirects": False}
        with TestClient(self.app, **{**given, **options}) as client:
            yield client

    @contextmanager
    def as_(self, role: str) -> Iterator[TestClient]:
        self.add_user(role, role)
        with self.browser() as client:
            assert sign_in(client, role).status_code == 303
            yield client


def form_token(page: Any) -> str:
    found = _TOKEN.search(page.text)
    assert found is not None, "the page has no form"
    return found[1]


def sign_in(client: TestClient, login: str, password: str = PASSWORD, **fields: str) -> Any:
    token = form_token(client.get("/sign-in"))
    return client.post(
        "/sign-in",
        data={"csrf_token": token, "login": login, "password": password, **fields},
    )


def api_token(client: TestClient) -> dict[str, str]:
    return {"X-CSRF-Token": client.get("/api/v1/me").json()["csrf_token"]}
