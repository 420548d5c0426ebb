"""Which row of ../shared/companies/companies.csv stands where in the books, and why some do not."""

from __future__ import annotations

import csv
import re
from calendar import month_abbr, monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

COMPANIES_CSV = (
    Path(__file__).resolve().parents[4].parent / "shared" / "companies" / "companies.csv"
)

# Metric of the table to fact and unit; whether the fact is of a period or of its last day is known
# from the figure in the book.
FACT_OF: Mapping[str, tuple[str, str]] = {
    "ai_backlog_musd": ("ai_backlog_usd", "MUSD"),
    "backlog_musd": ("ai_backlog_usd", "MUSD"),
    "ai_capacity_billing_mw": ("ai_billing_mw", "MW"),
    "ai_capacity_contracted_mw": ("ai_contracted_mw", "MW"),
    "ai_capacity_energized_mw": ("ai_energised_mw", "MW"),
    "ai_revenue_annualised_musd": ("ai_revenue_usd_year", "MUSD/year"),
    "ai_revenue_target_musd": ("ai_revenue_goal_usd_year", "MUSD/year"),
    "asic_market_share_pct": ("asic_share_ratio", "%"),
    "btc_held": ("btc_held", "BTC"),
    "btc_produced": ("btc_produced", "BTC"),
    "btc_sold": ("btc_sold", "BTC"),
    "capex_musd": ("capex_usd", "MUSD"),
    "cash_cost_per_btc_usd": ("cash_cost_usd_btc", "USD/BTC"),
    "direct_cost_per_btc_usd": ("cash_cost_usd_btc", "USD/BTC"),
    "energy_cost_per_btc_usd": ("power_cost_usd_btc", "USD/BTC"),
    "power_cost_per_btc_usd": ("power_cost_usd_btc", "USD/BTC"),
    "depreciation_per_btc_usd": ("non_cash_cost_usd_btc", "USD/BTC"),
    "cash_musd": ("cash_usd", "MUSD"),
    "long_term_debt_musd": ("debt_usd", "MUSD"),
    "debt_notes_noncurrent_musd": ("debt_usd", "MUSD"),
    "total_debt_musd": ("debt_usd", "MUSD"),
    "preferred_musd": ("preferred_usd", "MUSD"),
    "depreciation_musd": ("mining_depreciation_usd", "MUSD"),
    "self_mining_depreciation_musd": ("mining_depreciation_usd", "MUSD"),
    "self_mining_gross_profit_musd": ("mining_gross_profit_usd", "MUSD"),
    "self_mining_power_fees_musd": ("mining_power_cost_usd", "MUSD"),
    "net_electricity_musd": ("mining_power_cost_usd", "MUSD"),
    "energy_used_kwh": ("energy_used_mwh", "kWh"),
    "fleet_efficiency_j_th": ("efficiency_j_th", "J/TH"),
    "sga_musd": ("sga_usd", "MUSD"),
    "ga_musd": ("sga_usd", "MUSD"),
    "interest_expense_musd": ("interest_usd", "MUSD"),
    "net_income_musd": ("net_income_usd", "MUSD"),
    "operating_income_musd": ("operating_income_usd", "MUSD"),
    "adj_ebitda_musd": ("adjusted_ebitda_usd", "MUSD"),
    "btc_purchased": ("btc_purchased", "BTC"),
    "gpu_count": ("gpu_count", "count"),
    "hashrate_active_eh": ("hashrate_operating_at_period_end_eh_s", "EH/s"),
    "hashrate_operating_end_eh": ("hashrate_operating_at_period_end_eh_s", "EH/s"),
    "hashrate_avg_operating_eh": ("hashrate_average_operating_eh_s", "EH/s"),
    "hashrate_deployed_eh": ("hashrate_installed_eh_s", "EH/s"),
    "hashrate_self_mining_eh": ("hashrate_installed_eh_s", "EH/s"),
    "hashrate_energized_eh": ("hashrate_energised_eh_s", "EH/s"),
    "hashrate_energized_self_eh": ("hashrate_energised_eh_s", "EH/s"),
    "pipeline_mw": ("pipeline_mw", "MW"),
    "power_active_mw": ("energised_mw", "MW"),
    "power_approved_mw": ("contracted_mw", "MW"),
    "power_capacity_mw": ("contracted_mw", "MW"),
    "power_capacity_secured_mw": ("contracted_mw", "MW"),
    "power_contracted_mw": ("contracted_mw", "MW"),
    "pool_fee_pct": ("pool_fee_ratio", "%"),
    "uptime_pct": ("uptime_ratio", "%"),
    "power_cost_usd_kwh": ("power_price_usd_kwh", "USD/kWh"),
    "power_cost_usd_mwh": ("power_price_usd_kwh", "USD/MWh"),
    "power_credits_musd": ("power_credits_usd", "MUSD"),
    "revenue_ai_hpc_musd": ("ai_revenue_usd", "MUSD"),
    "revenue_data_center_musd": ("ai_revenue_usd", "MUSD"),
    "revenue_mining_musd": ("mining_revenue_usd", "MUSD"),
    "revenue_total_musd": ("total_revenue_usd", "MUSD"),
    "shares_fully_diluted_est": ("diluted_shares_count", "count"),
    "shares_outstanding_basic": ("shares_count", "count"),
}

_WORDS = "words: the book tells them as contract, event, status or note"
_ELSEWHERE = "a field of the book's head"
_NO_FACT = "no fact"
UNMAPPED: Mapping[str, str] = {
    **dict.fromkeys(("exchange_tickers", "fiscal_year_end", "sec_cik"), _ELSEWHERE),
    **dict.fromkeys(
        (
            "ai_contract",
            "ai_deal",
            "ai_event",
            "ai_lease_status",
            "ai_milestone",
            "ai_site",
            "ai_strategy_status",
            "btc_treasury_policy",
            "corporate_event",
            "land_purchase",
            "ma_event",
            "mining_event",
            "mining_pool",
            "ownership",
            "product",
        ),
        _WORDS,
    ),
    **dict.fromkeys(
        (
            "blocks_won",
            "btc_avg_cost_usd",
            "btc_per_day",
            "btc_sold_musd",
            "digital_assets_fair_value_musd",
            "digital_assets_musd",
            "eth_held",
            "gross_profit_musd",
            "hash_cost_usd_ph_day",
            "impairment_musd",
            "inventory_writedown_musd",
            "miner_count",
            "network_hashrate_eh",
            "network_share_pct",
            "power_capacity_development_mw",
            "power_portfolio_mw",
            "revenue_engineering_musd",
            "site_area_acres",
            "wyfi_ownership_pct",
        ),
        _NO_FACT,
    ),
    **dict.fromkeys(
        (
            "ai_capacity_billable_target_mw",
            "ai_capacity_target_mw",
            "gpu_count_target",
            "hashrate_target_eh",
        ),
        "a goal of power or machines; only goals of AI revenue have a fact",
    ),
    **dict.fromkeys(
        ("capex_guidance_musd", "revenue_guidance_musd", "sga_cash_guidance_musd"), "a forecast"
    ),
    **dict.fromkeys(
        ("hashrate_energized_total_eh", "hashrate_hosting_eh", "hashrate_total_managed_eh"),
        "machines of customers are in it: formulas 4 leaves them out",
    ),
    **dict.fromkeys(
        ("revenue_hosted_mining_musd", "revenue_hosting_musd"),
        "hosting of miners is in no fact; the notes of mining revenue carry it",
    ),
    **dict.fromkeys(
        ("shares_diluted_weighted", "shares_weighted_basic", "shares_weighted_basic_diluted"),
        "a mean over the period; the facts count shares on a day",
    ),
    **dict.fromkeys(("cash_and_btc_musd", "liquidity_musd"), "cash and coins in one sum"),
    **dict.fromkeys(
        ("gpu_capex_musd", "gpu_purchase_musd", "miner_purchase_musd"), "an order, of no period"
    ),
    **dict.fromkeys(
        ("debt_facility_drawn_musd", "debt_repurchased_musd", "gpu_financing_musd"),
        "a movement of debt, no balance",
    ),
    "ai_noi_expected_musd_per_year": "expected income of a contract that does not pay yet",
    "power_capacity_evaluated_mw": "of the article: a plan among the contracts",
    "allin_cost_per_btc_usd": "the sum of its layers, held by a test of its own",
    "revenue_per_btc_usd": "follows from revenue and coins, held by a test of its own",
    "btc_produced_change_yoy_pct": "a change; the books keep the counts",
    "hosting_cost_per_btc_usd": "of the hosted part; the weighted cost is there",
    "direct_cost_musd": "of mining and computing together",
}

# Rows that say another thing than their metric's other rows: (ticker, metric, period) to the fact.
OTHER_FACT: Mapping[tuple[str, str, str], str] = {
    ("CORZ", "ai_revenue_annualised_musd", "2025-03-31"): "ai_revenue_goal_usd_year",
    ("IREN", "power_capacity_mw", "2025-06-30"): "energised_mw",
    ("KEEL", "power_capacity_mw", "2024-12-31"): "energised_mw",
    ("KEEL", "power_capacity_mw", "2026-Q1"): "energised_mw",
    ("BTDR", "power_capacity_mw", "2024-11-30"): "energised_mw",
    ("BTDR", "power_capacity_mw", "2025-10-31"): "energised_mw",
}

# Rows of metrics that have a fact, and yet in no book: (ticker, metric, period, value) to the reason.
_DEBT = "debt_instrument_principal_musd"
_IN_TOTAL = "one loan of several: the total of a paper stands in the book"
_GROWN = "159.3 since, with the interest that was added"
LEFT_OUT: Mapping[tuple[str, str, str, str], str] = {
    ("CORZ", "ai_revenue_annualised_musd", "2026-Q1", "350"): "a rate of the quarter's last day"
    " beside the quarter's own revenue, which the other revenues go with",
    ("IREN", "gpu_count", "2025-08", "10900"): "a plan",
    ("CAN", "asic_market_share_pct", "undated", "30"): "undated",
    ("WULF", "power_capacity_mw", "2025-09-30", "245"): "of mining alone; in the book's note",
    ("CLSK", "ga_musd", "quarter ended 2023-12-31", "5.003"): "payroll and fees were not read",
    ("MARA", "pool_fee_pct", "2025", "own pool, no outside operator fee"): "words; the fee is 0",
    (
        "NETWORK",
        "pool_fee_pct",
        "2025-2026",
        "Foundry tiered, not published; Luxor about 0.7; AntPool about 2.5",
    ): "list prices of pools, of no company",
    ("CORZ", "convertible_notes_issued_musd", "2024-12", "625"): "an issue; its balance is counted",
    ("HUT", _DEBT, "2024-06", "150"): _GROWN,
    ("HUT", _DEBT, "2024-06-01", "150"): _GROWN,
    ("HIVE", _DEBT, "2021-01-01", "15"): _IN_TOTAL,
    ("HIVE", _DEBT, "2024-06-01", "5"): _IN_TOTAL,
    ("RIOT", _DEBT, "2025-01-01", "594.4"): _IN_TOTAL,
    ("MARA", _DEBT, "2025-07-01", "468"): _IN_TOTAL,
    ("MARA", _DEBT, "2024-08-01", "300"): _IN_TOTAL,
    ("MARA", _DEBT, "2024-11-01", "1000"): _IN_TOTAL,
    ("MARA", _DEBT, "2024-12-01", "850"): _IN_TOTAL,
    ("MARA", _DEBT, "2025-07-01", "950"): _IN_TOTAL,
}

# Figures that are made of several rows: (ticker, fact, day) to the (metric, value) of each; a minus
# before the metric subtracts it.
Parts = tuple[tuple[str, str], ...]


def _debts(*values: str) -> Parts:
    return tuple((_DEBT, value) for value in values)


def _margin(revenue: str, cost: str) -> Parts:
    return (("revenue_mining_musd", revenue), ("-cost_of_revenue_musd", cost))


def _overhead(general: str, payroll: str, fees: str) -> Parts:
    return (("ga_musd", general), ("payroll_musd", payroll), ("professional_fees_musd", fees))


def _cloud(cloud: str, colocation: str) -> Parts:
    return (("revenue_ai_hpc_musd", cloud), ("revenue_colocation_musd", colocation))


def _owed(long_term: str, current: str) -> Parts:
    return (("long_term_debt_musd", long_term), ("debt_current_musd", current))


def _rest(total: str, mining: str) -> Parts:
    return (("revenue_total_musd", total), ("-revenue_mining_musd", mining))


SUMS: Mapping[tuple[str, str, str], Parts] = {
    ("APLD", "ai_contracted_mw", "2026-08-05"): (("ai_capacity_contracted_mw", "1410"),),
    ("APLD", "debt_usd", "2025-11-30"): _debts("450", "2350", "150"),
    ("BTBT", "ai_revenue_usd", "2025-03-31"): _cloud("14.842", "1.645"),
    ("BTBT", "ai_revenue_usd", "2025-06-30"): _cloud("16.595", "1.729"),
    ("BTBT", "ai_revenue_usd", "2025-09-30"): _cloud("18.033", "1.692"),
    ("BTBT", "debt_usd", "2025-10-31"): (("convertible_notes_issued_musd", "150"),),
    ("BTDR", "debt_usd", "2025-11-30"): _debts("360", "330", "400"),
    ("CIFR", "debt_usd", "2026-02-28"): _debts("1300", "1733", "2000"),
    ("CLSK", "debt_usd", "2024-12-31"): _owed("641.433", "7.215"),
    ("CLSK", "debt_usd", "2025-06-30"): _owed("643.913", "176.424"),
    ("CLSK", "debt_usd", "2025-11-30"): _debts("650", "1150"),
    ("CLSK", "mining_gross_profit_usd", "2024-03-31"): _margin("111.799", "34.298"),
    ("CLSK", "mining_gross_profit_usd", "2024-06-30"): _margin("104.108", "45.18"),
    ("CLSK", "mining_gross_profit_usd", "2024-12-31"): _margin("162.306", "70.29"),
    ("CLSK", "mining_gross_profit_usd", "2025-06-30"): _margin("198.644", "90.128"),
    **{
        ("CLSK", fact, day): _overhead(*parts)
        for day, parts in {
            "2024-03-31": ("6.819", "16.82", "2.208"),
            "2024-06-30": ("8.235", "17.15", "4.368"),
            "2024-12-31": ("10.054", "20.869", "3.885"),
            "2025-06-30": ("16.566", "16.398", "3.004"),
        }.items()
        for fact in ("sga_usd", "mining_fixed_cost_usd")
    },
    ("CORZ", "debt_usd", "2024-12-31"): _debts("400", "625", "19"),
    ("CORZ", "debt_usd", "2026-03-31"): _debts("3300", "400", "625", "19"),
    ("GLXY", "debt_usd", "2025-08-31"): _debts("1400", "402.5"),
    ("HIVE", "ai_revenue_usd", "2025-09-30"): _rest("87.3", "82.1"),
    ("HUT", "debt_usd", "2026-03-31"): _debts("159.3", "200"),
    ("IREN", "ai_revenue_usd", "2025-09-30"): _rest("240.3", "232.9"),
    ("IREN", "debt_usd", "2025-12-31"): _debts("233.4", "212.3", "1000", "1150", "1150"),
    ("KEEL", "debt_usd", "2025-10-31"): _debts("588"),
    ("RIOT", "energised_mw", "2025-09-30"): tuple(
        ("power_capacity_mw", value) for value in ("700", "400", "95")
    ),
    ("WULF", "debt_usd", "2025-10-31"): _debts("500", "850", "1025", "3200"),
    ("WYFI", "ai_revenue_usd", "2025-12-31"): _cloud("68.75", "8.91"),
}

# Figures that stand in the words or the note of a row, or that the row's paper was read for again.
_ARITHMETIC = "arithmetic on rows, in its basis"
_NONE_THEN = "the row of the AI status says none"
_SGA = "the row of SG&A, taken as the fixed cost of the mine"
_NOTE = "the note of a row"
_PAPER = "read in the paper itself"
FROM_WORDS: Mapping[tuple[str, str, str], str] = {
    ("BITMAIN", "asic_share_ratio", "2025-04-30"): _NOTE,
    ("BTDR", "ai_utilisation_ratio", "2026-03-31"): _NOTE,
    ("BTDR", "ai_utilisation_ratio", "2026-05-31"): _NOTE,
    ("BTDR", "pipeline_mw", "2025-10-31"): _NOTE,
    ("CAN", "ai_revenue_usd", "2024-12-31"): "the row of the AI exit",
    ("CLSK", "contracted_ai_revenue_usd_year", "2026-05-31"): _NONE_THEN,
    ("CLSK", "ai_contracted_mw", "2026-05-31"): _NONE_THEN,
    ("CLSK", "energised_mw", "2025-09-30"): _NOTE,
    ("CLSK", "btc_produced", "2024-03-31"): _NOTE,
    ("CLSK", "btc_produced", "2024-12-31"): _NOTE,
    ("CLSK", "btc_held", "2025-06-30"): _NOTE,
    ("CLSK", "other_cash_cost_usd_btc", "2024-12-31"): _ARITHMETIC,
    ("CLSK", "other_cash_cost_usd_btc", "2025-06-30"): _ARITHMETIC,
    ("CORZ", "mining_fixed_cost_usd", "2024-09-30"): _SGA,
    ("CORZ", "mining_fixed_cost_usd", "2025-09-30"): _SGA,
    ("CORZ", "contracted_ai_revenue_usd_year", "2024-11-06"): _ARITHMETIC,
    ("CORZ", "contracted_ai_revenue_usd_year", "2026-03-31"): _ARITHMETIC,
    ("CORZ", "ai_backlog_usd", "2024-11-06"): _PAPER,
    ("CRWV", "interest_usd", "2026-03-31"): _ARITHMETIC,
    ("HIVE", "mining_fixed_cost_usd", "2024-03-31"): _SGA,
    ("HUT", "contracted_ai_revenue_usd_year", "2025-12-17"): _ARITHMETIC,
    ("IREN", "btc_held", "2026-03-31"): "the row of the treasury policy",
    ("KEEL", "contracted_ai_revenue_usd_year", "2026-03-31"): _NONE_THEN,
    ("KEEL", "ai_contracted_mw", "2026-03-31"): _NONE_THEN,
    ("MARA", "mining_fixed_cost_usd", "2025-09-30"): _SGA,
    ("MARA", "contracted_ai_revenue_usd_year", "2025-07-17"): _NONE_THEN,
    ("MARA", "contracted_ai_revenue_usd_year", "2026-06-30"): _NONE_THEN,
    ("MARA", "ai_contracted_mw", "2025-07-17"): _NONE_THEN,
    ("MARA", "ai_contracted_mw", "2026-06-30"): _NONE_THEN,
    ("MARA", "debt_usd", "2025-12-31"): _NOTE,
    ("MARA", "pool_fee_ratio", "2025-03-31"): "the row's words: no outside operator",
    ("RIOT", "mining_fixed_cost_usd", "2025-09-30"): _SGA,
    ("RIOT", "contracted_ai_revenue_usd_year", "2025-07-17"): _NONE_THEN,
    ("RIOT", "ai_contracted_mw", "2025-07-17"): _NONE_THEN,
    ("RIOT", "hashrate_average_operating_eh_s", "2024-07-31"): _PAPER,
    ("RIOT", "hashrate_average_operating_eh_s", "2025-03-31"): _PAPER,
    ("WULF", "ai_billing_mw", "2026-08-31"): _NOTE,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    ticker: str
    metric: str
    value: str
    unit: str
    period: str
    confidence: str

    @property
    def place(self) -> tuple[str, str, str, str]:
        """Return what `LEFT_OUT` names it by."""
        return self.ticker, self.metric, self.period, self.value

    @property
    def number(self) -> float:
        """Return its value as a number; `1 A + 2 B` is the sum of both classes."""
        scale = 1e6 if self.unit == "m shares" else 1
        return sum(float(part.split()[0]) for part in self.value.split(" + ")) * scale


def read_rows() -> list[Row]:
    """Return all rows of the table."""
    with COMPANIES_CSV.open(encoding="utf-8", newline="") as lines:
        return [
            Row(
                ticker=row["ticker"],
                metric=row["metric"],
                value=row["value"],
                unit=row["unit"],
                period=row["period_or_as_of"],
                confidence=row["confidence"],
            )
            for row in csv.DictReader(lines)
        ]


def span(row: Row) -> tuple[date, date]:
    """Return the first and the last day that a row speaks of; one day twice for a state."""
    for pattern, days in _SPANS:
        found = re.fullmatch(pattern, row.period)
        if found:
            return days(*found.groups())
    if row.ticker == "MSTR":  # the cover of a filing of that day
        return date(2026, 2, 19), date(2026, 2, 19)
    day = _VAGUE[row.period]
    return day, day


def _ending(months: int, year: int, month: int) -> tuple[date, date]:
    """Return the span of so many months that ends with this one."""
    first = year * 12 + month - months
    last = date(year, month, monthrange(year, month)[1])
    return date(first // 12, first % 12 + 1, 1), last


def _day(text: str) -> tuple[date, date]:
    return date.fromisoformat(text), date.fromisoformat(text)


def _weeks(last: str) -> tuple[date, date]:
    """Return the thirteen weeks that end on this day."""
    end = date.fromisoformat(last)
    return end - timedelta(days=90), end


_VAGUE = {
    "early 2026": date(2026, 3, 31),
    "end-2026": date(2026, 2, 28),  # a goal for then; its paper is of February 2026
    "start of 2024": date(2024, 1, 31),
    "mid-2025": date(2025, 7, 17),  # the article's day
}
_MONTHS = {name: number for number, name in enumerate(month_abbr) if name}
_SPANS: tuple[tuple[str, Callable[..., tuple[date, date]]], ...] = (
    (r"(\d{4}-\d\d-\d\d)", _day),
    (r"(\d{4})-(\d\d)", lambda year, month: _ending(1, int(year), int(month))),
    (r"(\d{4})-Q(\d)", lambda year, quarter: _ending(3, int(year), 3 * int(quarter))),
    (r"(\d{4})-9M", lambda year: _ending(9, int(year), 9)),
    (r"[FC]Y(\d{4})", lambda year: _ending(12, int(year), 12)),
    (r"FY\d{4} \((\w{3})-(\d{4})\)", lambda m, year: _ending(12, int(year), _MONTHS[m])),
    (
        r"Q\d FY\d{4} \(\w{3}-(\w{3}) (\d{4})\)",
        lambda m, year: _ending(3, int(year), _MONTHS[m]),
    ),
    (
        r"quarter ended (\d{4})-(\d\d)-\d\d",
        lambda year, month: _ending(3, int(year), int(month)),
    ),
    (r"Q1 FY2027 \(to (.*)\)", _weeks),
    (r"Q1 FY2026", lambda: _weeks("2025-04-27")),  # of NVIDIA: to the last Sunday of April
)
