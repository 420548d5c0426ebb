"""What the market pays: for the coins, for the company, for its machines and its power.

Enterprise value is before the coins are taken off: market cap + debt + preferred - cash. Operating
enterprise value is without them, so that a treasury is not counted as machines. A convertible is
debt in the one number and shares in the diluted one, never both in the same.
"""

from __future__ import annotations

import numpy as np

from monitor.metrics.base import (
    MULTIPLE,
    CompanyType,
    Example,
    Floats,
    Guard,
    Input,
    Metric,
    Scope,
    above,
    not_negative,
)
from monitor.metrics.quotients import quotient

_MINERS = frozenset({CompanyType.MINER})
_POWERED = _MINERS | {CompanyType.AI_HOST}
_TREASURIES = frozenset({CompanyType.TREASURY})
_HOLDERS = _MINERS | _TREASURIES | {CompanyType.ASIC_MAKER}
_SOURCE = "docs/formulas.md 6"
_EXAMPLE = f"{_SOURCE}, example"

_NET_DEBT = Input("net_debt_usd", 0.0, "market cap only: debt or cash is not known")
_PREFERRED = Input("preferred_usd", 0.0, "no preferred stock is known")
_MINORITIES = Input("minorities_usd", 0.0, "no minorities are known")
_COINS = Input("btc_held", 0.0, "no coins are taken off: none are known")

_CAP = {"market_cap_usd": 4e9}
_FIRM = _CAP | {"debt_usd": 800e6, "cash_usd": 300e6, "btc_held": 10_000.0, "btc_usd": 91_132.0}

_NO_MNAV = (
    "mNAV compares a company with the coins it holds, which is right where holding them is the"
    " business. A miner's price also pays for machines, sites and contracts, so it misleads there;"
    " bitcointreasuries.net dropped it for miners. See treasury_share_of_market_cap_ratio."
)


def _enterprise_value(cap: Floats, net_debt: Floats, preferred: Floats) -> Floats:
    return cap + net_debt + preferred


def _operating_ev(ev: Floats, minorities: Floats, btc_held: Floats, btc_usd: Floats) -> Floats:
    return ev + minorities - btc_held * btc_usd


_WHOLE: tuple[Metric, ...] = (
    Metric(
        name="market_cap_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("stock_usd", "shares_count"),
        description="What all shares outstanding cost.",
        formula="stock_usd x shares_count",
        source=_SOURCE,
        compute=np.multiply,
        guards=(
            Guard("stock_usd", above(0.0), "no_price"),
            Guard("shares_count", above(0.0), "no_shares"),
        ),
        examples=(
            Example({"stock_usd": 12.5, "shares_count": 320e6}, 4e9, -6, _EXAMPLE),
            Example({"stock_usd": 12.5, "shares_count": 0}, None, reason="no_shares"),
        ),
        label="Market cap",
    ),
    Metric(
        name="diluted_market_cap_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("stock_usd", "diluted_shares_count"),
        description="What all shares would cost if all that may become one did.",
        formula="stock_usd x diluted_shares_count",
        source=_SOURCE,
        compute=np.multiply,
        guards=(
            Guard("stock_usd", above(0.0), "no_price"),
            Guard("diluted_shares_count", above(0.0), "no_shares"),
        ),
        examples=(
            Example({"stock_usd": 12.5, "diluted_shares_count": 400e6}, 5e9, -6, "own arithmetic"),
        ),
        label="Market cap, diluted",
    ),
    Metric(
        name="net_debt_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("debt_usd", "cash_usd"),
        description="Debt less cash; below 0 is cash left over. Coins are not cash.",
        formula="debt_usd - cash_usd",
        source=_SOURCE,
        compute=np.subtract,
        guards=(not_negative("debt_usd"), not_negative("cash_usd")),
        examples=(
            Example({"debt_usd": 800e6, "cash_usd": 300e6}, 500e6, -6, _EXAMPLE),
            Example({"debt_usd": -1, "cash_usd": 300e6}, None, reason="negative:debt_usd"),
        ),
        label="Net debt",
    ),
    Metric(
        name="enterprise_value_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("market_cap_usd", _NET_DEBT, _PREFERRED),
        description="Price of the whole company, its coins included.",
        formula="market_cap_usd + net_debt_usd + preferred_usd",
        source=_SOURCE,
        compute=_enterprise_value,
        examples=(
            Example(_FIRM, 4.5e9, -6, _EXAMPLE),
            Example(_CAP, 4e9, -6, "market cap only"),
        ),
        label="Enterprise value",
    ),
    Metric(
        name="operating_ev_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("enterprise_value_usd", _MINORITIES, _COINS, "btc_usd"),
        description="Price of the company without its coins: what its operations cost.",
        formula="enterprise_value_usd + minorities_usd - btc_held x btc_usd",
        source=_SOURCE,
        compute=_operating_ev,
        guards=(not_negative("btc_held"),),
        examples=(
            Example(_FIRM, 3_588.7e6, -5, _EXAMPLE),
            Example(_CAP, None, reason="missing:btc_usd"),
        ),
        label="Operating EV",
    ),
)

_PER_UNIT: tuple[Metric, ...] = (
    quotient(
        "operating_ev_usd",
        "hashrate_eh_s",
        "no_mining",
        signed=True,
        name="operating_ev_usd_eh_s",
        unit="USD/EH/s",
        description="Operating EV for each EH/s; the hashrate's basis is that of the best figure.",
        source=_SOURCE,
        applies_to=_MINERS,
        examples=(
            Example(_FIRM | {"hashrate_eh_s": 20}, 179.4e6, -5, _EXAMPLE),
            Example(_FIRM | {"hashrate_eh_s": 0}, None, reason="no_mining"),
        ),
        label="EV per EH/s",
    ),
    quotient(
        "operating_ev_usd",
        "contracted_mw",
        "no_power",
        signed=True,
        name="operating_ev_per_contracted_usd_mw",
        unit="USD/MW",
        description="Operating EV for each megawatt that the company has secured, built or not.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example(_FIRM | {"contracted_mw": 500}, 7.18e6, -4, _EXAMPLE),
            Example({"operating_ev_usd": 3e9, "contracted_mw": 1_000}, 3e6, -5, "own arithmetic"),
            Example(_FIRM | {"contracted_mw": 0}, None, reason="no_power"),
        ),
        label="EV per contracted MW",
    ),
    quotient(
        "operating_ev_usd",
        "energised_mw",
        "no_power",
        signed=True,
        name="operating_ev_per_energised_usd_mw",
        unit="USD/MW",
        description="Operating EV for each megawatt that runs or could.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example(_FIRM | {"energised_mw": 500}, 7.18e6, -4, _EXAMPLE),
            Example(_FIRM | {"energised_mw": 0}, None, reason="no_power"),
        ),
        label="EV per energised MW",
    ),
)

_COINS_SHARE: tuple[Metric, ...] = (
    quotient(
        "btc_treasury_usd",
        "market_cap_usd",
        "no_market_cap",
        name="treasury_share_of_market_cap_ratio",
        unit="ratio",
        description="Share of the market cap that the coins held are worth; no mNAV.",
        source=_SOURCE,
        applies_to=_HOLDERS,
        examples=(
            Example(_FIRM, 0.228, 3, "own arithmetic on the example"),
            Example(_FIRM | {"market_cap_usd": 0}, None, reason="no_market_cap"),
        ),
        label="Treasury / market cap",
    ),
    quotient(
        "btc_treasury_usd",
        "enterprise_value_usd",
        "no_enterprise_value",
        name="hodl_value_share_ratio",
        unit="ratio",
        description="Share of the enterprise value that the coins held are worth; above 1 the"
        " market pays less than nothing for the operations.",
        source=_SOURCE,
        applies_to=_HOLDERS,
        examples=(
            Example(_FIRM, 0.203, 3, _EXAMPLE),
            Example(_FIRM | {"cash_usd": 5e9}, None, reason="no_enterprise_value"),
        ),
        label="HODL value share",
    ),
)

_MNAV: tuple[Metric, ...] = tuple(
    quotient(
        top,
        "btc_treasury_usd",
        "no_coins",
        signed=True,
        name=name,
        unit=MULTIPLE,
        description=description,
        source=f"{_SOURCE}; mnav.com, bitcointreasuries.net",
        applies_to=_TREASURIES,
        examples=(
            Example(given, value, 2, source),
            Example(given | {"btc_held": 0.0}, None, reason="no_coins"),
        ),
        label=label,
        refusal=_NO_MNAV,
    )
    for name, top, description, given, value, source, label in (
        (
            "mnav_cap_to_nav_ratio",
            "market_cap_usd",
            "Market cap for each dollar of coins held (basic mNAV).",
            _FIRM,
            4.39,
            _EXAMPLE,
            "mNAV, basic",
        ),
        (
            "mnav_ev_to_nav_ratio",
            "enterprise_value_usd",
            "Enterprise value for each dollar of coins held (EV mNAV).",
            _FIRM,
            4.94,
            _EXAMPLE,
            "mNAV, EV",
        ),
        (
            "mnav_diluted_cap_to_nav_ratio",
            "diluted_market_cap_usd",
            "Fully diluted market cap for each dollar of coins held (diluted mNAV).",
            _FIRM | {"diluted_market_cap_usd": 4.8e9},
            5.27,
            "own arithmetic on the example",
            "mNAV, diluted",
        ),
    )
)

METRICS: tuple[Metric, ...] = _WHOLE + _PER_UNIT + _COINS_SHARE + _MNAV
