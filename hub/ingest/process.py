"""A batch of messages, verified and committed; what cannot be stored is found and rejected."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.ingest.batch import Judged, arrivals_of, branches_of, rows_of
from hub.ingest.rejects import RejectBudget, refused_by_database
from hub.ingest.signatures import counter_of
from hub.ingest.verify import NEWEST, OLDEST, Received, Refused, Verified, check, unwrap
from hub.ingest.watch import committed
from hub.store.arrivals import ensure_partitions, find_devices, write_arrivals
from hub.store.errors import PartitionMissingError, RowRefusedError
from hub.store.pool import Database
from hub.store.rows import Arrivals, StreamRow

log = logging.getLogger(__name__)

ROWS = 3000
"""Of one transaction: a full batch of a city's mix is one, and what is fuller is not endless."""
_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Part:
    """What one transaction writes."""

    judged: Sequence[Judged]
    arrivals: Arrivals = field(repr=False)


@dataclass
class Processor:
    """Two stages: `judge` and `as_rows`, for one thread at a time, then `store`, for any number.
    Idempotent: a batch may be stored again from its start.
    """

    database: Database
    clock: Callable[[], datetime]
    counters: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Device -> branch and counter, of the devices met."""
    rejects: RejectBudget = field(default_factory=RejectBudget)
    _unproved: dict[str, bytes] = field(default_factory=dict)

    def process(self, batch: Sequence[Received]) -> list[StreamRow]:
        """Both stages, one after the other."""
        return self.store(self.as_rows(self.judge(batch)))

    def judge(self, batch: Sequence[Received]) -> list[Judged]:
        """Each message believed or refused. Raises StoreError when the devices could not be
        looked up.
        """
        opened = [unwrap(received) for received in batch]
        claimed = {o.device_id for o in opened if o.device_id is not None}
        # Asked for each batch, so that a revoked device is refused at once.
        devices = find_devices(self.database, sorted(claimed))
        self.counters |= {d.device_id: (d.branch_id, d.counter_id) for d in devices.values()}
        now = self.clock()
        judged = [o if isinstance(o, Refused) else check(o, devices, now) for o in opened]
        for item in judged:
            if isinstance(item, Verified):
                key = devices[item.body.device_id].public_key
                if item.received.proof != key:
                    self._unproved[counter_of(item.received.topic)] = key
        return judged

    def take_unproved(self) -> dict[str, bytes]:
        """Counter -> public key, of messages whose signature judging had to try itself since it
        was asked last.
        """
        taken, self._unproved = self._unproved, {}
        return taken

    def as_rows(self, judged: Sequence[Judged]) -> list[Part]:
        return [self._part(some) for some in _parts(judged)]

    def store(self, parts: Sequence[Part]) -> list[StreamRow]:
        """Commits all of it, as rows or as rejects, and returns where the streams stand.

        Raises StoreError when the database could not; then nothing may be acknowledged.
        """
        latest: dict[tuple[str, str], StreamRow] = {}
        refused: list[Refused] = []
        for part in parts:
            for stream in self._store(part):
                latest[stream.device_id, stream.stream] = stream
            refused += [j for j in part.judged if isinstance(j, Refused)]
        self.rejects.tell(refused, time.monotonic())
        return list(latest.values())

    def make_partitions(self) -> None:
        """For every time that `verify` lets pass, and two weeks ahead."""
        now = self.clock()
        made = ensure_partitions(self.database, now - OLDEST, now + NEWEST + _AHEAD)
        if made:
            log.info("%d partitions made in %s", made, self.database.address)

    def _part(self, judged: Sequence[Judged]) -> Part:
        return Part(judged, arrivals_of(judged, self.rejects.keeps))

    def _store(self, part: Part) -> list[StreamRow]:
        try:
            return self._write(part)
        except PartitionMissingError:
            self.make_partitions()
        except RowRefusedError as error:
            return self._bisect(part.judged, error)
        try:
            return self._write(part)
        except RowRefusedError as error:
            return self._bisect(part.judged, error)

    def _write(self, part: Part) -> list[StreamRow]:
        streams = write_arrivals(self.database, branches_of(part.judged), part.arrivals)
        committed(part.judged, self.clock())
        return streams

    def _bisect(self, judged: Sequence[Judged], error: RowRefusedError) -> list[StreamRow]:
        """A bad row must not take its batch with it: halve until it stands alone."""
        if len(judged) > 1:
            middle = len(judged) // 2
            halves = judged[:middle], judged[middle:]
            return [row for half in halves for row in self._store(self._part(half))]
        only = judged[0]
        if isinstance(only, Refused):
            # Nothing is settled: a device that sent it sends it again, and others may pass.
            log.error("reject %s could not be recorded: %s", only.sha256.hex()[:16], error)
            return []
        log.warning("row of %s rejected by the database: %s", only.body.device_id, error)
        return self._store(self._part([refused_by_database(only, error.code)]))


def _parts(judged: Iterable[Judged]) -> Iterator[list[Judged]]:
    part: list[Judged] = []
    rows = 0
    for item in judged:
        size = rows_of(item)
        if part and rows + size > ROWS:
            yield part
            part, rows = [], 0
        part.append(item)
        rows += size
    if part:
        yield part
