"""The messages of the published contract as AsyncAPI 3.0 describes them: payload, headers, example. Pure.

MQTT's user properties are the `headers`; a message of MQTT 3.1.1 has none, so none is required.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from alerts.schemas import examples, payloads, requests
from alerts.schemas.payloads import file_name

JSON = "application/json"
TEXT = "text/plain"
BINDING = "0.2.0"
SIGNATURE_HEADERS = ("X-Hashhedge-Timestamp", "X-Hashhedge-Signature")
USER_HEADER = "X-Hashhedge-User"
MAX_CORRELATION_BYTES = 256
CLEARED = "cleared"

_STRING: Mapping[str, Any] = {"type": "string"}


def all_messages() -> dict[str, Any]:
    """Return the message objects by name."""
    return {
        "alert-event": _published(payloads.ALERT_EVENT, _facts(payloads.ALERT_EVENT)),
        "alert-state": _published(payloads.ALERT_STATE, _facts(payloads.ALERT_STATE)),
        "company-state": _published(payloads.COMPANY_STATE),
        "market-state": _published(payloads.MARKET_STATE),
        "feed-state": _published(payloads.FEED_STATE),
        "status-detail": _published(payloads.STATUS_DETAIL),
        "command-reply": _published(payloads.COMMAND_REPLY) | {"correlationId": _CORRELATION},
        "status": _status(),
        CLEARED: _cleared(),
        "command": _command(),
        "sealed-command": _heard(requests.SEALED_COMMAND, "A command in MQTT 3.1.1"),
        "ingest": _ingest(),
        "sealed-ingest": _heard(requests.SEALED_INGEST, "Signals of one's own in MQTT 3.1.1"),
        "ingest-answer": _ingest_answer(),
    }


_CORRELATION: Mapping[str, Any] = {
    "description": "MQTT 5: the correlation data of the command. MQTT 3.1.1: as in its payload.",
    "location": "$message.payload#/correlation",
}


def _published(schema_id: str, headers: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a message of ours; over MQTT 5 it says that it is JSON in UTF-8."""
    told = {"headers": headers} if headers else {}
    return {
        "title": schema_id.rsplit(":", 2)[1],
        "contentType": JSON,
        **told,
        "payload": {"$ref": f"./{file_name(schema_id)}"},
        "bindings": _binding(payloadFormatIndicator=1, contentType=JSON),
        "examples": [_example(schema_id)],
    }


def _facts(schema_id: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "User properties of MQTT 5; the payload has all of it too.",
        "properties": {
            "schema": {"type": "string", "const": schema_id},
            "severity": {"type": "string", "enum": list(get_args(payloads.SeverityWord))},
            "company": {"type": "string", "description": "only where it is about one"},
        },
    }


def _heard(schema_id: str, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "contentType": JSON,
        "payload": {"$ref": f"./{file_name(schema_id)}"},
        "examples": [_example(schema_id)],
    }


def _example(schema_id: str) -> dict[str, Any]:
    return {"payload": examples.by_schema()[schema_id]}


def _command() -> dict[str, Any]:
    proof = {USER_HEADER: "anna", **_proof()}
    return _heard(requests.COMMAND, "A command in MQTT 5") | {
        "headers": _signed(USER_HEADER, *SIGNATURE_HEADERS),
        "bindings": _binding(
            contentType=JSON,
            correlationData={
                "type": "string",
                "maxLength": MAX_CORRELATION_BYTES,
                "description": "comes back with the answer",
            },
            responseTopic={
                "type": "string",
                "description": "user/{user}/reply of whoever signs, or one level below it",
            },
        ),
        "examples": [_example(requests.COMMAND) | {"headers": proof}],
    }


def _proof() -> dict[str, Any]:
    return dict(zip(SIGNATURE_HEADERS, (examples.TIMESTAMP, examples.SIGNATURE), strict=True))


def _signed(*names: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "User properties of MQTT 5: the signature of time and body.",
        "required": list(names),
        "properties": dict.fromkeys(names, _STRING),
    }


def _ingest() -> dict[str, Any]:
    return {
        "title": "Signals of one's own in MQTT 5",
        "description": "The fields of each item are in docs/ingest.md.",
        "contentType": JSON,
        "headers": _signed(*SIGNATURE_HEADERS),
        "payload": {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {
                "quotes": _items("instrument", "value", "observed_at"),
                "notices": _items("kind", "id", "subject", "title", "observed_at"),
                "transfers": _items("txid", "btc", "from", "to", "observed_at"),
            },
        },
        "bindings": _binding(contentType=JSON),
        "examples": [{"headers": _proof(), "payload": examples.QUOTES}],
    }


def _items(*required: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "required": list(required)}}


def _ingest_answer() -> dict[str, Any]:
    count = {"type": "integer", "minimum": 0}
    return {
        "title": "What became of signals of one's own",
        "contentType": JSON,
        "payload": {
            "type": "object",
            "oneOf": [{"required": ["source"]}, {"required": ["error", "message"]}],
            "properties": {
                "source": {"type": "string", "description": "under which the signals are kept"},
                "quotes": count,
                "refused": {"type": "object", "additionalProperties": count},
                "notices": count,
                "dropped_transfers": count,
                "error": {"type": "string", "description": "one word"},
                "message": {"type": "string", "description": "what is wrong, for people"},
                "signature": {"type": "string", "description": "of the message it is for"},
            },
        },
        "examples": [{"payload": examples.INGEST_ANSWER}],
    }


def _status() -> dict[str, Any]:
    return {
        "title": "Whether hashhedge is there",
        "description": "`offline` is also the last will: MQTT 5 delays it by 10 s.",
        "contentType": TEXT,
        "payload": {"type": "string", "enum": ["online", "offline"]},
        "examples": [{"payload": "online"}],
    }


def _cleared() -> dict[str, Any]:
    return {
        "title": "Nothing any more",
        "description": "An empty retained message takes back a state whose subject is no more.",
        "contentType": TEXT,
        "payload": {"type": "string", "const": ""},
        "examples": [{"payload": ""}],
    }


def _binding(**properties: object) -> dict[str, Any]:
    return {"mqtt": {**properties, "bindingVersion": BINDING}}
