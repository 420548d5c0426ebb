"""Series about the market around bitcoin: what they are called, measure, and may hold.

A name has three parts: the group, whose it is, and the figure with its unit,
`perp.binance.funding_8h_ratio`. The second part is a venue, a coin or a zone; a series needs no
declaration of its own beyond the figure's, here in one list. They are context: rules may watch
them, no margin is made of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_SUBJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class Cadence(StrEnum):
    """How often a series says something new."""

    LIVE = "live"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"

    @property
    def fresh_ms(self) -> int:
        """Return how long its word holds: two of its periods, and a day more for a daily one."""
        return _FRESH_MS[self]


_FRESH_MS = {
    Cadence.LIVE: 15 * _MINUTE,
    Cadence.HOURLY: 2 * _HOUR,
    # a daily figure comes the morning after, and weekends hold it back
    Cadence.DAILY: 4 * _DAY,
    Cadence.WEEKLY: 15 * _DAY,
}


@dataclass(frozen=True, slots=True)
class Series:
    """One figure of one group.

    Attributes:
        unit: for people.
        bounds: the least and the greatest value that can be true, as written.
        cadence: how often it changes.
        description: one sentence.
        unwatched: why no rule may watch it; empty when rules may.

    """

    unit: str
    bounds: tuple[str, str]
    cadence: Cadence
    description: str
    unwatched: str = ""

    @property
    def low(self) -> Decimal:
        """Return the least value that can be true."""
        return Decimal(self.bounds[0])

    @property
    def high(self) -> Decimal:
        """Return the greatest value that can be true."""
        return Decimal(self.bounds[1])


_LIVE, _HOURLY, _DAILY, _WEEKLY = Cadence.LIVE, Cadence.HOURLY, Cadence.DAILY, Cadence.WEEKLY

SERIES: Mapping[str, Mapping[str, Series]] = {
    "perp": {
        "funding_8h_ratio": Series(
            "ratio", ("-0.1", "0.1"), _LIVE, "Funding rate of the perpetual, turned to eight hours."
        ),
        "funding_held_8h_ratio": Series(
            "ratio",
            ("-0.1", "0.1"),
            _HOURLY,
            "Funding rate, turned to eight hours, that held in every period of the last day.",
        ),
        "open_interest_btc": Series(
            "BTC", ("0", "5e6"), _LIVE, "Open contracts, one side, in bitcoin."
        ),
        "open_interest_usd": Series(
            "USD", ("0", "1e12"), _LIVE, "Open contracts, one side, in dollars."
        ),
        "mark_usd": Series("USD", ("1", "1e7"), _LIVE, "Mark price of the perpetual; never spot."),
        "accounts_long_short_ratio": Series(
            "ratio", ("0.001", "1000"), _LIVE, "Accounts that are long, for each that is short."
        ),
        "top_accounts_long_short_ratio": Series(
            "ratio", ("0.001", "1000"), _LIVE, "The same among the largest traders, by accounts."
        ),
        "top_positions_long_short_ratio": Series(
            "ratio", ("0.001", "1000"), _LIVE, "The same among the largest traders, by positions."
        ),
        "margin_long_btc": Series(
            "BTC", ("0", "5e6"), _LIVE, "Bitcoin held long on margin (Bitfinex)."
        ),
        "margin_short_btc": Series(
            "BTC", ("0", "5e6"), _LIVE, "Bitcoin held short on margin (Bitfinex)."
        ),
        "margin_long_day_change_ratio": Series(
            "ratio", ("-1", "100"), _LIVE, "Change of what is held long on margin over a day."
        ),
        "liquidated_long_1h_usd": Series(
            "USD", ("0", "1e11"), _LIVE, "Long positions liquidated within the last hour."
        ),
        "liquidated_short_1h_usd": Series(
            "USD", ("0", "1e11"), _LIVE, "Short positions liquidated within the last hour."
        ),
        "liquidated_1h_usd": Series(
            "USD", ("0", "1e11"), _LIVE, "All positions liquidated within the last hour."
        ),
        "liquidated_long_1h_btc": Series(
            "BTC", ("0", "5e6"), _LIVE, "Longs of the main contract liquidated in the last hour."
        ),
        "liquidated_short_1h_btc": Series(
            "BTC", ("0", "5e6"), _LIVE, "Shorts of the main contract liquidated in the last hour."
        ),
        "liquidated_1h_btc": Series(
            "BTC", ("0", "5e6"), _LIVE, "All of the main contract liquidated in the last hour."
        ),
    },
    "options": {
        "implied_volatility_30d_ratio": Series(
            "ratio", ("0", "10"), _LIVE, "Implied volatility over thirty days, a year's."
        ),
        "open_interest_btc": Series("BTC", ("0", "5e6"), _LIVE, "Open option contracts."),
        "next_expiry_open_interest_btc": Series(
            "BTC", ("0", "5e6"), _LIVE, "Open option contracts of the next monthly expiry."
        ),
        "put_call_ratio": Series("ratio", ("0", "100"), _LIVE, "Open puts for each open call."),
        "max_pain_usd": Series(
            "USD", ("1", "1e7"), _HOURLY, "The price at which the next monthly expiry pays least."
        ),
    },
    "stablecoin": {
        "cap_usd": Series(
            "USD",
            ("0", "1e13"),
            _DAILY,
            "Coins in circulation, at their price.",
            unwatched="it moves slowly; watch `cap_week_change_ratio`",
        ),
        "cap_week_change_ratio": Series(
            "ratio", ("-1", "10"), _WEEKLY, "Change of the circulation over seven days."
        ),
    },
    "etf": {
        "flow_usd": Series(
            "USD", ("-1e11", "1e11"), _DAILY, "Net flow of a trading day, all funds."
        ),
        "holdings_btc": Series("BTC", ("0", "2.1e7"), _DAILY, "Bitcoin that the funds hold."),
    },
    "exchange": {
        "balance_btc": Series("BTC", ("0", "2.1e7"), _HOURLY, "Bitcoin that lies at an exchange."),
        "balance_change_24h_btc": Series(
            "BTC", ("-2.1e7", "2.1e7"), _HOURLY, "Its change over a day."
        ),
    },
    "treasury": {
        "holdings_btc": Series("BTC", ("0", "2.1e7"), _DAILY, "Bitcoin that a company holds."),
        "rank_count": Series("count", ("1", "1e6"), _DAILY, "Its place among companies by that."),
        "all_companies_btc": Series("BTC", ("0", "2.1e7"), _DAILY, "All companies together."),
    },
    "power": {
        "price_usd_mwh": Series(
            "USD/MWh", ("-5000", "20000"), _LIVE, "Real-time price of power in a grid's zone."
        ),
        "day_ahead_price_usd_mwh": Series(
            "USD/MWh", ("-5000", "20000"), _DAILY, "Price of power for the same hour, a day ahead."
        ),
        "demand_mw": Series("MW", ("0", "1e7"), _HOURLY, "Load of a grid."),
        "capacity_mw": Series("MW", ("0", "1e7"), _HOURLY, "What the grid could supply."),
        "retail_price_usd_kwh": Series(
            "USD/kWh", ("0", "10"), _WEEKLY, "Price that industry pays, of a month."
        ),
    },
    "chain": {
        "block_gap_s": Series("s", ("0", "1e6"), _LIVE, "Time since the last block."),
        "fee_rate_sat_vb": Series("sat/vB", ("0", "1e6"), _LIVE, "Fee for the next block."),
        "hashrate_eh": Series("EH/s", ("0", "1e6"), _HOURLY, "Hashrate as a source estimates it."),
        "miner_reserve_btc": Series("BTC", ("0", "2.1e7"), _DAILY, "Bitcoin that miners hold."),
    },
}


def series_of(name: str) -> Series | None:
    """Return what is declared of an instrument's name; None when it is no series."""
    group, _, rest = name.partition(".")
    subject, _, figure = rest.partition(".")
    if group not in SERIES or not _SUBJECT.fullmatch(subject):
        return None
    return SERIES[group].get(figure)


def series_name(group: str, subject: str, figure: str) -> str:
    """Return the instrument's name of a series.

    Raises:
        KeyError: no such series is declared.

    """
    name = f"{group}.{subject}.{figure}"
    if series_of(name) is None:
        raise KeyError(name)
    return name
