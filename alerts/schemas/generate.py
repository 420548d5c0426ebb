"""Write the contract beside this file: `python -m alerts.schemas.generate`.

A JSON Schema (2020-12) of every payload, and the AsyncAPI document of the topics. The committed files are the contract for readers in other languages; a test keeps them equal to the
structs they are made of.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from alerts.schemas import asyncapi, payloads, replies, requests
from alerts.schemas.payloads import file_name

HERE = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"

PAYLOADS: dict[str, type[msgspec.Struct]] = {
    payloads.ALERT_EVENT: payloads.AlertEvent,
    payloads.ALERT_STATE: payloads.AlertStateNow,
    payloads.STATUS_DETAIL: payloads.StatusDetail,
    payloads.COMPANY_STATE: payloads.CompanyState,
    payloads.MARKET_STATE: payloads.MarketState,
    payloads.FEED_STATE: payloads.FeedState,
    payloads.COMMAND_REPLY: replies.CommandReply,
}

REQUESTS: dict[str, type[msgspec.Struct]] = {
    requests.COMMAND: requests.CommandBody,
    requests.SEALED_COMMAND: requests.SealedCommand,
    requests.SEALED_INGEST: requests.SealedIngest,
}


def json_schema(schema_id: str) -> dict[str, Any]:
    """Return the JSON Schema of one payload; every field that we always write is required."""
    struct = (PAYLOADS | REQUESTS)[schema_id]
    (root,), components = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    body = components.pop(root["$ref"].rsplit("/", 1)[1])
    if schema_id in PAYLOADS:
        body["required"] = sorted(body["properties"])
    return {"$schema": DIALECT, "$id": schema_id, **body} | (
        {"$defs": components} if components else {}
    )


def rendered(schema_id: str) -> str:
    """Return the text of one schema file."""
    return json.dumps(json_schema(schema_id), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files."""
    (HERE / asyncapi.FILE).write_text(asyncapi.rendered())
    for schema_id in PAYLOADS | REQUESTS:
        (HERE / file_name(schema_id)).write_text(rendered(schema_id))


if __name__ == "__main__":
    main()
