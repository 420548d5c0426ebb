"""The MQTT contract as one AsyncAPI 3.0 document, built of the tables that the code itself uses. Pure.

`python -m alerts.schemas.generate` writes it beside the payload schemas that it refers to. `send`
and `receive` are hashhedge's own view: who reads alerts turns them round.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from alerts.schemas.messages import BINDING, CLEARED, JSON, all_messages
from alerts.topics import (
    ADDRESS,
    DELIVERY,
    EVENT_LIFETIME,
    MAX_LEVEL_BYTES,
    ROOT,
    Delivery,
    Expiry,
    Kind,
    Topics,
    parameters_of,
)
from monitor.core.clock import SECOND

FILE = "asyncapi.v1.json"
VERSION = "1.0.0"
INSTANCE = "instance"


@dataclass(frozen=True, slots=True)
class Channel:
    """What goes over the topics of one kind, and which way, as hashhedge sees it."""

    action: Literal["send", "receive"]
    what: str
    messages: tuple[str, ...]
    reply: Kind | None = None


CHANNELS: Mapping[Kind, Channel] = MappingProxyType(
    {
        Kind.ALERT_EVENT: Channel("send", "An alert fired, ended or was noted.", ("alert-event",)),
        Kind.ALERT_STATE: Channel("send", "Where an alert stands.", ("alert-state", CLEARED)),
        Kind.USER_INBOX: Channel(
            "send",
            "What is for one user: what he follows, escalations, his own rules.",
            ("alert-event",),
        ),
        Kind.USER_ALERT_EVENT: Channel(
            "send", "An alert of a user's own rule fired or ended; for its owner.", ("alert-event",)
        ),
        Kind.USER_ALERT_STATE: Channel(
            "send", "Where such an alert stands; for its owner.", ("alert-state", CLEARED)
        ),
        Kind.COMPANY_STATE: Channel(
            "send", "The readings of one company.", ("company-state", CLEARED)
        ),
        Kind.MARKET_STATE: Channel(
            "send", "The last good value of one instrument.", ("market-state", CLEARED)
        ),
        Kind.MARKET_TICK: Channel("send", "The same each time it changed.", ("market-state",)),
        Kind.FEED_STATE: Channel("send", "The health of one feed.", ("feed-state", CLEARED)),
        Kind.STATUS: Channel("send", "Whether hashhedge is there, in a word.", ("status",)),
        Kind.STATUS_DETAIL: Channel(
            "send",
            "What the publisher last said of itself; a death shows in `status` alone.",
            ("status-detail",),
        ),
        Kind.COMMAND: Channel(
            "receive",
            "A command of a person. Retained ones are refused.",
            ("command", "sealed-command"),
            Kind.USER_REPLY,
        ),
        Kind.USER_REPLY: Channel("send", "What became of a command.", ("command-reply",)),
        Kind.USER_REPLY_PLACE: Channel(
            "send", "The same, where its response topic named a place.", ("command-reply",)
        ),
        Kind.INGEST: Channel(
            "receive",
            "Quotes, notices and transfers of one's own. Retained ones are refused.",
            ("ingest", "sealed-ingest"),
            Kind.INGEST_ANSWER,
        ),
        Kind.INGEST_ANSWER: Channel("send", "What became of them.", ("ingest-answer",)),
    }
)
"""Every kind but `meta`, which is reserved: nothing is said there."""

PARAMETERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        INSTANCE: ("HASHHEDGE_INSTANCE; `demo` of the demo, `replay` of a replay", "main"),
        "rule": ("a rule's id; `digest`, `overflow`, `silence` and others of docs/mqtt.md", "thin"),
        "key": ("the alert's subject", "RIOT"),
        "user": ("a user's name", "anna"),
        "alert": ("the id by which the owner knows the rule, a point, the subject", "thin.RIOT"),
        "company": ("a company's ticker", "RIOT"),
        "instrument": ("an instrument or a network metric", "BTC-USD"),
        "feed": ("a feed's name", "coinbase"),
        "verb": ("what is asked, docs/commands.md", "alert.ack"),
        "place": ("chosen by whoever asks", "phone"),
        "sender": ("a sender's name; his source is `external/<name>`", "desk"),
    }
)


def document() -> dict[str, Any]:
    """Return the whole document."""
    return {
        "asyncapi": "3.0.0",
        "id": "urn:hashhedge:mqtt:1",
        "info": {
            "title": "hashhedge over MQTT",
            "version": VERSION,
            "description": (
                "Mining margins, AI-hedge ratios and alerts. A topic, a quality of service or the "
                "meaning of a field changes only with the `v1`. Fields may be added: ignore those "
                "that you do not know. MQTT 5 and MQTT 3.1.1; expiry and user properties are of "
                "MQTT 5 alone. Events of a replay or the demo do not expire."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": JSON,
        "servers": _servers(),
        "channels": {kind.value: _channel(kind) for kind in CHANNELS},
        "operations": {
            f"{channel.action}_{kind.value}": _operation(kind) for kind, channel in CHANNELS.items()
        },
        "components": {
            "messages": all_messages(),
            "parameters": {name: _parameter(*it) for name, it in PARAMETERS.items()},
        },
    }


def rendered() -> str:
    """Return the text of the file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _servers() -> dict[str, Any]:
    status = Topics("main").status()
    will = {
        "topic": status.name,
        "qos": status.delivery.qos,
        "message": "offline",
        "retain": status.delivery.retain,
    }
    return {
        "broker": {
            "host": "{host}:1883",
            "protocol": "mqtt",
            "protocolVersion": "5.0",
            "description": "HASHHEDGE_MQTT_URL; over TLS `mqtts`, port 8883. How we connect:",
            "variables": {"host": {"default": "127.0.0.1"}},
            "bindings": {
                "mqtt": {
                    "clientId": "hashhedge-main-0",
                    "cleanSession": False,
                    "lastWill": will,
                    "bindingVersion": BINDING,
                }
            },
        }
    }


def _channel(kind: Kind) -> dict[str, Any]:
    channel = CHANNELS[kind]
    return {
        "address": f"{ROOT}/{{{INSTANCE}}}/{ADDRESS[kind]}",
        "description": channel.what,
        "parameters": {
            name: {"$ref": f"#/components/parameters/{name}"}
            for name in (INSTANCE, *parameters_of(kind))
        },
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in channel.messages},
    }


def _operation(kind: Kind) -> dict[str, Any]:
    channel = CHANNELS[kind]
    binding = {"qos": DELIVERY[kind].qos, "retain": DELIVERY[kind].retain}
    reply = {} if channel.reply is None else {"reply": _use(channel.reply)}
    return {
        "action": channel.action,
        **_use(kind),
        **reply,
        "bindings": {"mqtt": binding | _expiry(DELIVERY[kind]) | {"bindingVersion": BINDING}},
    }


def _use(kind: Kind) -> dict[str, Any]:
    place = f"#/channels/{kind.value}"
    names = CHANNELS[kind].messages
    return {
        "channel": {"$ref": place},
        "messages": [{"$ref": f"{place}/messages/{name}"} for name in names],
    }


def _expiry(delivery: Delivery) -> dict[str, Any]:
    """Return how long a message lives, in seconds; nothing where it never expires."""
    if delivery.expiry is Expiry.NEVER:
        return {}
    if delivery.expiry_ms is not None:
        return {"messageExpiryInterval": delivery.expiry_ms // SECOND}
    spans = {severity.value: ms // SECOND for severity, ms in EVENT_LIFETIME.items()}
    words = ", ".join(f"{severity} {span}" for severity, span in spans.items())
    return {
        "messageExpiryInterval": {
            "type": "integer",
            "minimum": 1,
            "maximum": max(spans.values()),
            "description": f"seconds from the event on, by severity: {words}; less what has passed",
        }
    }


def _parameter(what: str, example: str) -> dict[str, Any]:
    rule = f"One level, percent-encoded beyond letters, digits and - _ . ~; {MAX_LEVEL_BYTES} bytes"
    return {"description": f"{what[0].upper()}{what[1:]}. {rule}.", "examples": [example]}
