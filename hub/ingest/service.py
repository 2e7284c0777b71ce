"""Ingest as a whole: messages in, rows committed, then acknowledged, then confirmed."""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from nacl.signing import SigningKey

from hub.ingest.process import Processor
from hub.ingest.settle import Confirmations
from hub.ingest.subscriber import WINDOW, Arrived, Subscriber
from hub.settings import Address
from hub.store.backup import refuse_unreplayed
from hub.store.errors import DatabaseUnavailableError, StoreError
from hub.store.pool import Database
from hub.store.rows import StreamRow

log = logging.getLogger(__name__)

BATCH_S = 0.2
_PARTITIONS_S = 6 * 3600.0
_RETRY_S = (0.1, 5.0)
_OPEN_S = 1.0


def utc_now() -> datetime:
    return datetime.now(UTC)


class IngestService:
    """One worker. `database` signs in as hailong_ingest; it is opened and closed here."""

    def __init__(
        self,
        database: Database,
        broker: Address,
        hub_key: SigningKey,
        *,
        clock: Callable[[], datetime] = utc_now,
        client_id: str = "hailong-ingest",
    ) -> None:
        """`client_id` stays the same from run to run: the broker keeps the session by it."""
        self._database = database
        self._subscriber = Subscriber(broker, client_id=client_id, clock=clock)
        self._processor = Processor(database, clock)
        self._confirmations = Confirmations(lambda m: hub_key.sign(m).signature, clock)
        self._state: str | None = None
        """Code of the error that goes on, empty when all is well, None before the start."""
        self._partitions_due_s = 0.0

    @property
    def ready(self) -> bool:
        """Database open and topics subscribed."""
        return self._state == "" and self._subscriber.connected

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. What was not committed by then the broker delivers again."""
        if not self._persist(lambda: self._database.open(_OPEN_S), stop):
            return
        try:
            if not self._persist(lambda: refuse_unreplayed(self._database), stop):
                return
            # Partitions first: a message that finds none would be tried twice.
            self._persist(self._partitions, stop)
            self._subscriber.start()
            while not stop.is_set():
                self._turn(stop)
        finally:
            self._subscriber.stop()
            self._database.close()

    def _turn(self, stop: threading.Event) -> None:
        self._persist(self._partitions, stop)
        batch = self._gather()
        if batch:
            streams: list[StreamRow] = []

            def commit() -> None:
                streams[:] = self._processor.process([a.received for a in batch])

            if not self._persist(commit, stop):
                return
            for arrived in batch:
                self._subscriber.acknowledge(arrived)
            self._confirmations.note(streams, self._processor.counters)
        self._confirm()

    def _gather(self) -> Sequence[Arrived]:
        """200 ms of messages, or as many as the broker hands out unacknowledged."""
        batch: list[Arrived] = []
        end_s = time.monotonic() + BATCH_S
        while len(batch) < WINDOW:
            arrived = self._subscriber.take(max(0.0, end_s - time.monotonic()))
            if arrived is None:
                break
            if not batch:
                end_s = time.monotonic() + BATCH_S
            batch.append(arrived)
        return batch

    def _confirm(self) -> None:
        if self._subscriber.connected:
            for topic, message in self._confirmations.due(time.monotonic()):
                self._subscriber.publish(topic, message)

    def _partitions(self) -> None:
        if time.monotonic() >= self._partitions_due_s:
            self._processor.make_partitions()
            self._partitions_due_s = time.monotonic() + _PARTITIONS_S

    def _persist(self, step: Callable[[], None], stop: threading.Event) -> bool:
        """Does `step` until the database lets it through; False when stopped before.

        Nothing is acknowledged meanwhile. Faults of the program or its rights are held on to
        as well: refusing rows for them would lose what a corrected hub can store.
        """
        delay_s = _RETRY_S[0]
        while not stop.is_set():
            try:
                step()
            except StoreError as error:
                self._tell(error)
            else:
                self._tell(None)
                return True
            self._confirm()
            stop.wait(random.uniform(0.5, 1.0) * delay_s)  # noqa: S311 - no secret
            delay_s = min(_RETRY_S[1], delay_s * 2)
        return False

    def _tell(self, error: StoreError | None) -> None:
        """Once a change, with the address tried."""
        state = "" if error is None else error.code
        if state == self._state:
            return
        self._state = state
        address = self._database.address
        if error is None:
            log.info("database %s: in use", address)
        elif isinstance(error, DatabaseUnavailableError):
            log.warning("database %s: %s; trying again for ever", address, error)
        else:
            log.error("database %s: %s; rows wait and are tried again", address, error)
