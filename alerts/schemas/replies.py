"""What a command or a question is answered, field by field: part of the published contract. Hop 8."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from alerts.schemas.payloads import COMMAND_REPLY, LineNow, Moment
from monitor.domain.commands import ReloadPlan


class ReportNow(Struct, frozen=True, kw_only=True):
    """How things stand, in an answer; a null value is unknown."""

    firing: Annotated[tuple[LineNow, ...], Meta(description="the newest 100 last")]
    feeds: Annotated[int, Meta(description="how many there are")]
    more: Annotated[
        Mapping[str, int],
        Meta(description="what did not fit: how many more of `firing`, `companies`, `unwell`"),
    ] = {}
    unwell: Annotated[
        Mapping[str, str], Meta(description="those that are not fresh, and how they are")
    ]
    market: Mapping[str, float | None]
    companies: Annotated[
        Mapping[str, Mapping[str, float | None]],
        Meta(description="the headline of each, by ticker"),
    ]


class CommandReply(Struct, frozen=True, kw_only=True, tag_field="schema", tag=COMMAND_REPLY):
    """What became of a command; `error` is empty where the desk decided, whatever it said."""

    id: Annotated[str, Meta(description="the command's; empty if it was not read")] = ""
    at: Moment
    expires_at: Annotated[
        Moment | None, Meta(description="over MQTT: after this it is not handed over any more")
    ] = None
    accepted: bool
    error: Literal[
        "",
        "forbidden",
        "malformed",
        "bad_reply_topic",
        "too_large",
        "retained",
        "throttled",
        "unanswered",
        "store_unavailable",
    ] = ""
    text: str
    hint: str = ""
    by: str = ""
    verb: str = ""
    dry_run: bool = False
    state: Annotated[str, Meta(description="of the alert that was taken on or given back")] = ""
    made: Annotated[str, Meta(description="id of what was made or ended")] = ""
    matches: Annotated[tuple[str, ...], Meta(description="alerts, as rule|key")] = ()
    matched: int = 0
    firing: int = 0
    plan: ReloadPlan | None = None
    history: Annotated[
        tuple[LineNow, ...], Meta(description="of `history`: the news of before, the oldest first")
    ] = ()
    part: Annotated[
        int, Meta(description="of `history` over MQTT: which of `parts` it is, from 1", ge=1)
    ] = 1
    parts: Annotated[int, Meta(description="in so many messages the news come", ge=1)] = 1
    report: Annotated[ReportNow | None, Meta(description="of `report`: how things stand")] = None
    repeated: Annotated[bool, Meta(description="it had come before, and is not done again")] = False
    correlation: Annotated[str, Meta(description="as in the payload of MQTT 3.1.1")] = ""
