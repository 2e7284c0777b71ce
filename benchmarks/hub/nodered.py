"""Node-RED's MQTT-to-PostgreSQL flow, installed by npm, as a user would set it up.

One flow a kind: MQTT in (QoS 1) -> a function that reads the JSON -> one INSERT a message, by
node-red-contrib-postgrestor-next over its pool of ten connections. It checks nothing,
acknowledges on arrival, and what it has taken is lost when it dies.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.hub.site import HOST, Site
from hub.embedded.postgres import ServerAddress
from schemas.envelope import HEADER_BYTES

PACKAGES = ("node-red@4", "node-red-contrib-postgrestor-next@0.5")
SCHEMA = """
DROP SCHEMA IF EXISTS nodered CASCADE;
CREATE SCHEMA nodered;
CREATE TABLE nodered.activity (LIKE hailong_private.activity);
CREATE TABLE nodered.messages (topic text, body jsonb);
"""
_READ = f"""
const body = JSON.parse(msg.payload.subarray({HEADER_BYTES}).toString());
const [, , branch_id, counter_id, kind] = msg.topic.split('/');
"""
_ACTIVITY = (
    _READ
    + """
const rows = body.payload.windows.map(w => ({branch_id, counter_id, device_id: body.device_id, ...w}));
msg.params = [JSON.stringify(rows)];
return msg;
"""
)
_OTHER = _READ + "msg.params = [msg.topic, JSON.stringify(body)]; return msg;"


class NodeRedError(Exception):
    """It could not be installed or did not start; the run goes on without it."""


def install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NodeRedError("npm is missing")
    done = subprocess.run(
        [npm, "install", "--no-fund", "--no-audit", "--prefix", str(folder), *PACKAGES],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        raise NodeRedError(f"npm could not install {' and '.join(PACKAGES)}")


@contextmanager
def running(site: Site, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Its process, subscribed."""
    address = site.postgres.address
    (folder / "flows.json").write_text(json.dumps(_flows(site, address)))
    (folder / "settings.js").write_text(
        f'module.exports = {{uiHost: "{HOST}", uiPort: {port}, flowFile: "flows.json", '
        "credentialSecret: false, logging: {console: {level: 'warn'}}}"
    )
    node = shutil.which("node")
    if node is None:
        raise NodeRedError("node is missing")
    program = folder / "node_modules" / "node-red" / "red.js"
    with (site.home / "nodered.log").open("ab") as log:
        process = subprocess.Popen(
            [
                node,
                str(program),
                "--userDir",
                str(folder),
                "--settings",
                str(folder / "settings.js"),
            ],
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _flows(site: Site, address: ServerAddress) -> list[dict[str, Any]]:
    def value(name: str, given: object, kind: str = "str") -> dict[str, Any]:
        return {name: given, f"{name}FieldType": kind}

    flows: list[dict[str, Any]] = [
        {"id": "tab", "type": "tab", "label": "hailong"},
        {
            "id": "broker", "type": "mqtt-broker", "broker": HOST, "port": str(site.broker.port),
            "clientid": "nodered", "autoConnect": True, "protocolVersion": "5", "keepalive": "60",
            "cleansession": True,
        },
        {
            "id": "db", "type": "postgresDB", **value("host", address.host),
            **value("port", address.port, "num"), **value("database", "hailong"),
            **value("ssl", "false", "bool"), **value("max", 10, "num"), **value("min", 1, "num"),
            **value("idle", 1000, "num"), **value("connectionTimeout", 10000, "num"),
            **value("user", address.superuser), **value("password", address.password),
        },
    ]  # fmt: skip
    insert = (
        "INSERT INTO nodered.activity SELECT * FROM "
        "json_populate_recordset(NULL::nodered.activity, $1::json)"
    )
    other = "INSERT INTO nodered.messages VALUES ($1, $2::jsonb)"
    for kind, code, query in (
        ("activity", _ACTIVITY, insert),
        ("interaction", _OTHER, other),
        ("health", _OTHER, other),
    ):
        flows += [
            {
                "id": f"in-{kind}", "z": "tab", "type": "mqtt in",
                "topic": f"hailong/v1/+/+/{kind}", "qos": "1", "datatype": "buffer",
                "broker": "broker", "inputs": 0, "wires": [[f"fn-{kind}"]],
            },
            {
                "id": f"fn-{kind}", "z": "tab", "type": "function", "func": code, "outputs": 1,
                "wires": [[f"db-{kind}"]],
            },
            {
                "id": f"db-{kind}", "z": "tab", "type": "postgrestor", "query": query,
                "postgresDB": "db", "wires": [[]],
            },
        ]  # fmt: skip
    return flows
