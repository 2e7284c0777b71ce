"""Interactions in the database as ingest leaves them, without a broker."""

from datetime import datetime

from hub.ingest.process import Processor
from hub.ingest.verify import Received
from hub.scoring.rubrics import load_rubrics
from hub.scoring.rules import load_rules
from hub.scoring.worker import ScoringWorker
from hub.store.pool import Database
from schemas.interaction import InteractionPayload
from tests.builders import NOW, Sender

RUBRICS = load_rubrics()
RULES = load_rules()


def arrive(ingest: Database, sender: Sender, *payloads: InteractionPayload) -> None:
    """`ingest` signs in as hailong_ingest. Queues each for scoring."""
    batch = [Received(*sender.message(payload), NOW) for payload in payloads]
    Processor(ingest, lambda: NOW).process(batch)


def tell(
    ingest: Database, sender: Sender, *payloads: InteractionPayload, captured_at: datetime = NOW
) -> None:
    """As alerts on interactions that go on."""
    batch = [
        Received(
            *sender.message(
                payload.model_copy(update={"open": True}), kind="alert", captured_at=captured_at
            ),
            NOW,
        )
        for payload in payloads
    ]
    Processor(ingest, lambda: NOW).process(batch)


def make_worker(database: Database) -> ScoringWorker:
    return ScoringWorker(database, RUBRICS, RULES, lambda: NOW)
