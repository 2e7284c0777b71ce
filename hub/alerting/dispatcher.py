"""Tells channels of new alerts, each in a thread of its own: one that hangs holds no other.

The outbox is a table. An attempt is noted before it is made, so that whoever is killed in the
middle tries again a minute later under the same event's id: at least once, and known as the same.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub import metrics
from hub.alerting import mail, webhook
from hub.alerting.errors import SendingError
from hub.alerting.notice import Notice, NoticeLanguage, link_to
from hub.alerting.settings import EVERY_BRANCH, AlertSettings, Channel, Webhook
from hub.scoring.rules import Rule
from hub.store import alert_sendings as outbox
from hub.store.alert_sendings import Claimed, SendingState
from hub.store.errors import StoreError
from hub.store.pool import Database

log = logging.getLogger(__name__)

NEWS = "hailong_alerts"
TOLD_FOR = timedelta(minutes=10)
"""An alert that is older when a channel comes to it is told of no more."""
MOST_ATTEMPTS = 8
_LEASE = timedelta(seconds=60)
_FIRST_WAIT_S, _LONGEST_WAIT_S = 5.0, 300.0
_BATCH = 5
_LOOK_S = 10.0
"""Without news; a notification may be lost with its connection."""
_OPEN_S = 1.0
_AGAIN_S = 2.0
_JOIN_S = 5.0


@dataclass(frozen=True, slots=True)
class _Post:
    """A channel, and what wakes its thread."""

    channel: Channel
    news: threading.Event


class Dispatcher:
    """`database` signs in as hailong_worker, with a connection a channel at most."""

    def __init__(
        self,
        database: Database,
        settings: AlertSettings,
        rules: Sequence[Rule],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._settings = settings
        self._rules: Mapping[str, Rule] = {rule.id: rule for rule in rules}
        self._clock = clock
        self._posts = [_Post(channel, threading.Event()) for channel in settings.channels]
        self._told: dict[str, str] = {}
        """Channel -> the fault that was last logged."""

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; an attempt under way is given a few seconds."""
        if not self._posts:
            return
        threads = [
            threading.Thread(
                target=self._serve,
                args=(post, stop),
                name=f"channel {post.channel.name}",
                daemon=True,
            )
            for post in self._posts
        ]
        try:
            self._open(stop)
            for thread in threads:
                thread.start()
            self._listen(stop)
        finally:
            for post in self._posts:
                post.news.set()
            for thread in threads:
                if thread.is_alive():
                    thread.join(_JOIN_S)
            self._database.close()

    def step(self, channel: Channel) -> int:
        """Tells a channel what is due; how many attempts were made."""
        branches = self._branches(channel)
        now = self._clock()
        due = outbox.claim(
            self._database,
            channel.name,
            branches,
            now=now,
            since=now - TOLD_FOR,
            until=now + _LEASE,
            limit=_BATCH,
        )
        for claimed in due:
            self._tell(channel, claimed)
        return len(due)

    def notice(self, claimed: Claimed, language: NoticeLanguage) -> Notice:
        rule = self._rules.get(claimed.rule_id)
        title = claimed.rule_id
        if rule is not None:
            title = rule.title_vi if language == "vi" else rule.title_en
        # At a counter sits one clerk, who is not named before people outside have looked.
        unnamed = rule is None or rule.reviewed == "outside_branch"
        return Notice(
            event=str(claimed.event_no),
            branch_id=claimed.branch_id,
            branch=claimed.branch_vi if language == "vi" else claimed.branch_en,
            counter_id=None if unnamed else claimed.counter_id,
            counter_number=None if unnamed else claimed.number,
            rule_id=claimed.rule_id,
            title=title,
            raised_at=claimed.raised_at,
            link=link_to(self._settings.web_url, claimed.flag_id),
        )

    def send(self, channel: Channel, notice: Notice) -> None:
        """Raises SendingError, whatever went wrong."""
        try:
            if isinstance(channel, Webhook):
                webhook.send(channel, notice, self._clock())
            else:
                assert self._settings.mail is not None
                mail.send(channel, self._settings.mail, notice, self._clock())
        except SendingError:
            raise
        except Exception as error:
            # The boundary: no channel's fault stops its thread.
            raise SendingError("unforeseen", f"unforeseen {type(error).__name__}") from error

    def _tell(self, channel: Channel, claimed: Claimed) -> None:
        fault: SendingError | None = None
        try:
            self.send(channel, self.notice(claimed, channel.language))
        except SendingError as error:
            fault = error
        now = self._clock()
        last = claimed.attempts >= MOST_ATTEMPTS
        wait_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** (claimed.attempts - 1))
        state: SendingState = "sent" if fault is None else "failed" if last else "waiting"
        outbox.record(
            self._database,
            channel.name,
            claimed,
            state,
            now=now,
            next_at=now + timedelta(seconds=wait_s),
            fault=None if fault is None else fault.fault,
        )
        outcome = "retry" if state == "waiting" else state
        metrics.ALERT_SENDINGS.labels(channel.name, outcome).inc()
        self._log(channel, fault, last=last)

    def _log(self, channel: Channel, fault: SendingError | None, *, last: bool) -> None:
        """A change of state, and each alert that was given up."""
        word = "" if fault is None else fault.fault
        before = self._told.get(channel.name, "")
        self._told[channel.name] = word
        if fault is not None and last:
            log.error("channel %s: an alert was given up: %s", channel.name, fault)
        elif fault is not None and word != before:
            log.warning("channel %s: %s; tried again", channel.name, fault)
        elif fault is None and before:
            log.info("channel %s: told again", channel.name)

    def _branches(self, channel: Channel) -> Sequence[str]:
        if channel.branches == (EVERY_BRANCH,):
            return outbox.all_branches(self._database)
        return channel.branches

    def _serve(self, post: _Post, stop: threading.Event) -> None:
        name = post.channel.name
        while not stop.is_set():
            wait_s = _LOOK_S
            try:
                post.news.clear()
                while not stop.is_set() and self.step(post.channel):
                    pass
                wait_s = self._until_due_s(post.channel)
            except StoreError as error:
                # The scoring worker says so, too; a channel without a database waits.
                log.debug("channel %s: %s", name, error.code)
                wait_s = _AGAIN_S
            except Exception as error:  # noqa: BLE001 - the boundary: the next look may work
                # By type alone: what failed may hold what was to be sent.
                self._log(
                    post.channel, SendingError("unforeseen", type(error).__name__), last=False
                )
            post.news.wait(wait_s)

    def _until_due_s(self, channel: Channel) -> float:
        due = outbox.next_at(self._database, channel.name, self._branches(channel))
        if due is None:
            return _LOOK_S
        return max(0.1, min(_LOOK_S, (due - self._clock()).total_seconds()))

    def _open(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._database.open(_OPEN_S)
            except StoreError:
                stop.wait(_AGAIN_S)
            else:
                return

    def _listen(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                with self._database.listening(NEWS) as wait:
                    self._wake()
                    while not stop.is_set():
                        if wait(0.5):
                            self._wake()
            except StoreError:
                stop.wait(_AGAIN_S)

    def _wake(self) -> None:
        for post in self._posts:
            post.news.set()
