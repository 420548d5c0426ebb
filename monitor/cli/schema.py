"""`hashhedge schema`: the published MQTT contract for programs, and the list of all keys in Redis."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.text import Text

from alerts.schemas import asyncapi
from alerts.schemas.generate import PAYLOADS, REQUESTS, json_schema
from monitor.cli.output import Output, emit, sheet
from monitor.core.clock import SECOND
from monitor.core.errors import ConfigError
from monitor.store.keys import DEMO_TAG, REPLAY_TAG, Keys
from monitor.store.keyspace import FAMILIES, STATE_SCHEMA

MQTT = "mqtt"
REDIS = "redis"
SCHEMAS = {schema_id.rsplit(":", 2)[1]: schema_id for schema_id in PAYLOADS | REQUESTS}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema")(show_schema)


def show_schema(
    name: Annotated[
        str,
        typer.Argument(help=f"mqtt, redis, or a payload: {', '.join(SCHEMAS)}.", show_default=True),
    ] = MQTT,
    output: Annotated[
        Output | None,
        typer.Option("--output", "-o", help="Form of the answer; table for redis, else json."),
    ] = None,
) -> None:
    """Print the AsyncAPI document of all MQTT topics, the JSON Schema of one payload, or all Redis keys.

    The document names the schemas as files beside it: alert-event.v1.json is that of alert-event.
    """
    if name == REDIS:
        data = keys_listed(Keys())
        emit(data, output or Output.TABLE, lambda: _drawn(data))
        return
    if name != MQTT and name not in SCHEMAS:
        near = get_close_matches(name, (MQTT, REDIS, *SCHEMAS), n=1)
        there = ", ".join((MQTT, REDIS, *SCHEMAS))
        hint = f"did you mean {near[0]}?" if near else f"there are {there}"
        raise ConfigError(f"no schema `{name}`", where="hashhedge schema", hint=hint)
    body = asyncapi.document() if name == MQTT else json_schema(SCHEMAS[name])
    emit(
        body,
        output or Output.JSON,
        lambda: Text(json.dumps(body, ensure_ascii=False, indent=2)),
    )


def keys_listed(keys: Keys) -> dict[str, Any]:
    """Return every key of a shard, with the kind of its value as Redis' TYPE says it."""
    return {
        "prefix": keys.prefix,
        "prefix_of_a_replay": Keys(REPLAY_TAG).prefix,
        "prefix_of_the_demo": Keys(DEMO_TAG).prefix,
        "state_schema": STATE_SCHEMA,
        "keys": [
            {
                "key": it.pattern(keys),
                "type": it.kind,
                "holds": it.holds,
                "kept": it.kept,
                "ttl_s": None if it.ttl_ms is None else it.ttl_ms // SECOND,
                "version": it.version,
            }
            for it in FAMILIES
        ],
    }


def _drawn(data: dict[str, Any]) -> Group:
    prefix = data["prefix"]
    table = sheet("key", "type", "holds", "kept", "TTL, s", "v", right=("TTL, s",), whole=("key",))
    for row in data["keys"]:
        ttl = "" if row["ttl_s"] is None else f"{row['ttl_s']}"
        words = (row["key"].removeprefix(prefix), row["type"], row["holds"], row["kept"], ttl)
        table.add_row(*map(Text, (*words, row["version"])))
    return Group(
        Text(
            f"every key begins with {prefix}, of a replay with {data['prefix_of_a_replay']}, of the demo\n"
            f"with {data['prefix_of_the_demo']}"
        ),
        table,
        Text(
            "v: version of what is in it. The state says it in its cell `schema`, an entry\n"
            "of the ticks in its field `v`: another version is refused."
        ),
    )
