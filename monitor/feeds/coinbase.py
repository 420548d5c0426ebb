"""Coinbase Exchange: last trade, book and 24 h volume of BTC-USD. No key.

https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getproductticker
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.domain.events import BTC_USD, Quote
from monitor.feeds.answers import Book, decode, quoted
from monitor.feeds.base import Feed, FeedSpec, Http


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each product's ticker; `time` is the last trade's."""
    quotes = []
    for instrument, product in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/products/{product}/ticker")
        ticker = decode(spec.name, answer)
        quotes.append(
            quoted(
                spec,
                answer,
                instrument,
                ticker.at("price").price(),
                observed_at=ticker.at("time").iso_time(),
                book=Book(
                    ticker.optional("bid"), ticker.optional("ask"), ticker.optional("volume")
                ),
            )
        )
    return quotes


FEED = Feed(
    FeedSpec(
        name="coinbase",
        base_url="https://api.exchange.coinbase.com",
        instruments={BTC_USD: "BTC-USD"},
        interval_s=5,
        timeout_s=4,
        fresh_s=60,
        requests_per_minute=600,  # documented: 10 a second for each address, bursts of 15
        licence="Public market data; own use under Coinbase's market data terms, no resale.",
        max_bytes=16_384,
        batch=1,
    ),
    fetch,
)
