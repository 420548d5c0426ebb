"""CoinGecko: what companies hold, with tickers in three styles and a company that holds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape

_SYMBOLS = {
    "mara": "NASDAQ:MARA",
    "mstr": "NASDAQ:MSTR",
    "riot": "RIOT.US",
    "hut": "TSE: HUT",
    "clsk": "NASDAQ:CLSK",
}
ALL = "treasury.all.all_companies_btc"
_HELD = {"mstr": 672_497, "mara": 53_250, "riot": 18_005, "hut": 13_696, "clsk": 13_011}


def companies(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return the companies, in no order that may be relied on."""
    rows = [
        {
            "name": ticker.upper(),
            "symbol": symbol,
            "country": "US",
            "total_holdings": int(market.value(f"treasury.{ticker}.holdings_btc")),
            "total_entry_value_usd": 0,
        }
        for ticker, symbol in _SYMBOLS.items()
    ]
    rows.append({"name": "Sold Out", "symbol": "TSE:GONE", "total_holdings": 0})
    return {"total_holdings": int(market.value(ALL)), "companies": rows}


PROVIDER = Provider(
    shapes=(
        Shape(
            "api/v3/companies/public_treasury/bitcoin",
            companies,
            ("total_holdings",),
            rename=("total_holdings",),
        ),
    ),
    values={
        **{f"treasury.{ticker}.holdings_btc": Decimal(held) for ticker, held in _HELD.items()},
        **{
            f"treasury.{ticker}.rank_count": Decimal(place) for place, ticker in enumerate(_HELD, 1)
        },
        ALL: Decimal(1_090_000),
    },
    environ={"COINGECKO_API_KEY": "test-demo-key-0123456789"},
)
