"""CoinGlass: flows of the funds by day, and what lies at exchanges."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import DAY
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Provider
from tests.simulator.providers.coinglass import sealed
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape

FLOW = "etf.btc.flow_usd"
BALANCE = "exchange.all.balance_btc"
CHANGE = "exchange.all.balance_change_24h_btc"
PLACE = 11
"""Where yesterday stands among the days."""


def flows(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return eleven days and yesterday; today has not ended and has no flow yet."""
    midnight = market.clock.now() // DAY * DAY
    flow = int(market.value(FLOW))
    funds = [{"etf_ticker": "IBIT", "flow_usd": flow}, {"etf_ticker": "GBTC"}]
    return sealed(
        [
            *(
                {
                    "timestamp": midnight - back * DAY,
                    "flow_usd": 1,
                    "price_usd": 97_000,
                    "etf_flows": [],
                }
                for back in range(PLACE + 1, 1, -1)
            ),
            {
                "timestamp": midnight - DAY,
                "flow_usd": flow,
                "price_usd": 97_250,
                "etf_flows": funds,
            },
            {"timestamp": midnight, "flow_usd": 0, "etf_flows": []},
        ]
    )


def balances(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return two exchanges, of which one is empty."""
    full = {
        "exchange_name": "Coinbase",
        "total_balance": float(market.value(BALANCE)),
        "balance_change_1d": float(market.value(CHANGE)),
    }
    empty = {"exchange_name": "Gone", "total_balance": 0, "balance_change_1d": 0}
    return sealed([full, empty])


PROVIDER = Provider(
    shapes=(
        Shape(
            "api/exchange/balance/list",
            balances,
            ("data", 0, "total_balance"),
            rename=("data", 0, "total_balance"),
        ),
        Shape(
            "api/etf/bitcoin/flow-history",
            flows,
            ("data", PLACE, "flow_usd"),
            rename=("data", PLACE, "flow_usd"),
        ),
    ),
    values={
        FLOW: Decimal(243_600_000),
        BALANCE: Decimal("2450000.5"),
        CHANGE: Decimal("638.75"),
    },
    outcomes={(Scenario.ZEROS, FLOW): VALUE},  # a day without a flow is one
    environ={"COINGLASS_API_KEY": "test-key-0123456789"},
    key_header="CG-API-KEY",
    refusal={"code": "401", "msg": "API key missing.", "data": None},
    refusal_status=200,
)
