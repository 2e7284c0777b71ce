"""Sends the outbox, and alerts past it, to the hub: one thread, one connection at a time, for ever."""

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from paho.mqtt.enums import MQTTProtocolVersion

from edge_agent.alert_queue import AlertQueue
from edge_agent.clock import SystemClock, WallClock, trusted
from edge_agent.errors import AgentError
from edge_agent.guard import where
from edge_agent.identity import DeviceIdentity, HubKey
from edge_agent.outbox import Outbox
from edge_agent.running.heart import Heart
from edge_agent.session import Counters, Parties, Session
from edge_agent.settings import AgentSettings
from edge_agent.state_folder import ConnectionCounter
from edge_agent.tls import BrokerTls
from schemas.registry import Body

COUNTER_FILE = "connection"
_STEADY_S = 5.0  # a connection that held so long was no failure
_PRUNE_S = 3600.0
_CLOCK_S = 1.0
_log = logging.getLogger(__name__)


class Publisher:
    """Never blocks those who append: they meet it only at the outbox's short lock."""

    def __init__(
        self,
        settings: AgentSettings,
        identity: DeviceIdentity,
        outbox: Outbox,
        *,
        agent_version: str,
        clock: WallClock | None = None,
        protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5,
        heart: Heart | None = None,
        told: Callable[[Body, bytes], None] | None = None,
    ) -> None:
        """`told`: hears what the hub asks of this device."""
        self._heart = heart or Heart("publisher")
        self._settings = settings.publish
        self._host, self._port = settings.broker
        self._tls = BrokerTls.of(settings)
        self._protocol = protocol
        self._outbox = outbox
        self._clock = clock or SystemClock()
        self._connections = ConnectionCounter(settings.state / COUNTER_FILE)
        self._news = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._pruned_at = -_PRUNE_S
        self._warned_of_clock = False
        self.alerts = AlertQueue(identity)
        self.counters = Counters()
        self.hub_ahead: timedelta | None = None
        """The hub's clock less ours, from its last confirm."""
        self._parties = Parties(
            identity=identity,
            hub_key=HubKey.from_hex(settings.hub_public_key),
            outbox=outbox,
            alerts=self.alerts,
            clock=self._clock,
            settings=settings.publish,
            counters=self.counters,
            agent_version=agent_version,
            heard=self._heard,
            outdated=self._connections.rise_above,
            told=told,
        )

    @property
    def clock_trusted(self) -> bool:
        return trusted(self._clock.now(), self.hub_ahead)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Says good-bye where connected, within a few seconds. Rows stay in the outbox."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def drained(self) -> bool:
        """Whether the hub has settled every row."""
        return self._outbox.stats().waiting == 0

    def wait_drained(self, timeout_s: float) -> bool:
        with self._news:
            return self._news.wait_for(self.drained, timeout_s)

    def _heard(self, hub_ahead: timedelta) -> None:
        self.hub_ahead = hub_ahead
        with self._news:
            self._news.notify_all()

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            if not self._may_speak():
                self._heart.beat("waiting for the clock", 30.0)
                self._stopping.wait(_CLOCK_S)
                continue
            fault = self._connect_once()
            held = time.monotonic() - started > _STEADY_S
            failures = 0 if held or fault is None else failures + 1
            delay_s = self._delay_s(failures)
            if fault is not None:
                _log.warning(
                    "broker %s:%d: %s; trying again in %.1f s, rows wait in the outbox",
                    self._host,
                    self._port,
                    fault,
                    delay_s,
                )
            self._heart.beat("waiting to connect again", delay_s + 30.0)
            self._stopping.wait(delay_s)

    def _may_speak(self) -> bool:
        """Nothing is signed under a clock from before this version was built."""
        now = self._clock.now()
        if trusted(now):
            return True
        if not self._warned_of_clock:
            self._warned_of_clock = True
            _log.error(
                "the device's clock says %s, before this version was built; nothing is sent "
                "until it is set",
                now.date().isoformat(),
            )
        return False

    def _connect_once(self) -> str | None:
        """What ended the connection; None when it was let go on purpose.

        The boundary of the publisher's thread: whatever fails in a connection, the next one
        is tried. Of an unforeseen error only kind and place are named, never its text.
        """
        self._heart.beat("connecting", 60.0)
        try:
            # Anew for each connection: the certificate may have been renewed since.
            tls = self._tls.context()
            session = Session(self._parties, self._connections.rise(), self._protocol, tls)
            session.run(self._host, self._port, self._stopping, self._tend)
        except AgentError as error:
            return str(error)
        except OSError as error:
            return error.strerror or type(error).__name__
        except Exception as error:  # noqa: BLE001 - the boundary named above
            return f"unforeseen {type(error).__name__} at {where(error.__traceback__)}"
        finally:
            self.alerts.connection_lost()
            self.counters.connected = False
        return None

    def _tend(self) -> None:
        self._heart.beat("connected" if self.counters.connected else "connecting", 60.0)
        now = time.monotonic()
        if now - self._pruned_at >= _PRUNE_S:
            self._pruned_at = now
            self._outbox.prune(self._clock.now())

    def _delay_s(self, failures: int) -> float:
        """Doubles with each failure in a row; the spread keeps a branch's devices apart."""
        longest = min(
            self._settings.reconnect_max_s,
            self._settings.reconnect_min_s * 2.0 ** min(failures, 20),
        )
        return longest * random.uniform(0.5, 1)  # noqa: S311 - only keeps devices apart
