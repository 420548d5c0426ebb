"""What `keys` builds, as a list: of each key the pattern, the kind, what it holds and how long.

`hashhedge schema redis`, docs/operations.md and the look at the kinds of keys all read it. It names
the attributes of `Keys`, so that no pattern is written twice; `tests/unit` holds it against them, and a
test runs the whole service and finds no key that is not in it.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Literal, TypeAlias

from monitor.core.clock import DAY, HOUR, SECOND, Millis
from monitor.core.plurals import counted
from monitor.domain.chronicle import KEEP_DAYS, KEEP_SESSIONS
from monitor.domain.notices import KEPT_MS as NOTICES_MS
from monitor.store.codec import SCHEMA as TICK_SCHEMA
from monitor.store.commands import MAX_FORBIDDEN, MAX_REPLIES, REMEMBERED_MS
from monitor.store.commit import MAX_REJECTED, MAX_TRANSITIONS
from monitor.store.externals import KEPT_S, SEEN_MS
from monitor.store.flaws import KEEP_REFUSED_MS, MAX_FLAWS
from monitor.store.keys import Keys
from monitor.store.leases import TTL_MS
from monitor.store.letters import MAX_RECEIPTS, MAX_TOLD, ROUTED_MS
from monitor.store.named import KEPT_MS as NAMED_MS
from monitor.store.outbox_stream import MAX_DEAD_LETTERS
from monitor.store.tags import MAX_TAGS
from monitor.store.ticks import KEEP_TICKS_MS

STATE_SCHEMA = "1"
"""Of the cells of the state; the cell `schema` says it, and another one is refused."""
LAYOUT = "1"
"""Of all keys that do not say their version themselves: it changes with what is in one of them."""

Kind: TypeAlias = Literal["stream", "hash", "set", "zset", "string"]
"""As Redis' own TYPE says it."""


@dataclass(frozen=True, slots=True)
class Family:
    """One key, or all that differ in one word.

    Attributes:
        name: the attribute of `Keys` that builds it.
        kind: of its value.
        holds: what is in it.
        kept: how long.
        ttl_ms: the expiry that Redis keeps, as it is set; None: it has none.
        version: of what is in it.

    """

    name: str
    kind: Kind
    holds: str
    kept: str
    ttl_ms: Millis | None = None
    version: str = LAYOUT

    @property
    def parameter(self) -> str | None:
        """Return the name of the word in which its keys differ; None: there is one key."""
        built = vars(Keys)[self.name]
        return None if isinstance(built, property) else list(inspect.signature(built).parameters)[1]

    def pattern(self, keys: Keys) -> str:
        """Return the key, with `<word>` where its keys differ."""
        word = self.parameter
        built: str = getattr(keys, self.name) if word is None else self.key(keys, f"<{word}>")
        return built

    def key(self, keys: Keys, word: str) -> str:
        """Return the key of a word, of a family of several."""
        built: str = getattr(keys, self.name)(word)
        return built


def _newest(most: int) -> str:
    return f"the newest {most:,}"


def _span(ms: Millis) -> str:
    return counted(ms // DAY, "day") if ms >= DAY else f"{ms // HOUR} h"


_NEWEST = "the newest"
_UNTIL_DELIVERED = "until delivered"
_FOR_EVER = "until removed"

FAMILIES: tuple[Family, ...] = (
    Family(
        "ticks",
        "stream",
        "what came in: quotes, notices, reports on feeds, commands",
        f"{_span(KEEP_TICKS_MS)} after it was computed",
        version=TICK_SCHEMA.decode(),
    ),
    Family("quotes", "hash", "`instrument|source` to its last quote", _NEWEST),
    Family(
        "state",
        "hash",
        "the step's memory: alerts, histories, silences, users' rules, the cursor",
        f"{KEEP_DAYS} days, {KEEP_SESSIONS} sessions; alerts while they live",
        version=STATE_SCHEMA,
    ),
    Family(
        "transitions", "stream", "every change of every alert, in order", _newest(MAX_TRANSITIONS)
    ),
    Family(
        "tags",
        "hash",
        "the id of an alert's fire to what people thought of it",
        f"one word an alert, {MAX_TAGS:,} at most",
    ),
    Family("outbox", "stream", "alerts on their way to the sinks", _UNTIL_DELIVERED),
    Family(
        "dead_letters",
        "stream",
        "alerts that no sink takes, with the reason",
        _newest(MAX_DEAD_LETTERS),
    ),
    Family(
        "rejected",
        "stream",
        "entries of the ticks that cannot be read, with the reason",
        _newest(MAX_REJECTED),
    ),
    Family(
        "notices", "zset", "ids of what a source has told, by when it happened", _span(NOTICES_MS)
    ),
    Family("flaws", "stream", "gaps, stale and disputed spans", _newest(MAX_FLAWS)),
    Family(
        "refused",
        "hash",
        "`hour|reason|source` to how many values were refused",
        _span(KEEP_REFUSED_MS),
    ),
    Family("replies", "stream", "what became of commands", _newest(MAX_REPLIES)),
    Family("forbidden", "stream", "commands that were refused at the door", _newest(MAX_FORBIDDEN)),
    Family(
        "command",
        "string",
        "the id of a command that was taken, and what it said",
        _span(REMEMBERED_MS),
        ttl_ms=REMEMBERED_MS,
    ),
    Family("feeds", "hash", "a feed's name to its health", _NEWEST),
    Family(
        "externals",
        "hash",
        "a sender to /ingest to what is known of it",
        f"{_span(KEPT_S * SECOND)} after the last post",
        ttl_ms=KEPT_S * SECOND,
    ),
    Family(
        "signatures",
        "zset",
        "signatures of requests that were taken, by when",
        "as long as one counts",
        ttl_ms=SEEN_MS,
    ),
    Family("rulebook", "hash", "the rulebook of the process that computes", _NEWEST),
    Family(
        "published",
        "set",
        "MQTT topics with a retained state of market, companies, feeds",
        "until the state is taken back",
    ),
    Family(
        "alert_states",
        "hash",
        "`rule|key` to the state that a broker was told; `@` before a user's own",
        "until the state is taken back",
    ),
    Family("alerts", "string", "which alerts the rulebook makes", _NEWEST),
    Family(
        "discovery",
        "hash",
        "topic of a Home Assistant configuration to what was ever in it",
        "until it is taken back",
    ),
    Family(
        "replay",
        "hash",
        "how far a replay was fed, and from what; only of a replay",
        "until `--fresh`",
    ),
    Family("instance", "string", "the name of the installation whose state this is", _FOR_EVER),
    Family("company", "hash", "one company's readings, for people", _NEWEST),
    Family("companies", "set", "tickers that have such a hash", _NEWEST),
    Family("market", "hash", "the market's and the network's readings, for people", _NEWEST),
    Family("views", "hash", "how often each hash of readings was written", _FOR_EVER),
    Family("watchlists", "set", "names of the watch lists", _FOR_EVER),
    Family("watchlist", "set", "companies and instruments on a watch list", _FOR_EVER),
    Family("letters", "stream", "letters to users on their way to a channel", _UNTIL_DELIVERED),
    Family(
        "dead_user_letters",
        "stream",
        "letters that no channel of their user took, with the reasons",
        _newest(MAX_DEAD_LETTERS),
    ),
    Family("holding", "set", "users for whom letters are held", "until the quiet hours are over"),
    Family(
        "held",
        "hash",
        "letters that wait for the end of the user's quiet hours",
        "until the quiet hours are over",
    ),
    Family("routed", "zset", "ids of the letters written to a user, by when", _span(ROUTED_MS)),
    Family("pushed", "zset", "ids of the letters that went out to a user, by when", "1 h"),
    Family(
        "told",
        "zset",
        "alerts that a user was told of and that go on",
        f"until they end, {MAX_TOLD:,} at most",
    ),
    Family(
        "follows", "hash", "what a user follows (1) or has unfollowed (0) by command", _FOR_EVER
    ),
    Family("receipts", "stream", "what became of letters at channels", _newest(MAX_RECEIPTS)),
    Family(
        "named",
        "string",
        "what Telegram calls the last message of an alert",
        _span(NAMED_MS),
        ttl_ms=NAMED_MS,
    ),
    Family(
        "channel_faults",
        "hash",
        "`user|channel|reason` to since when it does not work",
        "until it works",
    ),
    Family("lease", "string", "who holds a role now", "HASHHEDGE_LEASE_MS", ttl_ms=TTL_MS),
    Family("token", "string", "fencing token of a role's newest holder, a counter", _FOR_EVER),
)
"""All there are, in the order of `Keys`' road: in, memory, out, people."""
