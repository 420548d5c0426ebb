"""HTX: what the largest traders hold, as shares that are long and short."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import HOUR
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape, UnknownSymbolError

ACCOUNTS = "perp.htx.top_accounts_long_short_ratio"
POSITIONS = "perp.htx.top_positions_long_short_ratio"


def _shape(instrument: str, path: str) -> Shape:
    def render(market: Market, _: str, query: Mapping[str, str]) -> Document:
        now = market.clock.now()
        if query.get("contract_code") != "BTC-USDT":
            words = "The contract doesn't exist."
            body = {"status": "error", "err_code": 1332, "err_msg": words, "ts": now}
            raise UnknownSymbolError(200, body)
        long = float(market.value(instrument) * Decimal("0.4"))
        rows = [
            {"buy_ratio": 0.5, "sell_ratio": 0.4, "locked_ratio": 0.1, "ts": now - 80 * HOUR},
            {"buy_ratio": long, "sell_ratio": 0.4, "locked_ratio": 0.1, "ts": now},
        ]
        data = {"symbol": "BTC", "contract_code": "BTC-USDT", "list": rows}
        return {"status": "ok", "data": data, "ts": now}

    row: tuple[str | int, ...] = ("data", "list", 1)
    return Shape(
        f"linear-swap-api/v1/{path}",
        render,
        (*row, "buy_ratio"),
        (*row, "ts"),
        rename=(*row, "buy_ratio"),
    )


PROVIDER = Provider(
    shapes=(
        _shape(ACCOUNTS, "swap_elite_account_ratio"),
        _shape(POSITIONS, "swap_elite_position_ratio"),
    ),
    values={ACCOUNTS: Decimal("1.320"), POSITIONS: Decimal("1.050")},
)
