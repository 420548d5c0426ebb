"""What an input can be, and the words for one that cannot."""

from __future__ import annotations

import pytest

from monitor.compute.expectation import expectation


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("efficiency_j_th", 20_000, "5 to 120 J/TH"),
        ("efficiency_j_th", 0.02, "5 to 120 J/TH; is it in J/GH?"),
        ("power_price_usd_kwh", 45, "between 0 and 0.001; is it in USD/MWh"),
        ("hashrate_eh_s", 30_000, "or 0; is it in "),
        ("earlier_ai_revenue_usd", 12, "10,000 to 1e+12 USD, or 0; is it in "),
        ("btc_usd", 0.5, "1 to 1e+07 USD"),
        ("height", 906_000.5, "0 to 1e+08 blocks"),
        ("stock_usd", -1, "USD"),
    ],
)
def test_factor_1000_is_named_with_the_range(name: str, value: float, words: str) -> None:
    """What a book or a feed would refuse is named with what was expected (B20)."""
    found = expectation(name, value)
    assert found is not None
    assert words in found.expected + found.slip


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("efficiency_j_th", 20),
        ("hashrate_eh_s", 0),
        ("power_price_usd_kwh", -0.158),
        ("btc_usd", 105_000),
        ("difficulty_growth_ratio", -0.03),
        ("mining_margin_ratio", -7),
    ],
)
def test_what_can_be_is_not_judged(name: str, value: float) -> None:
    """A pure host's hashrate of 0, a negative power price, a metric whatever it is."""
    assert expectation(name, value) is None
