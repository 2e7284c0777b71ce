"""Tells devices what to run and do: configs retained, commands again until they are answered.

Works out by itself what each device is to run as a rollout goes on, so that a device that is
enrolled later, or a hub that was restored from a backup, needs nobody.
"""

import logging
import random
import secrets
import ssl
import threading
import time

from nacl.signing import SigningKey

from hub.control.announcer import Announcer, BrokerGoneError
from hub.control.messages import Message, Messages
from hub.health.heart import IDLE, TELLING, WAITING_FOR_DATABASE, Heart
from hub.settings import Address
from hub.store import releases
from hub.store.errors import ReleaseRefusedError, StoreError
from hub.store.pool import Database
from hub.store.releases import OpenCommandRow, WantedRow

INTERVAL_S = 5.0
_AGAIN_S = 30.0
"""A command without an outcome is published again so often: its device may have been away."""
_OPEN_S = 1.0
_RETRY_S = (0.2, 5.0)
log = logging.getLogger(__name__)


class ControlService:
    """`database` signs in as hailong_control; it is opened and closed here."""

    def __init__(
        self,
        database: Database,
        broker: Address,
        hub_key: SigningKey,
        *,
        interval_s: float = INTERVAL_S,
        again_s: float = _AGAIN_S,
        client_id: str | None = None,
        tls: ssl.SSLContext | None = None,
        heart: Heart | None = None,
    ) -> None:
        self._database = database
        self._heart = heart or Heart("control")
        # Two of these publish the same bytes, and must not push each other off the broker.
        name = client_id or f"hailong-control-{secrets.token_hex(4)}"
        self._announcer = Announcer(broker, client_id=name, tls=tls)
        self._messages = Messages(database, lambda raw: hub_key.sign(raw).signature)
        self._interval_s = interval_s
        self._again_s = again_s
        self._connection = 0
        self._told: dict[str, tuple[str, str, int]] = {}
        """Device -> branch, counter and version that this broker connection was told."""
        self._told_at: dict[str, float] = {}
        self._asked_at: dict[str, float] = {}
        self._warned: set[str] = set()
        self._fault: str | None = "not connected yet"

    def missing(self) -> list[str]:
        """What it lacks, in words."""
        return [f"control: {self._fault}; devices are told nothing new"] if self._fault else []

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        delay_s = _RETRY_S[0]
        opened = False
        try:
            while not stop.is_set():
                try:
                    if not opened:
                        self._database.open(_OPEN_S)
                        opened = True
                    self._heart.beat(TELLING)
                    self.turn(stop)
                except (StoreError, BrokerGoneError) as error:
                    self._tell(error.code, str(error))
                    self._heart.beat(WAITING_FOR_DATABASE)
                    stop.wait(random.uniform(0.5, 1.0) * delay_s)  # noqa: S311 - no secret
                    delay_s = min(_RETRY_S[1], delay_s * 2)
                else:
                    self._tell(None, "")
                    delay_s = _RETRY_S[0]
                    self._heart.beat(IDLE)
                    stop.wait(self._interval_s)
        finally:
            self._announcer.close()
            self._database.close()

    def turn(self, stop: threading.Event) -> None:
        """Once: what is to be told is told. Raises StoreError, BrokerGoneError."""
        wanted = releases.wanted(self._database)
        asked = releases.open_commands(self._database)
        if not self._announcer.connect(stop):
            return
        if self._announcer.connections != self._connection:
            # A broker without its memory has no retained message any more.
            self._connection = self._announcer.connections
            self._told.clear()
            self._asked_at.clear()
        self._configs(wanted)
        self._commands(asked)

    def _configs(self, wanted: list[WantedRow]) -> None:
        now = time.monotonic()
        news = [row for row in wanted if self._is_news(row, now)]
        messages = [m for row in news if (m := self._config(row)) is not None]
        self._announcer.publish(messages, retain=True)
        self._told = {row.device_id: _place(row) for row in wanted}
        self._told_at |= dict.fromkeys((row.device_id for row in news), now)
        if messages:
            log.info("%d devices told what to run", len(messages))

    def _is_news(self, row: WantedRow, now: float) -> bool:
        """Told again, too, where the device is there and has not heard: another device of its
        counter, or a broker that forgot, may have taken the retained message's place.
        """
        if self._told.get(row.device_id) != _place(row):
            return True
        return row.unheard and now - self._told_at.get(row.device_id, now) >= self._again_s

    def _config(self, row: WantedRow) -> Message | None:
        """None, told once, for what does not fit the wire: other devices are not held up."""
        try:
            return self._messages.config(row)
        except ReleaseRefusedError as error:
            why = str(error)
        if row.device_id not in self._warned:
            self._warned.add(row.device_id)
            log.error("device %s is not told what to run: %s", row.device_id, why)
        return None

    def _commands(self, asked: list[OpenCommandRow]) -> None:
        now = time.monotonic()
        due = [row for row in asked if now >= self._asked_at.get(str(row.command_id), now)]
        self._announcer.publish([self._messages.command(row) for row in due], retain=False)
        again = dict.fromkeys((str(row.command_id) for row in due), now + self._again_s)
        still = {str(row.command_id) for row in asked}
        self._asked_at = {k: v for k, v in (self._asked_at | again).items() if k in still}

    def _tell(self, code: str | None, text: str) -> None:
        """Once a change."""
        if code != self._fault:
            self._fault = code
            if code is None:
                log.info("devices are told what to run again")
            else:
                log.warning("devices are not told what to run: %s; trying again for ever", text)


def _place(row: WantedRow) -> tuple[str, str, int]:
    return row.branch_id, row.counter_id, row.version
