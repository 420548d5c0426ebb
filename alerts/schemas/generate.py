"""Write the JSON Schema (2020-12) of every payload beside this file: `python -m alerts.schemas.generate`.

The committed files are the contract for readers in other languages; a test keeps them equal to the
structs they are made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from alerts.schemas import payloads

HERE = Path(__file__).parent
DIALECT = "https://json-schema.org/draft/2020-12/schema"

PAYLOADS: Mapping[str, type[msgspec.Struct]] = {
    payloads.ALERT_EVENT: payloads.AlertEvent,
    payloads.ALERT_STATE: payloads.AlertStateNow,
    payloads.STATUS_DETAIL: payloads.StatusDetail,
    payloads.COMPANY_STATE: payloads.CompanyState,
    payloads.MARKET_STATE: payloads.MarketState,
    payloads.FEED_STATE: payloads.FeedState,
    payloads.COMMAND_REPLY: payloads.CommandReply,
}


def file_name(schema_id: str) -> str:
    """Return the file of one schema: `alert-event.v1.json`."""
    _, name, version = schema_id.rsplit(":", 2)
    return f"{name}.v{version}.json"


def json_schema(schema_id: str) -> dict[str, Any]:
    """Return the JSON Schema of one payload; every field we always write is required."""
    struct = PAYLOADS[schema_id]
    (root,), components = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    body = components.pop(root["$ref"].rsplit("/", 1)[1])
    body["required"] = sorted(body["properties"])
    return {"$schema": DIALECT, "$id": schema_id, **body} | (
        {"$defs": components} if components else {}
    )


def rendered(schema_id: str) -> str:
    """Return the text of one schema file."""
    return json.dumps(json_schema(schema_id), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all files."""
    for schema_id in PAYLOADS:
        (HERE / file_name(schema_id)).write_text(rendered(schema_id))


if __name__ == "__main__":
    main()
