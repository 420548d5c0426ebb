"""Every MQTT topic that hashhedge publishes or hears, and how each kind is delivered. Hop 8.

The two tables here and `schemas/` are the published contract, which `schemas/asyncapi.v1.json` tells to
programs: a topic or a quality of service changes only with
the `v1` in its root. State ("what is") is retained; events ("what happened") never are, or a phone
would ring again at each reconnect.

Fixed words are lower case. Identities (`RIOT`, `BTC-USD`, a rule's id) keep their case; whatever
is not a letter, a digit or one of ``- _ . ~`` is percent-encoded, so ``/ + # $`` and NUL can never
leave their level. No topic has more than seven levels, the limit of some large brokers.

What a user's own rule says stands below that user alone: who may read the shared tree must not learn what
somebody waits for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import quote, unquote

import msgspec

from alerts.forms import owned_word, owner_of
from alerts.model import Severity
from monitor.core.clock import HOUR, MINUTE, SECOND, Millis

ROOT = "hashhedge/v1"
MAX_LEVELS = 7
MAX_LEVEL_BYTES = 200
_EMPTY = "_"
_PARAMETER = re.compile(r"\{(\w+)\}")


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
    USER_ALERT_STATE = "user_alert_state"
    USER_ALERT_EVENT = "user_alert_event"
    USER_REPLY = "user_reply"
    USER_REPLY_PLACE = "user_reply_place"
    COMMAND = "command"
    INGEST = "ingest"
    INGEST_ANSWER = "ingest_answer"
    META = "meta"


class Expiry(StrEnum):
    """Where the MQTT 5 message expiry of a kind comes from."""

    NEVER = "never"
    FIXED = "fixed"
    SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one kind is delivered: quality of service, retained or not, and for how long."""

    qos: int
    retain: bool
    expiry: Expiry = Expiry.NEVER
    expiry_ms: Millis | None = None


ANSWER = "answer"
"""The level below a message's own topic on which its sender is answered."""

ADDRESS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.STATUS: "status",
        Kind.STATUS_DETAIL: "status/detail",
        Kind.FEED_STATE: "feed/{feed}/state",
        Kind.MARKET_TICK: "market/{instrument}/tick",
        Kind.MARKET_STATE: "market/{instrument}/state",
        Kind.COMPANY_STATE: "company/{company}/state",
        Kind.ALERT_STATE: "alert/{rule}/{key}/state",
        Kind.ALERT_EVENT: "alert/{rule}/{key}/event",
        Kind.USER_INBOX: "user/{user}/inbox",
        Kind.USER_ALERT_STATE: "user/{user}/state/{alert}",
        Kind.USER_ALERT_EVENT: "user/{user}/event/{alert}",
        Kind.USER_REPLY: "user/{user}/reply",
        Kind.USER_REPLY_PLACE: "user/{user}/reply/{place}",
        Kind.COMMAND: "cmd/{verb}",
        Kind.INGEST: "ingest/{sender}",
        Kind.INGEST_ANSWER: f"ingest/{{sender}}/{ANSWER}",
        Kind.META: "meta/{what}",
    }
)
"""The levels below the instance; what stands in braces is one escaped level."""

STATE_LIFETIME_MS: Millis = 3 * MINUTE
"""How long a state that moves with the market stands after the last word of it."""

DELIVERY: Mapping[Kind, Delivery] = MappingProxyType(
    {
        Kind.STATUS: Delivery(qos=1, retain=True),
        Kind.STATUS_DETAIL: Delivery(qos=1, retain=True),
        Kind.FEED_STATE: Delivery(qos=1, retain=True),
        Kind.MARKET_TICK: Delivery(0, retain=False, expiry=Expiry.FIXED, expiry_ms=10 * SECOND),
        Kind.MARKET_STATE: Delivery(1, True, Expiry.FIXED, STATE_LIFETIME_MS),
        Kind.COMPANY_STATE: Delivery(1, True, Expiry.FIXED, STATE_LIFETIME_MS),
        Kind.ALERT_STATE: Delivery(qos=1, retain=True),
        Kind.ALERT_EVENT: Delivery(qos=1, retain=False, expiry=Expiry.SEVERITY),
        Kind.USER_INBOX: Delivery(qos=1, retain=False, expiry=Expiry.SEVERITY),
        Kind.USER_ALERT_STATE: Delivery(qos=1, retain=True),
        Kind.USER_ALERT_EVENT: Delivery(qos=1, retain=False, expiry=Expiry.SEVERITY),
        Kind.USER_REPLY: Delivery(1, retain=False, expiry=Expiry.FIXED, expiry_ms=MINUTE),
        Kind.USER_REPLY_PLACE: Delivery(1, retain=False, expiry=Expiry.FIXED, expiry_ms=MINUTE),
        Kind.COMMAND: Delivery(qos=1, retain=False),
        Kind.INGEST: Delivery(qos=1, retain=False),
        Kind.INGEST_ANSWER: Delivery(qos=0, retain=False),
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


def filter_of(kind: Kind) -> str:
    """Return the filter of all topics of `kind`, below the instance: `cmd/+`."""
    return _PARAMETER.sub("+", ADDRESS[kind])


def parameters_of(kind: Kind) -> tuple[str, ...]:
    """Return the names of the levels of `kind` that are words, in order."""
    return tuple(_PARAMETER.findall(ADDRESS[kind]))


class Topic(msgspec.Struct, frozen=True):
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
        return self._topic(Kind.STATUS)

    def status_detail(self) -> Topic:
        """Return where the publisher says more of itself than whether it is there."""
        return self._topic(Kind.STATUS_DETAIL)

    def feed_state(self, feed: str) -> Topic:
        """Return the health topic of one feed."""
        return self._topic(Kind.FEED_STATE, feed=feed)

    def market_tick(self, instrument: str) -> Topic:
        """Return the topic of each accepted price."""
        return self._topic(Kind.MARKET_TICK, instrument=instrument)

    def market_state(self, instrument: str) -> Topic:
        """Return the topic of the last good value."""
        return self._topic(Kind.MARKET_STATE, instrument=instrument)

    def company_state(self, company: str) -> Topic:
        """Return the topic of one company's readings."""
        return self._topic(Kind.COMPANY_STATE, company=company)

    def alert_state(self, rule: str, key: str) -> Topic:
        """Return the topic of one alert's current state; of a user's own rule, below its owner."""
        owner = owner_of(rule)
        if not owner:
            return self.shared_state(rule, key)
        return self._topic(Kind.USER_ALERT_STATE, user=owner, alert=_alert(rule, key))

    def shared_state(self, rule: str, key: str) -> Topic:
        """Return where everybody reads a state, whosever the rule is."""
        return self._topic(Kind.ALERT_STATE, rule=rule, key=key)

    def alert_event(self, rule: str, key: str) -> Topic:
        """Return the topic of one alert's changes; of a user's own rule, below its owner."""
        owner = owner_of(rule)
        if not owner:
            return self._topic(Kind.ALERT_EVENT, rule=rule, key=key)
        return self._topic(Kind.USER_ALERT_EVENT, user=owner, alert=_alert(rule, key))

    def user_inbox(self, user: str) -> Topic:
        """Return the topic of the notices routed to one user."""
        return self._topic(Kind.USER_INBOX, user=user)

    def user_reply(self, user: str, place: str | None = None) -> Topic:
        """Return the topic of answers to one user's commands, or to those from one place of his."""
        if place is None:
            return self._topic(Kind.USER_REPLY, user=user)
        return self._topic(Kind.USER_REPLY_PLACE, user=user, place=place)

    def command(self, verb: str) -> Topic:
        """Return the topic on which one command is heard."""
        return self._topic(Kind.COMMAND, verb=verb)

    def ingest(self, sender: str) -> Topic:
        """Return the topic on which one sender's quotes are heard."""
        return self._topic(Kind.INGEST, sender=sender)

    def ingest_answer(self, sender: str) -> Topic:
        """Return the topic on which one sender hears what became of his quotes."""
        return self._topic(Kind.INGEST_ANSWER, sender=sender)

    def meta(self, what: str) -> Topic:
        """Return the discovery topic `schema` or `rules`; reserved, nothing is said there yet."""
        return self._topic(Kind.META, what=what)

    def below(self, levels: str) -> str:
        """Return what stands at `levels` below the instance: a filter, say."""
        return f"{self.base}/{levels}"

    def _topic(self, kind: Kind, **words: str) -> Topic:
        return _topic(self.base, kind, tuple(words.items()))


@lru_cache(maxsize=16_384)
def _topic(base: str, kind: Kind, words: tuple[tuple[str, str], ...]) -> Topic:
    """Return a topic below `base`; each message of an alert asks for the same two again."""
    levels = {name: escape_level(word) for name, word in words}
    return Topic(f"{base}/{ADDRESS[kind].format_map(levels)}", kind)


def _alert(rule: str, key: str) -> str:
    """Return an owned alert in one level: an id has no point in it, so the first one ends the id."""
    return f"{owned_word(rule)}.{key}"
