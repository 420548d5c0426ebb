"""Kraken: last trade, book and 24 h volume of BTC and stablecoins in USD. No key, and no time.

https://docs.kraken.com/api/docs/rest-api/get-ticker-information
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import BTC_USD, USDC_USD, USDT_USD, Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each pair's ticker.

    The result's key is Kraken's own name of the pair (XBTUSD is answered as XXBTZUSD), so the
    single result is taken whatever it is called. The answer has no time: ours stands in.
    """
    quotes = []
    for instrument, pair in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/0/public/Ticker", params={"pair": pair})
        root = decode(spec.name, answer)
        _raise_error(root)
        ticker = root.at("result").only()
        price = ticker.at("c").item(0).price()
        # v is [today, last 24 hours]
        book = Book(
            ticker.at("b").item(0).side(),
            ticker.at("a").item(0).side(),
            ticker.at("v").item(1).side(),
        )
        quotes.append(quoted(spec, answer, instrument, price, book=book))
    return quotes


def _raise_error(root: Node) -> None:
    # errors come with HTTP 200, so they are looked at before anything else
    errors = root.maybe("error")
    if errors is None or errors.value == []:
        return
    raise _error(root.provider, errors.item(0).text())


def _error(provider: str, text: str) -> FeedError:
    said = f"{provider}: answered {shown(text)}"
    if text.startswith("EQuery:Unknown asset pair"):
        return FeedRejected(f"{said}; check the pair's name", reason=Reason.NOT_FOUND)
    throttled = "Rate limit" in text or "lockout" in text
    reason = Reason.THROTTLED if throttled else Reason.SERVER_ERROR
    return FeedUnavailable(f"{said}; it is asked again later", reason=reason)


FEED = Feed(
    FeedSpec(
        name="kraken",
        base_url="https://api.kraken.com",
        instruments={BTC_USD: "XBTUSD", USDT_USD: "USDTUSD", USDC_USD: "USDCUSD"},
        interval_s=5,
        timeout_s=4,
        fresh_s=60,
        requests_per_minute=60,  # assumed: about one a second for each address
        licence="Public market data; own use under Kraken's terms of service, no resale.",
        max_bytes=16_384,
        batch=1,
    ),
    fetch,
)
