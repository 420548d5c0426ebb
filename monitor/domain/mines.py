"""Which facts are a mine's, and which companies have one: what does not apply is no figure at all."""

from __future__ import annotations

from monitor.domain.companies import CompanyType

_MINERS = frozenset({CompanyType.MINER, CompanyType.ASIC_MAKER})
"""Makers of machines mine with them: Canaan reports coins and hashrate."""

_PREFIXES = ("hashrate_", "mining_")
_FACTS = frozenset(
    {
        "btc_produced",
        "curtailed_mwh",
        "curtailment_credit_usd",
        "efficiency_j_th",
        "forward_hashprice_usd_ph_day",
        "forward_sold_ratio",
        "hosting_share_ratio",
        "mean_hashprice_btc_ph_day",
        "pool_fee_ratio",
        "uptime_ratio",
    }
)


def mines(kind: CompanyType) -> bool:
    """Tell whether companies of this type may run a mine."""
    return kind in _MINERS


def belongs_to_a_mine(fact: str) -> bool:
    """Tell whether a fact says something of a mine alone: machines, coins made, cost of a coin."""
    return fact.startswith(_PREFIXES) or fact.endswith("_cost_usd_btc") or fact in _FACTS
