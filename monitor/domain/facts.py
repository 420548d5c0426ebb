"""The catalogue of company facts: unit, plausible range, and how long a figure may be trusted.

Metrics name facts as inputs, the books give figures for them, the loader refuses what lies outside
the range. Hashrate is several facts, because installed, energised and operating hashrate differ by
up to 40 %; `hashrate_eh_s`, which metrics ask for, is the best known of them and says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# A quarterly report's figures are replaced after about 91 days. Ten days of grace, then a ratio
# made of them says stale: what happened since is not in it (a filing itself takes up to 45 days).
QUARTERLY_DAYS = 100
# Efficiency, power price, hashrate, overhead and pool fee move with contracts and machine
# generations, and many companies state them once a year only. A yearly report that comes half a
# year late (365 + 185 days) still counts; beyond that a fleet has usually been renewed.
OPERATIONAL_DAYS = 550
# Of two measurements of one thing the better basis wins, unless it is this much older than the
# newest: machines arrive in batches, and two quarterly reports later it describes another fleet.
BETTER_BASIS_DAYS = 200


@dataclass(frozen=True, slots=True)
class FactSpec:
    """What is known about a fact before any company states it.

    Attributes:
        name: ends in its unit.
        unit: of every figure of this fact, once loaded.
        low: smallest plausible value.
        high: largest plausible value.
        max_age_days: a figure is stale after so many days; None: it does not age.
        description: one line for people.
        nil: zero is allowed below `low`: measured, and none.
        basis: what kind of measurement the fact is, where several facts share one meaning.
        best_of: the facts that stand for this one, the best first; empty for a fact of the books.

    """

    name: str
    unit: str
    low: float
    high: float
    max_age_days: int | None
    description: str
    nil: bool = False
    basis: str = ""
    best_of: tuple[str, ...] = ()

    def plausible(self, value: float) -> bool:
        """Tell whether `value`, in the fact's unit, can be true."""
        return self.low <= value <= self.high or (self.nil and value == 0)

    @property
    def expected(self) -> str:
        """Return the range in words, for an error."""
        nil = ", or 0" if self.nil else ""
        return f"{self.low:,g} to {self.high:,g} {self.unit}{nil}"


def _hashrate(word: str, description: str) -> FactSpec:
    name = f"hashrate_{word.replace(' ', '_')}_eh_s"
    return FactSpec(name, "EH/s", 0.01, 500, OPERATIONAL_DAYS, description, nil=True, basis=word)


def _usd(name: str, description: str, *, low: float = 1e4) -> FactSpec:
    yearly = name.endswith("_usd_year")
    unit = "USD/year" if yearly else "USD"
    return FactSpec(name, unit, low, 1e11, QUARTERLY_DAYS, description, nil=True)


def _mw(name: str, description: str, days: int | None = QUARTERLY_DAYS) -> FactSpec:
    return FactSpec(name, "MW", 0.1, 50_000, days, description, nil=True)


_HASHRATES = (
    _hashrate("average operating", "mean of the hashrate that ran in the period"),
    _hashrate("realised", "hashrate that the coins mined imply"),
    _hashrate("operating at period end", "hashrate that ran on the last day"),
    _hashrate("energised", "machines under power, running or not"),
    _hashrate("installed", "machines in place (deployed, installed)"),
)

_SPECS = (
    FactSpec(
        "efficiency_j_th", "J/TH", 5, 120, OPERATIONAL_DAYS, "energy per hash of the running fleet"
    ),
    FactSpec(
        "site_overhead_ratio", "ratio", 1, 2, OPERATIONAL_DAYS, "site energy over machine energy"
    ),
    # Credits for curtailment can turn a month's net price negative (Rockdale, August 2023).
    FactSpec(
        "power_price_usd_kwh", "USD/kWh", -0.25, 0.5, OPERATIONAL_DAYS, "price paid for energy"
    ),
    FactSpec("pool_fee_ratio", "ratio", 0, 0.1, OPERATIONAL_DAYS, "the pool's share of revenue"),
    FactSpec("uptime_ratio", "ratio", 0, 1, QUARTERLY_DAYS, "time that installed machines ran"),
    *_HASHRATES,
    FactSpec(
        "hashrate_eh_s",
        "EH/s",
        0.01,
        500,
        OPERATIONAL_DAYS,
        "hashrate on the best basis known; the figure names it",
        nil=True,
        best_of=tuple(spec.name for spec in _HASHRATES),
    ),
    FactSpec("btc_held", "BTC", 1, 1e6, QUARTERLY_DAYS, "coins on the balance sheet", nil=True),
    FactSpec("btc_produced", "BTC", 1, 1e5, QUARTERLY_DAYS, "coins mined in the period", nil=True),
    FactSpec(
        "cash_cost_usd_btc", "USD/BTC", 1e3, 1e6, QUARTERLY_DAYS, "as disclosed; scope in basis"
    ),
    _usd(
        "mining_revenue_usd",
        "revenue of the period from own mining; hosting of miners is not in it",
    ),
    _usd("ai_revenue_usd", "revenue of the period from AI and high-performance computing"),
    _usd("ai_revenue_usd_year", "AI and high-performance computing revenue, at a yearly rate"),
    _usd("total_revenue_usd", "revenue of the period"),
    _usd("total_revenue_usd_year", "revenue at a yearly rate"),
    _usd("ai_gross_profit_usd", "AI revenue less its direct cost, of the period"),
    _usd("ai_gross_profit_usd_year", "AI revenue less its direct cost, at a yearly rate"),
    _usd("mining_fixed_cost_usd", "cash cost of the period that mining does not vary"),
    _usd("mining_fixed_cost_usd_year", "cash cost that mining does not vary, at a yearly rate"),
    # A contract is in force until it ends: its dated stage speaks for it, not the age of a report.
    FactSpec(
        "contracted_ai_revenue_usd_year",
        "USD/year",
        1e4,
        1e11,
        None,
        "yearly revenue of the AI contracts in force",
        nil=True,
    ),
    FactSpec("ai_backlog_usd", "USD", 1e5, 1e12, QUARTERLY_DAYS, "AI revenue still to come"),
    _mw("ai_contracted_mw", "power under AI contracts in force", None),
    _mw("contracted_mw", "all power secured, built or not"),
    _mw("ai_energised_mw", "power in use or ready for AI"),
    _mw("energised_mw", "all power in use or ready"),
    FactSpec("gpu_count", "count", 1, 1e7, QUARTERLY_DAYS, "graphics processors; basis says which"),
    FactSpec(
        "asic_share_ratio", "ratio", 0, 1, OPERATIONAL_DAYS, "share of the market for machines"
    ),
)

FACTS: Mapping[str, FactSpec] = {spec.name: spec for spec in _SPECS}
