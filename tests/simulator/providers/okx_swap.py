"""OKX: one swap's funding, open interest and ratios, in an envelope whose code is a text."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import HOUR
from monitor.core.errors import BadQuote
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Outcome, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape, UnknownSymbolError

SWAP = "BTC-USDT-SWAP"
FUNDING = "perp.okx.funding_8h_ratio"
HELD = "perp.okx.funding_held_8h_ratio"
OPEN = "perp.okx.open_interest_btc"
ACCOUNTS = "perp.okx.accounts_long_short_ratio"
TOP_ACCOUNTS = "perp.okx.top_accounts_long_short_ratio"
TOP_POSITIONS = "perp.okx.top_positions_long_short_ratio"
_RATIOS = (ACCOUNTS, TOP_ACCOUNTS, TOP_POSITIONS)


def _sealed(data: Document) -> Document:
    return {"code": "0", "data": data, "msg": ""}


def _known(query: Mapping[str, str]) -> None:
    if query.get("instId", query.get("ccy")) not in (SWAP, "BTC"):
        body = {"code": "51001", "data": [], "msg": "Instrument ID doesn't exist"}
        raise UnknownSymbolError(200, body)


def funding_rate(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the rate of the present eight hours."""
    _known(query)
    now = market.clock.now()
    ends = now - now % (8 * HOUR) + 8 * HOUR
    row = {
        "instId": SWAP,
        "instType": "SWAP",
        "method": "current_period",
        "fundingRate": str(market.value(FUNDING)),
        "fundingTime": str(ends),
        "nextFundingTime": str(ends + 8 * HOUR),
        "nextFundingRate": "",
        "ts": str(now),
    }
    return _sealed([row])


def funding_history(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return a day and more of settlements, the newest first and the least."""
    _known(query)
    now, least = market.clock.now(), market.value(HELD)
    rows = [
        {
            "instId": SWAP,
            "instType": "SWAP",
            "fundingRate": str(least * (2 if back else 1)),
            "realizedRate": str(least * (2 if back else 1)),
            "fundingTime": str(now - back * 8 * HOUR),
        }
        for back in range(40 if query.get("limit") == "100" else 5)
    ]
    return _sealed(rows)


def open_interest(market: Market, _: str, query: Mapping[str, str]) -> Document:
    """Return the open contracts, of 0.01 BTC each, and the coins in them."""
    _known(query)
    coins, now = market.value(OPEN), market.clock.now()
    row = {
        "instId": SWAP,
        "instType": "SWAP",
        "oi": str(coins * 100),
        "oiCcy": str(coins),
        "oiUsd": "2500000000",
        "ts": str(now),
    }
    return _sealed([row])


def _ratio(instrument: str, matches: str) -> Shape:
    def render(market: Market, _: str, query: Mapping[str, str]) -> Document:
        _known(query)
        now = market.clock.now()
        before = [[str(now - back * HOUR), "1"] for back in range(1, 40)]
        return _sealed([[str(now), str(market.value(instrument))], *before])

    path = f"api/v5/rubik/stat/contracts/{matches}"
    return Shape(path, render, ("data", 0, 1), ("data", 0, 0), rename=("data",))


# null in a list is no absent member
_NULLS: dict[tuple[Scenario, str], Outcome] = {
    (Scenario.NULL, name): (BadQuote, "wrong_type") for name in _RATIOS
}

PROVIDER = Provider(
    shapes=(
        Shape(
            "api/v5/public/funding-rate-history",
            funding_history,
            ("data", 0, "realizedRate"),
            rename=("data", 0, "realizedRate"),
        ),
        Shape(
            "api/v5/public/funding-rate",
            funding_rate,
            ("data", 0, "fundingRate"),
            ("data", 0, "ts"),
            rename=("data", 0, "fundingRate"),
        ),
        Shape(
            "api/v5/public/open-interest",
            open_interest,
            ("data", 0, "oiCcy"),
            ("data", 0, "ts"),
            rename=("data", 0, "oiCcy"),
        ),
        _ratio(TOP_ACCOUNTS, "long-short-account-ratio-contract-top-trader"),
        _ratio(TOP_POSITIONS, "long-short-position-ratio-contract-top-trader"),
        _ratio(ACCOUNTS, "long-short-account-ratio"),
    ),
    values={
        FUNDING: Decimal("0.00009200"),
        HELD: Decimal("0.00007500"),
        OPEN: Decimal("28554.19"),
        ACCOUNTS: Decimal("1.250"),
        TOP_ACCOUNTS: Decimal("1.180"),
        TOP_POSITIONS: Decimal("1.090"),
    },
    past={FUNDING: HELD},  # the newest settlement is what was held
    outcomes={
        # a rate of zero is one
        (Scenario.ZEROS, FUNDING): VALUE,
        (Scenario.ZEROS, HELD): VALUE,
        # without what was paid, what was announced stands in
        (Scenario.NULL, HELD): VALUE,
        (Scenario.RENAMED_KEY, HELD): VALUE,
        **_NULLS,
    },
)
