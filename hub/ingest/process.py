"""A batch of messages, verified and committed; what cannot be stored is found and rejected."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hub.ingest.batch import Judged, arrivals_of, branches_of, count_rows
from hub.ingest.rejects import refused_by_database
from hub.ingest.verify import NEWEST, OLDEST, Received, Refused, claimed_device, verify
from hub.ingest.watch import committed
from hub.store.arrivals import ensure_partitions, find_devices, write_arrivals
from hub.store.errors import PartitionMissingError, RowRefusedError
from hub.store.pool import Database
from hub.store.rows import StreamRow

log = logging.getLogger(__name__)

ROWS = 2000
"""Of one transaction."""
_AHEAD = timedelta(days=14)


@dataclass
class Processor:
    """Not thread-safe. Idempotent: a batch may be processed again from its start."""

    database: Database
    clock: Callable[[], datetime]
    counters: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Device -> branch and counter, of the devices met."""

    def process(self, batch: Sequence[Received]) -> list[StreamRow]:
        """Commits all of the batch, as rows or as rejects, and returns where the streams stand.

        Raises StoreError when the database could not; then nothing may be acknowledged.
        """
        claimed = {device for r in batch if (device := claimed_device(r)) is not None}
        devices = find_devices(self.database, sorted(claimed))
        self.counters |= {d.device_id: (d.branch_id, d.counter_id) for d in devices.values()}
        now = self.clock()
        judged = [verify(received, devices, now) for received in batch]
        for item in judged:
            if isinstance(item, Refused):
                log.warning("message of %s rejected: %s", item.device_id, item.reason.value)
        latest: dict[tuple[str, str], StreamRow] = {}
        for part in _parts(judged):
            for stream in self._store(part):
                latest[stream.device_id, stream.stream] = stream
        return list(latest.values())

    def make_partitions(self) -> None:
        """For every time that `verify` lets pass, and two weeks ahead."""
        now = self.clock()
        made = ensure_partitions(self.database, now - OLDEST, now + NEWEST + _AHEAD)
        if made:
            log.info("%d partitions made in %s", made, self.database.address)

    def _store(self, judged: Sequence[Judged]) -> list[StreamRow]:
        try:
            return self._write(judged)
        except PartitionMissingError:
            self.make_partitions()
        except RowRefusedError as error:
            return self._bisect(judged, error)
        try:
            return self._write(judged)
        except RowRefusedError as error:
            return self._bisect(judged, error)

    def _write(self, judged: Sequence[Judged]) -> list[StreamRow]:
        streams = write_arrivals(self.database, branches_of(judged), arrivals_of(judged))
        committed(judged, self.clock())
        return streams

    def _bisect(self, judged: Sequence[Judged], error: RowRefusedError) -> list[StreamRow]:
        """A bad row must not take its batch with it: halve until it stands alone."""
        if len(judged) > 1:
            middle = len(judged) // 2
            return [*self._store(judged[:middle]), *self._store(judged[middle:])]
        only = judged[0]
        if isinstance(only, Refused):
            # Nothing is settled: a device that sent it sends it again, and others may pass.
            log.error("reject %s could not be recorded: %s", only.sha256.hex()[:16], error)
            return []
        log.warning("row of %s rejected by the database: %s", only.body.device_id, error)
        return self._store([refused_by_database(only, error.code)])


def _parts(judged: Iterable[Judged]) -> Iterator[list[Judged]]:
    part: list[Judged] = []
    rows = 0
    for item in judged:
        size = count_rows(item)
        if part and rows + size > ROWS:
            yield part
            part, rows = [], 0
        part.append(item)
        rows += size
    if part:
        yield part
