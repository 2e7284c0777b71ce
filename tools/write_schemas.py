"""Writes docs/wire from schemas/: JSON Schema of each body, and AsyncAPI. `make schemas`."""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from schemas.registry import PAYLOADS, READERS, SEQUENCED
from tools.wire_asyncapi import asyncapi

FOLDER = Path(__file__).parents[1] / "docs" / "wire"
_ABOUT = (
    "The JSON body of a message, as a producer writes it. A producer adds no field of its own; "
    "a consumer passes over fields it does not know, because a later producer may add some "
    "within a version. Beyond this schema hold: no name twice in an object, UTF-8 without a "
    "byte order mark, ended_at not before started_at, last not before first, times that exist, "
    "and integers written without a point."
)


class _WithoutTitles(GenerateJsonSchema):
    """A title made of a field's name says nothing that the name does not."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def body_schema(kind: str, version: int) -> dict[str, Any]:
    """JSON Schema (2020-12) of one kind and version."""
    made = READERS[kind, version].model_json_schema(schema_generator=_WithoutTitles)
    fields, required = made["properties"], made["required"]
    fields["kind"] = {"const": kind}
    fields["schema_version"] = {"const": version}
    for name in ("stream", "sequence"):
        numbered = fields.pop(name)
        if kind in SEQUENCED:
            (kept,) = (one for one in numbered["anyOf"] if one != {"type": "null"})
            fields[name] = kept | {k: v for k, v in numbered.items() if k == "description"}
            required.append(name)
    if kind in ("interaction", "alert"):
        stay = made["$defs"]["InteractionPayload"]
        stay["properties"]["open"] |= {"const": kind == "alert"}
        if kind == "alert":
            stay["required"].append("open")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:hailong:wire:{kind}:{version}",
        **made,
        "title": f"{kind}, version {version}",
        "description": _ABOUT,
    }


def documents() -> dict[str, str]:
    """File name -> text of everything in docs/wire."""
    files = {f"{kind}-{version}.json": body_schema(kind, version) for kind, version in PAYLOADS}
    files["asyncapi.json"] = asyncapi()
    return {name: json.dumps(data, indent=2) + "\n" for name, data in files.items()}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    wanted = documents()
    for path in FOLDER.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
            print(f"{path.name} removed: no such kind and version")
    for name, text in wanted.items():
        path = FOLDER / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"{name} written")
    print(f"{len(wanted)} documents in {FOLDER.name}/ are current")


if __name__ == "__main__":
    main()
