"""Renews the device's certificate by itself, two thirds through its life.

The publisher reads the certificate at each connection, so the next one has the new one; the
open one goes on. Nothing is interrupted.
"""

import logging
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_agent import hub_client
from edge_agent.certificate import TlsKey, read_life
from edge_agent.clock import WallClock, trusted
from edge_agent.errors import AgentError
from edge_agent.guard import where
from edge_agent.identity import DeviceIdentity
from edge_agent.settings import AgentSettings
from edge_agent.tls import believing
from schemas.enrolment import EnrolAnswer, RenewRequest, renew_bytes

_log = logging.getLogger(__name__)
_LONGEST_WAIT_S = 3600.0
_SHORTEST_WAIT_S = 0.5


@contextmanager
def renewing(settings: AgentSettings, identity: DeviceIdentity, clock: WallClock) -> Iterator[None]:
    """Beside what runs in the block. Without a certificate of a hub there is nothing to do."""
    tls = settings.tls
    if tls.ca is None or tls.certificate is None or tls.hub_url is None or tls.key is not None:
        yield
        return
    renewal = Renewal(settings, identity, clock, tls.hub_url, tls.ca, tls.certificate)
    stop = threading.Event()
    thread = threading.Thread(target=renewal.run, args=(stop,), name="renewal", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Renewal:
    def __init__(
        self,
        settings: AgentSettings,
        identity: DeviceIdentity,
        clock: WallClock,
        hub_url: str,
        ca: Path,
        certificate: Path,
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._clock = clock
        self._hub_url = hub_url
        self._ca = ca
        self._certificate = certificate

    def run(self, stop: threading.Event) -> None:
        """The boundary of its thread: whatever fails is told and tried again."""
        while not stop.is_set():
            try:
                wait_s = self._look()
            except AgentError as error:
                wait_s = self._patience_s()
                _log.warning(
                    "the device's certificate is not renewed: %s; trying again in %.0f s",
                    error,
                    wait_s,
                )
            except Exception as error:  # noqa: BLE001 - the boundary named above
                wait_s = self._patience_s()
                _log.error(
                    "the device's certificate is not renewed: unforeseen %s at %s",
                    type(error).__name__,
                    where(error.__traceback__),
                )
            stop.wait(wait_s)

    def renew(self) -> None:
        """Raises AgentError."""
        device_id = self._identity.device_id
        key = TlsKey()
        request = key.request(device_id)
        at = round(self._clock.now().timestamp())
        proof = self._identity.sign(renew_bytes(device_id, at, request)).hex()
        answer = hub_client.renew(
            self._hub_url,
            believing(self._ca),
            RenewRequest(device_id=device_id, at=at, request=request, proof=proof),
        )
        life = key.keep(answer.certificate, device_id, self._certificate)
        _log.info("the device's certificate is renewed until %s", life.ends.isoformat())
        self._compare(answer)

    def _look(self) -> float:
        """Renews where that is due; seconds to wait until the next look."""
        now = self._clock.now()
        due = read_life(self._certificate).renewal
        if trusted(now) and now >= due:
            self.renew()
            due = read_life(self._certificate).renewal
        left_s = (due - self._clock.now()).total_seconds()
        return min(_LONGEST_WAIT_S, max(_SHORTEST_WAIT_S, left_s))

    def _patience_s(self) -> float:
        """A tenth of what is left, spread, so that a branch's devices do not come all at once."""
        try:
            left_s = (read_life(self._certificate).ends - self._clock.now()).total_seconds()
        except AgentError:
            left_s = _LONGEST_WAIT_S
        longest = min(_LONGEST_WAIT_S, max(2 * _SHORTEST_WAIT_S, left_s / 10))
        return longest * random.uniform(0.5, 1)  # noqa: S311 - only keeps devices apart

    def _compare(self, answer: EnrolAnswer) -> None:
        settings = self._settings
        if (answer.branch, answer.counter) != (settings.branch, settings.counter):
            _log.error(
                "the hub has this device at %s/%s, its settings say %s/%s; what it sends is "
                "refused until it is enrolled again",
                answer.branch,
                answer.counter,
                settings.branch,
                settings.counter,
            )
