"""Every MQTT topic that hashhedge publishes or hears, and how each kind is delivered. Hop 8.

This and `schemas/` are the published contract: a topic or a quality of service changes only with
the `v1` in its root. State ("what is") is retained; events ("what happened") never are, or a phone
would ring again at each reconnect.

Fixed words are lower case. Identities (`RIOT`, `BTC-USD`, a rule's id) keep their case; whatever
is not a letter, a digit or one of ``- _ . ~`` is percent-encoded, so ``/ + # $`` and NUL can never
leave their level. No topic has more than seven levels, the limit of some large brokers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from urllib.parse import quote, unquote

from alerts.model import Severity
from monitor.core.clock import HOUR, MINUTE, SECOND, Millis

ROOT = "hashhedge/v1"
MAX_LEVELS = 7
MAX_LEVEL_BYTES = 200
_EMPTY = "_"


class Kind(StrEnum):
    """What a topic carries. The value is the word used in logs and metrics."""

    STATUS = "status"
    STATUS_DETAIL = "status_detail"
    FEED_STATE = "feed_state"
    MARKET_TICK = "market_tick"
    MARKET_STATE = "market_state"
    COMPANY_STATE = "company_state"
    ALERT_STATE = "alert_state"
    ALERT_EVENT = "alert_event"
    USER_INBOX = "user_inbox"
    USER_REPLY = "user_reply"
    COMMAND = "command"
    META = "meta"


class Expiry(StrEnum):
    """Where the MQTT 5 message expiry of a kind comes from."""

    NEVER = "never"
    FIXED = "fixed"
    FRESHNESS = "freshness"
    SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one kind is delivered: quality of service, retained or not, and for how long."""

    qos: int
    retain: bool
    expiry: Expiry = Expiry.NEVER
    expiry_ms: Millis | None = None


DELIVERY: Mapping[Kind, Delivery] = MappingProxyType(
    {
        Kind.STATUS: Delivery(qos=1, retain=True),
        Kind.STATUS_DETAIL: Delivery(qos=1, retain=True),
        Kind.FEED_STATE: Delivery(qos=1, retain=True),
        Kind.MARKET_TICK: Delivery(0, retain=False, expiry=Expiry.FIXED, expiry_ms=10 * SECOND),
        Kind.MARKET_STATE: Delivery(qos=1, retain=True, expiry=Expiry.FRESHNESS),
        Kind.COMPANY_STATE: Delivery(qos=1, retain=True, expiry=Expiry.FRESHNESS),
        Kind.ALERT_STATE: Delivery(qos=1, retain=True),
        Kind.ALERT_EVENT: Delivery(qos=1, retain=False, expiry=Expiry.SEVERITY),
        Kind.USER_INBOX: Delivery(qos=1, retain=False, expiry=Expiry.SEVERITY),
        Kind.USER_REPLY: Delivery(1, retain=False, expiry=Expiry.FIXED, expiry_ms=MINUTE),
        Kind.COMMAND: Delivery(qos=1, retain=False, expiry=Expiry.FIXED, expiry_ms=MINUTE),
        Kind.META: Delivery(qos=1, retain=True),
    }
)

EVENT_LIFETIME: Mapping[Severity, Millis] = MappingProxyType(
    {Severity.CRITICAL: 24 * HOUR, Severity.WARNING: 6 * HOUR, Severity.INFO: HOUR}
)
"""How long the news of an alert is worth sending, from its event time on."""


def escape_level(text: str) -> str:
    """Return `text` as one topic level; `unescape_level` gives it back.

    Raises:
        ValueError: it is too long for a level, or cannot be written in UTF-8.

    """
    if text == _EMPTY:
        return "%5F"
    level = quote(text, safe="") or _EMPTY
    if len(level) > MAX_LEVEL_BYTES:
        raise ValueError(f"topic level is longer than {MAX_LEVEL_BYTES} bytes: {text[:40]!r}...")
    return level


def unescape_level(level: str) -> str:
    """Return the text that `escape_level` made `level` of."""
    return "" if level == _EMPTY else unquote(level)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic's name and what it carries."""

    name: str
    kind: Kind

    @property
    def delivery(self) -> Delivery:
        """Return how its messages are delivered."""
        return DELIVERY[self.kind]


class Topics:
    """The topics of one instance of hashhedge."""

    def __init__(self, instance: str) -> None:
        self.base = f"{ROOT}/{escape_level(instance)}"

    def status(self) -> Topic:
        """Return the availability topic: `online` or `offline`."""
        return Topic(f"{self.base}/status", Kind.STATUS)

    def status_detail(self) -> Topic:
        """Return the JSON twin of the availability topic."""
        return Topic(f"{self.base}/status/detail", Kind.STATUS_DETAIL)

    def feed_state(self, feed: str) -> Topic:
        """Return the health topic of one feed."""
        return Topic(f"{self.base}/feed/{escape_level(feed)}/state", Kind.FEED_STATE)

    def market_tick(self, instrument: str) -> Topic:
        """Return the topic of each accepted price."""
        return Topic(f"{self.base}/market/{escape_level(instrument)}/tick", Kind.MARKET_TICK)

    def market_state(self, instrument: str) -> Topic:
        """Return the topic of the last good value."""
        return Topic(f"{self.base}/market/{escape_level(instrument)}/state", Kind.MARKET_STATE)

    def company_state(self, company: str) -> Topic:
        """Return the topic of one company's readings."""
        return Topic(f"{self.base}/company/{escape_level(company)}/state", Kind.COMPANY_STATE)

    def alert_state(self, rule: str, key: str) -> Topic:
        """Return the topic of one alert's current state."""
        return Topic(f"{self._alert(rule, key)}/state", Kind.ALERT_STATE)

    def alert_event(self, rule: str, key: str) -> Topic:
        """Return the topic of one alert's changes."""
        return Topic(f"{self._alert(rule, key)}/event", Kind.ALERT_EVENT)

    def user_inbox(self, user: str) -> Topic:
        """Return the topic of the notices routed to one user."""
        return Topic(f"{self.base}/user/{escape_level(user)}/inbox", Kind.USER_INBOX)

    def user_reply(self, user: str, place: str | None = None) -> Topic:
        """Return the topic of answers to one user's commands, or to those from one place of his."""
        below = "" if place is None else f"/{escape_level(place)}"
        return Topic(f"{self.base}/user/{escape_level(user)}/reply{below}", Kind.USER_REPLY)

    def command(self, verb: str) -> Topic:
        """Return the topic on which one command is heard."""
        return Topic(f"{self.base}/cmd/{escape_level(verb)}", Kind.COMMAND)

    def commands(self) -> str:
        """Return the filter of all commands."""
        return f"{self.base}/cmd/+"

    def meta(self, what: str) -> Topic:
        """Return the discovery topic `schema` or `rules`."""
        return Topic(f"{self.base}/meta/{escape_level(what)}", Kind.META)

    def _alert(self, rule: str, key: str) -> str:
        return f"{self.base}/alert/{escape_level(rule)}/{escape_level(key)}"
