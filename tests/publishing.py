"""The published contract as a reader in another language has it: from the files alone."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import jsonschema

from alerts.schemas import asyncapi, generate

JSON = "application/json"


def strict(schema: Any) -> Any:
    """Return the schema as our own writer must meet it: no field that is not declared."""
    if isinstance(schema, dict):
        made = {name: strict(part) for name, part in schema.items()}
        return {"additionalProperties": False} | made if "properties" in schema else made
    return [strict(part) for part in schema] if isinstance(schema, list) else schema


class Contract:
    """The AsyncAPI document and the schemas beside it."""

    def __init__(self, folder: Path = generate.HERE) -> None:
        self.folder = folder
        self.document: dict[str, Any] = json.loads((folder / asyncapi.FILE).read_text())

    def at(self, reference: str) -> Any:
        """Return what `#/channels/status` points at.

        Raises:
            KeyError: nothing is there.

        """
        found: Any = self.document
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]
        return self.at(found["$ref"]) if set(found) == {"$ref"} else found

    def channels_of(self, topic: str) -> list[str]:
        """Return the names of the channels whose address fits a topic: there must be one."""
        return [
            name
            for name, channel in self.document["channels"].items()
            if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(channel["address"])), topic)
        ]

    def operation_on(self, channel: str) -> dict[str, Any]:
        """Return the one operation on a channel."""
        reference = {"$ref": f"#/channels/{channel}"}
        operations = self.document["operations"].values()
        (found,) = (it for it in operations if it["channel"] == reference)
        return dict(found)

    def messages_on(self, channel: str) -> dict[str, dict[str, Any]]:
        """Return the messages of a channel by name."""
        names = self.document["channels"][channel]["messages"]
        return {name: self.at(f"#/channels/{channel}/messages/{name}") for name in names}

    @functools.cache  # noqa: B019 - one contract a module
    def validator(self, reference: str) -> Any:
        """Return the strict validator of the schema file that `$ref` names."""
        schema = json.loads((self.folder / reference).read_text())
        return jsonschema.Draft202012Validator(strict(schema))

    def fits(self, message: dict[str, Any], payload: bytes) -> bool:
        """Tell whether a payload is of one of the document's messages."""
        try:
            value = json.loads(payload) if message["contentType"] == JSON else payload.decode()
        except ValueError:
            return False
        schema = message["payload"]
        if "$ref" in schema:
            return bool(self.validator(schema["$ref"]).is_valid(value))
        return bool(jsonschema.Draft7Validator(strict(schema)).is_valid(value))

    def message_of(self, channel: str, payload: bytes) -> list[str]:
        """Return the names of the channel's messages that a payload is: there must be one."""
        messages = self.messages_on(channel)
        return [name for name, message in messages.items() if self.fits(message, payload)]
