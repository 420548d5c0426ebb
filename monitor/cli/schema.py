"""`hashhedge schema`: the published MQTT contract, for programs that read alerts or send commands."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import Annotated

import typer
from rich.text import Text

from alerts.schemas import asyncapi
from alerts.schemas.generate import PAYLOADS, REQUESTS, json_schema
from monitor.cli.output import Output, OutputOption, emit
from monitor.core.errors import ConfigError

MQTT = "mqtt"
SCHEMAS = {schema_id.rsplit(":", 2)[1]: schema_id for schema_id in PAYLOADS | REQUESTS}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema")(show_schema)


def show_schema(
    name: Annotated[
        str, typer.Argument(help=f"mqtt, or a payload: {', '.join(SCHEMAS)}.", show_default=True)
    ] = MQTT,
    output: OutputOption = Output.JSON,
) -> None:
    """Print the AsyncAPI document of all MQTT topics, or the JSON Schema of one payload.

    The document names the schemas as files beside it: alert-event.v1.json is that of alert-event.
    """
    if name != MQTT and name not in SCHEMAS:
        near = get_close_matches(name, (MQTT, *SCHEMAS), n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join((MQTT, *SCHEMAS))}"
        raise ConfigError(f"no schema `{name}`", where="hashhedge schema", hint=hint)
    data = asyncapi.document() if name == MQTT else json_schema(SCHEMAS[name])
    emit(data, output, lambda: Text(json.dumps(data, ensure_ascii=False, indent=2)))
