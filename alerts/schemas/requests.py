"""What others say to hashhedge over MQTT, field by field. Hop 8.

Unlike `payloads` these are read here, so a field that is not declared is refused: a misspelt one must
not be passed over. What they mean is judged in `monitor/web/wishes.py` and `inbound.py`. MQTT 5
carries the proof of a signature as user properties; MQTT 3.1.1, which has none, around the body.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from monitor.domain.commands import VERBS
from monitor.domain.questions import QUESTIONS

COMMAND = "urn:hashhedge:schema:command:1"
SEALED_COMMAND = "urn:hashhedge:schema:sealed-command:1"
SEALED_INGEST = "urn:hashhedge:schema:sealed-ingest:1"
COMMAND_ID = r"[A-Za-z0-9._-]{1,64}"


class CommandBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person asks for; the bytes of it are what is signed."""

    id: Annotated[
        str,
        Meta(description="new for each wish", extra_json_schema={"pattern": f"^{COMMAND_ID}$"}),
    ]
    verb: Annotated[
        str,
        Meta(
            description="that of the topic",
            extra_json_schema={"enum": sorted({*VERBS, *QUESTIONS})},
        ),
    ]
    wish: Annotated[dict[str, Any], Meta(description="the fields of the verb")] = field(
        default_factory=dict
    )
    by: Annotated[str, Meta(description="the user's name; the key says it anyway")] = ""
    dry_run: Annotated[bool, Meta(description="say what would happen, change nothing")] = False


class SealedCommand(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A command with its proof in the payload."""

    user: str
    timestamp: Annotated[str, Meta(description="seconds since 1970, UTC")]
    signature: Annotated[
        str, Meta(description="`sha256=` and the HMAC in hex of timestamp, a point and body")
    ]
    body: Annotated[str, Meta(description="a command as the very text that is signed")]
    reply_to: Annotated[str, Meta(description="as the response topic of MQTT 5")] = ""
    correlation: Annotated[str, Meta(description="comes back with the answer")] = ""


class SealedIngest(Struct, frozen=True, forbid_unknown_fields=True):
    """Quotes, notices and transfers with their proof in the payload."""

    timestamp: Annotated[str, Meta(description="seconds since 1970, UTC")]
    signature: Annotated[
        str, Meta(description="`sha256=` and the HMAC in hex of timestamp, a point and body")
    ]
    body: Annotated[str, Meta(description="an ingest body as the very text that is signed")]
