"""The catalogue of company facts: unit, plausible range, and how long a figure may be trusted.

Metrics name facts as inputs, the books give figures for them, the loader refuses what lies outside
the range. Hashrate is several facts, because installed, energised and operating hashrate differ by
up to 40 %; `hashrate_eh_s`, which metrics ask for, is the best known of them and says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

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
        of_period: a sum over a period, which a figure has to name.
        nil: zero is allowed below `low`: measured, and none.
        least: smallest plausible value above zero, where `low` is zero or less.
        doubtful_below: between `least` and this it is most likely in another unit.
        basis: what kind of measurement the fact is, where several facts share one meaning.
        best_of: the facts that stand for this one, the best first; empty for a fact of the books.

    """

    name: str
    unit: str
    low: float
    high: float
    max_age_days: int | None
    description: str
    of_period: bool = False
    nil: bool = False
    least: float = 0.0
    doubtful_below: float = 0.0
    basis: str = ""
    best_of: tuple[str, ...] = ()

    def plausible(self, value: float) -> bool:
        """Tell whether `value`, in the fact's unit, can be true."""
        if 0 < value < self.least:
            return False
        return self.low <= value <= self.high or (self.nil and value == 0)

    @property
    def expected(self) -> str:
        """Return the range in words, for an error."""
        nil = ", or 0" if self.nil else ""
        least = f", and not between 0 and {self.least:g}" if self.least else ""
        return f"{self.low:,g} to {self.high:,g} {self.unit}{nil}{least}"


def _hashrate(word: str, description: str) -> FactSpec:
    name = f"hashrate_{word.replace(' ', '_')}_eh_s"
    spec = FactSpec(name, "EH/s", 0.01, 500, OPERATIONAL_DAYS, description, nil=True, basis=word)
    return replace(spec, doubtful_below=0.1)  # less is most likely TH or PH for EH


def _usd(name: str, description: str, *, low: float = 1e4, of_period: bool = False) -> FactSpec:
    yearly = name.endswith("_usd_year")
    unit = "USD/year" if yearly else "USD"
    return FactSpec(
        name, unit, low, 1e12, QUARTERLY_DAYS, description, of_period=of_period, nil=True
    )


def _period_usd(stem: str, description: str, *, low: float = 1e4) -> tuple[FactSpec, FactSpec]:
    """Return a sum of money of a period, and the same at a yearly rate."""
    return (
        _usd(f"{stem}_usd", f"{description}, of the period", low=low, of_period=True),
        _usd(f"{stem}_usd_year", f"{description}, at a yearly rate", low=low),
    )


def _usd_btc(name: str, low: float, description: str) -> FactSpec:
    return FactSpec(name, "USD/BTC", low, 1e6, QUARTERLY_DAYS, description, nil=True)


def _ratio(name: str, description: str, days: int | None = QUARTERLY_DAYS) -> FactSpec:
    return FactSpec(name, "ratio", 0, 1, days, description)


def _mwh(name: str, description: str) -> FactSpec:
    return FactSpec(name, "MWh", 1, 1e8, QUARTERLY_DAYS, description, of_period=True, nil=True)


def _coins(name: str, most: float, description: str) -> FactSpec:
    return FactSpec(name, "BTC", 1, most, QUARTERLY_DAYS, description, of_period=True, nil=True)


def _shares(name: str, description: str) -> FactSpec:
    return FactSpec(name, "count", 1e6, 1e11, QUARTERLY_DAYS, description)


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
    # a spike of scarcity, or a night of too much wind; given live, by a feed or by hand
    FactSpec("spot_power_price_usd_mwh", "USD/MWh", -5e3, 2e4, 1, "real-time price of power there"),
    FactSpec(
        "site_overhead_ratio", "ratio", 1, 2, OPERATIONAL_DAYS, "site energy over machine energy"
    ),
    # Credits for curtailment can turn a month's net price negative (Rockdale, August 2023).
    # Nobody sells for a dollar a MWh: a price that low was given in the other unit.
    FactSpec(
        "power_price_usd_kwh",
        "USD/kWh",
        -0.25,
        0.5,
        OPERATIONAL_DAYS,
        "price paid for energy",
        least=0.001,
        doubtful_below=0.01,
    ),
    FactSpec("pool_fee_ratio", "ratio", 0, 0.1, OPERATIONAL_DAYS, "the pool's share of revenue"),
    _ratio(
        "hosting_share_ratio",
        "share of mining revenue that hosts of the machines keep",
        OPERATIONAL_DAYS,
    ),
    replace(_ratio("uptime_ratio", "time that installed machines ran"), doubtful_below=0.1),
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
    FactSpec("eth_held", "ETH", 1, 1e8, QUARTERLY_DAYS, "ether on the balance sheet", nil=True),
    _coins("btc_produced", 1e5, "coins mined in the period"),
    _coins("btc_sold", 1e6, "coins sold in the period"),
    _coins("btc_purchased", 1e6, "coins bought in the period, beside those mined"),
    # Of the period that the coins were mined in; nobody prints them, a reader works them out.
    FactSpec("period_days", "count", 1, 372, QUARTERLY_DAYS, "days of the period"),
    FactSpec(
        "mean_hashprice_btc_ph_day",
        "BTC/PH/day",
        1e-6,
        10,
        QUARTERLY_DAYS,
        "the network's mean hashprice over the period",
    ),
    # What companies print as the cost of one coin; the layers add up, what each holds is in basis.
    _usd_btc("cash_cost_usd_btc", 1e3, "as disclosed; scope in basis"),
    _usd_btc("power_cost_usd_btc", 1e3, "electricity of one coin, as disclosed"),
    _usd_btc("other_cash_cost_usd_btc", 10, "cash cost of one coin beside electricity"),
    _usd_btc("non_cash_cost_usd_btc", 10, "depreciation and other cost of one coin without cash"),
    _usd(
        "mining_revenue_usd",
        "revenue of the period from own mining; hosting of miners is not in it",
        of_period=True,
    ),
    _usd("mining_revenue_usd_year", "revenue from own mining, at a yearly rate"),
    *_period_usd("ai_revenue", "AI and high-performance computing revenue"),
    *_period_usd("total_revenue", "revenue"),
    *_period_usd("ai_gross_profit", "AI revenue less its direct cost", low=-1e12),
    *_period_usd("mining_gross_profit", "mining revenue less its direct cost", low=-1e12),
    *_period_usd("mining_power_cost", "electricity of own mining, net of credits", low=-1e10),
    *_period_usd("mining_fixed_cost", "cash cost that mining does not vary"),
    *_period_usd("mining_depreciation", "depreciation of the mine"),
    *_period_usd("sga", "selling, general and administrative cost of the whole company"),
    *_period_usd("interest", "interest cost"),
    *_period_usd("operating_income", "profit or loss before interest and tax", low=-1e12),
    *_period_usd("adjusted_ebitda", "adjusted EBITDA as the company defines it", low=-1e12),
    *_period_usd("net_income", "profit or loss", low=-1e12),
    *_period_usd("capex", "capital spent"),
    *_period_usd("ai_capex", "capital spent on AI"),
    *_period_usd("cash_burn", "cash that the whole company used up"),
    _usd("ai_revenue_goal_usd_year", "AI revenue that the company aims at, at a yearly rate"),
    _usd(
        "energy_bill_usd",
        "energy bill of the period, before power sold back and credits",
        of_period=True,
    ),
    _usd("power_credits_usd", "power sold back and demand response of the period", of_period=True),
    _usd("curtailment_credit_usd", "what the period's curtailed energy earned", of_period=True),
    _mwh("curtailed_mwh", "energy not used in the period, for credits"),
    _mwh("energy_used_mwh", "energy that mining used in the period"),
    _usd("cash_usd", "cash and equivalents"),
    _usd("debt_usd", "loans, notes and convertibles, at face value"),
    _usd("preferred_usd", "preferred stock, at its claim"),
    _usd("minorities_usd", "what others own of subsidiaries"),
    _shares("shares_count", "shares outstanding, from the newest cover page"),
    _shares("diluted_shares_count", "shares if all that may become one did"),
    _ratio("forward_sold_ratio", "share of the hashrate whose hashprice is sold forward"),
    FactSpec(
        "forward_hashprice_usd_ph_day",
        "USD/PH/day",
        1,
        1_000,
        QUARTERLY_DAYS,
        "hashprice at which the forward share is sold",
    ),
    _ratio("power_contracted_ratio", "share of the power in use that has a supply contract"),
    _ratio("ai_utilisation_ratio", "share of the hours that the graphics processors are rented"),
    FactSpec(
        "ai_site_overhead_ratio",
        "ratio",
        1,
        3,
        OPERATIONAL_DAYS,
        "energy of the AI sites over that of their machines (PUE)",
    ),
    _ratio(
        "largest_tenant_share_ratio", "share of the largest tenant in contracted AI revenue", None
    ),
    _ratio("tenant_hhi_ratio", "sum of the tenants' squared shares in contracted AI revenue", None),
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
    _mw("ai_billing_mw", "power that tenants pay for"),
    _mw("pipeline_mw", "power that is planned and not secured"),
    FactSpec("gpu_count", "count", 1, 1e7, QUARTERLY_DAYS, "graphics processors; basis says which"),
    FactSpec("entered_ai_count", "count", 0, 1, None, "1 in the first year of its AI, else 0"),
    FactSpec(
        "asic_share_ratio", "ratio", 0, 1, OPERATIONAL_DAYS, "share of the market for machines"
    ),
    # What an analyst holds a part to be worth; no company states it, its source is the analyst.
    FactSpec(
        "mining_value_usd_eh_s",
        "USD/EH/s",
        1e5,
        1e9,
        QUARTERLY_DAYS,
        "assumed worth of one EH/s with its sites",
        nil=True,
    ),
    FactSpec(
        "pipeline_value_usd_mw",
        "USD/MW",
        1e3,
        1e8,
        QUARTERLY_DAYS,
        "assumed worth of one planned megawatt",
        nil=True,
    ),
    FactSpec(
        "ai_value_multiple_ratio",
        "ratio",
        0,
        100,
        QUARTERLY_DAYS,
        "assumed worth of AI contracts over a year of their gross profit",
    ),
)

FACTS: Mapping[str, FactSpec] = {spec.name: spec for spec in _SPECS}
