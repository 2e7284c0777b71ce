"""Ingest as a whole: messages in, judged, committed, then acknowledged, then confirmed.

The connection to the broker is a process of its own; here are three threads, so that one judges
while the database works for the others:

    broker -> connection's process -> subscriber -> [two windows] -> judging -> [one batch]
        -> two of storing -> in turn: acknowledge, confirm

Both queues wait when they are full. Batches are acknowledged in the order of their arrival.
"""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nacl.signing import SigningKey

from hub import metrics
from hub.ingest.batch import Judged
from hub.ingest.process import Part, Processor
from hub.ingest.settle import Confirmations
from hub.ingest.subscriber import WINDOW, Arrived, Subscriber
from hub.ingest.watch import STORING, Course, IngestWatch, storing_name
from hub.settings import Address
from hub.store.backup import refuse_unreplayed
from hub.store.errors import DatabaseUnavailableError, StoreError
from hub.store.pool import Database
from hub.store.rows import StreamRow
from hub.tls import ClientFiles

log = logging.getLogger(__name__)

BATCH_S = 0.2
BATCH_MESSAGES = 400
"""About 2,500 rows of a city's mix."""
_PARTITIONS_S = 6 * 3600.0
_RETRY_S = (0.1, 5.0)
_OPEN_S = 1.0
_LOOK_S = 0.2


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Batch:
    number: int
    arrived: Sequence[Arrived]
    parts: Sequence[Part] = field(repr=False)
    course: Course


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
        window: int = WINDOW,
        share: str | None = None,
        tls: ClientFiles | None = None,
        watch: IngestWatch | None = None,
    ) -> None:
        """`client_id` stays the same from run to run: the broker keeps the session by it."""
        self._database = database
        self._subscriber = Subscriber(
            broker, client_id=client_id, clock=clock, window=window, share=share, tls=tls
        )
        self._processor = Processor(database, clock)
        self._confirmations = Confirmations(lambda m: hub_key.sign(m).signature, clock)
        self._faults: dict[str, str] = {}
        """Thread -> code of the error that it meets, empty when all is well."""
        self._name = client_id
        self._told: str | None = None
        self._telling = threading.Lock()
        self._partitions_due_s = 0.0
        self._watch = watch or IngestWatch()
        self._watch.follow(self._subscriber)
        self._judged: queue.Queue[Batch] = queue.Queue(1)
        self._number = 0
        """Of the next batch."""
        self._turn = 0
        """The batch whose acknowledgement is next."""
        self._turns = threading.Condition()
        # So that the broker hands out the next while two are stored and one is judged.
        self._most = max(1, min(BATCH_MESSAGES, window // (STORING + 1)))

    @property
    def ready(self) -> bool:
        """Database open and topics subscribed."""
        return self._told == "" and self._subscriber.connected

    def run(self, stop: threading.Event) -> None:
        """Until `stop`. What was not committed by then the broker delivers again."""
        if not self._persist(lambda: self._database.open(_OPEN_S), stop):
            return
        ended = threading.Event()
        storing = [
            threading.Thread(
                target=self._keep_storing, args=(number, stop, ended), name=storing_name(number)
            )
            for number in range(STORING)
        ]
        try:
            if not self._persist(lambda: refuse_unreplayed(self._database), stop):
                return
            # Partitions first: a message that finds none would be tried twice.
            self._persist(self._partitions, stop)
            self._subscriber.start()
            for thread in storing:
                thread.start()
            while not stop.is_set() and not ended.is_set():
                self._judge(stop, ended)
        finally:
            ended.set()
            for thread in storing:
                if thread.is_alive():
                    thread.join()
            self._subscriber.stop()
            self._database.close()

    def _judge(self, stop: threading.Event, ended: threading.Event) -> None:
        self._watch.gathering()
        arrived = self._subscriber.take(self._most, _LOOK_S, BATCH_S)
        if not arrived:
            return
        received = [a.received for a in arrived]
        judged: list[Judged] = []
        course = self._watch.judging(received)

        def judge() -> None:
            judged[:] = self._processor.judge(received)

        if not self._persist(judge, stop):
            return
        self._subscriber.know(self._processor.take_unproved())
        batch = Batch(self._number, arrived, self._processor.as_rows(judged), course)
        self._number += 1
        while not stop.is_set() and not ended.is_set():
            self._watch.handing_over()
            try:
                self._judged.put(batch, timeout=_LOOK_S)
            except queue.Full:
                continue
            return

    def _keep_storing(self, number: int, stop: threading.Event, ended: threading.Event) -> None:
        """One of the storing threads; whatever ends one ends the worker, whose supervisor starts
        anew.
        """
        self._watch.stores(number)
        try:
            while not stop.is_set() and not ended.is_set():
                if number == 0:
                    self._persist(self._partitions, stop)
                self._watch.idle()
                try:
                    batch = self._judged.get(timeout=_LOOK_S)
                except queue.Empty:
                    pass
                else:
                    self._store(batch, stop, ended)
                self._confirm()
        except Exception:
            log.exception("storing stopped by an error")
        finally:
            ended.set()

    def _store(self, batch: Batch, stop: threading.Event, ended: threading.Event) -> None:
        streams: list[StreamRow] = []

        def commit() -> None:
            streams[:] = self._processor.store(batch.parts)

        self._watch.storing(batch.course)
        if not self._persist(commit, stop):
            return
        with self._turns:
            # MQTT asks for the order; the broker would deliver a skipped one again.
            while self._turn != batch.number:
                if stop.is_set() or ended.is_set():
                    return
                self._watch.trying()
                self._turns.wait(_LOOK_S)
            self._watch.acknowledging(batch.course)
            self._subscriber.acknowledge(batch.arrived)
            self._confirmations.note(streams, self._processor.counters)
            self._turn += 1
            self._turns.notify_all()

    def _confirm(self) -> None:
        if not self._subscriber.connected:
            return
        with self._turns:
            told = self._confirmations.due(time.monotonic())
        if told:
            self._subscriber.publish(told)
            metrics.CONFIRMATIONS.inc(len(told))

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
            self._watch.trying()
            try:
                step()
            except StoreError as error:
                self._watch.failed(error)
                self._tell(error)
            else:
                self._watch.passed()
                self._tell(None)
                return True
            stop.wait(random.uniform(0.5, 1.0) * delay_s)  # noqa: S311 - no secret
            delay_s = min(_RETRY_S[1], delay_s * 2)
        return False

    def _tell(self, error: StoreError | None) -> None:
        """Once a change, with the address tried."""
        with self._telling:
            self._faults[threading.current_thread().name] = "" if error is None else error.code
            # What one thread can do the other may not: a full database still answers.
            state = next((fault for fault in self._faults.values() if fault), "")
            if state == self._told:
                return
            self._told = state
        address = self._database.address
        if not state:
            log.info("%s: database %s in use", self._name, address)
        elif error is None:
            return  # this thread's fault is over, the other's goes on and was told
        elif isinstance(error, DatabaseUnavailableError):
            log.warning("database %s: %s; trying again for ever", address, error)
        else:
            log.error("database %s: %s; rows wait and are tried again", address, error)
