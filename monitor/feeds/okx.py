"""OKX: last trade, book and 24 h volume of BTC-USDT. No key.

https://www.okx.com/docs-v5/en/#public-data-rest-api-get-ticker. A pair of a stablecoin: it says
dollars only through that coin's own fresh rate.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import BTC_USDT, Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

_THROTTLED = "50011"
_UNKNOWN = "51001"


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each pair's ticker; `ts` is in milliseconds, as text."""
    quotes = []
    for instrument, pair in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/api/v5/market/ticker", params={"instId": pair})
        root = decode(spec.name, answer)
        _raise_error(root)
        ticker = root.at("data").item(0)
        # a perpetual has the same fields, and its volume counts contracts
        _expect(ticker, "instType", "SPOT")
        _expect(ticker, "instId", pair)
        quotes.append(
            quoted(
                spec,
                answer,
                instrument,
                ticker.at("last").price(),
                observed_at=ticker.at("ts").unix_time(),
                book=Book(
                    ticker.optional("bidPx"), ticker.optional("askPx"), ticker.optional("vol24h")
                ),
            )
        )
    return quotes


def _expect(ticker: Node, key: str, wanted: str) -> None:
    found = ticker.at(key)
    if found.text() != wanted:
        found.refuse(repr(wanted), Reason.WRONG_SYMBOL)


def _raise_error(root: Node) -> None:
    code = root.at("code").text()
    if code != "0":
        said = root.maybe("msg")
        raise _error(root.provider, code, "" if said is None else shown(said.value))


def _error(provider: str, code: str, said: str) -> FeedError:
    message = f"{provider}: answered {shown(code)} {said}".rstrip()
    if code == _UNKNOWN:
        return FeedRejected(f"{message}; check the pair's name", reason=Reason.NOT_FOUND)
    reason = Reason.THROTTLED if code == _THROTTLED else Reason.SERVER_ERROR
    return FeedUnavailable(f"{message}; it is asked again later", reason=reason)


FEED = Feed(
    FeedSpec(
        name="okx",
        base_url="https://www.okx.com",
        instruments={BTC_USDT: "BTC-USDT"},
        interval_s=5,
        timeout_s=4,
        fresh_s=60,
        requests_per_minute=600,  # documented: 20 in two seconds for each address
        licence="Public market data; own use under OKX's API agreement, no resale.",
        max_bytes=16_384,
        batch=1,
    ),
    fetch,
)
