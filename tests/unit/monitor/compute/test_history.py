"""The past's timers: what is paired at which close, what is not, and that a restart forgets nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.compute.history import HISTORY_INPUTS, PAIR_INPUTS, SETTLE_MS, History, Output
from monitor.compute.instruments import Instruments
from monitor.domain.events import BTC_USD, Quality, Quote
from monitor.domain.market_days import DAY
from monitor.domain.pairs import Pairing
from monitor.domain.sessions import SessionCalendar
from monitor.nyse import nyse_calendar
from tests.histories import PLAIN, Past, closes, reborn, tell_session, values
from tests.worlds import quote

MINUTE = 60_000
HOUR = 60 * MINUTE


def moment(text: str) -> int:
    """Return a moment in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


START = moment("2025-06-02T12:00")
"""A Monday before the open."""


def begun(now: int = START, tickers: tuple[str, ...] = ("RIOT", "CRWV")) -> History:
    """Return a history without past."""
    history = History(nyse_calendar(), tickers, PLAIN)
    history.begin(now)
    return history


def recent(history: History, ticker: str) -> Pairing:
    """Return what is remembered of a company."""
    return history._pairings[ticker]


@pytest.mark.parametrize(
    ("begin", "expected"),
    [
        # an ordinary day in summer, one in winter
        ("2025-07-16T12:00", ["2025-07-16T20:00", "2025-07-16T20:20", "2025-07-17T00:00"]),
        ("2025-01-14T12:00", ["2025-01-14T21:00", "2025-01-14T21:20", "2025-01-15T00:00"]),
        # Thanksgiving is closed, the day after closes at 13:00 New York
        (
            "2024-11-27T22:00",
            ["2024-11-28T00:00", "2024-11-29T00:00", "2024-11-29T18:00", "2024-11-29T18:20"],
        ),
        # clocks change over the weekend of 2025-03-09
        (
            "2025-03-07T20:30",
            [
                "2025-03-07T21:00",
                "2025-03-07T21:20",
                "2025-03-08T00:00",
                "2025-03-09T00:00",
                "2025-03-10T00:00",
                "2025-03-10T20:00",
            ],
        ),
    ],
)
def test_timers_are_the_closes_of_new_york_and_midnights(begin: str, expected: list[str]) -> None:
    """Half days, holidays and daylight saving are New York's; nothing else is due."""
    history = begun(moment(begin))
    for text in expected:
        assert history.next_timer == moment(text)
        history.run_timer(Past().read)


def test_before_it_begins_nothing_is_due() -> None:
    """A history that has not begun has no timer, no output and nothing to save."""
    history = History(nyse_calendar(), ("RIOT",))
    assert history.next_timer is None
    assert history.run_timer(Past().read) == []
    assert history.outputs() == []
    assert history.take().market is None


def test_beyond_the_years_of_the_calendar_only_midnights_are_left() -> None:
    """Where no session is known none is invented."""
    short = SessionCalendar(2025, 2025, holidays={date(2025, 12, 25)}, half_days=())
    history = History(short, ("RIOT",))
    history.begin(moment("2026-05-01T12:00"))
    assert history.next_timer == moment("2026-05-02T00:00")


def test_a_leap_over_ages_is_skipped() -> None:
    """After a leap the next timer is one of now; what waited to settle is given up."""
    history, past = begun(), Past()
    first = closes(START, 1)[0]
    tell_session(past, first, 100_000, {"RIOT": 10.0})
    past.run(history, first)
    history.skip_to(first - 1)  # back in time: nothing is left out
    assert history.next_timer == first + SETTLE_MS
    later = moment("2031-07-16T12:00")
    history.skip_to(later)
    assert history.next_timer == moment("2031-07-16T20:00")
    assert recent(history, "RIOT").close is None
    begun_late = History(nyse_calendar(), ())
    begun_late.skip_to(later)
    assert begun_late.next_timer is None


def test_a_pair_spans_the_weekend_for_both() -> None:
    """Friday's close to Monday's: Bitcoin of both closes, not its midnights or its Saturday."""
    history, past = begun(moment("2025-06-06T12:00")), Past()
    friday, monday = closes(moment("2025-06-06T12:00"), 2)
    tell_session(past, friday, 100_000, {"RIOT": 10.0})
    past.tell(BTC_USD, friday + DAY, 90_000)
    tell_session(past, monday, 110_000, {"RIOT": 12.0})
    past.tell(BTC_USD, monday + MINUTE, 50_000)  # after the close: another moment
    past.run(history, monday + HOUR)
    ((stock, btc, ai),) = recent(history, "RIOT").recent
    assert stock == pytest.approx(0.182321556793955)  # ln 1.2
    assert btc == pytest.approx(0.0953101798043249)  # ln 1.1
    assert ai is None


@pytest.mark.parametrize(
    "flaw",
    ["missing", "stale", "disputed", "repeated", "no btc", "old btc", "disputed btc"],
)
def test_a_flaw_skips_the_pair_whole_and_the_next_spans_it(flaw: str) -> None:
    """Neither side is updated at a flawed close; the pair after it reaches back over both."""
    history, past = begun(), Past()
    first, second, third = closes(START, 3)
    tell_session(past, first, 100_000, {"RIOT": 10.0})
    btc, stock = 105_000.0, 10.5
    if "btc" not in flaw:
        past.tell(BTC_USD, second, btc)
    else:
        seen = {"no btc": first + 1, "old btc": second - 11 * MINUTE}.get(flaw, second)
        quality = Quality.DISPUTED if flaw == "disputed btc" else Quality.OK
        past.tell(BTC_USD, seen, btc, quality)
    if flaw == "missing":
        past.tell("RIOT", second, None, Quality.MISSING)
    elif flaw != "repeated":  # then yesterday's trade is told again, at its own time
        quality = {"stale": Quality.STALE, "disputed": Quality.DISPUTED}.get(flaw, Quality.OK)
        past.tell("RIOT", second, stock, quality)
    outputs = past.run(history, second + HOUR)
    assert recent(history, "RIOT").recent == ()
    assert values(outputs, "RIOT").get("pairs_count", 0.0) == 0.0
    tell_session(past, third, 110_000, {"RIOT": 11.0})
    past.run(history, third + HOUR)
    ((stock_return, btc_return, _),) = recent(history, "RIOT").recent
    assert stock_return == pytest.approx(0.0953101798043249)
    assert btc_return == pytest.approx(0.0953101798043249)


def test_the_closing_auction_is_waited_for() -> None:
    """The price that counts is the last of the session, told up to 20 minutes after the close."""
    history, past = begun(), Past()
    first, second = closes(START, 2)
    tell_session(past, first, 100_000, {"RIOT": 9.0})
    past.tell("RIOT", first + 5 * MINUTE, 10.0)
    past.tell("RIOT", first + SETTLE_MS + MINUTE, 20.0)  # after hours
    tell_session(past, second, 100_000, {"RIOT": 11.0})
    past.run(history, second + HOUR)
    assert recent(history, "RIOT").recent[0][0] == pytest.approx(0.0953101798043249)


@pytest.mark.parametrize(
    ("previous", "price", "paired"),
    [
        (10.0, 14.0, True),  # a wild day that the previous close vouches for
        (10.2, 14.0, True),
        (10.4, 14.0, False),  # adjusted by more than 3 %: not the close that we saw
        (100.0, 101.0, False),  # a reverse split, 1 for 10
        (None, 11.0, True),
        (None, 15.1, False),  # nobody vouches, and it is as large as a split of 3 for 2
        (None, 6.6, False),
    ],
)
def test_a_split_does_not_enter_as_a_return(
    previous: float | None, price: float, paired: bool
) -> None:
    """What the previous close contradicts is no return, and the pair after it is clean again."""
    history, past = begun(), Past()
    first, second, third = closes(START, 3)
    tell_session(past, first, 100_000, {"RIOT": 10.0})
    tell_session(past, second, 100_000, {"RIOT": price})
    if previous is not None:
        past.tell("RIOT.previous_close_usd", second, previous)
    tell_session(past, third, 110_000, {"RIOT": price * 1.1})
    past.tell("RIOT.previous_close_usd", third, price)
    past.run(history, third + HOUR)
    rows = recent(history, "RIOT").recent
    assert len(rows) == 1 + paired
    assert rows[-1][0] == pytest.approx(0.0953101798043249)


def test_yesterdays_previous_close_vouches_for_nothing() -> None:
    """A previous close that was told in the session before speaks of another close."""
    history, past = begun(), Past()
    first, second = closes(START, 2)
    past.tell("RIOT.previous_close_usd", first, 8.0)
    tell_session(past, first, 100_000, {"RIOT": 10.0})
    tell_session(past, second, 100_000, {"RIOT": 10.5})
    past.run(history, second + HOUR)
    assert len(recent(history, "RIOT").recent) == 1


def test_the_basket_leaves_out_a_names_own_stock() -> None:
    """RIOT's basket is the mean log return of NVDA and CRWV, CRWV's is NVDA's alone."""
    history, past = begun(), Past()
    first, second = closes(START, 2)
    tell_session(past, first, 100_000, {"RIOT": 10.0, "NVDA": 100.0, "CRWV": 50.0})
    tell_session(past, second, 100_000, {"RIOT": 10.0, "NVDA": 110.0, "CRWV": 60.0})
    past.run(history, second + HOUR)
    assert recent(history, "RIOT").recent[0][2] == pytest.approx(0.1388158683)
    assert recent(history, "CRWV").recent[0][2] == pytest.approx(0.0953101798)


def test_without_a_member_the_pair_stands_and_the_joint_model_waits() -> None:
    """No CRWV in a session: the pair with Bitcoin counts, the joint sample does not grow."""
    history, past = begun(), Past()
    first, second, third, fourth = closes(START, 4)
    for close_at, crwv in ((first, 50.0), (second, None), (third, 60.0), (fourth, 66.0)):
        tell_session(past, close_at, 100_000, {"RIOT": 10.0, "NVDA": 100.0})
        if crwv is not None:
            past.tell("CRWV", close_at, crwv)
    outputs = past.run(history, fourth + HOUR)
    found = values(outputs, "RIOT")
    assert (found["pairs_count"], found["joint_count"]) == (3.0, 1.0)
    assert [row[2] is None for row in recent(history, "RIOT").recent] == [True, True, False]


def steady(count: int, *, gap_at: int | None = None) -> tuple[Past, list[int]]:
    """Return a past of sessions in which RIOT moves by twice Bitcoin; one may lack RIOT."""
    past, ends = Past(), closes(START, count)
    for place, close_at in enumerate(ends):
        btc = 1.0 + 0.01 * ((place * 7) % 5)
        stocks = {} if place == gap_at else {"RIOT": 10 * btc**2, "NVDA": 100.0 + place % 3}
        tell_session(past, close_at, 100_000 * btc, stocks | {"CRWV": 50.0 + place % 4})
    return past, ends


@pytest.mark.parametrize(
    ("pairs", "quality"),
    [(1, Quality.MISSING), (2, Quality.DISPUTED), (59, Quality.DISPUTED), (60, Quality.OK)],
)
def test_a_small_sample_is_shown_and_nothing_fires_on_it(pairs: int, quality: Quality) -> None:
    """Below 60 pairs the covariances are disputed; the count itself is always good."""
    past, ends = steady(pairs + 1)
    outputs = past.run(begun(), ends[-1] + HOUR)
    last = {item.column: item.reading for item in outputs if item.ticker == "RIOT"}
    assert last["cov_stock_btc"].quality is quality
    assert last["pairs_count"].value == pairs
    assert last["pairs_count"].quality is Quality.OK
    assert last["cov_stock_btc"].observed_at in (None, ends[-1])


WATCHED = ("var_stock", "RIOT")


def test_statistics_of_another_time_are_stale() -> None:
    """After five sessions without a pair nothing fires any more; with the next pair it may."""
    past, ends = steady(70)
    later = closes(ends[-1], 7)
    history = begun()
    past.run(history, ends[-1] + HOUR)
    qualities = []
    for close_at in later:
        outputs = past.run(history, close_at + HOUR)
        qualities += [i.reading.quality for i in outputs if (i.column, i.ticker) == WATCHED]
    assert qualities == [Quality.OK] * 5 + [Quality.STALE] * 2


def test_a_joint_model_without_its_basket_is_stale() -> None:
    """CRWV goes silent: after five pairs without it the joint model is of another time."""
    past, ends = steady(70)
    for close_at in closes(ends[-1], 6):
        tell_session(past, close_at, 101_000, {"RIOT": 10.0, "NVDA": 100.0})
        ends.append(close_at)
    history, qualities = begun(), []
    for close_at in ends[-7:]:
        last = {
            item.column: item.reading.quality
            for item in past.run(history, close_at + HOUR)
            if item.ticker == "RIOT"
        }
        qualities.append((last["joint_var_ai"], last["var_stock"]))
    assert qualities == [(Quality.OK, Quality.OK)] * 6 + [(Quality.STALE, Quality.OK)]


def test_bitcoins_price_at_the_close_is_told_at_the_close() -> None:
    """It stands until the next close; where there was none to be trusted it is missing."""
    history, past = begun(), Past()
    first, second = closes(START, 2)
    past.tell(BTC_USD, first, 100_000)
    past.tell(BTC_USD, second, 90_000, Quality.DISPUTED)
    told = [item for item in past.run(history, first) if item.column == "btc_close_usd"]
    assert [(item.ticker, item.reading.value) for item in told] == [(None, 100_000)]
    assert told[0].reading.observed_at == first
    assert values(history.outputs(), None)["btc_close_usd"] == 100_000
    (later,) = [i.reading for i in past.run(history, second) if i.column == "btc_close_usd"]
    assert (later.value, later.quality) == (None, Quality.MISSING)


def test_timers_that_run_late_take_no_price_of_another_session() -> None:
    """Begun late with a session unsettled, nothing that was seen after it enters its pairs."""
    past, ends = steady(2)
    history, saved = begun(), dict[str, bytes]()
    past.run(history, ends[1])  # the second close is known, its prices are not
    past.tell("RIOT", ends[1] + DAY, 99.0)
    past.now = ends[1] + DAY
    late = reborn(history, begun(), past.now, saved)
    late.run_timer(past.read)
    assert recent(late, "RIOT").recent == ()


def test_a_share_that_stands_still_has_no_break() -> None:
    """Nothing changes in a share that does not move: its break is missing, not 0."""
    past, ends = Past(), closes(START, 70)
    for place, close_at in enumerate(ends):
        tell_session(past, close_at, 100_000 + 1_000 * (place % 7), {"RIOT": 10.0})
    last = {item.column: item.reading for item in past.run(begun(), ends[-1] + HOUR)}
    assert last["cov_stock_btc"].value == 0
    assert (last["break_statistic"].value, last["break_statistic"].reason) == (
        None,
        "missing:break_statistic",
    )


def test_without_a_close_there_is_nothing_to_pair() -> None:
    """A company of which no price is known stays as it is."""
    assert Pairing("RIOT").paired(START, 100_000, (None, None), PLAIN) == Pairing("RIOT")


def test_a_skipped_session_weighs_as_one_of_time() -> None:
    """With a half-life the weight fades per session, not per pair."""
    past, ends = steady(4, gap_at=2)
    history = History(nyse_calendar(), ("RIOT",))
    history.begin(START)
    found = values(past.run(history, ends[-1] + HOUR), "RIOT")
    fading = 2 ** (-2 / 60)
    assert found["pairs_count"] == 2
    assert found["pairs_weight"] == pytest.approx((1 + fading) ** 2 / (1 + fading**2))


def test_one_wild_day_is_cut_in_the_estimators_only() -> None:
    """Six robust sigma bound a return; what is remembered of it stays as it was."""
    calm, ends = steady(40)
    wild_at = closes(ends[-1], 1)[0]
    tell_session(calm, wild_at, 100_000, {"RIOT": 14.0, "NVDA": 100.0, "CRWV": 50.0})
    weighing = History(nyse_calendar(), ("RIOT",))
    weighing.begin(START)
    calm.run(weighing, ends[-1] + HOUR)
    before = recent(weighing, "RIOT").pair
    calm.run(weighing, wild_at + HOUR)
    pairing = recent(weighing, "RIOT")
    raw = pairing.recent[-1][0]
    shift = (pairing.pair.means[0] - before.means[0]) * pairing.pair.weight + before.means[0]
    assert 0 < shift < raw


def test_every_input_is_told_and_no_other() -> None:
    """The two lists of names hold what comes out, for each company and for the market."""
    history = begun()
    told = history.outputs()
    for ticker in ("RIOT", "CRWV"):
        assert {item.column for item in told if item.ticker == ticker} == set(PAIR_INPUTS)
    assert {item.column for item in told if item.ticker is None} == set(HISTORY_INPUTS)
    assert {item.ticker for item in told} == {"RIOT", "CRWV", None}  # NVDA is no company here


MOVES = st.lists(
    st.tuples(
        st.floats(-0.1, 0.1),
        st.floats(-0.1, 0.1),
        st.sampled_from(["", "", "", "stock", "btc", "NVDA", "split"]),
    ),
    min_size=2,
    max_size=12,
)


def drawn(moves: list[tuple[float, float, str]]) -> tuple[Past, list[int]]:
    """Return a past with gaps and splits in it."""
    past, ends = Past(), closes(START, len(moves))
    btc, stock = 100_000.0, 10.0
    for close_at, (rise, fall, flaw) in zip(ends, moves, strict=True):
        btc, before, stock = btc * (1 + rise), stock, stock * (1 + fall)
        if flaw == "split":
            before, stock = before / 4, stock / 4
        quoted = {"RIOT": stock, "NVDA": 100 + btc / 1_000, "CRWV": 40 + stock}
        left = {
            name: usd for name, usd in quoted.items() if name != {"stock": "RIOT"}.get(flaw, flaw)
        }
        past.tell(BTC_USD, close_at - (flaw == "btc") * HOUR, btc)
        for name, usd in left.items():
            past.tell(name, close_at, usd)
        past.tell("RIOT.previous_close_usd", close_at, before)
    return past, ends


@settings(max_examples=60, deadline=None)
@given(MOVES, st.sets(st.integers(0, 40)))
def test_a_restart_anywhere_changes_nothing(
    moves: list[tuple[float, float, str]], cuts: set[int]
) -> None:
    """Through JSON and into a new process, between any two timers, the same comes out."""
    past, ends = drawn(moves)
    through, broken = begun(), begun()
    saved: dict[str, bytes] = {}
    said: list[Output] = []
    step = 0
    while broken.next_timer is not None and broken.next_timer <= ends[-1] + DAY:
        past.now = broken.next_timer
        said += broken.run_timer(past.read)
        if step in cuts:
            fresh = History(nyse_calendar(), ("RIOT", "CRWV"), PLAIN)
            broken = reborn(broken, fresh, past.now, saved)
        step += 1
    assert said == past.run(through, ends[-1] + DAY)
    assert broken.outputs() == through.outputs()


def played(quotes: list[Quote], batch: int, calendar: SessionCalendar) -> list[Output]:
    """Return what comes out when quotes arrive in batches and are read as the step reads them."""
    instruments = Instruments(calendar, ("RIOT", "NVDA", "CRWV"))
    history = begun()
    said: list[Output] = []
    for first in range(0, len(quotes), batch):
        for item in quotes[first : first + batch]:
            now = item.received_at or item.observed_at
            while history.next_timer is not None and history.next_timer <= now:
                while (instruments.next_timer or now) < history.next_timer:
                    instruments.run_timer()
                said += history.run_timer(instruments.reading)
            instruments.accept((item,), now)
    return said


def test_late_quotes_change_nothing() -> None:
    """What comes out of order is refused before it is read: the pairs stay what they were."""
    ends = closes(START, 3)
    ordered, shuffled = [], []
    for place, close_at in enumerate(ends):
        for name, usd in ((BTC_USD, 100_000 + 1_000 * place), ("RIOT", 10 + place)):
            told = quote(name, usd, close_at - 1_000, fresh_ms=5 * MINUTE)
            late = quote(name, 1.1 * usd, close_at - HOUR, received_at=close_at)
            ordered.append(told)
            shuffled += [told, late]
    end = quote(BTC_USD, 100_000, ends[-1] + HOUR)
    calendar = nyse_calendar()
    plain = played([*ordered, end], 1, calendar)
    assert values(plain, "RIOT")["pairs_count"] == 2
    assert played([*shuffled, end], 1, calendar) == plain
