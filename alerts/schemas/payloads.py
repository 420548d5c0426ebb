"""What a payload says, field by field: the published contract beside `topics`. Hop 8.

Every fact that MQTT 5 could carry as a property (expiry, severity, company, schema) is in the
payload as well, so a 3.1.1 reader loses nothing. Times are RFC 3339 UTC with milliseconds.
Readers must ignore fields they do not know; we write no field that is not declared here.

`seq` counts the messages of one topic within one `run` of the publisher, from 1. A message sent
again because its acknowledgement was lost keeps its `id` and its `seq`: a gap means a message was
missed, a repeat means it may be dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from alerts.reasons import NoticeReason, Reason

Moment: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        description="RFC 3339 UTC with milliseconds",
        examples=["2026-01-12T14:56:00.000Z"],
    ),
]
Seq: TypeAlias = Annotated[int, Meta(ge=1, description="count of this topic's messages in `run`")]
Run: TypeAlias = Annotated[str, Meta(description="names the publisher's run; `seq` restarts in it")]
SeverityWord: TypeAlias = Literal["critical", "warning", "info"]
StateWord: TypeAlias = Literal[
    "inactive", "pending", "firing", "acked", "recovering", "resolved", "no_data", "error", "noted"
]
QualityWord: TypeAlias = Literal[
    "ok", "degraded", "single", "disputed", "stale", "missing", "not_applicable"
]
SessionWord: TypeAlias = Literal["pre", "regular", "post", "closed", "halted"]

ALERT_EVENT = "urn:hashhedge:schema:alert-event:1"
ALERT_STATE = "urn:hashhedge:schema:alert-state:1"
STATUS_DETAIL = "urn:hashhedge:schema:status-detail:1"
COMPANY_STATE = "urn:hashhedge:schema:company-state:1"
MARKET_STATE = "urn:hashhedge:schema:market-state:1"
FEED_STATE = "urn:hashhedge:schema:feed-state:1"
COMMAND_REPLY = "urn:hashhedge:schema:command-reply:1"


class Links(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a person reads on."""

    dashboard: str | None = None
    runbook: str | None = None
    explain: str | None = None


class AckNow(Struct, frozen=True, kw_only=True):
    """Who has taken an alert on."""

    by: str
    note: str
    at: Moment
    until: Annotated[str, Meta(description="when it may ring again: a moment, or `resolved`")]


class LineNow(Struct, frozen=True, kw_only=True):
    """One alert in a message about several; its own topic has where it stands now."""

    id: Annotated[str, Meta(description="the transition it stands for")]
    rule: str
    key: str
    severity: SeverityWord
    state: StateWord
    time: Moment
    value: float | None
    unit: str
    summary: str


Expires: TypeAlias = Annotated[
    Moment | None, Meta(description="after this it says nothing of now; null: it says so for ever")
]


class _Alert(Struct, frozen=True, kw_only=True):
    seq: Seq
    run: Run
    id: Annotated[str, Meta(description="the transition's id: equal ids are the same news")]
    sent_at: Moment
    severity: SeverityWord
    state: StateWord
    reason: Annotated[
        Reason, Meta(description="why it changed; why it is told, if nothing changed")
    ]
    rule: str
    owner: Annotated[
        str | None, Meta(description="whose own rule it is; null for one of the rulebook")
    ]
    key: Annotated[str, Meta(description="the subject, as in the topic")]
    dedup_key: Annotated[
        str, Meta(description="of rule, version and labels: equal keys are the same alert")
    ]
    count: Annotated[
        int, Meta(ge=1, description="how often this key has fired; begins anew after a day")
    ]
    company: str | None
    labels: Mapping[str, str]
    target: Annotated[str, Meta(description="the metric or instrument that is watched")]
    value: float | None
    unit: str
    threshold: float | None
    distance: Annotated[
        float | None, Meta(description="value - threshold, in `unit`; null if either is unknown")
    ]
    quality: QualityWord
    last_value: Annotated[
        float | None, Meta(description="the last usable value, where there is none now")
    ]
    last_value_at: Annotated[Moment | None, Meta(description="the source's time of `last_value`")]
    since: Annotated[Moment, Meta(description="event time at which this episode began")]
    observed_at: Moment | None
    session: Annotated[
        SessionWord | None,
        Meta(description="of the exchange, which the share's price is of; null without one"),
    ]
    summary: str
    flags: Annotated[
        tuple[str, ...],
        Meta(
            description="standing conditions of the company, for instance `litigation`; "
            "`event:cpi` within half an hour of such an event"
        ),
    ]
    muted_by: Annotated[
        str, Meta(description="why its last news was not told, `silence:<id>`; empty: it was told")
    ]
    ack: Annotated[AckNow | None, Meta(description="who has taken it on; gone when it resolves")]
    test: Annotated[bool, Meta(description="a drill: nothing happened")]
    replay: Annotated[bool, Meta(description="made from recorded inputs, not from the market")]


class AlertEvent(_Alert, frozen=True, kw_only=True, tag_field="schema", tag=ALERT_EVENT):
    """One change of one alert: what happened. Never retained."""

    type: Literal[
        "alert.inactive",
        "alert.pending",
        "alert.firing",
        "alert.recovering",
        "alert.resolved",
        "alert.no_data",
        "alert.error",
        "alert.noted",
    ]
    time: Annotated[Moment, Meta(description="event time of the change")]
    notice: Annotated[NoticeReason, Meta(description="why this is sent")]
    duration_s: Annotated[float | None, Meta(description="how long the episode lasted, at its end")]
    min: Annotated[float | None, Meta(description="least value of the episode, at its end")]
    max: Annotated[float | None, Meta(description="greatest value of the episode, at its end")]
    members: Annotated[
        tuple[str, ...], Meta(description="the alerts it speaks of, as `rule|key`, if of several")
    ]
    lines: Annotated[
        tuple[LineNow, ...], Meta(description="those alerts one by one, if told in their place")
    ]
    more: Annotated[
        int,
        Meta(
            ge=0,
            description="further alerts, which have no line: a message has 4 KiB; about a thousand are "
            "at least so many",
        ),
    ]
    expires_at: Annotated[Moment, Meta(description="after this the news is not worth reading")]
    number: Annotated[
        int, Meta(ge=0, description="place in the episode, from 1; 0: a drill, which changes none")
    ]
    rule_version: str
    inputs: Annotated[tuple[Mapping[str, Any], ...], Meta(description="what the value was made of")]
    links: Links


class AlertStateNow(_Alert, frozen=True, kw_only=True, tag_field="schema", tag=ALERT_STATE):
    """Where one alert stands: what is. Retained; cleared when its rule or subject is removed."""

    time: Annotated[Moment, Meta(description="event time of the last change")]


class StatusDetail(Struct, frozen=True, kw_only=True, tag_field="schema", tag=STATUS_DETAIL):
    """What the publisher last said of itself, at a start or a clean stop. Retained."""

    status: Annotated[
        Literal["online", "offline"],
        Meta(description="as said then; that it died since, only the topic `status` tells"),
    ]
    reason: Literal["started", "stopped"]
    instance: str
    client_id: str
    run: Run
    version: str
    protocol: Literal["5.0", "3.1.1"]
    sent_at: Moment
    since: Moment


class ReadingNow(Struct, frozen=True, kw_only=True):
    """One value and how far it may be trusted; a null value has a reason."""

    value: float | None
    unit: str
    quality: QualityWord
    reason: str
    observed_at: Moment | None


class CompanyState(Struct, frozen=True, kw_only=True, tag_field="schema", tag=COMPANY_STATE):
    """The readings of one company that are a headline, or that a rule watches. Retained."""

    seq: Seq
    run: Run
    sent_at: Moment
    expires_at: Expires
    company: str
    time: Annotated[Moment, Meta(description="when the readings were computed")]
    readings: Mapping[str, ReadingNow]


class MarketState(Struct, frozen=True, kw_only=True, tag_field="schema", tag=MARKET_STATE):
    """The last good value of one instrument. Retained."""

    seq: Seq
    run: Run
    sent_at: Moment
    expires_at: Expires
    instrument: str
    time: Annotated[Moment, Meta(description="when the value was agreed")]
    reading: ReadingNow
    sources: tuple[str, ...]
    session: Annotated[
        SessionWord | None,
        Meta(description="of the exchange, which the price is of; null where it never closes"),
    ]


class FeedState(Struct, frozen=True, kw_only=True, tag_field="schema", tag=FEED_STATE):
    """The health of one feed. Retained."""

    seq: Seq
    run: Run
    sent_at: Moment
    feed: str
    time: Annotated[Moment, Meta(description="when the health last changed")]
    state: Annotated[
        str,
        Meta(
            description="its newest data: fresh, delayed, late, degraded, disputed, stale, waiting, dead, refused"
        ),
    ]
    healthy: bool
    reason: str
    last_success_at: Moment | None


RetainedState: TypeAlias = CompanyState | MarketState | FeedState


def file_name(schema_id: str) -> str:
    """Return the file of one schema: `alert-event.v1.json`."""
    _, name, version = schema_id.rsplit(":", 2)
    return f"{name}.v{version}.json"


_encoder = msgspec.json.Encoder()


def encode(payload: Struct) -> bytes:
    """Return `payload` as JSON; a number that is not finite becomes null, never a made-up value."""
    return _encoder.encode(payload)
