"""How much of a company's power AI has: in use, paid for, signed. Each has a name of its own.

Both megawatts of a share are on one basis, gross or critical IT; the card says where a book mixes
them. What is planned or designated is in none of them.
"""

from __future__ import annotations

from monitor.metrics.base import CompanyType, Example, Metric
from monitor.metrics.quotients import quotient

_POWERED = frozenset({CompanyType.MINER, CompanyType.AI_HOST})
_SOURCE = "docs/formulas.md 5 row 6"
_OWN = "own arithmetic"

METRICS: tuple[Metric, ...] = (
    quotient(
        "ai_energised_mw",
        "energised_mw",
        "no_power",
        name="ai_mw_share_ratio",
        unit="ratio",
        description="Share of AI in the power that runs today, both on one basis (gross or IT).",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example({"ai_energised_mw": 200, "energised_mw": 800}, 0.25, 2, _OWN),
            Example({"ai_energised_mw": 0, "energised_mw": 0}, None, reason="no_power"),
            Example(
                {"ai_energised_mw": -5, "energised_mw": 800},
                None,
                reason="negative:ai_energised_mw",
            ),
        ),
        label="AI share of MW",
    ),
    quotient(
        "ai_billing_mw",
        "energised_mw",
        "no_power",
        name="ai_billing_mw_ratio",
        unit="ratio",
        description="Share of the power that runs today for which AI tenants already pay.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example({"ai_billing_mw": 243, "energised_mw": 900}, 0.27, 2, _OWN),
            Example({"ai_billing_mw": 0, "energised_mw": 0}, None, reason="no_power"),
        ),
        label="AI share of MW, billing",
    ),
    quotient(
        "ai_contracted_mw",
        "contracted_mw",
        "no_power",
        name="ai_contracted_mw_ratio",
        unit="ratio",
        description="Share of signed AI contracts in all the power the company has contracted.",
        source=_SOURCE,
        applies_to=_POWERED,
        examples=(
            Example(
                {"ai_contracted_mw": 800, "contracted_mw": 1_200},
                0.667,
                3,
                "Core Scientific, November 2024: gross, designated",
            ),
            Example({"ai_contracted_mw": 5, "contracted_mw": 0}, None, reason="no_power"),
        ),
        label="AI share of contracted MW",
    ),
)
