"""The price, hashprice, power price, efficiency and difficulty at which a mine earns nothing.

One set per scope of cost (costs.py): names without a prefix are power only. The break-even BTC
price is the cost of mining one coin at the same scope.
"""

from __future__ import annotations

from monitor.domain.units import HOURS_PER_DAY
from monitor.metrics.base import Example, Floats, Guard, Metric, above
from monitor.metrics.costs import POWER, SCOPES, CostScope
from monitor.metrics.reference import EARNED, HASHPRICE, NETWORK, REF
from monitor.metrics.terms import (
    ANY_HASHRATE,
    EFFICIENCY_OK,
    FEE_OK,
    MINES,
    OVERHEAD,
    OVERHEAD_OK,
    POOL_FEE,
    energy_kwh_ph_day,
    mine_metric,
)

_SOURCE = "docs/formulas.md 3"
_POOL = {"pool_fee_ratio": 0.005}
_IN_BTC = {**_POOL, "hashprice_btc_ph_day": 0.0004314181657}
_BTC = {"": 44_029, "cash_": 68_049, "all_in_": 102_363}
_HASHPRICE = {"": 18.995, "cash_": 29.358, "all_in_": 44.161}
_POWER_PRICE = {"": 0.09314, "cash_": 0.06859, "all_in_": 0.03352}
_DIFFICULTY = {
    "": 303_170_000_000_000,
    "cash_": 196_158_000_000_000,
    "all_in_": 130_402_000_000_000,
}
_LUXOR = "https://www.hashrateindex.com/blog/hashrate-index-roundup-april-1-2024/: Luxor printed "
_VECTORS = (
    (17.5, 0.129, "0.13 for the S21"),
    (18.5, 0.122, "0.12 for the M60S"),
    (21.5, 0.105, "0.10 for the S19 XP"),
    (22, 0.103, "0.10 for the M50S++"),
    (30, 0.0754, "0.075 for the S19j Pro"),
    (34, 0.0665, "0.067 for the M30S+"),
)
_B04 = {"break_even_btc_usd": 57_597, "btc_usd": 60_000}


def _btc(hashcost: Floats, hashprice_btc: Floats, pool_fee_ratio: Floats) -> Floats:
    return hashcost / (hashprice_btc * (1 - pool_fee_ratio))


def _hashprice(hashcost: Floats, pool_fee_ratio: Floats) -> Floats:
    return hashcost / (1 - pool_fee_ratio)


def _power_price(
    net: Floats, hashcost: Floats, power: Floats, efficiency: Floats, overhead: Floats
) -> Floats:
    return (net - (hashcost - power)) / energy_kwh_ph_day(efficiency, overhead)


def _power_price_alone(
    net: Floats, efficiency_j_th: Floats, overhead: Floats, _mines: Floats
) -> Floats:
    return net / energy_kwh_ph_day(efficiency_j_th, overhead)


def _efficiency(net: Floats, price_usd_kwh: Floats, overhead: Floats, _mines: Floats) -> Floats:
    return net / (HOURS_PER_DAY * price_usd_kwh * overhead)


def _difficulty(difficulty: Floats, net_hashprice: Floats, hashcost: Floats) -> Floats:
    return difficulty * net_hashprice / hashcost


def _distance(break_even: Floats, btc_usd: Floats) -> Floats:
    return break_even / btc_usd - 1


def _volatilities(distance_ratio: Floats, volatility_ratio: Floats) -> Floats:
    return -distance_ratio / volatility_ratio


def _of_price(scope: CostScope) -> tuple[Metric, Metric]:
    """Declare the break-even BTC price and hashprice of a scope."""
    prefix, given = scope.prefix, {**scope.given, **_IN_BTC}
    return (
        mine_metric(
            name=f"{prefix}break_even_btc_usd",
            unit="USD/BTC",
            inputs=(scope.hashcost, "hashprice_btc_ph_day", POOL_FEE),
            description=f"BTC price at which mining just pays {scope.words}; also what one BTC"
            " costs by that measure.",
            formula=f"{scope.hashcost} / (hashprice_btc_ph_day x (1 - pool_fee_ratio))",
            source=_SOURCE,
            compute=_btc,
            guards=(*FEE_OK, Guard("hashprice_btc_ph_day", above(0.0), "no_hashprice")),
            examples=(
                Example(given, _BTC[prefix], 0, scope.source),
                Example({**given, "hashprice_btc_ph_day": 0}, None, reason="no_hashprice"),
            ),
            label=scope.titled("break-even BTC"),
            headline=scope is POWER,
        ),
        mine_metric(
            name=f"{prefix}break_even_hashprice_usd_ph_day",
            unit="USD/PH/day",
            inputs=(scope.hashcost, POOL_FEE),
            description=f"Hashprice at which mining just pays {scope.words}.",
            formula=f"{scope.hashcost} / (1 - pool_fee_ratio)",
            source=_SOURCE,
            compute=_hashprice,
            guards=FEE_OK,
            examples=(Example({**scope.given, **_POOL}, _HASHPRICE[prefix], 3, scope.source),),
            label=scope.titled("break-even hashprice"),
        ),
    )


def _of_difficulty(scope: CostScope) -> Metric:
    """Declare the break-even difficulty of a scope."""
    prefix = scope.prefix
    return mine_metric(
        name=f"{prefix}break_even_difficulty",
        unit="difficulty",
        inputs=("difficulty", "net_hashprice_usd_ph_day", scope.hashcost),
        description=f"Difficulty at which mining just pays {scope.words}, price and fees per"
        " block unchanged.",
        formula=f"difficulty x net_hashprice_usd_ph_day / {scope.hashcost}",
        source=_SOURCE,
        compute=_difficulty,
        guards=(Guard(scope.hashcost, above(0.0), "always_profitable"),),
        examples=(
            Example(
                {**scope.given, **EARNED, "difficulty": NETWORK["difficulty"]},
                _DIFFICULTY[prefix],
                -9,
                scope.source,
            ),
        ),
        label=scope.titled("break-even difficulty"),
    )


def _of_power(scope: CostScope) -> Metric:
    """Declare the break-even power price of a scope that has cost beside electricity."""
    return mine_metric(
        name=f"{scope.prefix}break_even_power_price_usd_kwh",
        unit="USD/kWh",
        inputs=(
            "net_hashprice_usd_ph_day",
            scope.hashcost,
            "power_hashcost_usd_ph_day",
            "efficiency_j_th",
            OVERHEAD,
        ),
        description=f"Power price at which the fleet just pays {scope.words}.",
        formula=f"(net_hashprice_usd_ph_day - ({scope.hashcost} - power_hashcost_usd_ph_day)) /"
        " (24 h x efficiency_j_th x site_overhead_ratio)",
        source=_SOURCE,
        compute=_power_price,
        examples=(Example({**scope.given, **EARNED}, _POWER_PRICE[scope.prefix], 5, scope.source),),
        label=scope.titled("break-even power"),
    )


_POWER_ALONE = (
    mine_metric(
        name="break_even_power_price_usd_kwh",
        unit="USD/kWh",
        inputs=("net_hashprice_usd_ph_day", "efficiency_j_th", OVERHEAD, ANY_HASHRATE),
        description="Power price at which the fleet just pays its electricity.",
        formula="net_hashprice_usd_ph_day / (24 h x efficiency_j_th x site_overhead_ratio)",
        source=_SOURCE,
        compute=_power_price_alone,
        guards=(MINES, EFFICIENCY_OK, OVERHEAD_OK),
        examples=(
            Example({**EARNED, "efficiency_j_th": 17.5}, _POWER_PRICE[""], 5, REF),
            *(
                Example(
                    {"hashprice_usd_ph_day": 54.3, "efficiency_j_th": efficiency},
                    price,
                    3 if price >= 0.1 else 4,  # noqa: PLR2004  # three figures, as printed
                    f"{_LUXOR}{printed}",
                )
                for efficiency, price, printed in _VECTORS
            ),
        ),
        label="Break-even power",
    ),
    mine_metric(
        name="break_even_efficiency_j_th",
        unit="J/TH",
        inputs=("net_hashprice_usd_ph_day", "power_price_usd_kwh", OVERHEAD, ANY_HASHRATE),
        description="Efficiency that a machine must beat to pay its electricity here.",
        formula="net_hashprice_usd_ph_day / (24 h x power_price_usd_kwh x site_overhead_ratio)",
        source=_SOURCE,
        compute=_efficiency,
        guards=(
            MINES,
            OVERHEAD_OK,
            Guard("power_price_usd_kwh", above(0.0), "always_profitable"),
        ),
        examples=(
            Example({**EARNED, "power_price_usd_kwh": 0.045}, 36.2, 1, REF),
            Example({**HASHPRICE, "power_price_usd_kwh": -0.01}, None, reason="always_profitable"),
        ),
        label="Break-even efficiency",
    ),
)

_DISTANCES = (
    mine_metric(
        name="break_even_distance_ratio",
        unit="ratio",
        inputs=("break_even_btc_usd", "btc_usd"),
        description="How far BTC may move until mining just pays its electricity: -4 % leaves a"
        " fall of 4 %; above 0 the mine is under water.",
        formula="break_even_btc_usd / btc_usd - 1",
        source=_SOURCE,
        compute=_distance,
        guards=(Guard("btc_usd", above(0.0), "no_price"),),
        examples=(
            Example(_B04, -0.040, 3, "BTC at 60,000, break-even at 57,597"),
            Example({**_B04, "btc_usd": 0}, None, reason="no_price"),
        ),
        label="Distance to break-even",
        headline=True,
    ),
    mine_metric(
        name="break_even_distance_volatilities",
        unit="daily volatilities",
        inputs=("break_even_distance_ratio", "btc_volatility_day_ratio"),
        description="The same fall in BTC's daily volatilities: 1 is an ordinary day away; below 0"
        " the mine is under water.",
        formula="-break_even_distance_ratio / btc_volatility_day_ratio",
        source=_SOURCE,
        compute=_volatilities,
        guards=(Guard("btc_volatility_day_ratio", above(0.0), "no_volatility"),),
        examples=(
            Example({**_B04, "btc_volatility_day_ratio": 0.025}, 1.6, 1, "2.5 % a day"),
            Example({**_B04, "btc_volatility_day_ratio": 0}, None, reason="no_volatility"),
        ),
        label="Distance in volatilities",
    ),
)

METRICS: tuple[Metric, ...] = (
    *(metric for scope in SCOPES for metric in (*_of_price(scope), _of_difficulty(scope))),
    *_POWER_ALONE,
    *(_of_power(scope) for scope in SCOPES[1:]),
    *_DISTANCES,
)
