"""The spot ticker of Binance's API, which several hosts serve. Hop 2.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.feeds.answers import Book, Node, decode, quoted, shown
from monitor.feeds.base import FeedSpec, Http
from monitor.feeds.reasons import Reason

TICKER_WEIGHT = 2.0
_INVALID_SYMBOL = -1121
_THROTTLED = frozenset({-1003, -1015})


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each pair's 24 h ticker; only this one has a time: the end of its window, in ms."""
    quotes = []
    for instrument, symbol in spec.instruments.items():
        answer = await http.get(
            f"{spec.base_url}/api/v3/ticker/24hr", params={"symbol": symbol}, weight=TICKER_WEIGHT
        )
        ticker = decode(spec.name, answer)
        _raise_error(ticker)
        ticker.says("symbol", symbol)
        quotes.append(
            quoted(
                spec,
                answer,
                instrument,
                ticker.at("lastPrice").price(),
                observed_at=ticker.at("closeTime").unix_time(),
                book=Book(
                    ticker.optional("bidPrice"),
                    ticker.optional("askPrice"),
                    ticker.optional("volume"),
                ),
            )
        )
    return quotes


def _raise_error(root: Node) -> None:
    code = root.maybe("code")
    if code is not None:
        said = root.maybe("msg")
        raise _error(root.provider, int(code.number()), "" if said is None else shown(said.value))


def _error(provider: str, code: int, said: str) -> FeedError:
    message = f"{provider}: answered {code} {said}".rstrip()
    if code == _INVALID_SYMBOL:
        return FeedRejected(f"{message}; check the pair's name", reason=Reason.NOT_FOUND)
    if "restricted location" in said:
        return FeedRejected(f"{message}; use another venue", reason=Reason.GEO_BLOCKED)
    reason = Reason.THROTTLED if code in _THROTTLED else Reason.SERVER_ERROR
    return FeedUnavailable(f"{message}; it is asked again later", reason=reason)
