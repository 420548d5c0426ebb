"""Fleets of several machine types: efficiency by hashrate, shutdown worst first (B09)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.derived import with_derived
from monitor.domain.figures import DAY, Confidence
from monitor.domain.fleet import Fleet, Machine, fleet_at, shutdown_order


def machine(name: str, efficiency: float, share: float) -> Machine:
    """Return a machine type."""
    return Machine(
        name=name,
        efficiency_j_th=efficiency,
        share_ratio=share,
        source="https://example.org",
        title="a paper",
        confidence=Confidence.CONFIRMED,
    )


def fleet(*machines: Machine, day: int = 0, published: int | None = None) -> Fleet:
    """Return a fleet of a day."""
    return Fleet(day * DAY, None if published is None else published * DAY, machines)


HALVES = fleet(machine("new", 20, 0.5), machine("old", 40, 0.5))


def test_the_second_half_is_unprofitable() -> None:
    """Half at 20, half at 40 J/TH, hashprice 52.50 and 0.06 USD/kWh: the old half goes dark (B09)."""
    order = shutdown_order(HALVES, power_price_usd_kwh=0.06)
    assert [item.machine.name for item in order] == ["old", "new"]
    assert [item.hashprice_usd_ph_day for item in order] == pytest.approx([57.6, 28.8])
    assert [item.machine.name for item in order if item.unprofitable_at(52.50)] == ["old"]


def test_overhead_and_fee_raise_the_shutdown_price() -> None:
    """24 x 17.5 x 1 x 0.045 / 0.995 is 18.995 (domain 3); a PUE of 1.1 makes it a tenth more."""
    one = fleet(machine("S21", 17.5, 1))
    (plain,) = shutdown_order(one, power_price_usd_kwh=0.045, pool_fee_ratio=0.005)
    assert plain.hashprice_usd_ph_day == pytest.approx(18.995, abs=5e-4)
    (cooled,) = shutdown_order(
        one, power_price_usd_kwh=0.045, pool_fee_ratio=0.005, site_overhead_ratio=1.1
    )
    assert cooled.hashprice_usd_ph_day == pytest.approx(plain.hashprice_usd_ph_day * 1.1)


def test_a_negative_power_price_shuts_nothing_down() -> None:
    """Credits above the bill: every machine pays at any hashprice above zero."""
    order = shutdown_order(HALVES, power_price_usd_kwh=-0.02)
    assert not any(item.unprofitable_at(0.01) for item in order)


def test_the_efficiency_is_weighted_by_hashrate() -> None:
    """Three quarters at 20 and one at 40 J/TH are 25 J/TH together."""
    mixed = fleet(machine("new", 20, 0.75), machine("old", 40, 0.25))
    assert mixed.efficiency_j_th == 25


def test_the_newest_known_fleet_counts() -> None:
    """A fleet of a later day counts once its paper is out."""
    later = fleet(machine("new", 15, 1), day=100, published=130)
    fleets = (HALVES, later)
    assert [fleet_at(fleets, day * DAY) for day in (-1, 0, 129, 130)] == [
        None,
        HALVES,
        HALVES,
        later,
    ]


def test_a_fleet_gives_the_efficiency_that_no_figure_gives() -> None:
    """The derived figure says how it was made, and is known when the fleet is."""
    later = fleet(machine("new", 15, 1), day=100, published=130)
    history = with_derived({}, (), (HALVES, later))["efficiency_j_th"]
    assert [(item.value, item.known_at // DAY) for item in history] == [(30, 0), (15, 130)]
    assert history[0].basis == "fleet mix, weighted by hashrate"
    assert history[0].note == "new 50%, old 50%"


@given(
    st.lists(st.tuples(st.floats(5, 120), st.floats(0.01, 1)), min_size=1, max_size=9),
    st.floats(-0.25, 0.5),
    st.floats(0, 200),
)
def test_the_order_is_worst_first(
    rows: list[tuple[float, float]], power: float, hashprice: float
) -> None:
    """Sorted by the price each needs, nobody lost, and the unprofitable ones come first."""
    subject = fleet(*(machine(str(n), e, share) for n, (e, share) in enumerate(rows)))
    order = shutdown_order(subject, power_price_usd_kwh=power)
    needed = [item.hashprice_usd_ph_day for item in order]
    assert needed == sorted(needed, reverse=True)
    assert sorted(item.machine.name for item in order) == sorted(map(str, range(len(rows))))
    dark = [item.unprofitable_at(hashprice) for item in order]
    assert dark == sorted(dark, reverse=True)
    low, high = min(e for e, _ in rows), max(e for e, _ in rows)
    assert low <= subject.efficiency_j_th * (1 + 1e-12)
    assert subject.efficiency_j_th <= high * (1 + 1e-12)
