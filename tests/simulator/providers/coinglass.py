"""CoinGlass: what was liquidated, what is open and what is paid, venue by venue and for all."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.errors import BadQuote
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape, UnknownSymbolError

FUNDING = "perp.bitget.funding_8h_ratio"
OPEN_USD, OPEN_BTC = "perp.all.open_interest_usd", "perp.all.open_interest_btc"
TOTAL = "perp.all.liquidated_1h_usd"
LONG, SHORT = "perp.all.liquidated_long_1h_usd", "perp.all.liquidated_short_1h_usd"


def sealed(data: Document) -> Document:
    """Return a good answer around `data`."""
    return {"code": "0", "msg": "success", "data": data}


def liquidations(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the last hour's."""
    if query.get("range") != "1h":
        raise UnknownSymbolError(200, {"code": "400", "msg": "bad range", "data": None})
    values = {
        "liquidation_usd": float(market.value(TOTAL)),
        "long_liquidation_usd": float(market.value(LONG)),
        "short_liquidation_usd": float(market.value(SHORT)),
    }
    return sealed([{"exchange": "All", **values}, {"exchange": "Bybit", **values}])


def open_interest(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return what is open at all venues and at one."""
    row = {
        "symbol": "BTC",
        "open_interest_usd": float(market.value(OPEN_USD)),
        "open_interest_quantity": float(market.value(OPEN_BTC)),
    }
    return sealed([{"exchange": "All", **row}, {"exchange": "CME", "symbol": "BTC"}])


def funding(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return rates in percent; the venue's interval is four hours."""
    percent = float(market.value(FUNDING) * 100 / 2)
    venues = [
        {"exchange": "Binance", "funding_rate_interval": 8, "funding_rate": 0.007343},
        {"exchange": "BITGET", "funding_rate_interval": 4, "funding_rate": percent},
    ]
    return sealed([{"symbol": "BTC", "stablecoin_margin_list": venues, "token_margin_list": []}])


PROVIDER = Provider(
    shapes=(
        Shape(
            "api/futures/liquidation/exchange-list",
            liquidations,
            ("data", 0, "liquidation_usd"),
            rename=("data", 0, "liquidation_usd"),
        ),
        Shape(
            "api/futures/open-interest/exchange-list",
            open_interest,
            ("data", 0, "open_interest_usd"),
            rename=("data", 0, "open_interest_usd"),
        ),
        Shape(
            "api/futures/funding-rate/exchange-list",
            funding,
            ("data", 0, "stablecoin_margin_list", 1, "funding_rate"),
            rename=("data", 0, "stablecoin_margin_list", 1, "funding_rate"),
        ),
    ),
    values={
        TOTAL: Decimal("21000000.0"),
        LONG: Decimal("14000000.0"),
        SHORT: Decimal("7000000.0"),
        OPEN_USD: Decimal("57437891724.5"),
        OPEN_BTC: Decimal("659557.3064"),
        FUNDING: Decimal("0.00008000"),
    },
    outcomes={
        # none of a sum whose parts are there is a contradiction
        **{(Scenario.ZEROS, name): (BadQuote, "out_of_bounds") for name in (TOTAL, LONG, SHORT)},
        (Scenario.ZEROS, FUNDING): VALUE,
    },
    environ={"COINGLASS_API_KEY": "test-key-0123456789"},
    key_header="CG-API-KEY",
    refusal={"code": "401", "msg": "API key missing.", "data": None},
    refusal_status=200,
)
