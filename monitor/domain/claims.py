"""What an article of 17 July 2025 said about a company, and what follows from its own numbers.

The article is where the questions came from, not a source of truth: each claim is kept with the
verdict that other papers gave. Whatever can be computed from a company's claims is computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

# The day of the article: 2025-07-17T00:00Z in milliseconds.
ARTICLE_DAY_MS = 1_752_710_400_000
# The article gives no price; the worked reference numbers of this project use this one.
ARTICLE_BTC_USD = 105_000.0

NUMBERS: Mapping[str, str] = MappingProxyType(
    {
        "contract_value_usd": "USD",
        "contract_term_years": "years",
        "revenue_usd": "USD",
        "revenue_year_ago_usd": "USD",
        "offer_rejected_usd": "USD",
        "btc_produced": "BTC",
        "btc_produced_year_ago": "BTC",
        "btc_held": "BTC",
        "mining_revenue_usd": "USD",
        "ai_revenue_usd": "USD",
        "ai_share_ratio": "ratio",
        "ai_goal_usd_year": "USD/year",
        "sale_price_usd_btc": "USD/BTC",
        "gpu_count": "count",
        "gpu_count_before": "count",
        "gpu_capex_usd": "USD",
        "evaluating_mw": "MW",
        "site_potential_mw": "MW",
        "site_acres": "acres",
        "asic_share_ratio": "ratio",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement of the article.

    Attributes:
        claim: what it is about.
        says: the article's value, in words.
        verdict: what other papers make of it.
        found: the value found elsewhere, in words.
        source: where that was found; empty where nothing was.
        numbers: the article's value as numbers, by the names of `NUMBERS`.

    """

    claim: str
    says: str
    verdict: str
    found: str = ""
    source: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Derived:
    """A number that follows from claims: its unit and the arithmetic in words."""

    name: str
    value: float
    unit: str
    formula: str


_Rule = tuple[str, str, str, tuple[str, ...], Callable[..., float]]

_RULES: Sequence[_Rule] = (
    (
        "contract_run_rate_usd_year",
        "USD/year",
        "contract_value_usd / contract_term_years",
        ("contract_value_usd", "contract_term_years"),
        lambda value, years: value / years,
    ),
    (
        "revenue_change_ratio",
        "ratio",
        "revenue_usd / revenue_year_ago_usd - 1",
        ("revenue_usd", "revenue_year_ago_usd"),
        lambda new, old: new / old - 1,
    ),
    (
        "btc_produced_change_ratio",
        "ratio",
        "btc_produced / btc_produced_year_ago - 1",
        ("btc_produced", "btc_produced_year_ago"),
        lambda new, old: new / old - 1,
    ),
    (
        "gpu_growth_ratio",
        "ratio",
        "gpu_count / gpu_count_before",
        ("gpu_count", "gpu_count_before"),
        lambda new, old: new / old,
    ),
    (
        "implied_sale_price_usd_btc",
        "USD/BTC",
        "mining_revenue_usd / btc_produced",
        ("mining_revenue_usd", "btc_produced"),
        lambda revenue, coins: revenue / coins,
    ),
    (
        "implied_total_revenue_usd",
        "USD",
        "ai_revenue_usd / ai_share_ratio",
        ("ai_revenue_usd", "ai_share_ratio"),
        lambda revenue, share: revenue / share,
    ),
    (
        "implied_mining_revenue_usd",
        "USD",
        "implied_total_revenue_usd - ai_revenue_usd",
        ("implied_total_revenue_usd", "ai_revenue_usd"),
        lambda total, ai: total - ai,
    ),
    (
        "implied_mining_revenue_usd",
        "USD",
        "btc_produced * sale_price_usd_btc",
        ("btc_produced", "sale_price_usd_btc"),
        lambda coins, price: coins * price,
    ),
    (
        "ai_revenue_mix_ratio",
        "ratio",
        "ai_revenue_usd / (ai_revenue_usd + implied_mining_revenue_usd)",
        ("ai_revenue_usd", "implied_mining_revenue_usd"),
        lambda ai, mining: ai / (ai + mining),
    ),
    (
        "ai_goal_progress_ratio",
        "ratio",
        "ai_revenue_usd / ai_goal_usd_year",
        ("ai_revenue_usd", "ai_goal_usd_year"),
        lambda revenue, goal: revenue / goal,
    ),
    (
        "btc_treasury_usd",
        "USD",
        f"btc_held * {ARTICLE_BTC_USD:,.0f} USD",
        ("btc_held",),
        lambda held: held * ARTICLE_BTC_USD,
    ),
)


def derive(claims: Sequence[Claim]) -> tuple[Derived, ...]:
    """Return every number that follows from these claims; what lacks an input is left out.

    Divisors are positive: the books refuse a claim whose number is not.
    """
    known: dict[str, float] = {}
    for claim in claims:
        known.update(claim.numbers)
    found: list[Derived] = []
    for name, unit, formula, inputs, compute in _RULES:
        if name not in known and all(item in known for item in inputs):
            known[name] = compute(*(known[item] for item in inputs))
            found.append(Derived(name, known[name], unit, formula))
    return tuple(found)
