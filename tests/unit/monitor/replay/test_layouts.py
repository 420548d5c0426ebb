"""Every layout becomes moments in order, with nothing known before it happened."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.core.clock import DAY, HOUR, MINUTE, parse_iso
from monitor.core.errors import ConfigError
from monitor.domain.events import Quote, Tick
from monitor.domain.plausibility import judge
from monitor.domain.sessions import SessionState
from monitor.replay import recording
from monitor.replay.daily import read_blocks
from monitor.replay.layouts import History, open_history
from monitor.replay.table import Table, read_header
from monitor.store.playback import Moment
from tests import worlds

SHARED = Path(__file__).resolve().parents[4].parent / "shared" / "data"
MARCH = (parse_iso("2023-03-01"), parse_iso("2023-03-22"))


@pytest.fixture(scope="module")
def march() -> History:
    """Open the data of 2023-03-01..21 that lies beside the repository."""
    if not SHARED.is_dir() and os.environ.get("CI") != "true":
        pytest.skip("../shared/data is not there")
    return open_history(SHARED, start=MARCH[0], end=MARCH[1])


@pytest.fixture(scope="module")
def march_moments(march: History) -> list[Moment]:
    """Read those days once."""
    return list(march.moments())


def quotes_of(moments: list[Moment], instrument: str) -> Iterator[tuple[int, Quote]]:
    """Yield (moment, quote) of one instrument."""
    for moment in moments:
        for quote in moment.quotes:
            if quote.instrument == instrument:
                yield moment.at, quote


def write(folder: Path, name: str, *lines: str) -> None:
    """Write a CSV file."""
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


# ------------------------------------------------------------------ the shared data


def test_march_is_complete_and_in_order(march_moments: list[Moment]) -> None:
    """Each of the 30,239 minutes closing in the range is there once, and time never runs back."""
    times = [moment.at for moment in march_moments]
    assert times == sorted(times)
    assert times[0] == MARCH[0]
    assert times[-1] < MARCH[1]
    closes = {at for at, q in quotes_of(march_moments, "BTC-USD") if q.source == "binanceus"}
    assert closes == set(range(MARCH[0] + MINUTE, MARCH[1], MINUTE))


def test_march_passes_the_gate(march_moments: list[Moment]) -> None:
    """No quote is refused: none is zero, from the future or older than the one before."""
    last: dict[tuple[str, str], Quote] = {}
    refused = []
    for moment in march_moments:
        for quote in moment.quotes:
            key = (quote.instrument, quote.source)
            if verdict := judge(quote, last.get(key), moment.at):
                refused.append((verdict, quote))
            last[key] = quote
    assert refused == []
    assert min(quote.value for quote in last.values()) > 0


def test_a_bar_is_known_when_its_minute_is_over(march_moments: list[Moment]) -> None:
    """The 00:00 close of 23,146.93 comes at 00:01, and no quote is newer than its moment."""
    first = next(q for _, q in quotes_of(march_moments, "BTC-USD") if q.source == "coinbase")
    assert (first.value, first.observed_at) == (Decimal("23146.93"), MARCH[0] + MINUTE)
    assert first.fresh_ms == 120_000
    assert all(q.observed_at <= m.at for m in march_moments for q in m.quotes)


def test_the_silent_venue_is_silent(march_moments: list[Moment]) -> None:
    """Coinbase has no BTC-USD quote for the 277 bars from 17:00 to 21:36 of 2023-03-04."""
    silent = range(parse_iso("2023-03-04T17:01Z"), parse_iso("2023-03-04T21:37Z") + MINUTE, MINUTE)
    heard = {at for at, q in quotes_of(march_moments, "BTC-USD") if q.source == "coinbase"}
    assert len(silent) == 277
    assert heard.isdisjoint(silent)
    assert {silent[0] - MINUTE, silent[-1] + MINUTE} <= heard


def test_the_opening_tells_what_was_known(march_moments: list[Moment]) -> None:
    """The first moment holds the last block, difficulty and closes of before, with their times."""
    opening = {(q.instrument, q.source): q for q in march_moments[0].quotes}
    assert march_moments[0].at == MARCH[0]
    assert opening["network.height", "blocks"].value == 778_721
    assert opening["RIOT", "stocks-daily"].value == Decimal("6.25")
    assert opening["RIOT", "stocks-daily"].observed_at == parse_iso("2023-02-28T21:00Z")
    assert opening["RIOT.previous_close_usd", "stocks-daily"].value == Decimal("6.01")


def test_stock_closes_follow_new_york(march_moments: list[Moment]) -> None:
    """The close moves from 21:00 to 20:00 UTC with daylight saving on 2023-03-12."""
    hours = {(at - MARCH[0]) % DAY // HOUR for at, _ in quotes_of(march_moments[1:], "RIOT")}
    friday, monday = parse_iso("2023-03-10T21:00Z"), parse_iso("2023-03-13T20:00Z")
    times = [at for at, _ in quotes_of(march_moments[1:], "RIOT")]
    assert hours == {20, 21}
    assert times[times.index(friday) + 1] == monday


def test_daily_closes_give_way_to_minutes(march_moments: list[Moment]) -> None:
    """A daily BTC close is not fresh any more when the first minute bar comes, and never again."""
    daily = [q for _, q in quotes_of(march_moments, "BTC-USD") if q.source == "btc-daily"]
    assert daily
    assert all(q.observed_at + (q.fresh_ms or 0) < MARCH[0] + MINUTE for q in daily)


def test_fees_are_the_mean_of_144_blocks(march_moments: list[Moment]) -> None:
    """The opening's fee equals 144 blocks added up by hand from the file."""
    blocks = [
        row.split(",")
        for row in (SHARED / "btc_blocks.csv").read_text(encoding="utf-8").splitlines()[1:]
    ]
    sat = [int(row[3]) for row in blocks if 778_721 - 144 < int(row[0]) <= 778_721]
    _, fee = next(quotes_of(march_moments, "network.fees_btc_per_block"))
    assert len(sat) == 144
    assert fee.value == Decimal(sum(sat)) / 100_000_000 / 144


def test_all_of_the_shared_data_can_be_played(march: History) -> None:
    """Eight files are recognised, the ninth is named with the reason."""
    everything = open_history(SHARED)
    assert sum(len(tables) for tables in everything.tables.values()) == 8
    assert [file.name for file in everything.skipped] == ["coinmetrics_btc_daily.csv"]
    assert "DiffMean" in everything.skipped[0].reason
    moments = list(everything.moments())
    times = [moment.at for moment in moments]
    assert times == sorted(times)
    assert all(q.value > 0 for _, q in quotes_of(moments, "network.difficulty"))
    trades = [q for _, q in quotes_of(moments, "BTC-USD") if q.source == "kraken"]
    assert trades[0].observed_at == 1_561_939_203_172
    assert everything.fingerprint != march.fingerprint


# ------------------------------------------------------------------ small files


def test_volume_is_what_the_last_hour_traded(tmp_path: Path) -> None:
    """A bar leaves the sum when it is an hour old; a minute without a trade gives no quote."""
    rows = [f"2025-01-01T{n // 60:02}:{n % 60:02}Z,1,1,1,{100 + n},0.5,1" for n in range(62)]
    rows[30] = "2025-01-01T00:30Z,,,,,,"
    write(
        tmp_path, "kraken_btcusd_1m_x.csv", "open_time_utc,open,high,low,close,volume,trades", *rows
    )
    quotes = [q for m in open_history(tmp_path).moments() for q in m.quotes]
    assert len(quotes) == 61
    assert [quotes[n].volume for n in (0, 1, -1)] == [Decimal("0.5"), 1, Decimal("29.5")]


def test_fees_of_a_day_are_shared_by_its_real_blocks(tmp_path: Path) -> None:
    """Without block data, 20 BTC of fees in a day of 160 blocks are 0.125 BTC per block."""
    hashrate = 160 / 144 * 1e12 * 2**32 / 600 / 1e12
    header = "date,difficulty,hashrate_ths,fees_btc"
    write(tmp_path, "n.csv", header, f"2025-01-01,1000000000000,{hashrate},20", "2025-01-02,0,0,20")
    moments = list(open_history(tmp_path).moments())
    assert [(q.instrument, q.value) for q in moments[0].quotes] == [
        ("network.difficulty", 1_000_000_000_000),
        ("network.fees_btc_per_block", Decimal("0.125")),
    ]
    assert moments[0].at == parse_iso("2025-01-02")
    assert len(moments) == 1


def test_unadjusted_closes_go_first(tmp_path: Path) -> None:
    """Where both files have a day the unadjusted one counts, with the close before from itself."""
    write(tmp_path, "a.csv", "ticker,date,adj_close", "X,2025-01-02,1", "X,2025-01-03,2")
    write(tmp_path, "b.csv", "ticker,date,close", "X,2025-01-03,4", "X,2025-01-06,5")
    quotes = [q for m in open_history(tmp_path).moments() for q in m.quotes]
    assert [(q.instrument, int(q.value), q.source) for q in quotes] == [
        ("X", 1, "stocks-adjusted"),
        ("X", 4, "stocks-daily"),
        ("X", 5, "stocks-daily"),
        ("X.previous_close_usd", 4, "stocks-daily"),
    ]


def test_block_times_never_run_back(tmp_path: Path) -> None:
    """A block with an earlier header time is known with the block below it."""
    rows = ["10,1700000000,0,0,1,1", "11,1699999000,0,0,1,1", "12,1700000600,0,0,1,1"]
    header = "height,time_unix,subsidy_sat,fee_sat,tx_count,weight_wu"
    write(tmp_path, "blocks.csv", header, *rows)
    found = [(m.at, [int(q.value) for q in m.quotes]) for m in open_history(tmp_path).moments()]
    assert found == [(1_700_000_000_000, [10, 11]), (1_700_000_600_000, [12])]


def played(folder: Path, heights: Iterable[int], interval_s: int) -> list[Moment]:
    """Write blocks of equal intervals and return what playing them makes known."""
    rows = [f"{h},{1_700_000_000 + h * interval_s},0" for h in heights]
    write(folder, "blocks.csv", "height,time_unix,fee_sat", *rows)
    return list(open_history(folder).moments())


def test_the_pace_is_known_once_the_epoch_has_144_blocks(tmp_path: Path) -> None:
    """At 9.5 minutes a block the pace is 570 s, from block 144 of the epoch to its last."""
    moments = played(tmp_path, range(4_000, 6_050), 570)
    paces = [
        (int(m.quotes[0].value), q) for m in moments for q in m.quotes if "pace" in q.instrument
    ]
    assert [height for height, _ in paces] == list(range(4_032 + 144, 6_048))
    assert {quote.value for _, quote in paces} == {570}
    assert {quote.source for _, quote in paces} == {"blocks"}


def test_the_window_spans_144_intervals_without_a_gap(tmp_path: Path) -> None:
    """It needs 145 blocks in a row; a missing block starts it anew and leaves no pace."""
    heights = [*range(4_032, 4_400), *range(4_401, 4_700)]
    moments = played(tmp_path, heights, 600)
    windows = [int(m.quotes[0].value) for m in moments for q in m.quotes if "144" in q.instrument]
    assert windows == [*range(4_032 + 144, 4_400), *range(4_401 + 144, 4_700)]
    paces = [int(m.quotes[0].value) for m in moments for q in m.quotes if "pace" in q.instrument]
    assert paces == list(range(4_032 + 144, 4_400))


def test_header_times_that_run_back_over_a_whole_window_give_no_time(tmp_path: Path) -> None:
    """A window that took no time is not known, and neither is such a pace."""
    moments = played(tmp_path, range(4_032, 4_400), -1)
    assert {q.instrument for m in moments for q in m.quotes} == {
        "network.height",
        "network.fees_btc_per_block",
    }


def test_pace_and_window_at_the_reference_point() -> None:
    """At height 931,995: 603 blocks in 370,249 s, 144 intervals in 91,633 s (formulas 1.2, 1.5)."""
    path = SHARED / "btc_blocks.csv"
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip("../shared/data is not there")
    pieces = read_blocks(Table(path, read_header(path)))
    quotes = next(piece.quotes for piece in pieces if piece.quotes[0].value == 931_995)
    found = {quote.instrument: quote.value for quote in quotes}
    assert found["network.window_144_s"] == 91_633
    assert found["network.block_pace_s"] == Decimal(370_249) / 603
    assert found["network.fees_btc_per_block"] == Decimal(233_828_005) / 144 / 100_000_000


def test_the_range_is_half_open(tmp_path: Path) -> None:
    """Two ranges that meet share no moment and miss none."""
    rows = [f"2025-01-01T00:{n:02}Z,{100 + n}" for n in range(10)]
    write(tmp_path, "v.csv", "time_utc,kraken_btcusd_close", *rows)
    middle = parse_iso("2025-01-01T00:05Z")
    before = list(open_history(tmp_path, end=middle).moments())
    after = list(open_history(tmp_path, start=middle).moments())
    assert [m.at for m in before] == [parse_iso(f"2025-01-01T00:0{n}Z") for n in range(1, 5)]
    assert after[0].quotes[0].value == 103  # the opening: what was known by then
    assert after[1].at == middle


@pytest.mark.parametrize(
    ("name", "header", "row", "cause"),
    [
        ("v.csv", "time_utc,kraken_btcusd_close", "2025-01-01T00:01Z,abc", "abc"),
        ("v.csv", "time_utc,kraken_btcusd_close", "2025-01-01T00:01Z,-1", "-1"),
        ("v.csv", "time_utc,kraken_btcusd_close", "2025-01-01T00:01Z,nan", "finite"),
        ("v.csv", "time_utc,kraken_btcusd_close", "2025-01-01T00:01Z", "1 fields"),
        ("v.csv", "time_utc,kraken_btcusd_close", "2024-01-01T00:01Z,1", "earlier"),
        ("v.csv", "time_utc,kraken_btcusd_close", "yesterday,1", "ISO 8601"),
        ("b.csv", "height,time_unix,fee_sat", "1.5,1,1", "whole"),
        ("s.csv", "ticker,date,close", "X,2025-13-01,1", "2025-13-01"),
        ("s.csv", "ticker,date,close", 'X,"2025-01-01,1', "read"),
        ("b.csv", "height,time_unix,fee_sat", "2,300000000000,1", "time_unix lies outside"),
        ("b.csv", "height,time_unix,fee_sat", f"2,{'9' * 400},1", "time_unix lies outside"),
        (
            "v.csv",
            "time_utc,kraken_btcusd_close",
            "9999-12-31T23:59:59Z,1",
            "time_utc lies outside",
        ),
    ],
)
def test_a_malformed_row_names_its_place(
    tmp_path: Path, name: str, header: str, row: str, cause: str
) -> None:
    """The error says file, line, what is wrong and how to mend it."""
    good = {"v": "2025-01-01T00:00Z,1", "b": "1,1,1", "s": "X,2025-01-01,1"}[name[0]]
    write(tmp_path, name, header, good, row)
    with pytest.raises(ConfigError) as caught:
        list(open_history(tmp_path).moments())
    assert caught.value.where.startswith(f"{tmp_path / name}:3")
    assert cause in caught.value.message
    assert caught.value.hint


def test_what_cannot_be_played_is_listed(tmp_path: Path) -> None:
    """A file whose name must say the market and does not is skipped with what to call it."""
    header = "open_time_utc,open,high,low,close,volume,trades"
    write(tmp_path, "bars.csv", header, "2025-01-01T00:00Z,1,1,1,1,1,1")
    write(tmp_path, "notes.txt", "nothing")
    with pytest.raises(ConfigError, match=r"VENUE_PAIR_1m"):
        open_history(tmp_path)
    write(tmp_path, "kraken_btcusd_1m.csv", header, "2025-01-01T00:00Z,1,1,1,1,1,1")
    assert [file.name for file in open_history(tmp_path).skipped] == ["bars.csv"]


def test_an_empty_range_is_refused(tmp_path: Path) -> None:
    """An end that is not after the start is an error, not an empty replay."""
    with pytest.raises(ConfigError, match="not after"):
        open_history(tmp_path, start=5, end=5)
    with pytest.raises(ConfigError, match="not there"):
        open_history(tmp_path / "none")


def test_the_fingerprint_follows_content_and_range(tmp_path: Path) -> None:
    """It changes with a digit in a file and with the range, not with a file that is not played."""
    write(tmp_path, "v.csv", "time_utc,kraken_btcusd_close", "2025-01-01T00:00Z,1")
    first = open_history(tmp_path).fingerprint
    write(tmp_path, "other.csv", "a,b", "1,2")
    assert open_history(tmp_path).fingerprint == first
    assert open_history(tmp_path, end=DAY).fingerprint != first
    write(tmp_path, "v.csv", "time_utc,kraken_btcusd_close", "2025-01-01T00:00Z,2")
    assert open_history(tmp_path).fingerprint != first


@pytest.mark.parametrize("field", ["at_ms", "observed_at_ms", "received_at_ms"])
def test_a_recorded_moment_far_out_names_its_place(tmp_path: Path, field: str) -> None:
    """Microseconds or worse where milliseconds belong are refused with file and line."""
    row = dict.fromkeys(recording.COLUMNS, "1") | {
        "instrument": "X",
        "local_time": "",
        "backfilled": "",
        "period": "",
        "note": "",
        "session": "",
    }
    row[field] = "99999999999999999999"
    write(tmp_path, "quotes-2026-01-12.csv", ",".join(row), ",".join(row.values()))
    with pytest.raises(ConfigError, match=f"{field} lies outside") as caught:
        list(open_history(tmp_path).moments())
    assert caught.value.where == f"{tmp_path / 'quotes-2026-01-12.csv'}:2"


def test_a_recording_keeps_delay_and_session(tmp_path: Path) -> None:
    """A halt and a 15-minute quote are the same in the replay as they were live; others stay bare."""
    halted = worlds.quote("RIOT", "12.50", 9, session=SessionState.HALTED)
    late = worlds.quote("HIVE", "3.1", 9, delay_ms=15 * MINUTE, session=SessionState.PRE)
    quotes = (halted, late, worlds.quote("BTC-USD", 1, 9))
    body = recording.encode(Tick("9-0", 9, quotes), 9)
    write(tmp_path, "quotes-1970-01-01.csv", recording.header_line().rstrip(), body)
    (moment,) = open_history(tmp_path).moments()
    assert moment.quotes == quotes
    write(
        tmp_path,
        "quotes-1970-01-01.csv",
        recording.header_line().rstrip(),
        body.replace("halted", "held"),
    )
    with pytest.raises(ConfigError, match="session is 'held'; one of pre"):
        list(open_history(tmp_path).moments())
