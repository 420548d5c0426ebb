"""Hyperliquid: funding and open interest of the perpetual on bitcoin. No key, and no time of its own.

https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals
Questions are posted as JSON; its funding is paid every hour.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.domain.events import Quote
from monitor.domain.funding import HOUR_MS, per_eight_hours
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

WEIGHT = 20
PAST_HOURS = 500
"""It gives so many rows at once, and weighs each twenty as one more."""
PAST_WEIGHT = WEIGHT + PAST_HOURS // 20
_QUESTION = {"type": "metaAndAssetCtxs"}


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask once for all markets; names and figures are two lists in the same order."""
    answer = await http.post_json(f"{spec.base_url}/info", _QUESTION, weight=WEIGHT)
    root = decode(spec.name, answer)
    quotes = []
    for instrument, coin in spec.instruments.items():
        market = root.item(1).item(_place(root.item(0).at("universe"), coin))
        if instrument.endswith(".funding_8h_ratio"):
            value = per_eight_hours(market.at("funding").number(), HOUR_MS)
        else:
            value = market.at("openInterest").price()
        quotes.append(quoted(spec, answer, instrument, value))
    return quotes


async def past(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for the funding of three weeks, paid each hour; open interest has no past here."""
    quotes: list[Quote] = []
    for instrument, coin in spec.instruments.items():
        if not instrument.endswith(".funding_8h_ratio"):
            continue
        # it wants a beginning and tells the oldest first: the hour that it is comes with an answer
        url = f"{spec.base_url}/info"
        markets = await http.post_json(url, _QUESTION, weight=WEIGHT)
        _place(decode(spec.name, markets).item(0).at("universe"), coin)
        since = markets.received_at - PAST_HOURS * HOUR_MS
        asked = {"type": "fundingHistory", "coin": coin, "startTime": since}
        answer = await http.post_json(url, asked, weight=PAST_WEIGHT)
        for row in decode(spec.name, answer).items():
            row.says("coin", coin)
            value = per_eight_hours(row.at("fundingRate").number(), HOUR_MS)
            at = row.at("time").unix_time()
            quotes.append(quoted(spec, answer, instrument, value, observed_at=at))
    return quotes


def _place(universe: Node, coin: str) -> int:
    """Return where a coin stands; that bitcoin is the first is nobody's promise."""
    names = [market.at("name").text() for market in universe.items()]
    if coin not in names:
        universe.refuse(f"a list with {coin}", Reason.WRONG_SYMBOL)
    return names.index(coin)


FEED = Feed(
    FeedSpec(
        name="hyperliquid",
        base_url="https://api.hyperliquid.xyz",
        instruments={
            series_name("perp", "hyperliquid", "funding_8h_ratio"): "BTC",
            series_name("perp", "hyperliquid", "open_interest_btc"): "BTC",
        },
        interval_s=60,
        timeout_s=8,
        fresh_s=900,
        requests_per_minute=240,  # in weights, of 1,200
        licence="Public API without terms of its own for data; own use.",
        max_bytes=1_048_576,
    ),
    fetch,
    past=past,
)
