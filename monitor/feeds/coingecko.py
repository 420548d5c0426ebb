"""CoinGecko: bitcoin that listed companies hold, and their places by it. A key gives more calls.

https://docs.coingecko.com/reference/companies-public-treasury
The list is kept by hand and runs weeks behind the filings, so it is context: what a company holds
stays what its book says from its own reports, and neither is added to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import Credential, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

ALL = "*"
_KEY_ERRORS = frozenset({"10002", "10005", "10010", "10011"})


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for the list of all companies and read each wanted one's row and place."""
    path = "/api/v3/companies/public_treasury/bitcoin"
    answer = await http.get(f"{spec.base_url}{path}")
    root = decode(spec.name, answer)
    _raise_error(root)
    everyone, rows = root.at("total_holdings").price(), root.at("companies")
    held = {ticker_of(row.at("symbol").text()): row.at("total_holdings") for row in rows.items()}
    quotes = []
    for instrument, ticker in spec.instruments.items():
        if ticker == ALL:
            quotes.append(quoted(spec, answer, instrument, everyone))
            continue
        if ticker not in held:
            rows.refuse(f"a list with {ticker}", Reason.MISSING_FIELD)
        value = held[ticker].price()
        if value > everyone:
            held[ticker].refuse("a part of what all hold", Reason.OUT_OF_BOUNDS)
        if instrument.endswith(".rank_count"):
            # equals share a place; a company without coins is behind them all
            value = Decimal(1 + sum(other.number() > value for other in held.values()))
        quotes.append(quoted(spec, answer, instrument, value))
    return quotes


def ticker_of(symbol: str) -> str:
    """Return the ticker of `NASDAQ:MARA`, `TSE: GLXY` or `MARA.US`."""
    return symbol.rpartition(":")[2].strip().removesuffix(".US").upper()


def _raise_error(root: Node) -> None:
    status = root.maybe("status")
    if status is not None:
        raise _error(status)


def _error(status: Node) -> FeedError:
    code, words = status.maybe("error_code"), status.maybe("error_message")
    number = "" if code is None else str(code.value)
    message = f"{status.provider}: answered {shown(number if words is None else words.value)}"
    if number in _KEY_ERRORS:
        return FeedRejected(f"{message}; check the key and its plan", reason=Reason.UNAUTHORIZED)
    reason = Reason.THROTTLED if number == "429" else Reason.SERVER_ERROR
    return FeedUnavailable(f"{message}; it is asked again later", reason=reason)


FEED = Feed(
    FeedSpec(
        name="coingecko",
        base_url="https://api.coingecko.com",
        instruments={
            **{
                series_name("treasury", ticker.lower(), figure): ticker
                for ticker in ("MSTR", "MARA", "RIOT", "CLSK", "HUT")
                for figure in ("holdings_btc", "rank_count")
            },
            series_name("treasury", "all", "all_companies_btc"): ALL,
        },
        interval_s=21_600,
        timeout_s=20,
        fresh_s=2 * 86_400,
        requests_per_minute=8,  # without a key the limit is low and shared by address
        licence="Own use, with attribution to CoinGecko; no resale.",
        max_bytes=1_048_576,
        batch=2,  # a company that left the list takes nobody else with it
        credentials=(
            Credential(env="COINGECKO_API_KEY", header="x-cg-demo-api-key", optional=True),
        ),
    ),
    fetch,
)
