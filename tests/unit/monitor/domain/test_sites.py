"""Sites: which entry holds, and what follows from all of them for power and cooling."""

from __future__ import annotations

from dataclasses import replace

from monitor.domain.derived import with_derived
from monitor.domain.figures import DAY, Confidence
from monitor.domain.sites import Cooling, Site, Use, site_figures, sites_at

MINE = Site(
    name="mine",
    as_of=10 * DAY,
    use=Use.MINING,
    source="https://example.org",
    title="a paper",
    confidence=Confidence.CONFIRMED,
    mw=300,
    power_contracted_mw=240,
)
HALL = replace(
    MINE,
    name="hall",
    use=Use.AI,
    cooling=Cooling.LIQUID,
    mw=100,
    power_contracted_mw=100,
    pue=1.25,
    as_of=20 * DAY,
)


def test_a_later_entry_replaces_the_site_of_its_name() -> None:
    """Each site is there once, as it was known."""
    grown = replace(MINE, mw=500, as_of=30 * DAY, published=40 * DAY)
    found = [sites_at((MINE, HALL, grown), day * DAY) for day in (9, 10, 39, 40)]
    assert [[site.mw for site in sites] for sites in found] == [[], [300], [100, 300], [100, 500]]


def test_the_share_of_contracted_power_follows_from_the_sites() -> None:
    """240 of 300 MW, then 340 of 400: known from the day on which each site was (C16)."""
    history = with_derived({}, (), (), (MINE, HALL))["power_contracted_ratio"]
    assert [(item.value, item.known_at // DAY) for item in history] == [(0.8, 10), (0.85, 20)]
    assert history[1].note == "sites: hall, mine"


def test_the_overhead_of_ai_sites_leaves_mines_out() -> None:
    """The PUE is that of AI sites, weighted by their power."""
    second = replace(HALL, name="second", mw=300, power_contracted_mw=None, pue=1.05)
    found = {item.fact: item for item in site_figures((MINE, HALL, second))}
    assert found["ai_site_overhead_ratio"].value == (1.25 * 100 + 1.05 * 300) / 400


def test_an_undisclosed_site_makes_no_share() -> None:
    """What leaves a site out would be wrong; nothing is put for unknown."""
    silent = replace(HALL, power_contracted_mw=None)
    assert [item.fact for item in site_figures((silent,))] == ["ai_site_overhead_ratio"]
    assert site_figures((replace(HALL, mw=None, pue=None),)) == []


def test_a_site_that_is_still_to_come_does_not_count() -> None:
    """Power that is due later is not in use."""
    later = replace(HALL, ramp=50 * DAY)
    (only,) = site_figures((MINE, later))[-1:]
    assert (only.fact, only.value, only.note) == ("power_contracted_ratio", 0.8, "sites: mine")
