"""A number that a person states: read as a book's figure is, in unit and range."""

from __future__ import annotations

import pytest

from monitor.cli.fact_guards import refuse_far_off, refuse_what_does_not_apply, stated
from monitor.core.errors import ConfigError
from monitor.domain.companies import Company, CompanyType, Confidence, Figure
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


def company(kind: CompanyType, **values: float) -> Company:
    """Return a company of this type whose book has these figures."""
    figures = {
        fact: (
            Figure(
                fact=fact,
                value=value,
                as_of=0,
                source="s",
                title="t",
                confidence=Confidence.CONFIRMED,
            ),
        )
        for fact, value in values.items()
    }
    return Company(ticker="AAA", name="A", type=kind, fiscal_year_end="12-31", figures=figures)


@pytest.mark.parametrize(
    ("value", "refused"),
    [(500_000, True), (5_000, True), (499_999, False), (5_001, False), (0, False)],
)
def test_a_factor_of_ten_is_refused(value: float, refused: bool) -> None:
    """Against 50,000 BTC in the book: 500,000 and 5,000 are slips, none at all is said to be none."""
    mara = company(CompanyType.MINER, btc_held=50_000)
    if not refused:
        return refuse_far_off(mara, FACTS["btc_held"], value, 1)
    with pytest.raises(ConfigError, match="expected between 5,000 and 500,000") as caught:
        refuse_far_off(mara, FACTS["btc_held"], value, 1)
    assert "--force" in str(caught.value)
    return None


def test_a_price_that_turns_negative_is_no_slip() -> None:
    """Credits may turn a power price of 0.05 to -0.02; what the book does not know is no guide."""
    rockdale = company(CompanyType.MINER, power_price_usd_kwh=0.05)
    refuse_far_off(rockdale, FACTS["power_price_usd_kwh"], -0.02, 1)
    refuse_far_off(rockdale, FACTS["btc_held"], 1, 1)


@pytest.mark.parametrize("fact", ["hashrate_eh_s", "mining_revenue_usd", "btc_produced"])
def test_a_host_has_no_figure_of_a_mine(fact: str) -> None:
    """For a type that does not mine it is not applicable, unless its own book has the figure."""
    with pytest.raises(ConfigError, match="not applicable"):
        refuse_what_does_not_apply(company(CompanyType.AI_HOST), fact)
    refuse_what_does_not_apply(company(CompanyType.MINER), fact)
    refuse_what_does_not_apply(company(CompanyType.AI_HOST, **{fact: 1.0}), fact)


def test_a_host_s_own_figures_pass() -> None:
    """Megawatts, debt and coins held are anybody's."""
    for fact in ("ai_energised_mw", "debt_usd", "btc_held"):
        refuse_what_does_not_apply(company(CompanyType.AI_HOST), fact)
