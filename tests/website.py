"""The pages as a browser meets them, without one: sign in, follow, send forms."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from hub.api.alert_feed import StreamLimits
from hub.api.app import create_app
from hub.api.deps import WebSettings
from hub.auth.permissions import UserRole
from hub.auth.sessions import SessionLimits
from hub.auth.users import create_user
from hub.ingest.process import Processor
from hub.ingest.verify import Received
from hub.scoring.rubrics import load_rubrics
from hub.scoring.rules import load_rules
from hub.scoring.worker import ScoringWorker
from hub.store.pool import Database
from schemas.fields import Wire
from schemas.interaction import ByRole, InteractionPayload, Sentiment
from tests.builders import (
    NOW,
    Sender,
    hit,
    interaction_payload,
    measurements,
    span,
    turn,
)

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
    streams: StreamLimits = field(default_factory=StreamLimits)

    def __post_init__(self) -> None:
        self.app = create_app(
            self.app_database,
            settings=WebSettings(limits=self.limits, now=lambda: self.now, streams=self.streams),
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


def arrive(hub_db: Any, sender: Sender, *payloads: Wire) -> None:
    """Through the hub's own checks into the database, then scored by the worker."""
    messages = [sender.message(payload) for payload in payloads]
    processor = Processor(hub_db.open("ingest"), lambda: NOW)
    processor.process([Received(topic, raw, NOW) for topic, raw in messages])
    ScoringWorker(hub_db.open("worker"), load_rubrics(), load_rules(), lambda: NOW).run_once()
    assert hub_db.rows("SELECT reason, detail FROM hailong.rejects") == []


def flagged_payload(**overrides: Any) -> InteractionPayload:
    """Staff's abusive words with a raised voice beside them, no greeting: a review, and trends."""
    talk = [turn(start_s=2.0 + 14 * n, duration_s=6.0, speech_s=5.5) for n in range(6)]
    talk[3] = turn(
        start_s=44.0,
        duration_s=6.0,
        speech_s=5.5,
        loudness_above_baseline_db=15.0,
        hits=(hit("abusive", 46.0),),
    )
    talk += [
        turn(
            role="citizen",
            start_s=9.0 + 14 * n,
            duration_s=5.0,
            speech_s=4.5,
            sentiment=Sentiment(polarity=-0.4, confidence=0.8),
        )
        for n in range(6)
    ]
    given: dict[str, Any] = {
        "turns": tuple(sorted(talk, key=lambda t: t.start_s)),
        "spans": (
            span("citizen_present", start_s=0.0, duration_s=180.0),
            span("staff_present", start_s=0.0, duration_s=180.0),
            span("raised_voice", role="staff", start_s=44.0, duration_s=5.0),
        ),
        "measurements": measurements(raised_voice_s=ByRole(staff=5.0, citizen=0.0)),
    }
    return interaction_payload(**{**given, **overrides})
