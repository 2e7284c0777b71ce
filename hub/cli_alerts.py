"""`hailong hub alerts`: whether channels can be told."""

import os
import sys
from datetime import UTC, datetime

import click

from hub.alerting.dispatcher import Dispatcher
from hub.alerting.errors import SendingError
from hub.alerting.notice import Notice
from hub.alerting.settings import AlertSettings, Channel, Webhook
from hub.cli_errors import BadInput, told
from hub.scoring.rules import load_rules
from hub.settings import HubSettings
from hub.store.pool import Database

_TITLES = {"vi": "Tin thử của hệ thống Hài Lòng", "en": "A test by Hài Lòng"}


@click.group()
def alerts() -> None:
    """Live alerts, and the channels that are told of them."""


@alerts.command("test")
@click.option("--channel", "names", multiple=True, help="This one alone; may be given often.")
@told
def test(names: tuple[str, ...]) -> None:
    """Send a marked test alert through each channel, and say what happened; exit code 1 if one
    could not be told.
    """
    settings = AlertSettings.from_environment(os.environ)
    known = {channel.name: channel for channel in settings.channels}
    unknown = [name for name in names if name not in known]
    if unknown or not known:
        there = ", ".join(known) or "none; see docs/alerts.md"
        raise BadInput(f"no channel {', '.join(unknown) or 'is set up'}; there are: {there}")
    hub = HubSettings.from_environment(os.environ)
    dispatcher = Dispatcher(
        Database(hub.database_url("worker")), settings, load_rules(), lambda: datetime.now(UTC)
    )
    failed = 0
    for name in names or known:
        channel = known[name]
        try:
            dispatcher.send(channel, _notice(channel, settings.web_url))
        except SendingError as error:
            failed += 1
            click.echo(f"{name}: not told: {error}")
        else:
            click.echo(f"{name}: {_said(channel)}")
    if failed:
        sys.exit(1)


def _notice(channel: Channel, web_url: str) -> Notice:
    now = datetime.now(UTC)
    branch = channel.branches[0]
    return Notice(
        event=f"test-{now:%Y%m%d%H%M%S}",
        branch_id=branch,
        branch=branch,
        counter_id=None,
        counter_number=None,
        rule_id="test",
        title=_TITLES[channel.language],
        raised_at=now,
        link=f"{web_url}/overview",
        test=True,
    )


def _said(channel: Channel) -> str:
    if isinstance(channel, Webhook):
        return f"{channel.host} has taken the test alert"
    return f"the mail server has taken the test alert for {', '.join(channel.to)}"
