"""A past told afterwards lands in its own days and sessions, fires nothing, and may be told twice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import AlertState
from alerts.reasons import Reason
from monitor.compute.changes import Changes
from monitor.compute.chronicle import SETTLE_MS
from monitor.compute.history import History
from monitor.compute.step import Step
from monitor.core.clock import parse_iso
from monitor.domain.chronicle import KEEP_DAYS
from monitor.domain.events import BTC_USD, DAY_HASHRATE, DAY_ISSUANCE, Quality, Quote
from monitor.domain.market_days import DAY
from monitor.nyse import nyse_calendar
from tests.histories import PLAIN, Past, closes, tell_session, values
from tests.worlds import CATALOGUE, firms, quote, threshold, tick

HOUR = 3_600_000
BEGIN = parse_iso("2025-03-03T12:00Z")
NOW = parse_iso("2025-07-17T12:00Z")
PRICES = (100.0, 103.0, 99.0, 104.0, 108.0, 107.0, 111.0, 105.0, 102.0, 109.0)


def past(name: str, value: float, at: int, **fields: int) -> Quote:
    """Return a quote told afterwards."""
    return quote(name, value, at, backfilled=True, **fields)


def sessions(count: int, off_ms: int = 0) -> list[Quote]:
    """Return Bitcoin and RIOT at the closes of past sessions, Bitcoin from `off_ms` later."""
    told = []
    for place, close_at in enumerate(closes(BEGIN, count)):
        price = PRICES[place % len(PRICES)] + place / 7
        told.append(past(BTC_USD, price * 1_000, close_at + off_ms, fresh_ms=48 * HOUR))
        told.append(past("RIOT", price**1.5 / 100, close_at))
    return told


def days(count: int) -> list[Quote]:
    """Return Bitcoin, coins and hashrate of past days, the last of which ended today."""
    told = []
    for place in range(count):
        at = NOW // DAY * DAY - (count - 1 - place) * DAY
        told.append(past(BTC_USD, 100_000 + 500 * (place % 7), at))
        told += [past(DAY_ISSUANCE, 450, at), past(DAY_HASHRATE, 900, at)]
    return told


def begun(rules: Sequence[object] = ()) -> Step:
    """Return a step of the small world, under New York's calendar, at NOW."""
    step = Step(firms(), CATALOGUE, rules, nyse_calendar())  # type: ignore[arg-type]  # rules of tests
    step.process(tick(NOW, quote(BTC_USD, 105_000, NOW)))
    step.take()
    return step


def shown(changes: Changes) -> tuple[object, object, object]:
    """Return what a commit would write of the past."""
    return changes.history.chronicle.days, changes.history.chronicle.sessions, changes.late


def test_a_told_past_is_what_a_lived_one_is() -> None:
    """Sessions seen as they closed and sessions told months later come to the same pairs."""
    lived = History(nyse_calendar(), ("RIOT",), PLAIN)
    lived.begin(BEGIN)
    seen, told = Past(), History(nyse_calendar(), ("RIOT",), PLAIN)
    quotes = sessions(40)
    for btc, riot in zip(quotes[::2], quotes[1::2], strict=True):
        tell_session(seen, btc.observed_at, float(btc.value), {"RIOT": float(riot.value)})
    last = quotes[-1].observed_at + SETTLE_MS
    outputs = [*lived.outputs(), *seen.run(lived, last)]
    told.begin(last)
    assert all(told.tell(one, last) for one in quotes)
    assert values(told.catch_up(last), "RIOT") == pytest.approx(values(outputs, "RIOT"))


def test_betas_and_issuance_are_there_on_a_fresh_start() -> None:
    """60 pairs give a beta that rules may use, 365 days a Puell ratio; nothing before them."""
    step = begun()
    assert step.reading("btc_beta_ratio", "RIOT").value is None
    step.process(tick(NOW + 1, *sessions(90), *days(400)))
    step.take()
    beta = step.reading("btc_beta_ratio", "RIOT")
    assert beta.value == pytest.approx(1.5, abs=0.01)
    assert beta.quality is Quality.OK
    assert step.reading("puell_ratio", None).value == pytest.approx(1.0, abs=0.05)


def test_bitcoin_of_the_night_is_taken_and_marked() -> None:
    """Daily prices of 00:00 UTC pair with the close before them; the beta says that it is less."""
    step = begun()
    step.process(tick(NOW + 1, *sessions(90, off_ms=4 * HOUR)))
    step.take()
    assert step.reading("btc_beta_ratio", "RIOT").quality is Quality.DEGRADED


def test_the_price_of_the_past_is_never_the_present_one() -> None:
    """A newer time of its source or another source: what is told has no part in the price."""
    step = begun()
    step.process(tick(NOW + 1, past(BTC_USD, 60_000, NOW), past("RIOT", 5, NOW)))
    assert step.reading(BTC_USD, None).value == 105_000
    assert step.instruments.reading("RIOT").value is None
    assert step.take().quotes == []


def test_a_crossing_of_the_past_is_noted_and_alerts_nobody() -> None:
    """Row K12: in the history yes, pushed no, its note says late, with the time it happened."""
    step = begun([threshold(id="cheap", below=80_000.0)])
    crossed = NOW - 5 * HOUR
    told = [past(BTC_USD, usd, crossed + n) for n, usd in enumerate((79_000, 78_000, 90_000))]
    step.process(tick(NOW + 1, past(BTC_USD, 90_000, crossed - 1), *told))
    (note,) = step.take().transitions
    assert (note.rule, note.to_state, note.reason) == ("cheap", AlertState.NOTED, Reason.LATE)
    assert (note.since, note.observed_at, note.at) == (crossed, crossed, NOW + 1)
    assert not note.notifies
    assert note.summary.startswith("Late")
    assert list(step.watch.live()) == []


def test_what_fires_now_is_not_resolved_by_the_past() -> None:
    """A firing alert stays; a crossing after it began was told then, so it is not noted either."""
    step = begun([threshold(id="cheap", below=110_000.0)])
    step.process(tick(NOW + HOUR, quote(BTC_USD, 104_000, NOW + HOUR)))
    step.take()
    told = [past(BTC_USD, usd, NOW + n) for n, usd in ((1, 120_000), (2, 100_000))]
    step.process(tick(NOW + HOUR + 1, *told))
    assert step.take().transitions == []
    assert [alert.record.state for alert in step.watch.live()] == [AlertState.FIRING]


def test_no_rule_is_shown_a_number_that_the_past_has_changed() -> None:
    """The Puell ratio becomes known; a rule on it waits for the next midnight."""
    step = begun([threshold(id="puell", on="puell_ratio", above=0.5)])
    step.process(tick(NOW + 1, *days(400)))
    step.process(tick(NOW + 2, quote(BTC_USD, 105_000, NOW + 2)))
    assert step.take().transitions == []
    midnight = NOW // DAY * DAY + DAY
    step.process(tick(midnight - 1, quote(BTC_USD, 105_000, midnight - 1)))
    step.process(tick(midnight + 1, quote(BTC_USD, 105_000, midnight + 1)))
    assert [item.rule for item in step.take().transitions] == ["puell"]


def test_what_was_seen_stands_against_what_is_told() -> None:
    """Midnight was sampled live: another price told of it changes neither it nor the return."""
    history = History(nyse_calendar(), ("RIOT",), PLAIN)
    seen = Past()
    history.begin(NOW)
    midnights = [NOW // DAY * DAY + n * DAY for n in (1, 2)]
    for at, usd in zip(midnights, (100_000, 101_000), strict=True):
        seen.tell(BTC_USD, at, usd)
    seen.run(history, midnights[-1])
    before = history._market.days.returns
    history.tell(past(BTC_USD, 50_000, midnights[0]), midnights[-1])
    history.catch_up(midnights[-1])
    assert history._market.days.returns == before


def test_an_outage_of_ours_is_filled() -> None:
    """Down over a midnight: the day's return is unknown, then told, and the days go on whole."""
    history, seen = History(nyse_calendar(), ("RIOT",), PLAIN), Past()
    history.begin(NOW)
    first = NOW // DAY * DAY + DAY
    for n, usd in ((0, 100_000), (1, None), (2, 102_000), (3, 103_000)):
        quality = Quality.MISSING if usd is None else Quality.OK
        seen.tell(BTC_USD, first + n * DAY, usd, quality)
    now = first + 3 * DAY
    seen.run(history, now)
    assert history._market.days.returns.values.count == 1
    history.tell(past(BTC_USD, 101_000, first + DAY), now)
    history.catch_up(now)
    assert history._market.days.returns.values.count == 3


@given(st.data())
@settings(max_examples=20, deadline=None)
def test_neither_order_nor_batching_nor_repetition_can_be_seen(data: st.DataObject) -> None:
    """Told in any order and any pieces, with restarts between and twice over: the same past."""
    quotes = [*sessions(8), *days(8)]
    once = begun()
    once.process(tick(NOW + 1, *quotes))
    once.take()
    other, at = begun(), NOW
    mixed = data.draw(st.permutations(quotes))
    for one in (mixed, quotes):
        for first in range(0, len(one), 7):
            at += 1
            other.process(tick(at, *one[first : first + 7]))
            if data.draw(st.booleans()):
                other.take()
    for ticker in ("RIOT", None):
        found = [
            values([*s.history.outputs(), *s.history.catch_up(at)], ticker) for s in (once, other)
        ]
        assert found[0] == pytest.approx(found[1])


def test_the_same_file_twice_writes_nothing() -> None:
    """Nothing of the state changes and nothing is noted when it is told again, also after a restart."""
    rules = [threshold(id="cheap", below=104_000.0)]
    quotes = [*sessions(20), *days(20)]
    step = begun(rules)
    step.process(tick(NOW + 1, *quotes))
    first = step.take()
    assert first.transitions
    step.process(tick(NOW + 2, *quotes))
    again = step.take()
    assert again.transitions == []
    assert shown(again)[:2] == ({}, {})
    assert again.history.pairings == {}


def test_what_cannot_be_true_is_refused_and_what_is_too_old_left_out() -> None:
    """No price of zero enters the past; a day before those that are kept changes nothing."""
    step = begun()
    old = NOW // DAY * DAY - 2 * KEEP_DAYS * DAY
    step.process(tick(NOW + 1, past(BTC_USD, 0, NOW - DAY), past(BTC_USD, 9_000, old)))
    assert step.refused["test", "zero_price"] == 1
    assert shown(step.take())[:2] == ({}, {})
