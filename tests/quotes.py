"""Quotes and ticks for the tests: a hypothesis strategy of all that the stream may hold."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from hypothesis import strategies as st

from monitor.domain.events import Quote, Tick
from monitor.domain.symbols import is_name
from monitor.store.playback import Moment

_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="|"), min_size=1, max_size=12)
_NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="|/+#", exclude_categories=("C", "Z")),
    min_size=1,
    max_size=12,
).filter(is_name)
_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
_MOMENTS = st.integers(min_value=0, max_value=4_102_444_800_000)


def any_quote() -> st.SearchStrategy[Quote]:
    """Return a strategy of quotes with any words and numbers in them."""
    return st.builds(
        Quote,
        instrument=_NAMES,
        value=_NUMBERS,
        observed_at=_MOMENTS,
        source=_WORDS,
        received_at=st.none() | _MOMENTS,
        fresh_ms=st.none() | _MOMENTS,
        bid=st.none() | _NUMBERS,
        ask=st.none() | _NUMBERS,
        volume=st.none() | _NUMBERS,
        local_time=st.booleans(),
        backfilled=st.booleans(),
        period=st.sampled_from(("", "2026-01-05")),
        note=st.text(st.characters(codec="utf-8"), max_size=12),
    )


def any_ticks(least: int = 0) -> st.SearchStrategy[list[Tick]]:
    """Return a strategy of at least so many ticks in order of time, some at the same millisecond."""
    steps = st.lists(
        st.tuples(
            st.sampled_from((0, 1, 60_000, 43_200_000)),
            st.lists(any_quote(), min_size=1, max_size=3),
        ),
        min_size=least,
        max_size=6,
    )
    return steps.map(_in_order)


def moments(count: int) -> list[Moment]:
    """Return moments a minute apart, each with one price that tells its number."""
    return [
        Moment(
            60_000 * n,
            (
                Quote(
                    instrument="BTC-USD", value=Decimal(n + 1), observed_at=60_000 * n, source="x"
                ),
            ),
        )
        for n in range(count)
    ]


def _in_order(steps: list[tuple[int, list[Quote]]]) -> list[Tick]:
    at = 1_752_710_400_000
    ticks = []
    for number, (step, quotes) in enumerate(steps):
        at += step
        ticks.append(Tick(f"{at}-{number}", at, tuple(quotes)))
    return ticks


def newest(quotes: Iterable[Quote]) -> list[Quote]:
    """Return quotes without the figures of earlier days that come along with the newest."""
    last: dict[tuple[str, str], Quote] = {}
    for quote in quotes:
        what = (quote.source, quote.instrument)
        assert what not in last or last[what].period < quote.period, f"{what} came twice"
        last[what] = quote
    return list(last.values())
