"""Cost in three scopes, each under its own name: power, cash, all-in.

"Cost to mine" differs by a factor of two between scopes, so no name here leaves its scope open.
Power is electricity only (mining.py, names without a prefix); cash adds what the mine pays whether
or not it runs; all-in adds depreciation. The reported layers are the same three per coin, as the
company printed them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from monitor.domain.units import PH_PER_EH
from monitor.metrics.base import Example, Floats, Guard, Metric, above
from monitor.metrics.reference import EARNED, FLEET, REF
from monitor.metrics.terms import MINES, mine_metric

_SOURCE = "docs/formulas.md 3"
_LAYERS = f"{_SOURCE}; Riot's layers as printed by CryptoSlate, reprinted on htx.com"
DAYS_PER_YEAR = 365

_RIOT = {
    "power_cost_usd_btc": 64_635,
    "other_cash_cost_usd_btc": 9_809,
    "non_cash_cost_usd_btc": 39_687,
}


@dataclass(frozen=True, slots=True)
class CostScope:
    """What counts as cost.

    Attributes:
        prefix: of the names of its metrics.
        hashcost: the metric that holds it.
        words: what is paid, for descriptions.
        label: in front of column titles.
        given: what its worked examples start from.
        source: where those are from.

    """

    prefix: str
    hashcost: str
    words: str
    label: str
    given: Mapping[str, float]
    source: str

    def titled(self, title: str) -> str:
        """Return a column title of this scope."""
        return f"{self.label} {title}" if self.label else title[0].upper() + title[1:]


# The mine of sections 4 and 5: 20 EH/s at 93 % uptime, 70 M USD a year of fixed cash cost. What
# it writes off, 100 M USD a year, is ours.
_FIXED = {**FLEET, "hashrate_eh_s": 18.6, "mining_fixed_cost_usd_year": 70e6}
POWER = CostScope("", "power_hashcost_usd_ph_day", "electricity", "", FLEET, REF)
CASH = CostScope(
    "cash_",
    "cash_hashcost_usd_ph_day",
    "electricity and the fixed cash cost",
    "Cash",
    _FIXED,
    f"{REF}, 18.6 EH/s, 70 M USD a year fixed",
)
ALL_IN = CostScope(
    "all_in_",
    "all_in_hashcost_usd_ph_day",
    "electricity, the fixed cash cost and depreciation",
    "All-in",
    {**_FIXED, "mining_depreciation_usd_year": 100e6},
    f"{REF}, 18.6 EH/s, 70 M USD a year fixed, 100 M USD written off",
)
SCOPES = (POWER, CASH, ALL_IN)


def _per_ph_day(hashcost: Floats, usd_year: Floats, hashrate_eh_s: Floats) -> Floats:
    return hashcost + usd_year / DAYS_PER_YEAR / (hashrate_eh_s * PH_PER_EH)


def _hashcost(scope: CostScope, below: CostScope, added: str, worked: float) -> Metric:
    """Declare the hashcost of `scope`: that of the scope `below` and what a year adds."""
    lacking = {name: value for name, value in scope.given.items() if name != added}
    return mine_metric(
        name=scope.hashcost,
        unit="USD/PH/day",
        inputs=(below.hashcost, added, "hashrate_eh_s"),
        description=f"What 1 PH/s costs in a day: {scope.words}.",
        formula=f"{below.hashcost} + {added} / 365 / (hashrate_eh_s x 1000)",
        source=_SOURCE,
        compute=_per_ph_day,
        guards=(MINES,),
        examples=(
            Example(scope.given, worked, 2, scope.source),
            Example(lacking, None, reason=f"missing:{added}"),
            Example({**scope.given, "hashrate_eh_s": 0}, None, reason="no_mining"),
        ),
        label=scope.titled("hashcost"),
    )


def _margins(scope: CostScope, usd: float, ratio: float) -> tuple[Metric, Metric]:
    """Declare what `scope` leaves of the net hashprice, in USD and as a share."""
    margin = f"{scope.prefix}margin_usd_ph_day"
    given = {**scope.given, **EARNED}
    return (
        mine_metric(
            name=margin,
            unit="USD/PH/day",
            inputs=("net_hashprice_usd_ph_day", scope.hashcost),
            description=f"What 1 PH/s leaves in a day after the pool fee, {scope.words}.",
            formula=f"net_hashprice_usd_ph_day - {scope.hashcost}",
            source=_SOURCE,
            compute=np.subtract,
            examples=(Example(given, usd, 2, scope.source),),
            label=scope.titled("margin"),
        ),
        mine_metric(
            name=f"{scope.prefix}margin_ratio",
            unit="ratio",
            inputs=(margin, "net_hashprice_usd_ph_day"),
            description=f"Share of net mining revenue left after {scope.words}.",
            formula=f"{margin} / net_hashprice_usd_ph_day",
            source=_SOURCE,
            compute=np.divide,
            guards=(Guard("net_hashprice_usd_ph_day", above(0.0), "no_hashprice"),),
            examples=(
                Example(given, ratio, 3, scope.source),
                Example({**given, "hashprice_usd_ph_day": 0}, None, reason="no_hashprice"),
            ),
            label=scope.titled("margin %"),
        ),
    )


def _layer(
    word: str, inputs: tuple[str, ...], description: str, cost: float, margin: float
) -> tuple[Metric, Metric]:
    """Declare one layer of the reported cost of a coin, and what the BTC price leaves of it."""
    layer = f"reported_{word}_cost_usd_btc"
    given = {name: _RIOT[name] for name in _RIOT if name in inputs or word == "all_in"}
    return (
        mine_metric(
            name=layer,
            unit="USD/BTC",
            inputs=inputs,
            description=description,
            formula=" + ".join(inputs),
            source=_LAYERS,
            compute=np.add if len(inputs) > 1 else np.positive,
            examples=(Example(given, cost, 0, "Riot, as modelled by CryptoSlate"),),
            label=f"Reported {word.replace('_', '-')} cost",
        ),
        mine_metric(
            name=f"reported_{word}_margin_usd_btc",
            unit="USD/BTC",
            inputs=("btc_usd", layer),
            description=f"BTC price less the reported {word.replace('_', '-')} cost of one coin.",
            formula=f"btc_usd - {layer}",
            source=_LAYERS,
            compute=np.subtract,
            examples=(Example({**given, "btc_usd": 67_200}, margin, 0, "Riot at BTC 67,200"),),
            label=f"Reported {word.replace('_', '-')} margin",
        ),
    )


METRICS: tuple[Metric, ...] = (
    _hashcost(CASH, POWER, "mining_fixed_cost_usd_year", 29.21),
    _hashcost(ALL_IN, CASH, "mining_depreciation_usd_year", 43.94),
    *_margins(CASH, 9.91, 0.253),
    *_margins(ALL_IN, -4.82, -0.123),
    *_layer(
        "power",
        ("power_cost_usd_btc",),
        "First layer of the cost of one coin as the company discloses it: electricity.",
        64_635,
        2_565,
    ),
    *_layer(
        "cash",
        ("power_cost_usd_btc", "other_cash_cost_usd_btc"),
        "Second layer: electricity and the other cash cost of one coin.",
        74_444,
        -7_244,
    ),
    *_layer(
        "all_in",
        ("reported_cash_cost_usd_btc", "non_cash_cost_usd_btc"),
        "Third layer: all of it, with depreciation and other cost without cash.",
        114_131,
        -46_931,
    ),
)
