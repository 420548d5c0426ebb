"""What each key of Redis keeps, for how long, and how large that becomes.

The lengths are those of specimens written by the service's own encoders, so a change of a format
changes the forecast with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from alerts.codec import encode_transition
from alerts.model import AlertState, Severity, Transition
from alerts.reasons import Reason
from monitor.compute.plan import MARKET_INPUTS
from monitor.core.clock import DAY, HOUR, Millis
from monitor.domain.chronicle import KEEP_DAYS, KEEP_SESSIONS, Day, Told, Traded
from monitor.domain.companies import Companies
from monitor.domain.events import BTC_USD, Quality, Quote
from monitor.domain.flaws import Flaw, FlawEvent
from monitor.domain.market_days import ISSUANCE, RETURNS, RIBBON_LONG, Midnight
from monitor.domain.memory import hash_bytes, stream_bytes
from monitor.domain.pairs import RECENT
from monitor.metrics.base import Scope
from monitor.metrics.catalogue import Catalogue
from monitor.store.codec import encode_quote
from monitor.store.commit import MAX_TRANSITIONS
from monitor.store.flaws import KEEP_REFUSED_MS, MAX_FLAWS, encode_flaw
from monitor.store.keys import Keys
from monitor.store.ticks import KEEP_TICKS_MS

TICKER, ROW_BYTES = 5, 62
"""Length of a ticker, and of one pair of returns with all its digits."""
_NEWEST = "the newest"
_NOW: Millis = 1_767_225_600_000

_SPECIMEN = Quote(
    instrument="BTC-USD",
    value=Decimal("91132.55"),
    observed_at=_NOW,
    source="bitstamp",
    received_at=_NOW + 350,
    fresh_ms=60_000,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a service has to keep.

    Attributes:
        polls: (quotes a poll, polls an hour) of each feed; each poll is taken to bring news.
        companies: in the books.
        metrics: numbers shown of a company.
        market: numbers shown of the market.
        alerts_per_day: that fire; each also resolves.
        firing: alerts that stand at one moment.
        flaws_per_day: gaps and stale or disputed spans.
        days: how long it has been running.

    """

    polls: Sequence[tuple[int, float]]
    companies: int
    metrics: int
    market: int
    alerts_per_day: float
    firing: int
    flaws_per_day: float
    days: int


@dataclass(frozen=True, slots=True)
class Planned:
    """One key, or one kind of key.

    Attributes:
        key: its name or pattern.
        what: it holds.
        keeps: for how long, or how many.
        entries: that it will hold.
        size_bytes: that these will take.

    """

    key: str
    what: str
    keeps: str
    entries: int
    size_bytes: int


def shown_numbers(catalogue: Catalogue, companies: Companies) -> tuple[int, int]:
    """Return how many numbers are shown of a company, on the mean, and how many of the market."""
    own = [metric for metric in catalogue if metric.scope is Scope.COMPANY]
    each = [
        sum(company.type in metric.applies_to for metric in own) for company in companies.values()
    ]
    market = len(list(catalogue)) - len(own) + len(MARKET_INPUTS) + len(companies)
    return round(sum(each) / max(len(each), 1)), market


def planned(load: Load, keys: Keys | None = None) -> list[Planned]:
    """Return what each key will hold and take."""
    keys = Keys() if keys is None else keys
    sources = sum(quotes for quotes, _ in load.polls)
    quote = len(encode_quote(_SPECIMEN))
    latest = hash_bytes([(len("BTC-USD|bitstamp"), quote + 13, sources)])
    return [
        _ticks(load, keys, quote),
        Planned(keys.quotes, "last quote of each source", _NEWEST, sources, latest),
        _state(load, keys, sources, quote),
        *_views(load, keys),
        *_logs(load, keys),
    ]


def _views(load: Load, keys: Keys) -> list[Planned]:
    """Return what people and notebooks read."""
    reading = len(msgspec.json.encode(_VIEW))
    count = load.companies * load.metrics
    each = load.companies * hash_bytes([(24, reading, load.metrics)])
    market = hash_bytes([(24, reading + 40, load.market)])
    return [
        Planned(keys.company("*"), "readings of each company", _NEWEST, count, each),
        Planned(keys.market, "readings of the market", _NEWEST, load.market, market),
    ]


def _logs(load: Load, keys: Keys) -> list[Planned]:
    """Return what grows with time, up to its bound."""
    alerts = min(round(2 * load.alerts_per_day * load.days), MAX_TRANSITIONS)
    flaws = min(round(load.flaws_per_day * load.days), MAX_FLAWS)
    hours, refused_days = KEEP_REFUSED_MS // HOUR, f"{KEEP_REFUSED_MS // DAY} days"
    changes = stream_bytes(alerts, [len(encode_transition(_CHANGE))])
    spans = stream_bytes(flaws, [len(encode_flaw(_FLAW))])
    newest = (f"the newest {MAX_TRANSITIONS:,}", f"the newest {MAX_FLAWS:,}")
    refused = "refused values by hour, source, reason"
    return [
        Planned(keys.transitions, "every change of every alert", newest[0], alerts, changes),
        Planned(keys.flaws, "gaps, stale and disputed spans", newest[1], flaws, spans),
        Planned(keys.refused, refused, refused_days, hours, hash_bytes([(40, 2, hours)])),
    ]


def _ticks(load: Load, keys: Keys, quote: int) -> Planned:
    hours = KEEP_TICKS_MS / HOUR
    counts = [(quotes, round(an_hour * hours)) for quotes, an_hour in load.polls]
    sizes = (stream_bytes(entries, [1, quotes * (quote + 1) + 1, 13]) for quotes, entries in counts)
    entries = sum(entries for _, entries in counts)
    return Planned(keys.ticks, "quotes as they came", "1 hour", entries, sum(sizes))


def _state(load: Load, keys: Keys, sources: int, quote: int) -> Planned:
    """Return the step's memory: quotes, alerts, pairs, midnights and sessions."""
    days = min(load.days, KEEP_DAYS)
    sessions = min(round(load.days * 252 / 365), KEEP_SESSIONS)
    pairing = 900 + min(sessions, RECENT) * ROW_BYTES
    past = 900 + (min(days, RETURNS) + min(days, ISSUANCE) + min(days, RIBBON_LONG)) * 22
    # as if all of it had been backfilled: what was seen live takes about half of that
    names = [f"TICK{n}" for n in range(load.companies)]
    names += [f"{name}.previous_close_usd" for name in names]
    told = dict.fromkeys((*names, BTC_USD), Told(_NOW, 12.345))
    traded = len(msgspec.json.encode(Traded(_NOW, _NOW, None, {}, told)))
    fields = [
        (len("q|BTC-USD|bitstamp"), quote, sources),
        (len("a|rule-of-some-length|RIOT"), 420, load.firing),
        (2 + TICKER, pairing, load.companies),
        (2 + TICKER, 600, load.companies),
        (4, past, 1),
        (len("d|2026-01-12"), len(msgspec.json.encode(_DAY)), days),
        (len("s|2026-01-12"), traded, sessions),
    ]
    entries = sum(times for *_, times in fields)
    keeps = f"{KEEP_DAYS} midnights, {KEEP_SESSIONS} sessions (2 years), {RECENT} pairs"
    return Planned(keys.state, "the step's memory", keeps, entries, hash_bytes(fields))


_VIEW = {"value": 42.7103976399846, "unit": "USD/PH/day", "quality": "degraded"}
_DAY = Day(Midnight(_NOW, 91_132.55, 931_995.0, 146472570620000.0), {"BTC-USD": Told(_NOW, 9e4)})
_FLAW = FlawEvent(Flaw.GAP, "BTC-USD", "bitstamp", _NOW, _NOW + 90_000)
_CHANGE = Transition(
    id="0" * 32,
    rule="mining-margin-thin",
    rule_version="0" * 12,
    labels={"company": "RIOT"},
    key="RIOT",
    severity=Severity.WARNING,
    target="mining_margin_ratio",
    unit="ratio",
    from_state=AlertState.PENDING,
    to_state=AlertState.FIRING,
    reason=Reason.HELD_FOR,
    value=0.0984321,
    bound=0.1,
    at=_NOW,
    since=_NOW,
    number=2,
    observed_at=_NOW,
    quality=Quality.OK.word,
    summary="RIOT mining_margin_ratio is 9.843 %, below 10 %.",
    inputs=tuple(
        {"name": name, "value": 52.5012345, "quality": "ok"}
        for name in ("hashprice_usd_ph_day", "power_hashcost_usd_ph_day")
    ),
)
