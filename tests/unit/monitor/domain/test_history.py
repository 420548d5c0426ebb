"""The formulas against recorded history: subsidies, retargets, the March 2023 depeg."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from monitor.domain.consensus import Memory, ReferencePrice, next_change_at, reference_price
from monitor.domain.events import Quality, Quote
from monitor.domain.network import EPOCH_BLOCKS, next_difficulty, subsidy_sat
from monitor.domain.venues import venue_prices
from tests.history import needs_data, rows

pytestmark = needs_data


@pytest.fixture(scope="module")
def blocks() -> dict[int, int]:
    """Return the header time of each recorded block, and check its subsidy on the way."""
    times: dict[int, int] = {}
    for row in rows("btc_blocks.csv"):
        height = int(row["height"])
        times[height] = int(row["time_unix"])
        assert int(row["subsidy_sat"]) == subsidy_sat(height), height
    return times


@pytest.fixture(scope="module")
def difficulty() -> dict[date, float]:
    """Return the difficulty by day; five early days carry 0 for unknown."""
    return {
        date.fromisoformat(row["date"]): float(row["difficulty"])
        for row in rows("blockchaincom_network_daily.csv")
        if row["difficulty"] and float(row["difficulty"]) > 0
    }


def test_every_recorded_subsidy(blocks: dict[int, int]) -> None:
    """1.3: 80,118 of 80,118 blocks agree (compared while they are read)."""
    assert len(blocks) == 80_118


def test_every_recorded_retarget(blocks: dict[int, int], difficulty: dict[date, float]) -> None:
    """1.5: with 2015 intervals each whole epoch gives the next difficulty within 0.001 %."""
    checked = 0
    # the first epochs stay at difficulty 1, which consensus allows no less of
    for start in range(10 * EPOCH_BLOCKS, max(blocks), EPOCH_BLOCKS):
        first, last = blocks.get(start), blocks.get(start + EPOCH_BLOCKS - 1)
        if first is None or last is None:
            continue
        middle, after = (first + last) // 2, last + (last - first) // 2
        before_day, after_day = (datetime.fromtimestamp(at, UTC).date() for at in (middle, after))
        if before_day not in difficulty or after_day not in difficulty:
            continue
        predicted = next_difficulty(difficulty[before_day], last - first)
        assert predicted == pytest.approx(difficulty[after_day], rel=1e-5), start
        checked += 1
    assert checked == 27


MINUTE = 60_000
# column -> (instrument, venue)
COLUMNS = {
    "coinbase_btcusd": ("BTC-USD", "coinbase"),
    "kraken_btcusd": ("BTC-USD", "kraken"),
    "binanceus_btcusd": ("BTC-USD", "binanceus"),
    "cryptocom_btcusd": ("BTC-USD", "cryptocom"),
    "kraken_btcusdc": ("BTC-USDC", "kraken_usdc"),
    "kraken_usdcusd": ("USDC-USD", "kraken"),
}


def replayed(first: str, last: str, *, with_peg: bool = True) -> dict[str, ReferencePrice]:
    """Return the reference price of each recorded minute, `kraken_usdc` as a fifth venue."""
    results: dict[str, ReferencePrice] = {}
    latest: dict[tuple[str, str], Quote] = {}
    memory = Memory()
    for row in rows("btc_1m_multivenue_2023-03.csv"):
        if not first <= row["time_utc"] <= last:
            continue
        now = round(datetime.fromisoformat(row["time_utc"]).timestamp() * 1_000) + MINUTE
        for column, (instrument, source) in COLUMNS.items():
            close = row[f"{column}_close"] if f"{column}_close" in row else row[column]
            if not close or (instrument == "USDC-USD" and not with_peg):
                continue
            latest[instrument, source] = Quote(
                instrument=instrument,
                value=Decimal(close),
                observed_at=now,
                source=source,
                fresh_ms=2 * MINUTE,
            )
        prices = venue_prices(latest.values(), now)
        results[row["time_utc"]], memory = reference_price(prices, now=now, memory=memory)
        due = next_change_at(prices, now=now, memory=memory)
        assert due is None or due > now
    return results


def test_depegged_stablecoin_never_enters_unconverted() -> None:
    """7: around 2023-03-11 07:18Z BTC/USDC is 14 % off; without a rate it is out by name."""
    results = replayed("2023-03-11T07:00Z", "2023-03-11T07:40Z", with_peg=False)
    assert len(results) == 41
    for result in results.values():
        assert "kraken_usdc" not in result.used
        assert result.quality is Quality.OK
    assert results["2023-03-11T07:18Z"].rejected["kraken_usdc"] == "unconverted"


def test_depegged_stablecoin_converts_to_the_common_price() -> None:
    """7: converted by its own rate the same venue joins the others or is rejected by name."""
    results = replayed("2023-03-11T07:00Z", "2023-03-11T07:40Z")
    assert "kraken_usdc" in results["2023-03-11T07:18Z"].used
    for result in results.values():
        assert result.quality is Quality.OK
        assert result.spread_ratio is not None
        assert result.spread_ratio < 0.02


def test_silent_venue_leaves_the_price_ok() -> None:
    """7: Coinbase was silent 2023-03-04 17:00 to 21:36Z; three venues go on, the gap is named."""
    results = replayed("2023-03-04T16:50Z", "2023-03-04T21:40Z")
    # the bar of 16:59 closes at 17:00 and is fresh for two minutes
    silent = [result for minute, result in results.items() if "T17:02" <= minute[10:16] <= "T21:36"]
    assert len(silent) == 275
    for result in silent:
        assert result.quality is Quality.OK
        assert result.rejected["coinbase"] == "stale"
        assert {"kraken", "binanceus", "cryptocom"} <= {*result.used}
    assert "coinbase" in results["2023-03-04T17:01Z"].used
    assert "coinbase" in results["2023-03-04T21:37Z"].used
