"""A figure given live: it counts while it is fresh, is marked wherever it enters, and then is gone."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from monitor.compute.card_metrics import limits
from monitor.compute.overrides import author_of, expires_at, live_figures, overridden, source_beside
from monitor.compute.step import DAY
from monitor.domain.companies import Company, CompanyType, Confidence, Figure, fact_at
from monitor.domain.events import Quality, Quote
from tests.worlds import NOON, commit, make_step, network, quote, restarted, threshold, tick

WEEK = 7 * DAY
POWER = "HIVE.power_price_usd_kwh"
RULES = [threshold(id="loss", on="mining_margin_usd_ph_day", below=20.0, recover=25.0)]


def by_hand(value: float, at: int, *, author: str = "anna", **fields: Any) -> Quote:
    """Return what `hashhedge fact set` sends."""
    ttl = fields.pop("fresh_ms", WEEK)
    return quote(POWER, value, at, source=f"manual-{author}", fresh_ms=ttl, **fields)


def figure(fact: str, value: float, as_of: int, **fields: Any) -> Figure:
    """Return a figure of a book."""
    base = {"source": "https://example.com", "title": "", "confidence": Confidence.CONFIRMED}
    return Figure(fact=fact, value=value, as_of=as_of, **(base | fields))


def company(*figures: Figure) -> Company:
    """Return a miner with these figures."""
    histories: dict[str, tuple[Figure, ...]] = {}
    for item in figures:
        histories[item.fact] = (*histories.get(item.fact, ()), item)
    return Company(
        ticker="HIVE",
        name="Hive",
        type=CompanyType.MINER,
        fiscal_year_end="03-31",
        figures=histories,
    )


def test_it_counts_until_its_time_has_passed() -> None:
    """The margin rests on the figure by hand for seven days of event time, then on the book's.

    HIVE: hashprice 52.50 less 24 x 20 J/TH x price; 0.081 leaves 13.62, the book's 0.05 leaves
    28.50 (row A27).
    """
    step = make_step()
    long = 10**10
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON, fresh_ms=long)))
    step.process(tick(NOON, by_hand(0.081, NOON)))
    assert step.reading("mining_margin_usd_ph_day", "HIVE").value == pytest.approx(13.62, abs=0.005)
    step.advance(NOON + WEEK)
    assert step.reading("mining_margin_usd_ph_day", "HIVE").value == pytest.approx(13.62, abs=0.005)
    step.advance(NOON + WEEK + 1)
    assert step.reading("mining_margin_usd_ph_day", "HIVE").value == pytest.approx(28.50, abs=0.005)


def test_its_end_survives_a_restart() -> None:
    """Another process that takes over knows until when it counts, who gave it and why."""
    step = make_step(RULES)
    cells: dict[str, bytes] = {}
    step.process(tick(NOON, by_hand(0.081, NOON, note="from the call")))
    fresh = restarted(step, RULES, cells)
    assert [item.note for item in fresh.instruments.origin(POWER)] == ["from the call"]
    assert fresh.table.reading("power_price_usd_kwh", 1).value == 0.081
    fresh.advance(NOON + WEEK + 1)
    assert fresh.table.reading("power_price_usd_kwh", 1).value == 0.05


def test_ended_early_the_book_counts_at_once() -> None:
    """A later word of the same source that is good for no time ends it, without an instant between."""
    step = make_step()
    step.process(tick(NOON, by_hand(0.081, NOON)))
    step.process(tick(NOON + 5_000, by_hand(0.081, NOON + 1, fresh_ms=0)))
    assert step.table.reading("power_price_usd_kwh", 1).value == 0.05


def test_of_two_authors_the_newer_counts_and_the_other_stays_behind_it() -> None:
    """Ending the newer brings the older back, not the book."""
    step = make_step()
    step.process(tick(NOON, by_hand(0.07, NOON)))
    step.process(tick(NOON + 1, by_hand(0.08, NOON + 1, author="bob")))
    assert step.table.reading("power_price_usd_kwh", 1).value == 0.08
    step.process(tick(NOON + 9, by_hand(0.08, NOON + 2, author="bob", fresh_ms=0)))
    assert step.table.reading("power_price_usd_kwh", 1).value == 0.07
    assert [item.source for item in step.instruments.origin(POWER)] == ["manual-anna"]


def test_an_alert_names_who_gave_the_figure() -> None:
    """An alert's inputs hold the figure given live with its source, also one deep in the formula."""
    rules = [threshold(id="loss", on="mining_margin_usd_ph_day", companies=("HIVE",), below=20.0)]
    step = make_step(rules)
    long = 10**10
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON, fresh_ms=long)))
    assert commit(step, {}) == []
    step.process(tick(NOON + 1, by_hand(0.081, NOON + 1)))
    (fired,) = commit(step, {})
    names = [item["name"] for item in fired.inputs]
    assert names == [
        "net_hashprice_usd_ph_day",
        "power_hashcost_usd_ph_day",
        "power_price_usd_kwh",
    ]
    assert fired.inputs[-1] == {
        "name": "power_price_usd_kwh",
        "value": 0.081,
        "quality": "ok",
        "instrument": POWER,
        "sources": ["manual-anna"],
    }


def test_a_figure_of_the_book_has_no_source_in_an_alert() -> None:
    """Only what somebody says live has an instrument; the book's own figures are named alone."""
    step = make_step()
    step.process(tick(NOON, by_hand(0.081, NOON)))
    inputs = {
        item["name"]: item for item in step.sources.inputs("power_hashcost_usd_ph_day", "HIVE")
    }
    assert inputs["power_price_usd_kwh"]["sources"] == ["manual-anna"]
    assert "instrument" not in inputs["efficiency_j_th"]


def test_laid_over_the_book_it_is_the_newest_figure() -> None:
    """`fact_at` finds it with who, until when and why; it does not grow old before its end."""
    book = company(figure("power_price_usd_kwh", 0.05, NOON - 90 * DAY))
    laid = overridden(book, [by_hand(0.081, NOON, note="new tariff")], NOON + DAY)
    found = fact_at(laid, "power_price_usd_kwh", NOON + DAY)
    assert found is not None
    assert (found.value, found.source, found.note) == (0.081, "manual-anna", "new tariff")
    assert found.expires == NOON + WEEK + 1
    assert found.quality_at(NOON + 600 * DAY) is Quality.OK
    assert author_of(found.source) == "anna"
    assert limits({"power_price_usd_kwh": found}) == [
        "override: power_price_usd_kwh by anna until 2025-07-24"
    ]


def test_what_is_over_or_somebody_elses_is_not_laid_over() -> None:
    """An expired quote, another company's, and a name that is no fact leave the company as it is."""
    book = company(figure("power_price_usd_kwh", 0.05, NOON - DAY))
    quotes = [
        by_hand(0.081, NOON - WEEK - 1),
        structs.replace(by_hand(0.08, NOON), instrument="RIOT.power_price_usd_kwh"),
        structs.replace(by_hand(0.08, NOON), instrument="HIVE.mining_margin_ratio"),
        quote("HIVE", 3.0, NOON),
    ]
    assert overridden(book, quotes, NOON) is book
    assert [item.instrument for item in live_figures(quotes, NOON)] == ["RIOT.power_price_usd_kwh"]


def test_the_last_millisecond_counts() -> None:
    """A figure counts through its whole time and not a millisecond longer."""
    given = by_hand(0.081, NOON, fresh_ms=10)
    assert live_figures([given], NOON + 10) == [given]
    assert live_figures([given], NOON + 11) == []
    assert expires_at(given) == NOON + 11


def test_a_figure_of_several_measurements_takes_the_best_ones_place() -> None:
    """A hashrate given live stands for all kinds of hashrate, and says what it is."""
    book = company(figure("hashrate_installed_eh_s", 20.0, NOON - DAY, basis="installed"))
    given = structs.replace(by_hand(25.0, NOON), instrument="HIVE.hashrate_eh_s")
    found = fact_at(overridden(book, [given], NOON), "hashrate_eh_s", NOON)
    assert found is not None
    assert (found.value, found.basis) == (25.0, "given live")
    assert "basis=given live" in limits({"hashrate_eh_s": found})


def test_a_sender_whose_clock_is_ahead_is_still_heard() -> None:
    """A figure from a second ahead of us describes now, not the future."""
    found = fact_at(
        overridden(company(), [by_hand(0.081, NOON + 1_000)], NOON), "power_price_usd_kwh", NOON
    )
    assert found is not None
    assert found.as_of == NOON


def test_a_shorter_word_drops_no_longer_one_of_its_author() -> None:
    """An hour over a week by one person: the hour counts, then the week again, then the book."""
    week = by_hand(0.081, NOON)
    hour = by_hand(0.02, NOON + 1, fresh_ms=3_600_000)
    hour = structs.replace(hour, source=source_beside(hour, [week]))
    assert author_of(hour.source) == "anna"
    step = make_step()
    step.process(tick(NOON, week))
    step.process(tick(NOON + 1, hour))
    seen = [step.table.reading("power_price_usd_kwh", 1).value]
    for moment in (NOON + 3_600_002, NOON + WEEK + 1):
        step.advance(moment)
        seen.append(step.table.reading("power_price_usd_kwh", 1).value)
    assert seen == [0.02, 0.081, 0.05]


def test_a_longer_word_takes_the_place_of_a_shorter() -> None:
    """What ends earlier never counts again; and each that outlives the new one is kept."""
    hour = by_hand(0.081, NOON, fresh_ms=3_600_000)
    assert source_beside(by_hand(0.02, NOON + 1), [hour]) == "manual-anna"
    week = by_hand(0.03, NOON)
    day = structs.replace(by_hand(0.04, NOON + 1, fresh_ms=DAY), source="manual-anna/2")
    assert (
        source_beside(structs.replace(hour, observed_at=NOON + 2), [week, day]) == "manual-anna/3"
    )
    other = by_hand(0.03, NOON, author="bob")
    assert source_beside(hour, [other]) == "manual-anna"
