"""`hailong pki`: the authority of a site's brokers, hubs and devices."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from cryptography.hazmat.primitives import serialization

from hub.cli_errors import BadInput, told
from hub.embedded.files import write_private
from hub.pki.authority import Signer, issue_with_new_key
from hub.pki.folder import devices, make, services, unlock_devices, unlock_services
from hub.pki.index import Entry
from hub.pki.passphrase import read_passphrase
from hub.pki.profiles import Kind, Wanted
from hub.pki.report import listed, warnings

_PASSPHRASE = click.option(
    "--passphrase-file",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    help="Its first line; - is standard input.  [default: asked]",
)
_OUT = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="here",
    help="Folder for NAME.pem and NAME.key (0600).",
)
_DAYS = click.option("--days", type=click.IntRange(1, 825), default=397, show_default=True)


@click.group()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="HAILONG_PKI",
    show_envvar=True,
    required=True,
    help="Of both authorities, private (0700).",
)
@click.pass_context
def pki(context: click.Context, folder: Path) -> None:
    """The authority of this site: certificates of broker and hub, of hub workers, of devices.

    Devices get theirs by a token: hailong hub devices enrol.
    """
    context.obj = folder.absolute()


@pki.command()
@click.option("--name", default="Hai Long", show_default=True, help="Stands in the certificates.")
@_PASSPHRASE
@click.pass_obj
@told
def init(folder: Path, name: str, passphrase_file: Path | None) -> None:
    """Make both authorities; the services' key is encrypted with a passphrase."""
    made, own = make(folder, name, read_passphrase(passphrase_file, confirm=True))
    click.echo(f"{folder}: SHA-256 of the services' authority {made.authority.fingerprint}")
    click.echo(f"{folder}: SHA-256 of the devices' authority {own.authority.fingerprint}")


@pki.command()
@click.argument("kind", type=click.Choice([str(Kind.SERVER), str(Kind.HUB)]))
@click.option("--name", required=True, help="Of the broker, hub or worker.")
@click.option("--host", "hosts", multiple=True, help="A server's DNS name or IP; may be repeated.")
@_DAYS
@_OUT
@_PASSPHRASE
@click.pass_obj
@told
def issue(
    folder: Path,
    kind: str,
    name: str,
    hosts: tuple[str, ...],
    days: int,
    out: Path,
    passphrase_file: Path | None,
) -> None:
    """A certificate with a new key: for a server (broker, hub) or for a hub's worker."""
    wanted = Wanted(Kind(kind), name, hosts, timedelta(days=days))
    if any(e.revoked_at is None for e in services(folder).index.read().of(name)):
        raise BadInput(f"{name} has a certificate; use `hailong pki renew`, or another name")
    _write(unlock_services(folder, read_passphrase(passphrase_file)), wanted, out)


@pki.command()
@click.option("--name", required=True)
@_DAYS
@_OUT
@_PASSPHRASE
@click.pass_obj
@told
def renew(folder: Path, name: str, days: int, out: Path, passphrase_file: Path | None) -> None:
    """Another certificate with a new key and the same names; the old one stays good meanwhile."""
    known = [e for e in services(folder).index.read().of(name) if e.revoked_at is None]
    if not known:
        raise BadInput(f"no certificate of {name} to renew; see `hailong pki list`")
    last = known[-1]
    wanted = Wanted(last.kind, name, last.hosts, timedelta(days=days))
    _write(unlock_services(folder, read_passphrase(passphrase_file)), wanted, out)


@pki.command()
@click.option("--name", help="All of this name.")
@click.option("--serial", help="Only this one, in hex.")
@_PASSPHRASE
@click.pass_obj
@told
def revoke(
    folder: Path, name: str | None, serial: str | None, passphrase_file: Path | None
) -> None:
    """Revoke certificates; written down before anything else. For a device rather use
    `hailong hub devices revoke`, which refuses its messages too.
    """
    if (name is None) == (serial is None):
        raise BadInput("expected --name or --serial, one of the two")
    signer: Signer
    if chosen := _chosen(services(folder).index.read().entries, name, serial):
        signer = unlock_services(folder, read_passphrase(passphrase_file))
    elif chosen := _chosen(devices(folder).index.read().entries, name, serial):
        signer = unlock_devices(folder)
    else:
        raise BadInput("no such certificate that is not revoked yet; see `hailong pki list`")
    signer.revoke(chosen)
    click.echo(
        f"{len(chosen)} revoked; the broker must read {signer.authority.crl_path}: "
        "`hailong hub broker-config`, or the hub's identity part"
    )


@pki.command()
@_PASSPHRASE
@click.pass_obj
@told
def crl(folder: Path, passphrase_file: Path | None) -> None:
    """Write both lists of revoked certificates again, with a new expiry."""
    unlock_devices(folder).write_crl()
    signer = unlock_services(folder, read_passphrase(passphrase_file))
    signer.write_crl()
    ends = signer.authority.crl().next_update_utc
    assert ends is not None
    click.echo(f"{signer.authority.crl_path} is good until {ends.date().isoformat()}")


@pki.command("list")
@click.option("--all", "everything", is_flag=True, help="Expired ones, too.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
@told
def show(folder: Path, *, everything: bool, as_json: bool) -> None:
    """Every certificate, and warnings of what ends soon; exit code 1 where there are any."""
    now = datetime.now(UTC)
    rows = [r for r in listed(folder, now) if everything or r.state != "expired"]
    told_of = warnings(folder, now)
    if as_json:
        certificates = [
            {
                "authority": row.authority,
                "kind": row.entry.kind,
                "name": row.entry.name,
                "hosts": row.entry.hosts,
                "serial": row.entry.serial_hex,
                "not_after": row.entry.not_after.isoformat(),
                "state": row.state,
            }
            for row in rows
        ]
        click.echo(json.dumps({"certificates": certificates, "warnings": told_of}))
    else:
        for row in rows:
            entry = row.entry
            day = entry.not_after.date().isoformat()
            hosts = f" {','.join(entry.hosts)}" if entry.hosts else ""
            serial = entry.serial_hex
            click.echo(f"{row.state:8} until {day} {entry.kind:6} {entry.name}{hosts} {serial}")
        for line in told_of:
            click.echo(f"warning: {line}", err=True)
    if told_of:
        raise SystemExit(1)


def _chosen(entries: tuple[Entry, ...], name: str | None, serial: str | None) -> list[Entry]:
    wanted = serial.lower().lstrip("0") if serial else None
    return [
        e for e in entries if e.revoked_at is None and (e.name == name or f"{e.serial:x}" == wanted)
    ]


def _write(signer: Signer, wanted: Wanted, out: Path) -> None:
    certificate, key = issue_with_new_key(signer, wanted)
    out.mkdir(parents=True, exist_ok=True)
    # The key first: a certificate that waits for its key is better than a lost key.
    write_private(out / f"{wanted.name}.key", key)
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    write_private(out / f"{wanted.name}.pem", pem)
    ends = certificate.not_valid_after_utc.date().isoformat()
    click.echo(f"{out / wanted.name}.pem and .key: {wanted.kind} {wanted.name} until {ends}")
