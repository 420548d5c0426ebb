"""blockchain.com: one page of statistics, in units that its names do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import DAY, SECOND
from monitor.core.errors import BadQuote
from monitor.domain.events import BTC_USD, DIFFICULTY, HEIGHT
from monitor.domain.series import series_name
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape

HASHRATE = series_name("chain", "blockchain_info", "hashrate_eh")
GH_PER_EH = 1_000_000_000
TH_PER_EH = 1_000_000


def stats(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return the statistics."""
    return {
        "timestamp": market.clock.now(),
        "market_price_usd": float(market.value(BTC_USD)),
        "hash_rate": float(market.value(HASHRATE) * GH_PER_EH),
        "total_fees_btc": 345_600_000,
        "n_btc_mined": 45_000_000_000,
        "n_blocks_mined": 144,
        "minutes_between_blocks": 9.85,
        "n_blocks_total": int(market.value(HEIGHT)),
        "difficulty": int(market.value(DIFFICULTY)),
        "miners_revenue_btc": 453,
    }


def chart(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return days of estimated hashrate, in another unit than the statistics."""
    midnight = market.clock.now() // DAY * DAY
    newest = market.value(HASHRATE) * TH_PER_EH
    return {
        "status": "ok",
        "name": "Hash Rate",
        "unit": "Hash Rate TH/s",
        "period": "day",
        "values": [
            {"x": (midnight - back * DAY) // SECOND, "y": float(newest * (1000 - back) / 1000)}
            for back in range(20, -1, -1)
        ],
    }


PROVIDER = Provider(
    shapes=(
        Shape("charts/hash-rate", chart, ("values", 0, "y")),
        Shape("stats", stats, ("difficulty",), time=("timestamp",), rename=("difficulty",)),
    ),
    values={HASHRATE: Decimal("1048.215")},
    outcomes={(Scenario.ZEROS, "blockchain_info"): (BadQuote, "missing_field")},
)
