"""DefiLlama: days of stablecoins, whose dates are texts and whose last is today's."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import DAY, SECOND
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape

_COINS = {"": "all", "1": "usdt", "2": "usdc"}
DAYS = 12
_BEFORE = Decimal(100_000_000_000)


def chart(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return days that are all alike but the last, and the dollar's peg; the euro's is not in each of them."""
    coin = _COINS[query.get("stablecoin", "")]
    cap = market.value(f"stablecoin.{coin}.cap_usd")
    change = market.value(f"stablecoin.{coin}.cap_week_change_ratio")
    days = []
    for back in range(DAYS, -1, -1):
        coins = _BEFORE if back else _BEFORE * (1 + change)
        days.append(
            {
                "date": str((market.clock.now() - back * DAY) // SECOND),
                "totalCirculating": {"peggedUSD": int(coins)},
                "totalCirculatingUSD": {"peggedUSD": int(cap), "peggedEUR": 580_000_000},
            }
        )
    return days


PROVIDER = Provider(
    shapes=(
        Shape(
            "stablecoincharts/all",
            chart,
            (DAYS, "totalCirculatingUSD", "peggedUSD"),
            (DAYS, "date"),
            rename=(DAYS, "totalCirculatingUSD", "peggedUSD"),
        ),
    ),
    values={
        "stablecoin.all.cap_usd": Decimal(306_305_000_000),
        "stablecoin.all.cap_week_change_ratio": Decimal("0.0120"),
        "stablecoin.usdt.cap_usd": Decimal(184_000_000_000),
        "stablecoin.usdt.cap_week_change_ratio": Decimal("0.0080"),
        "stablecoin.usdc.cap_usd": Decimal(74_500_000_000),
        "stablecoin.usdc.cap_week_change_ratio": Decimal("0.0210"),
    },
)
