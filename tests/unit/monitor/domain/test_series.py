"""A series is known by its name alone: group, whose, figure."""

from __future__ import annotations

from decimal import Decimal

import pytest

from monitor.domain.events import Quote
from monitor.domain.plausibility import judge
from monitor.domain.series import SERIES, Cadence, series_name, series_of
from monitor.domain.symbols import Kind, symbol_of

ALL = [(group, figure) for group, figures in SERIES.items() for figure in figures]


def test_a_name_is_a_series_with_all_three_parts_only() -> None:
    """A wrong part makes it something else."""
    assert series_of("perp.okx.funding_8h_ratio") is SERIES["perp"]["funding_8h_ratio"]
    for name in ("perp.okx", "perp.okx.funding", "perp.OKX.funding_8h_ratio", "RIOT.btc_held"):
        assert series_of(name) is None
    assert series_name("stablecoin", "usdt", "cap_usd") == "stablecoin.usdt.cap_usd"
    with pytest.raises(KeyError):
        series_name("stablecoin", "usdt", "cap")


@pytest.mark.parametrize(("group", "figure"), ALL)
def test_every_declaration_holds(group: str, figure: str) -> None:
    """Bounds are in order, the kind is its own, and what is out of bounds is refused by name."""
    series, name = SERIES[group][figure], f"{group}.any.{figure}"
    assert series.low < series.high
    assert series.description.endswith(".")
    assert symbol_of(name, {"RIOT"}).kind is Kind.SERIES
    quote = Quote(instrument=name, value=series.high + 1, observed_at=0, source="x")
    assert judge(quote, None, 0) == "out_of_bounds"


def test_a_series_holds_as_long_as_its_cadence() -> None:
    """A daily figure of Friday is still the latest on Monday; funding is not after an hour."""
    assert symbol_of("etf.btc.flow_usd", ()).fresh_ms == Cadence.DAILY.fresh_ms
    assert symbol_of("perp.okx.funding_8h_ratio", ()).fresh_ms == 900_000
    assert symbol_of("RIOT.btc_held", ()).fresh_ms == Kind.FIGURE.fresh_ms


def test_a_funding_rate_in_percent_is_out_of_bounds() -> None:
    """0.01 % per 8 h is 0.0001; ten per cent for eight hours never was."""
    quote = Quote(
        instrument="perp.okx.funding_8h_ratio", value=Decimal("0.2"), observed_at=0, source="okx"
    )
    assert judge(quote, None, 0) == "out_of_bounds"
