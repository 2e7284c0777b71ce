"""`hailong hub devices`: which devices' messages are taken, and from where."""

import os
from datetime import timedelta

import click

from hub.cli_errors import BadInput, as_migrator, told
from hub.identity.enrolment import make_token
from hub.identity.service import keeper_of
from hub.identity.settings import broker_files, enrol_url, pki_folder
from hub.pki.folder import services
from hub.settings import HubSettings
from hub.store.place import enrol_device, revoke_device
from hub.store.tables import NAME


@click.group()
def devices() -> None:
    """The devices whose messages are taken."""


@devices.command()
@click.option("--device", required=True, help="The device's name.")
@click.option("--branch", required=True)
@click.option("--counter", required=True)
@click.option("--key", help="What `hailong agent key` printed on the device; without TLS.")
@click.option(
    "--hours",
    type=click.FloatRange(0.1, 24 * 14),
    default=24.0,
    show_default=True,
    help="How long the token can be used.",
)
@told
def enrol(device: str, branch: str, counter: str, key: str | None, hours: float) -> None:
    """Print a one-time token for `hailong agent enrol` on the device, or take a key by --key."""
    if key is not None:
        with as_migrator() as database:
            changed = enrol_device(
                database, device_id=device, branch_id=branch, counter_id=counter, public_key=key
            )
        click.echo(f"device {device} {'enrolled' if changed else 'was enrolled before'}")
        return
    if not NAME.fullmatch(device):
        raise BadInput(
            f"device {device[:40]!r} is no name; expected lower-case letters, digits and "
            "hyphens, 32 at most"
        )
    url = enrol_url(os.environ)
    authority = services(pki_folder(os.environ))
    with as_migrator() as database:
        token = make_token(
            database,
            device_id=device,
            branch_id=branch,
            counter_id=counter,
            hub_url=url,
            authority_sha256=authority.fingerprint,
            lifetime=timedelta(hours=hours),
        )
    click.echo(
        f"token for {device} at {branch}/{counter}, good once within {hours:g} h; the hub is "
        f"{url}, its authority's SHA-256 {authority.fingerprint}",
        err=True,
    )
    click.echo(str(token))


@devices.command()
@click.option("--device", required=True)
@told
def revoke(device: str) -> None:
    """Take no further message of this device, and close its connection.

    Its messages are refused from this moment. With HAILONG_PKI and HAILONG_BROKER_FILES its
    certificates are revoked and its connection is closed by this command too, and by the hub's
    identity part within a second.
    """
    with as_migrator() as database:
        revoke_device(database, device)
        click.echo(f"device {device} revoked")
        if not os.environ.get("HAILONG_PKI"):
            return
        hub = HubSettings.from_environment(os.environ)
        files = broker_files(os.environ)
        settled = keeper_of(hub, pki_folder(os.environ), files, database).settle()
    if device in settled.revoked:
        click.echo("its certificates are on the list of revoked ones")
    if device in settled.closed:
        click.echo("its connection is closed")
    if device in settled.open:
        raise BadInput(
            "its connection may still be open: the broker did not answer. The hub's identity "
            "part tries on; its rights are gone"
        )
