"""Is the mining sector under stress? Coins sold against mined, hash ribbons, and Puell's multiple.

Three known signs, each on its own and counted together. The daily figures behind them are sampled
at 00:00 UTC (`monitor/domain/market_days.py`).
"""

from __future__ import annotations

import numpy as np

from monitor.metrics.base import MULTIPLE, CompanyType, Example, Floats, Guard, Metric, Scope, above

LOW_PUELL = 0.5
"""Below this the multiple marked each capitulation of miners so far."""

_SOURCE = "docs/formulas.md 5, sector stress"
_SIGNS = {"puell_ratio": 0.45, "hash_ribbon_ratio": 0.98, "sector_coins_sold_ratio": 1.2}


def _sector_sold(btc_sold: Floats, btc_produced: Floats) -> Floats:
    """Return coins sold over coins mined of the companies that say both; NaN for none."""
    both = np.isfinite(btc_sold) & np.isfinite(btc_produced)
    mined = np.sum(btc_produced, where=both)
    return np.full(1, np.sum(btc_sold, where=both) / mined if mined > 0 else np.nan)


def _signs(puell: Floats, ribbon: Floats, sold: Floats) -> Floats:
    lit: Floats = 1.0 * (puell < LOW_PUELL) + 1.0 * (ribbon < 1.0) + 1.0 * (sold > 1.0)
    return lit


METRICS: tuple[Metric, ...] = (
    Metric(
        name="puell_ratio",
        unit=MULTIPLE,
        scope=Scope.NETWORK,
        inputs=("issuance_usd_day", "issuance_mean_365_usd_day"),
        description="Puell multiple: value of the coins issued in a day against its mean of 365"
        " days; below 0.5 miners earn half of what they are used to.",
        formula="issuance_usd_day / issuance_mean_365_usd_day",
        source=f"{_SOURCE}; academy.glassnode.com/indicators/coin-issuance/puell-multiple",
        compute=np.divide,
        guards=(Guard("issuance_mean_365_usd_day", above(0.0), "no_issuance"),),
        examples=(
            Example(
                {"issuance_usd_day": 22.5e6, "issuance_mean_365_usd_day": 45e6},
                0.5,
                3,
                "half of the year's mean",
            ),
            Example(
                {"issuance_usd_day": 0.0, "issuance_mean_365_usd_day": 0.0},
                None,
                reason="no_issuance",
            ),
        ),
        label="Puell multiple",
    ),
    Metric(
        name="hash_ribbon_ratio",
        unit=MULTIPLE,
        scope=Scope.NETWORK,
        inputs=("hashrate_mean_30_eh_s", "hashrate_mean_60_eh_s"),
        description="Hash ribbon: mean hashrate of 30 days against 60; below 1 miners switch off.",
        formula="hashrate_mean_30_eh_s / hashrate_mean_60_eh_s",
        source=_SOURCE,
        compute=np.divide,
        guards=(Guard("hashrate_mean_60_eh_s", above(0.0), "no_hashrate"),),
        examples=(
            Example(
                {"hashrate_mean_30_eh_s": 980.0, "hashrate_mean_60_eh_s": 1_000.0},
                0.98,
                3,
                "980 / 1,000",
            ),
        ),
        label="Hash ribbon",
    ),
    Metric(
        name="coins_sold_ratio",
        same_period=True,
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("btc_sold", "btc_produced"),
        description="Coins sold against coins mined in the reported period; above 1 it sells from"
        " the treasury.",
        formula="btc_sold / btc_produced",
        source=f"{_SOURCE}; docs/formulas.md 9, allocation of resources",
        compute=np.divide,
        guards=(Guard("btc_produced", above(0.0), "no_mining"),),
        applies_to=frozenset({CompanyType.MINER}),
        examples=(
            Example({"btc_sold": 495.0, "btc_produced": 450.0}, 1.1, 3, "495 / 450"),
            Example({"btc_sold": 0.0, "btc_produced": 0.0}, None, reason="no_mining"),
        ),
        label="Coins sold / mined",
    ),
    Metric(
        name="sector_coins_sold_ratio",
        same_period=True,
        unit="ratio",
        scope=Scope.SECTOR,
        inputs=("btc_sold", "btc_produced"),
        description="Coins sold against coins mined by all miners that report both for one period.",
        formula="sum of btc_sold / sum of btc_produced",
        source=_SOURCE,
        compute=_sector_sold,
        across=True,
        examples=(Example({"btc_sold": 495.0, "btc_produced": 450.0}, 1.1, 3, "one company"),),
        label="Sector coins sold / mined",
    ),
    Metric(
        name="miner_stress_count",
        unit="count",
        scope=Scope.SECTOR,
        inputs=("puell_ratio", "hash_ribbon_ratio", "sector_coins_sold_ratio"),
        description="How many of three signs of stress are lit: Puell multiple below 0.5, hash"
        " ribbon below 1, more coins sold than mined.",
        formula="[puell_ratio < 0.5] + [hash_ribbon_ratio < 1] + [sector_coins_sold_ratio > 1]",
        source=_SOURCE,
        compute=_signs,
        examples=(
            Example(_SIGNS, 3.0, 0, "all three"),
            Example(_SIGNS | {"puell_ratio": 0.5, "hash_ribbon_ratio": 1.0}, 1.0, 0, "at the line"),
        ),
        label="Miner stress",
    ),
)
