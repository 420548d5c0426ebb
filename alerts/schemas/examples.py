"""One message of each kind, made by the builders that make the real ones. Pure; for the documents."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import msgspec

from alerts.identity import transition_id
from alerts.model import AlertState, Severity, Transition
from alerts.reasons import NoticeReason, Reason
from alerts.schemas import builders, payloads, replies, requests
from alerts.schemas.builders import Publisher, Stamp
from alerts.schemas.origin import Origin
from monitor.core.clock import MINUTE, SECOND, Millis, iso
from monitor.domain.events import Quality, Reading

AT: Millis = 1_768_229_760_000
"""2026-01-12T14:56:00.000Z."""
STAMP = Stamp(run="0-19bb30b5c00", seq=7, sent_at=AT + 150, expires_at=AT + 150 + 3 * MINUTE)
PUBLISHER = Publisher(
    instance="main", client_id="hashhedge-main-0", run=STAMP.run, version="0.1.0", since=AT
)
SIGNATURE = f"sha256={'ab12' * 16}"
TIMESTAMP = str(AT // SECOND)
QUOTES: Mapping[str, Any] = {
    "quotes": [
        {"instrument": "GPU-H100-HOUR", "value": "1.89", "observed_at": AT, "fresh_ms": 600_000}
    ]
}
INGEST_ANSWER: Mapping[str, Any] = {
    "source": "external/desk",
    "quotes": 1,
    "refused": {},
    "notices": 0,
    "dropped_transfers": 0,
    "signature": SIGNATURE,
}


def fired() -> Transition:
    """Return an alert on a thin margin as it begins to fire."""
    labels, since = {"company": "RIOT"}, AT - 5 * MINUTE
    return Transition(
        id=transition_id("riot-margin-thin", "de11977d6e6e", labels, since, 2),
        rule="riot-margin-thin",
        rule_version="de11977d6e6e",
        labels=labels,
        key="RIOT",
        severity=Severity.WARNING,
        target="mining_margin_ratio",
        unit="ratio",
        from_state=AlertState.PENDING,
        to_state=AlertState.FIRING,
        reason=Reason.HELD_FOR,
        notice=NoticeReason.NEW,
        value=0.21,
        bound=0.25,
        at=AT,
        since=since,
        number=2,
        observed_at=AT - 2 * SECOND,
        summary="RIOT keeps 21.0 % of what it mines, under 25.0 %.",
        inputs=({"name": "hashprice_usd_ph_day", "value": 41.2, "observed_at": AT - 2 * SECOND},),
    )


@functools.cache
def by_schema() -> Mapping[str, Any]:
    """Return an example of each payload that has a schema of its own, by the schema's id."""
    price = Reading(91_240.5, Quality.OK, observed_at=AT - SECOND)
    margin = Reading(0.21, Quality.OK, observed_at=AT - 2 * SECOND)
    gone = Reading(None, Quality.MISSING, "missing ai_revenue_usd_year")
    body = requests.CommandBody(
        id="snooze-1",
        verb="alert.ack",
        wish={"rule": "riot-margin-thin", "key": "RIOT", "for": "10m"},
    )
    made = {
        payloads.ALERT_EVENT: builders.alert_event(fired(), STAMP, Origin()),
        payloads.ALERT_STATE: builders.alert_state(fired(), STAMP, Origin()),
        payloads.STATUS_DETAIL: builders.status_detail(
            online=True, reason="started", publisher=PUBLISHER, protocol="5.0", sent_at=AT
        ),
        payloads.COMPANY_STATE: builders.company_state(
            "RIOT",
            {"mining_margin_ratio": (margin, "ratio"), "ai_mix_ratio": (gone, "ratio")},
            STAMP,
            computed_at=AT,
        ),
        payloads.MARKET_STATE: builders.market_state(
            "BTC-USD",
            builders.reading_now(price, "USD"),
            STAMP,
            sources=("coinbase", "kraken"),
            session=None,
            agreed_at=AT,
        ),
        payloads.FEED_STATE: builders.feed_state(
            "coinbase", STAMP, state="fresh", reason="", changed_at=AT, last_success_at=AT
        ),
        payloads.COMMAND_REPLY: _reply(),
        requests.COMMAND: body,
        requests.SEALED_COMMAND: requests.SealedCommand("anna", TIMESTAMP, SIGNATURE, _text(body)),
        requests.SEALED_INGEST: requests.SealedIngest(TIMESTAMP, SIGNATURE, _text(QUOTES)),
    }
    return {schema: msgspec.json.decode(msgspec.json.encode(it)) for schema, it in made.items()}


def _reply() -> replies.CommandReply:
    until = iso(AT + 10 * MINUTE)
    return replies.CommandReply(
        id="snooze-1",
        at=iso(AT),
        expires_at=iso(AT + MINUTE),
        accepted=True,
        by="anna",
        verb="alert.ack",
        text=f"acknowledged riot-margin-thin for RIOT, quiet until {until}",
        state="acked",
    )


def _text(body: object) -> str:
    return msgspec.json.encode(body).decode()
