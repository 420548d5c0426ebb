"""The invented history is plausible, marked, always the same, and has the story it promises."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from monitor.core.clock import HOUR, MINUTE, iso
from monitor.domain.events import BTC_USD, DIFFICULTY, FEES, HEIGHT, Quote
from monitor.domain.network import hashprice_btc_ph_day, subsidy_btc
from monitor.domain.plausibility import judge
from monitor.replay.layouts import open_history
from monitor.replay.synthesis import HOURS, START, synthetic_moments, write_history
from monitor.store.playback import Moment


@pytest.fixture(scope="module")
def history() -> list[Moment]:
    """Make it once."""
    return list(synthetic_moments())


def quotes_of(history: list[Moment], instrument: str) -> Iterator[tuple[float, Quote]]:
    """Yield (hours from the start, quote) of one instrument."""
    for moment in history:
        for quote in moment.quotes:
            if quote.instrument == instrument:
                yield (moment.at - START) / HOUR, quote


def btc(history: list[Moment], hour: float) -> float:
    """Return the median of the venues at an hour."""
    return float(median(q.value for at, q in quotes_of(history, BTC_USD) if at == hour))


def test_every_quote_is_plausible(history: list[Moment]) -> None:
    """The gate refuses none, and no quote is newer than its moment."""
    last: dict[tuple[str, str], Quote] = {}
    for moment in history:
        for quote in moment.quotes:
            key = (quote.instrument, quote.source)
            assert judge(quote, last.get(key), moment.at) is None, quote
            assert quote.observed_at <= moment.at
            last[key] = quote


def test_every_quote_is_marked(history: list[Moment]) -> None:
    """Whoever sees a quote sees that it is invented."""
    assert all(q.source.endswith("-synthetic") for m in history for q in m.quotes)


def test_it_is_the_same_each_time(history: list[Moment]) -> None:
    """The seed decides everything; another seed gives another history."""
    assert list(synthetic_moments()) == history
    assert list(synthetic_moments(1)) != history


def test_it_covers_two_days_without_a_pause(history: list[Moment]) -> None:
    """Time rises, and something is new each minute from first to last."""
    times = [moment.at for moment in history]
    assert iso(times[0]) == "2025-06-26T12:00:00.000Z"
    assert times == sorted(set(times))
    assert set(times) >= set(range(START, START + HOURS * HOUR + 1, MINUTE))


def test_btc_slides_and_recovers_early(history: list[Moment]) -> None:
    """From hour 2 to 4 BTC falls by about 12 %, by hour 7 it is back within 2 %."""
    assert btc(history, 4) / btc(history, 2) - 1 == pytest.approx(-0.125, abs=0.01)
    assert btc(history, 7) / btc(history, 2) - 1 == pytest.approx(0, abs=0.02)


def test_one_venue_is_silent_and_one_prints_a_wick(history: list[Moment]) -> None:
    """Kraken says nothing for 90 minutes; Bitstamp is 9 % off for one minute and no longer."""
    kraken = [at for at, q in quotes_of(history, BTC_USD) if q.source == "kraken-synthetic"]
    gaps = [right - left for left, right in pairwise(kraken)]
    assert sorted(gaps)[-2:] == pytest.approx([1 / 60, 1.5 + 1 / 60])
    bitstamp = [(at, q) for at, q in quotes_of(history, BTC_USD) if q.source[:3] == "bit"]
    coinbase = [q for _, q in quotes_of(history, BTC_USD) if q.source[:3] == "coi"]
    off = [
        at
        for (at, q), other in zip(bitstamp, coinbase, strict=True)
        if abs(q.value / other.value - 1) > Decimal("0.01")
    ]
    assert off == [11.0]


def test_hashprice_moves_through_a_wide_band(history: list[Moment]) -> None:
    """It falls from about 59 to 52 USD/PH/day in the first slide, and fees lift it above 68."""
    (difficulty,) = {float(q.value) for _, q in quotes_of(history, DIFFICULTY)}
    heights = [int(q.value) for _, q in quotes_of(history, HEIGHT)]
    fees = {at: float(q.value) for at, q in quotes_of(history, FEES)}
    assert heights == list(range(heights[0], heights[0] + len(heights)))

    def hashprice(hour: float) -> float:
        fee = fees[max(at for at in fees if at <= hour)]
        per_ph = hashprice_btc_ph_day(subsidy_btc(heights[0]), fee, difficulty)
        return per_ph * btc(history, hour)

    assert hashprice(2) == pytest.approx(59, abs=1)
    assert hashprice(4) == pytest.approx(52, abs=1)
    assert hashprice(16) > 68


def test_only_crwv_falls_by_more_than_15_percent(history: list[Moment]) -> None:
    """Against the close before, CRWV passes -15 % on Friday and comes back; no other stock does."""
    lowest: dict[str, float] = {}
    last: dict[str, float] = {}
    before: dict[str, float] = {}
    for moment in history:
        quoted = {q.instrument: float(q.value) for q in moment.quotes}
        before |= {n.partition(".")[0]: v for n, v in quoted.items() if n.endswith("_usd")}
        for ticker in quoted.keys() & before.keys():
            last[ticker] = quoted[ticker] / before[ticker] - 1
            lowest[ticker] = min(lowest.get(ticker, 0), last[ticker])
    assert sorted(lowest) == ["CAN", "CORZ", "CRWV", "HIVE", "HUT", "IREN", "MARA", "RIOT"]
    assert [ticker for ticker, fall in lowest.items() if fall < -0.15] == ["CRWV"]
    assert last["CRWV"] > -0.12


def test_the_files_are_the_same_history(tmp_path: Path, history: list[Moment]) -> None:
    """Written and read again it is equal, in a folder that says what it is."""
    write_history(tmp_path)
    assert list(open_history(tmp_path / "synthetic").moments()) == history
    assert "ever took place" in (tmp_path / "synthetic" / "README.md").read_text()
