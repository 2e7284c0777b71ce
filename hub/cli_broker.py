"""`hailong hub broker-config`: the broker's files, from the authority and the database."""

import os
from pathlib import Path

import click

from hub.cli_errors import as_migrator, told
from hub.identity import emqx, mosquitto
from hub.identity.keeper import write_shared
from hub.identity.mosquitto import BrokerPlan
from hub.identity.settings import pki_folder
from hub.pki.folder import devices as devices_authority
from hub.pki.folder import services as services_authority
from hub.pki.profiles import Kind
from hub.settings import Address
from hub.store.identity import all_devices

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("broker-config")
@click.argument("broker", type=click.Choice(["mosquitto", "emqx"]))
@click.option("--out", type=_FOLDER, required=True, help="Folder the broker reads.")
@click.option("--devices-address", default="0.0.0.0:8883", show_default=True)
@click.option(
    "--hubs-address",
    default="127.0.0.1:8884",
    show_default=True,
    help="Let only the hubs' machines reach it.",
)
@click.option("--data", type=_FOLDER, help="Where it keeps sessions.  [default: OUT/data]")
@click.option("--user", default="mosquitto", show_default=True, help="Whom it runs as.")
@click.option("--pid-file", type=click.Path(dir_okay=False, path_type=Path))
@told
def broker_config(
    broker: str,
    out: Path,
    devices_address: str,
    hubs_address: str,
    data: Path | None,
    user: str,
    pid_file: Path | None,
) -> None:
    """Write the broker's configuration: TLS 1.3, certificates asked of everybody, each device
    its own counter's topics alone. The broker's own certificate (broker.pem, broker.key) is made
    by `hailong pki issue server`.
    """
    pki = pki_folder(os.environ)
    out = out.absolute()
    plan = BrokerPlan(
        folder=out,
        data=(data or out / "data").absolute(),
        devices=_address(devices_address),
        hubs=_address(hubs_address),
        user=user,
        pid_file=pid_file.absolute() if pid_file else None,
    )
    with as_migrator() as database:
        devices = all_devices(database)
    services, own = services_authority(pki), devices_authority(pki)
    hubs = sorted({e.name for e in services.index.read().entries if _is_hub(e.kind, e.revoked_at)})
    texts = {
        mosquitto.DEVICES_CA: own.pem,
        mosquitto.SERVICES_CA: services.pem,
        mosquitto.DEVICES_CRL: own.crl_path.read_text("ascii"),
        mosquitto.SERVICES_CRL: services.crl_path.read_text("ascii"),
    }
    if broker == "mosquitto":
        texts |= {
            mosquitto.CONFIGURATION: mosquitto.configuration(plan),
            mosquitto.DEVICES_ACL: mosquitto.devices_acl(devices),
            mosquitto.HUBS_ACL: mosquitto.hubs_acl(),
        }
    else:
        texts |= {
            emqx.CONFIGURATION: emqx.configuration(plan),
            emqx.ACL: emqx.acl(devices, hubs),
        }
    out.mkdir(mode=0o750, parents=True, exist_ok=True)
    plan.data.mkdir(mode=0o770, parents=True, exist_ok=True)
    for name, text in texts.items():
        write_shared(out / name, text)
    click.echo(f"{out}: {len(texts)} files, {len(devices)} devices, hubs: {', '.join(hubs) or '-'}")
    missing = [
        name
        for name in (mosquitto.SERVER_CERTIFICATE, mosquitto.SERVER_KEY)
        if not (out / name).exists()
    ]
    if missing:
        click.echo(
            f"missing there: {', '.join(missing)}; make them by: hailong pki issue server --name "
            f"broker --host NAME --out {out}"
        )


def _is_hub(kind: Kind, revoked_at: object) -> bool:
    return kind is Kind.HUB and revoked_at is None


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise click.BadParameter(f"got {text[:80]!r}, expected host:port")
    return Address(host.strip("[]"), int(port))
