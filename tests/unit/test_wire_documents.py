"""docs/wire is what schemas/ says: JSON Schema of each body, and AsyncAPI."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from schemas.registry import PAYLOADS
from schemas.topics import DOWN, UP, Topic
from schemas.vocabulary import RejectReason
from tests.wire_samples import BAD, BODIES, PUBLIC_KEY, places, replaced, topic
from tools.write_schemas import FOLDER, documents

ROOT = Path(__file__).parents[2]
WRITTEN = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
SCHEMAS = {
    path.removesuffix(".json"): json.loads(text)
    for path, text in WRITTEN.items()
    if path != "asyncapi.json"
}
ASYNCAPI = json.loads(WRITTEN["asyncapi.json"])
BEYOND_JSON_SCHEMA = {
    # order of two values
    "ended-before-started",
    "dropped-range-backwards",
    "confirm-missing-backwards",
    "command-range-backwards",
    # names of a list that must differ, or stand together
    "config-list-twice",
    "config-model-twice",
    "config-half-a-whisper",
    # what stands in one place must stand in another
    "hit-of-a-category-not-sent",
    # times that do not exist
    "captured_at-30-february",
    "captured_at-24-hours",
    "captured_at-offset-of-25-hours",
    # 14.0 is an integer to JSON Schema
    "turn-syllables-as-float",
    "sequence-as-float",
    # Python's "$" matches before a line's end; that of ECMA 262 and of the hub does not
    "device_id-ends-in-newline",
}


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[name], format_checker=FormatChecker(["uuid"]))


def faults(name: str, body: Any) -> list[str]:
    return [error.message for error in validator(name).iter_errors(body)]


def without_marks(body: Any) -> Any:
    """The marker fields that a consumer passes over and a producer's schema refuses."""
    mark = "noi-dung-bi-lo"
    if isinstance(body, dict):
        return {k: without_marks(v) for k, v in body.items() if k != mark}
    return body


def bad_bodies() -> dict[str, Any]:
    return {
        path.stem: without_marks(json.loads(path.read_bytes()))
        for path in sorted((BAD / RejectReason.SCHEMA).glob("*.json"))
    }


def test_the_committed_documents_are_current():
    assert documents() == WRITTEN, "run: make schemas"


def test_there_is_a_schema_for_each_kind_and_version():
    assert sorted(SCHEMAS) == sorted(f"{kind}-{version}" for kind, version in PAYLOADS)


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_schema_is_one_and_takes_its_golden_body(name):
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert faults(name, json.loads(BODIES[name].encode())) == []


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_schema_takes_no_other_kinds_body(name):
    for other, body in BODIES.items():
        if other != name:
            assert faults(name, json.loads(body.encode()))


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_schema_forbids_additions_at_every_level(name):
    plain = json.loads(BODIES[name].encode())
    for path, value in places(plain):
        if isinstance(value, dict):
            changed = replaced(plain, path, value | {"more": 1})
            assert any("more" in fault for fault in faults(name, changed)), path


@pytest.mark.parametrize(("name", "body"), bad_bodies().items())
def test_a_known_bad_body_is_refused_by_its_schema_too(name, body):
    found = faults(f"{body['kind']}-{body['schema_version']}", body)
    assert bool(found) != (name in BEYOND_JSON_SCHEMA), found


def test_the_list_of_what_json_schema_cannot_say_names_known_files():
    assert set(bad_bodies()) >= BEYOND_JSON_SCHEMA


def references(data: Any) -> list[str]:
    return [value for path, value in places(data) if path and path[-1] == "$ref"]


def resolved(reference: str) -> Any:
    """What a reference within docs/wire points at; KeyError where it points at nothing."""
    file, _, pointer = reference.partition("#")
    found = json.loads(WRITTEN[file.removeprefix("./")]) if file else ASYNCAPI
    for part in pointer.strip("/").split("/") if pointer else ():
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def test_every_reference_of_the_asyncapi_document_resolves():
    found = references(ASYNCAPI)
    assert len(found) > 40
    for reference in found:
        assert resolved(reference)


_REF = {"type": "object", "properties": {"$ref": {"type": "string"}}, "required": ["$ref"]}
_MQTT = {
    "type": "object",
    "properties": {"bindingVersion": {"const": "0.2.0"}},
    "required": ["bindingVersion"],
}
_FIELDS = "^(?!x-)"
_ASYNCAPI_3 = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "id": {"type": "string", "pattern": "^urn:"},
        "defaultContentType": {"type": "string"},
        "info": {"type": "object", "required": ["title", "version"]},
        "servers": {
            "additionalProperties": {
                "type": "object",
                "required": ["host", "protocol"],
                "properties": {
                    "host": {"type": "string", "pattern": "^[^/]+$"},
                    "protocol": {"enum": ["mqtt", "mqtts"]},
                    "protocolVersion": {"type": "string"},
                    "security": {"type": "array", "items": _REF, "minItems": 1},
                    "bindings": {"properties": {"mqtt": _MQTT}, "additionalProperties": False},
                },
            }
        },
        "channels": {
            "additionalProperties": {
                "type": "object",
                "required": ["address"],
                "properties": {
                    "address": {"type": "string"},
                    "title": {"type": "string"},
                    "description": {"type": "string"},
                    "messages": {"type": "object", "additionalProperties": _REF},
                    "parameters": {"type": "object", "additionalProperties": _REF},
                },
                "additionalProperties": False,
            }
        },
        "operations": {
            "additionalProperties": {
                "type": "object",
                "required": ["action", "channel"],
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": _REF,
                    "summary": {"type": "string"},
                    "messages": {"type": "array", "items": _REF, "minItems": 1},
                    "bindings": {
                        "properties": {
                            "mqtt": {
                                **_MQTT,
                                "required": ["qos", "retain", "bindingVersion"],
                            }
                        },
                        "additionalProperties": False,
                    },
                },
                "additionalProperties": False,
            }
        },
        "components": {
            "type": "object",
            "propertyNames": {
                "enum": ["parameters", "messages", "schemas", "securitySchemes"],
            },
            "properties": {
                "messages": {
                    "additionalProperties": {
                        "type": "object",
                        "required": ["name", "contentType", "payload", "x-hailong-body"],
                    }
                },
                "securitySchemes": {
                    "additionalProperties": {
                        "properties": {"type": {"const": "X509"}},
                        "required": ["type"],
                    }
                },
                "parameters": {
                    "additionalProperties": {
                        "propertyNames": {
                            "enum": ["description", "enum", "default", "examples", "location"]
                        }
                    }
                },
            },
        },
    },
    "additionalProperties": False,
}
"""What AsyncAPI 3.0.0 asks of the parts that this document uses."""


def test_the_asyncapi_document_has_the_fields_of_version_3():
    Draft202012Validator.check_schema(_ASYNCAPI_3)
    assert [e.message for e in Draft202012Validator(_ASYNCAPI_3).iter_errors(ASYNCAPI)] == []
    keys = {
        key for path, _ in places(ASYNCAPI["components"]) for key in path if isinstance(key, str)
    }
    assert not [key for key in keys if re.search(r"[^\w$.-]", key)]


def test_channels_are_the_topics_and_operations_what_is_on_them():
    channels, operations = ASYNCAPI["channels"], ASYNCAPI["operations"]
    assert set(channels) == UP | DOWN
    for kind, channel in channels.items():
        address = channel["address"]
        assert set(re.findall(r"{(\w+)}", address)) == set(channel["parameters"])
        assert address.format(branch="a", counter="b") == str(Topic("a", "b", kind))
        assert set(channel["messages"]) == {f"{k}-{v}" for k, v in PAYLOADS if k == kind}
    said = {o["channel"]["$ref"].rsplit("/", 1)[1]: o for o in operations.values()}
    assert set(said) == {kind for kind, _ in PAYLOADS}
    assert len(said) == len(operations)
    for kind, operation in said.items():
        assert operation["action"] == ("send" if kind in UP else "receive")
        assert operation["bindings"]["mqtt"]["qos"] == 1
        assert operation["bindings"]["mqtt"]["retain"] == (kind in {"state", "config"})
        for message in operation["messages"]:
            assert message["$ref"].startswith(f"#/channels/{kind}/messages/")


def test_messages_name_their_body_and_the_envelope_that_holds_it():
    for name, message in ASYNCAPI["components"]["messages"].items():
        assert resolved(message["x-hailong-body"]["$ref"]) == SCHEMAS[name]
        assert resolved(message["payload"]["$ref"])["format"] == "binary"


def test_the_documented_layout_takes_a_golden_message_apart():
    """By what the document says alone, as somebody without this code would do it."""
    from nacl.signing import VerifyKey

    envelope = ASYNCAPI["components"]["schemas"]["envelope"]
    raw = (ROOT / "tests/data/wire/golden/state-1.bin").read_bytes()
    version, signature, body = (
        raw[part["offset"] :][: part["bytes"] if part["bytes"] != "rest" else None]
        for part in envelope["x-hailong-layout"]
    )
    assert version[0] == envelope["x-hailong-layout"][0]["value"]
    assert envelope["minLength"] <= len(raw) <= envelope["maxLength"]
    domain, zero, length, *_ = envelope["x-hailong-signed"]
    assert len(domain["value"]) == domain["bytes"]
    text = topic("state").encode()
    signed = (
        domain["value"].encode()
        + bytes(zero["bytes"])
        + len(text).to_bytes(length["bytes"], "big")
        + text
        + body
    )
    assert VerifyKey(PUBLIC_KEY).verify(signed, signature) == signed


def test_what_an_alert_is_for_is_said():
    said = "A snapshot of an interaction that is still open, when somebody may have to walk over:"
    assert ASYNCAPI["channels"]["alert"]["description"].startswith(said)
    assert ASYNCAPI["operations"]["sendAlert"]["summary"].startswith(said)
