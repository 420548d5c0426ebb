"""The one step: what fires, when, and that neither batching nor a restart changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.compute.firms import Firm
from monitor.compute.instruments import MAX_SOURCES, MAX_STRANGERS
from monitor.compute.step import DAY, MAX_DAYS, Step
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality, Quote, Reading
from monitor.nyse import nyse_calendar
from tests.worlds import (
    CATALOGUE,
    NOON,
    OpenCalendar,
    commit,
    firms,
    make_step,
    network,
    quote,
    restarted,
    states,
    threshold,
    tick,
)

SECOND = 1_000
MINUTE = 60 * SECOND


def test_the_worked_fleet() -> None:
    """105,000 USD at 126.98 T and 1 % fees: hashprice 52.50, margin of 20 J/TH at 0.06 as worked.

    HIVE has 20 J/TH at 0.05 USD/kWh: hashcost 24.00, margin 28.50 USD/PH/day (rows B01, A12).
    """
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    assert step.table.reading("hashprice_usd_ph_day", 0).value == pytest.approx(52.50, abs=0.005)
    hive = step.table.reading("mining_margin_usd_ph_day", 1)
    assert hive.value == pytest.approx(28.50, abs=0.005)
    assert hive.quality is Quality.SINGLE


def test_a_company_without_a_share_has_no_stock_metric() -> None:
    """Nothing is missing of a private company's share: it does not apply (row B32)."""
    private = replace(firms()[1], listed=False)
    step = Step([private], CATALOGUE, (), OpenCalendar())
    step.process(tick(NOON, *network(NOON)))
    change = step.table.reading("stock_change_day_ratio", 0)
    assert (change.value, change.quality) == (None, Quality.NOT_APPLICABLE)
    assert change.reason == "not_listed"


def test_what_does_not_apply_is_absent_and_what_is_missing_is_named() -> None:
    """An AI host has no mining margin; without a difficulty there is no hashprice, not a zero."""
    step = make_step()
    height_and_fees = network(NOON)[1:]
    step.process(tick(NOON, *height_and_fees, quote("BTC-USD", 105_000, NOON)))
    host = step.table.reading("mining_margin_ratio", 0)
    assert (host.value, host.quality) == (None, Quality.NOT_APPLICABLE)
    hashprice = step.table.reading("hashprice_usd_ph_day", 0)
    assert (hashprice.value, hashprice.quality) == (None, Quality.MISSING)
    assert hashprice.reason == "missing:difficulty"


def test_an_outlier_moves_nothing() -> None:
    """Feed 105000, 105010 and 72000: no rule on the price or on a margin fires (row A02)."""
    rules = [
        threshold(id="price", below=100_000.0),
        threshold(id="margin", on="mining_margin_ratio", below=0.1),
    ]
    step = make_step(rules)
    quotes = [
        quote("BTC-USD", value, NOON, source=venue)
        for venue, value in (("a", 105_000), ("b", 105_010), ("c", 72_000))
    ]
    step.process(tick(NOON, *network(NOON), *quotes[:2]))
    step.process(tick(NOON + 1, quotes[2]))
    assert step.take().transitions == []
    price = step.instruments.reading("BTC-USD").value
    assert price is not None
    assert 105_000 <= price <= 105_010
    reference = step.instruments.reference
    assert reference is not None
    assert reference.rejected == {"c": "outlier"}
    assert step.refused == {("c", "outlier"): 1}


def test_venues_that_move_together_are_no_outliers() -> None:
    """Three venues jump by 4 % in one tick: the price follows, nobody is left out or in dispute."""
    step = make_step()
    for minute, level in enumerate((100_000, 104_000, 100_000)):
        at = NOON + minute * MINUTE
        quotes = [quote("BTC-USD", level + n, at, source=v) for n, v in enumerate("abc")]
        step.process(tick(at, *quotes))
        price = step.instruments.reading("BTC-USD")
        assert (price.value, price.quality) == (level + 1, Quality.OK)
    assert not step.refused


def test_a_zero_price_is_refused_and_the_last_good_one_stays() -> None:
    """`c=0` is counted as zero_price, makes no crossing and leaves the value (row A05)."""
    step = make_step([threshold(on="RIOT", below=5.0)])
    step.process(tick(NOON, quote("RIOT", "12.5", NOON)))
    step.process(tick(NOON + 1, quote("RIOT", "0", NOON + 1)))
    assert step.refused == {("test", "zero_price"): 1}
    assert step.instruments.reading("RIOT").value == 12.5
    assert step.take().transitions == []


def test_for_is_driven_by_time_not_by_data() -> None:
    """One sample above the level, then silence: it fires at 5 minutes while fresh (row E04)."""
    step = make_step([threshold(on="X", above=1.0, **{"for": "5m"})])
    step.process(tick(NOON, quote("X", 2, NOON, fresh_ms=10 * MINUTE)))
    step.advance(NOON + 6 * MINUTE)
    changes = step.take().transitions
    assert states(changes) == [("r", "X", "pending"), ("r", "X", "firing")]
    assert changes[1].at == NOON + 5 * MINUTE


def test_for_does_not_fire_on_a_value_that_grew_stale() -> None:
    """The same silence with a value good for one minute ends in no_data (row E04)."""
    step = make_step([threshold(on="X", above=1.0, **{"for": "5m"})])
    step.process(tick(NOON, quote("X", 2, NOON, fresh_ms=MINUTE)))
    step.advance(NOON + 6 * MINUTE)
    changes = step.take().transitions
    assert states(changes) == [("r", "X", "pending"), ("r", "X", "no_data")]
    assert changes[1].at == NOON + MINUTE + 1


def test_only_what_depends_on_the_change_is_recomputed() -> None:
    """A new power price of HIVE recomputes HIVE's row only (row D01)."""
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    before = step.table.recomputes.tolist()
    step.process(tick(NOON + 1, quote("HIVE.power_price_usd_kwh", "0.081", NOON + 1)))
    assert (step.table.recomputes - before).tolist() == [0, 1, 0]
    margin = step.table.reading("mining_margin_usd_ph_day", 1).value
    assert margin == pytest.approx(52.50 - 38.88, abs=0.005)


@pytest.mark.parametrize("name", ["mining_margin_usd_ph_day", "no_such_figure"])
def test_a_quote_cannot_take_the_place_of_what_is_computed(name: str) -> None:
    """Only a company's own figures may be quoted, not its metrics nor what does not exist."""
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    before = step.reading("mining_margin_usd_ph_day", "HIVE")
    assert before.value is not None
    step.process(tick(NOON + 1, quote(f"HIVE.{name}", "0.5", NOON + 1)))
    assert step.reading("mining_margin_usd_ph_day", "HIVE") == before


def test_the_tenants_fall_reaches_the_landlord() -> None:
    """CRWV at -15 % in a day alerts those who watch HIVE, its landlord, and names CRWV (row B24)."""
    rule = threshold(id="tenant", on="tenant_stock_change_day_ratio", below=-0.12)
    step = make_step([rule])
    step.process(tick(NOON, quote("CRWV.previous_close_usd", 100, NOON), quote("CRWV", 99, NOON)))
    step.process(tick(NOON + 1, quote("CRWV", 85, NOON + 1)))
    (fired,) = step.take().transitions
    assert (fired.key, fired.labels) == ("HIVE", {"company": "HIVE"})
    assert fired.value == pytest.approx(-0.15)
    assert "CRWV" in {item.get("instrument") for item in fired.inputs}


def test_the_same_event_five_times_is_one_alert() -> None:
    """Replaying one event changes one state and raises one alert (row D04)."""
    step = make_step([threshold(on="X", above=1.0)])
    for _ in range(5):
        step.process(tick(NOON, quote("X", 2, NOON, fresh_ms=MINUTE)))
    assert states(step.take().transitions) == [("r", "X", "firing")]


RULES = [
    threshold(id="up", on="X", above=2.0, recover=1.0),
    threshold(id="wait", on="X", above=1.0, **{"for": "30s"}),
    threshold(id="down", on="BTC-USD", below=100_000.0, recover=101_000.0),
    threshold(id="margin", on="mining_margin_ratio", below=0.25, recover=0.3, **{"for": "1m"}),
]
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 90),
        st.sampled_from(["X", "a", "b", "c", "HIVE.power_price_usd_kwh"]),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=25,
)


def _story(events: list[tuple[int, str, int]]) -> list[tuple[int, Quote]]:
    """Turn drawn numbers into quotes in the order of time."""
    now, story = NOON, []
    for wait_s, name, level in events:
        now += wait_s * SECOND
        if name == "X":
            item = quote("X", 1 + level / 4, now, fresh_ms=45 * SECOND)
        elif "." in name:
            item = quote(name, (1 + level) / 60, now)
        else:
            item = quote("BTC-USD", 96_000 + 1_000 * level, now, source=name, fresh_ms=MINUTE)
        story.append((now, item))
    return story


@settings(max_examples=80, deadline=None)
@given(EVENTS, *[st.sets(st.integers(0, 24))] * 3)
def test_neither_batching_nor_restarts_nor_idle_turns_change_the_result(
    events: list[tuple[int, str, int]], crashes: set[int], idles: set[int], judged: set[int]
) -> None:
    """The same ticks give the same transitions, byte for byte, however they are cut."""
    story = _story(events)
    end = story[-1][0] + 20 * MINUTE
    smooth = make_step(RULES)
    smooth.process(tick(NOON, *network(NOON)))
    for at, item in story:
        smooth.process(tick(at, item))
    smooth.advance(end)
    expected = smooth.take().transitions

    cells: dict[str, bytes] = {}
    rough = make_step(RULES)
    rough.process(tick(NOON, *network(NOON)))
    seen = commit(rough, cells)
    for number, (at, item) in enumerate(story):
        if number in idles:
            rough.advance(at - 1)
        rough.process(tick(at, item))
        if number in judged:
            rough.judge()
        seen += commit(rough, cells)
        if number in crashes:
            rough = restarted(rough, RULES, cells)
            seen += commit(rough, cells)
    rough.advance(end)
    seen += commit(rough, cells)
    assert seen == expected
    ids = [transition.id for transition in seen]
    assert len(ids) == len(set(ids))
    assert [t.at for t in seen] == sorted(t.at for t in seen)


NAMES = st.sampled_from(
    [
        "BTC-USD",
        "BTC-USDT",
        "USDC-USD",
        "HIVE",
        "HIVE.power_price_usd_kwh",
        "RIOT.previous_close_usd",
        "X",
        "network.difficulty",
        "network.height",
        "network.fees_btc_per_block",
        "network.x",
        "HIVE.stock_usd",
        "HIVE.btc_usd",
        "HIVE.hashprice_usd_ph_day",
        "HIVE.mining_margin_ratio",
        "HIVE.tenant_stock_usd",
    ]
) | st.text(max_size=6)
VALUES = st.sampled_from(
    ("0", "-1", "1", "1e400", "1e-400", "NaN", "sNaN", "Infinity", "105000", "1050000")
).map(Decimal) | st.decimals(allow_nan=True)
MOMENTS = st.sampled_from((NOON, 0, -1, 2**63 - 1, -(2**63))) | st.integers(NOON, NOON + 10**8)
STRANGE = st.builds(
    Quote,
    instrument=NAMES,
    value=VALUES,
    observed_at=MOMENTS,
    source=st.sampled_from(("a", "b", "")),
    received_at=st.none() | MOMENTS,
    fresh_ms=st.none() | st.integers(-5, 10**7),
    bid=st.none() | VALUES,
    ask=st.none() | VALUES,
    volume=st.none() | VALUES,
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10**6), st.lists(STRANGE, max_size=4)), max_size=6))
def test_no_quote_of_a_stranger_breaks_the_step(story: list[tuple[int, list[Quote]]]) -> None:
    """Anyone may write to the stream: whatever it says, the step goes on and can be stored."""
    now, cells = NOON, dict[str, bytes]()
    step = make_step(RULES)
    step.process(tick(now, *network(now)))
    for wait, quotes in story:
        now += wait
        step.process(tick(now, *quotes))
        commit(step, cells)
    step.advance(now + 20 * MINUTE)
    restarted(step, RULES, cells)


@pytest.mark.parametrize("column", ["btc_usd", "mining_margin_ratio", "hashprice_usd_ph_day"])
def test_only_facts_can_be_written_from_outside(column: str) -> None:
    """A quote named like a metric or a market input is no more than an instrument of that name."""
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    before = [step.reading(name, "HIVE") for name in ("mining_margin_ratio", "break_even_btc_usd")]
    step.process(tick(NOON + 1, quote(f"HIVE.{column}", 7, NOON + 1)))
    after = [step.reading(name, "HIVE") for name in ("mining_margin_ratio", "break_even_btc_usd")]
    assert after == before
    assert step.instruments.reading(f"HIVE.{column}").value == 7


def test_the_end_of_an_alert_does_not_repeat_its_cry() -> None:
    """A rule's sentence says that its condition holds; when it ends, the message says so."""
    step = make_step(
        [threshold(on="X", above=10, recover=9, summary="X is {value}, over {bound}.")]
    )
    for at, value in ((NOON, 11), (NOON + SECOND, 8)):
        step.process(tick(at, quote("X", value, at)))
    assert [item.summary for item in step.take().transitions] == [
        "X is 11, over 10.",
        "Resolved: X is 8, back past 9.",
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([0.5, 1.5, 2.5]), max_size=12), st.sets(st.integers(0, 11)))
def test_many_episodes_in_one_millisecond_have_ids_of_their_own(
    values: list[float], crashes: set[int]
) -> None:
    """A value that crosses back and forth at one moment gives alerts a receiver can tell apart."""
    cells: dict[str, bytes] = {}
    step, seen = make_step(RULES), []
    for number, value in enumerate(values):
        step.process(tick(NOON, quote("X", value, NOON)))
        seen += commit(step, cells)
        if number in crashes:
            step = restarted(step, RULES, cells)
    ids = [transition.id for transition in seen]
    assert len(ids) == len(set(ids))
    crossings = [value for value in values if value != 1.5]
    turns = sum(a != b for a, b in zip([0.5, *crossings], crossings, strict=False))
    assert sum(t.rule == "up" for t in seen) == turns
    assert [t.at for t in seen] == sorted(t.at for t in seen)


@pytest.mark.parametrize(
    "strange",
    [
        {"observed_at": 0},
        {"observed_at": -(10**18)},
        {"fresh_ms": 10**15},
        {"fresh_ms": -(10**30)},
        {"value": "sNaN"},
        {"volume": Decimal("sNaN")},
        {"volume": Decimal("Infinity")},
    ],
)
@pytest.mark.parametrize("instrument", ["RIOT", "BTC-USD"])
def test_no_quote_breaks_the_step(instrument: str, strange: Mapping[str, Any]) -> None:
    """Moments no calendar knows and numbers that cannot be compared are judged, not raised."""
    step = Step(firms(), CATALOGUE, (), nyse_calendar())
    step.process(tick(NOON, quote(instrument, 10_000, NOON)))
    fields: dict[str, Any] = {"value": 10_000, "at": NOON, "source": "other", **strange}
    fields["at"] = fields.pop("observed_at", NOON)
    step.process(tick(NOON, quote(instrument, **fields), quote(instrument, "sNaN", NOON)))
    step.advance(NOON + MINUTE)
    assert step.refused["test", "not_a_number"] == 1
    assert step.instruments.reading(instrument).value == 10_000


def test_a_stock_quoted_in_another_age_is_stale() -> None:
    """Outside the years of the calendar plain time counts, so such a quote is old, not fresh."""
    step = Step(firms(), CATALOGUE, (), nyse_calendar())
    step.process(tick(NOON, quote("RIOT", 10, 0)))
    assert step.instruments.reading("RIOT").quality is Quality.STALE


def test_inventing_names_fills_no_memory() -> None:
    """Of names that nothing needs only so many are kept, of sources too; what is needed has room."""
    step = make_step([threshold(on="WANTED", above=10)])
    names = [quote(f"JUNK{number}", 1, NOON) for number in range(MAX_STRANGERS + 7)]
    sources = [quote("X-USD", 1, NOON, source=f"s{number}") for number in range(MAX_SOURCES + 5)]
    step.process(tick(NOON, *sources, *names))
    step.process(tick(NOON, quote("WANTED", 11, NOON), quote("RIOT", 9, NOON), *network(NOON)))
    assert len(step.instruments.names()) == MAX_STRANGERS + 5
    assert len(step.instruments.quotes("X-USD")) == MAX_SOURCES
    assert step.refused["test", "too_many"] == 8
    assert sum(step.refused.values()) == 8 + 5
    assert states(step.take().transitions) == [("r", "WANTED", "firing")]
    assert step.instruments.reading("RIOT").value == 9


@pytest.mark.parametrize("target", ["RIOT", "RIOT.previous_close_usd", "RIOT.hashrate_eh_s"])
def test_a_rule_on_a_share_speaks_of_the_company(target: str) -> None:
    """Its standing flags, and whom it is about; the identity stays the instrument's."""

    def fact(name: str, _moment: int) -> Reading:
        return Reading(None, Quality.MISSING, f"missing:{name}")

    def flags(_moment: int) -> tuple[tuple[str, str], ...]:
        return (("litigation", "Litigation: a class action."),)

    riot = Firm("RIOT", CompanyType.MINER, fact, flags=flags)
    step = Step([riot], CATALOGUE, (threshold(on=target, below=30.0),), OpenCalendar())
    step.process(tick(NOON, quote(target, 25, NOON)))
    (fired,) = step.take().transitions
    assert fired.labels == {"instrument": target}
    assert (fired.company, fired.flags) == ("RIOT", ("litigation",))
    assert fired.summary.endswith("Litigation: a class action.")


def test_a_tenant_counts_from_the_day_of_its_contract() -> None:
    """Before the lease is signed the tenant's fall is no news of the landlord; after it, it is."""
    midnight = NOON // DAY * DAY + DAY

    def fact(name: str, _moment: int) -> Reading:
        return Reading(None, Quality.MISSING, f"missing:{name}")

    def tenants(moment: int) -> tuple[str, ...]:
        return ("CRWV",) if moment >= midnight else ()

    landlord = Firm("CORZ", CompanyType.MINER, fact, tenants)
    step = Step([landlord, Firm("CRWV", CompanyType.AI_HOST, fact)], CATALOGUE, (), OpenCalendar())
    prices = (quote("CRWV", 85, NOON), quote("CRWV.previous_close_usd", 100, NOON))
    step.process(tick(NOON, *prices))
    assert step.reading("tenant_stock_change_day_ratio", "CORZ").reason == "no_tenant"
    step.advance(midnight)
    assert step.reading("tenant_stock_change_day_ratio", "CORZ").value == pytest.approx(-0.15)


def test_what_else_is_due_at_midnight_does_not_stop_the_books_from_being_read() -> None:
    """A value that grows stale at that very moment must not cost a day's figures."""
    days = []

    def fact(name: str, moment: int) -> Reading:
        days.append(moment // DAY)
        return Reading(None, Quality.MISSING, f"missing:{name}")

    step = Step([Firm("RIOT", CompanyType.MINER, fact)], CATALOGUE, (), OpenCalendar())
    midnight = NOON // DAY * DAY + DAY
    step.process(tick(NOON, quote("X", 1, NOON, fresh_ms=midnight - NOON - 1)))
    assert step.instruments.next_timer == midnight
    step.advance(midnight + 1)
    assert days[-1] == midnight // DAY


def test_a_leap_over_ages_is_not_walked_day_by_day() -> None:
    """A first tick of 1970 must not hold the work up for a minute when the next is of today."""
    days = []

    def fact(name: str, moment: int) -> Reading:
        days.append(moment // DAY)
        return Reading(None, Quality.MISSING, f"missing:{name}")

    step = Step([Firm("RIOT", CompanyType.MINER, fact)], CATALOGUE, (), OpenCalendar())
    step.process(tick(1, quote("X", 1, 1)))
    step.process(tick(NOON, quote("X", 2, NOON)))
    assert len(set(days)) <= MAX_DAYS + 2
    assert days[-1] == NOON // DAY
    assert step.instruments.reading("X").value == 2


def test_an_alert_on_a_share_whose_company_has_a_tenant_is_told() -> None:
    """HIVE depends on CRWV, which its price is not made of: the message needs no metric's inputs."""
    step = make_step([threshold(id="h", on="HIVE", below=5.0)])
    step.process(tick(NOON, quote("HIVE", 4.0, NOON)))
    assert states(step.take().transitions) == [("h", "HIVE", "firing")]
