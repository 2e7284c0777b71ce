"""The wire as an AsyncAPI 3.0 document, told from a device's side: it sends up, hears down."""

from typing import Any

from pydantic import TypeAdapter

from schemas.envelope import DOMAIN, HEADER_BYTES, MAX_BYTES, SIGNATURE_BYTES, VERSION
from schemas.fields import Identifier
from schemas.registry import PAYLOADS, SEQUENCED
from schemas.topics import DOWN, PREFIX, UP

_BINDING = "0.2.0"
_ALERT = (
    "A snapshot of an interaction that is still open, when somebody may have to walk over: on a "
    "new raised voice, words of abuse or escalation, the help button, and each 30 s in which the "
    "citizen is without staff; one in 5 s at most. It is sent within 2 minutes or not at all, and "
    "the finished interaction takes its place."
)
_PURPOSE = {
    "activity": "What the counter did, in windows of 10 s: one to six windows a message.",
    "interaction": "One citizen's stay at the counter, measured, after it has ended.",
    "health": "Sensors, outbox and losses of the device.",
    "dropped": "Rows that left the outbox unconfirmed, so that the hub stops asking for them.",
    "alert": _ALERT,
    "state": "Birth, good-bye and Last Will of a connection. Retained.",
    "confirm": "What the hub has settled of one stream. One a device a second at most.",
    "config": "The release that the device is to run: settings, and files by sha256. Retained.",
    "command": "Something to be done once, until it expires.",
    "ticket": "Reserved for calls of the queue system. Nothing is sent yet.",
}
RETAINED = frozenset({"state", "config"})
_NAME = TypeAdapter(Identifier).json_schema()["pattern"]


def asyncapi() -> dict[str, Any]:
    kinds = sorted(UP | DOWN)
    return {
        "asyncapi": "3.0.0",
        "id": "urn:hailong:wire:v1",
        "info": {
            "title": "Hài Lòng: between counter and hub",
            "version": "1.0.0",
            "description": (
                "MQTT, QoS 1. Every message is an envelope of bytes: a version, an Ed25519 "
                "signature, a JSON body. Bodies hold numbers and enumerated facts; there is no "
                "free-text field. docs/wire.md tells the rest."
            ),
        },
        "defaultContentType": "application/octet-stream",
        "servers": {"broker": _server()},
        "channels": {kind: _channel(kind) for kind in kinds},
        "operations": {
            f"{'send' if kind in UP else 'receive'}{kind.capitalize()}": _operation(kind)
            for kind in kinds
            if _versions(kind)
        },
        "components": {
            "parameters": {
                part: {"description": f"The {part}'s id as enrolled: {_NAME}"}
                for part in ("branch", "counter")
            },
            "messages": {
                f"{kind}-{version}": _message(kind, version) for kind, version in PAYLOADS
            },
            "schemas": {"envelope": _envelope()},
            "securitySchemes": {
                "certificate": {
                    "type": "X509",
                    "description": (
                        "Mutual TLS. The device's certificate opens its own counter's topics; "
                        "what it says is believed by the signature in each message alone."
                    ),
                }
            },
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{broker}:8883",
        "protocol": "mqtts",
        "protocolVersion": "5",
        "description": "MQTT 5 wherever the broker has it. The demo's own broker: loopback, no TLS.",
        "variables": {"broker": {"description": "The site's broker."}},
        "security": [{"$ref": "#/components/securitySchemes/certificate"}],
        "bindings": {
            "mqtt": {
                "cleanSession": True,
                "lastWill": {
                    "topic": f"{PREFIX}/{{branch}}/{{counter}}/state",
                    "qos": 1,
                    "retain": True,
                    "message": "A sealed state message with status offline.",
                },
                "bindingVersion": _BINDING,
            }
        },
    }


def _versions(kind: str) -> list[int]:
    return [version for known, version in PAYLOADS if known == kind]


def _channel(kind: str) -> dict[str, Any]:
    return {
        "address": f"{PREFIX}/{{branch}}/{{counter}}/{kind}",
        "title": f"{kind}, {'up' if kind in UP else 'down'}",
        "description": _PURPOSE[kind],
        "messages": {
            f"{kind}-{version}": {"$ref": f"#/components/messages/{kind}-{version}"}
            for version in _versions(kind)
        },
        "parameters": {
            part: {"$ref": f"#/components/parameters/{part}"} for part in ("branch", "counter")
        },
    }


def _operation(kind: str) -> dict[str, Any]:
    return {
        "action": "send" if kind in UP else "receive",
        "channel": {"$ref": f"#/channels/{kind}"},
        "summary": _PURPOSE[kind],
        "messages": [
            {"$ref": f"#/channels/{kind}/messages/{kind}-{version}"} for version in _versions(kind)
        ],
        "bindings": {"mqtt": {"qos": 1, "retain": kind in RETAINED, "bindingVersion": _BINDING}},
    }


def _message(kind: str, version: int) -> dict[str, Any]:
    numbered = "numbered in its stream" if kind in SEQUENCED else "not numbered"
    signer = "device" if kind in UP else "hub"
    return {
        "name": f"{kind}-{version}",
        "title": f"{kind}, version {version}",
        "summary": f"{_PURPOSE[kind]} Signed by the {signer}; {numbered}.",
        "contentType": "application/octet-stream",
        "payload": {"$ref": "#/components/schemas/envelope"},
        "x-hailong-body": {"$ref": f"./{kind}-{version}.json"},
    }


def _envelope() -> dict[str, Any]:
    return {
        "type": "string",
        "format": "binary",
        "minLength": HEADER_BYTES + 1,
        "maxLength": MAX_BYTES,
        "description": (
            f"Byte 0: the envelope's version, {VERSION}. Bytes 1 to {SIGNATURE_BYTES}: an Ed25519 "
            f"signature (RFC 8032). From byte {HEADER_BYTES} on: the body, UTF-8 JSON, by the "
            "schema that x-hailong-body names. Lengths are in bytes."
        ),
        "x-hailong-layout": [
            {"offset": 0, "bytes": 1, "holds": "version", "value": VERSION},
            {"offset": 1, "bytes": SIGNATURE_BYTES, "holds": "signature"},
            {"offset": HEADER_BYTES, "bytes": "rest", "holds": "body"},
        ],
        "x-hailong-signed": [
            {"bytes": len(DOMAIN), "holds": "domain", "value": DOMAIN.decode()},
            {"bytes": 1, "holds": "zero byte"},
            {"bytes": 2, "holds": "length of the topic in bytes, big-endian"},
            {"bytes": "as said before", "holds": "topic, UTF-8"},
            {"bytes": "rest", "holds": "body"},
        ],
    }
