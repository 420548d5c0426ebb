"""The options that name the servers of a command and its place on the broker."""

from __future__ import annotations

from typing import Annotated

import typer

RedisOption = Annotated[
    str | None, typer.Option("--redis-url", help="Redis; a private one if not set.")
]
MqttOption = Annotated[
    str | None, typer.Option("--mqtt-url", help="Broker; a private one if not set.")
]
ReplayInstanceOption = Annotated[
    str,
    typer.Option("--instance", help="Name in the MQTT topics; never that of a live service."),
]
InstanceOption = Annotated[
    str | None, typer.Option("--instance", help="Name in the MQTT topics: main if not set.")
]
