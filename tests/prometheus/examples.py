"""A few metric declarations and readings of our own, for boards and pages in tests."""

from __future__ import annotations

from monitor.compute.gauges import CompanyRow, Row
from monitor.metrics.base import Floats, Metric, Scope


def _same(value: Floats) -> Floats:
    return value


def _metric(name: str, unit: str, scope: Scope, label: str) -> Metric:
    return Metric(
        name=name,
        unit=unit,
        scope=scope,
        inputs=("btc_price_usd",),
        description=f"{label} of the example.",
        formula="the input itself",
        source="example",
        compute=_same,
        label=label,
    )


FAMILIES = {
    "hedge": (_metric("ai_revenue_mix_ratio", "ratio", Scope.COMPANY, "AI revenue mix"),),
    "mining": (
        _metric("mining_margin_ratio", "ratio", Scope.COMPANY, "Mining margin"),
        _metric("break_even_btc_usd", "USD/BTC", Scope.COMPANY, "Break-even BTC price"),
    ),
    "network": (
        _metric("hashprice_usd_ph_day", "USD/PH/day", Scope.NETWORK, "Hashprice"),
        _metric("retarget_days", "days", Scope.NETWORK, "Next retarget"),
    ),
}
COMPANIES = (
    CompanyRow("RIOT", "Riot Platforms", "miner"),
    CompanyRow("HIVE", "HIVE Digital", "miner"),
)


def rows(at: int) -> tuple[Row, ...]:
    """Return a reading of each example metric, observed at `at` (ms UTC)."""
    made = [Row("BTC-USD", "USD", Scope.NETWORK, None, 91_132.0, "ok", at)]
    for metrics in FAMILIES.values():
        for it in metrics:
            of = (None,) if it.scope is Scope.NETWORK else ("RIOT", "HIVE")
            made += [Row(it.name, it.unit, it.scope, company, 0.5, "ok", at) for company in of]
    return tuple(made)
