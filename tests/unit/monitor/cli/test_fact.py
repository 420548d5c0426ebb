"""A number that a person states: read as a book's figure is, in unit and range."""

from __future__ import annotations

import pytest

from monitor.cli.fact import stated
from monitor.core.errors import ConfigError
from monitor.domain.facts import FACTS


@pytest.mark.parametrize(
    ("fact", "text", "unit", "value"),
    [
        ("btc_held", "52000", None, 52_000),
        ("btc_held", "52_000 BTC", None, 52_000),
        ("power_price_usd_kwh", "4.2c/kWh", None, 0.042),
        ("power_price_usd_kwh", "42", "USD/MWh", 0.042),
        ("power_price_usd_kwh", "-0.02", None, -0.02),
        ("ai_revenue_usd_year", "1.2e8", None, 1.2e8),
        ("ai_revenue_usd_year", "120MUSD/year", None, 1.2e8),
        ("pool_fee_ratio", "2%", None, 0.02),
        ("hashrate_eh_s", "30000 PH/s", None, 30),
    ],
)
def test_a_unit_is_converted_exactly(fact: str, text: str, unit: str | None, value: float) -> None:
    """The unit may stand behind the number or beside it; without one it is the fact's."""
    assert stated(FACTS[fact], text, unit) == value


@pytest.mark.parametrize(
    ("fact", "text", "unit", "expected"),
    [
        ("btc_held", "52000000", None, "expected 1 to 1e+06 BTC, or 0"),
        ("btc_held", "5", "MW", "BTC or sat"),
        ("power_price_usd_kwh", "4.2", None, "expected -0.25 to 0.5 USD/kWh"),
        ("hashrate_eh_s", "30000000 TH", None, "EH/s"),
        ("btc_held", "many", None, "no number"),
        ("btc_held", "1,5", None, "btc_held"),
        ("btc_held", "1e999", None, "too large"),
        ("btc_held", "nan", None, "no number"),
    ],
)
def test_what_a_book_would_refuse_is_refused(
    fact: str, text: str, unit: str | None, expected: str
) -> None:
    """A wrong unit, a slip of a factor, no number: the message says what is expected."""
    with pytest.raises(ConfigError) as refused:
        stated(FACTS[fact], text, unit)
    assert expected in str(refused.value)
