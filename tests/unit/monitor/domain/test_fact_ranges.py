"""What a fact's value may be."""

from __future__ import annotations

import pytest

from monitor.domain.facts import FACTS


@pytest.mark.parametrize(
    "fact", ["ai_gross_profit_usd", "ai_gross_profit_usd_year", "mining_gross_profit_usd"]
)
def test_a_gross_profit_may_be_a_loss(fact: str) -> None:
    """A young AI business loses money, and a book must be able to say so (row C14)."""
    assert FACTS[fact].plausible(-5e6)
