"""Whatever comes between (reloads, shadows, silences, crashes), nobody is left with half a story."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.model import AlertState, Transition
from alerts.reasons import NoticeReason
from alerts.rulebook import Rulebook
from monitor.compute.saved import read_cells
from monitor.compute.step import Step
from tests.desks import HOUR, MINUTE, book
from tests.unit.monitor.compute.test_any_history import (
    BOOKS,
    PRICES,
    SECOND,
    WAITS,
    Deed,
    Play,
    Reload,
    Wish,
    made,
)
from tests.worlds import make_step, network, quote, tick

DESK = book(
    quiet=[{"name": "tea", "from": "12:20", "to": "12:35"}],
    inhibit=[{"source": {"rule": "threshold"}, "target": {"rule": "band"}}],
    feed_dead_after="2m",
)
SHADOWS = Rulebook(
    (
        made("threshold", above=2.0, recover=1.5, mode="shadow", **{"for": "30s"}),
        made("crossing", up=2.0, rearm=0.5, mode="shadow"),
        made("band", outside=[1.4, 2.6], no_data="alert", no_data_after="2m", mode="shadow"),
        made("threshold", id="margin", on="mining_margin_ratio", below=0.45, no_data="alert"),
    )
)
READ = (*BOOKS, SHADOWS)
WELL = [0.4, 1.6, *([1.6] * 9)]
"""Prices of X after which no rule has anything to say, 20 s apart: it re-arms, then it stands still."""
HISTORIES = st.lists(
    st.one_of(
        PRICES,
        PRICES,
        st.builds(Reload, st.integers(0, len(READ) - 1)),
        st.builds(Wish, WAITS, st.booleans(), st.sampled_from(["X", "HIVE"])),
    ),
    min_size=1,
    max_size=22,
)


class Told(Play):
    """A playing with a desk, which ends long after and well."""

    def made(self) -> Step:
        """Return a step with the desk of this house."""
        return make_step(self.book.rules, DESK)

    def restart(self) -> None:
        """Lose the process, or let it read its books."""
        self.step = self.made()
        self.step.restore(read_cells(self.cells))
        self.step.judge()
        self.save()

    def heal(self) -> list[Transition]:
        """Let each value be there and harmless; return all that was told."""
        self.now += 3 * HOUR
        self.step.advance(self.now)
        for value in WELL:
            self.now += 20 * SECOND
            power = [f"{ticker}.power_price_usd_kwh" for ticker in ("HIVE", "RIOT")]
            cheap = [quote(name, 0.01, self.now) for name in power]
            btc = [quote("BTC-USD", 103_000, self.now, source=it, fresh_ms=MINUTE) for it in "abc"]
            x = quote("X", value, self.now, fresh_ms=90 * SECOND)
            self.step.process(tick(self.now, *network(self.now), *cheap, *btc, x))
        self.save()
        return [it for it in self.told if it.told]


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.sets(st.integers(0, 21)))
def test_the_last_that_anybody_heard_is_that_it_is_over(
    history: list[Deed], crashes: set[int]
) -> None:
    """No fire without its end, no value that is unknown for ever, no id twice."""
    play = Told()
    play.step = play.made()
    for number, deed in enumerate(history):
        if isinstance(deed, Reload):
            play.now += SECOND
            play.step.advance(play.now)
            play.save()
            play.book = READ[deed.book]
            play.restart()
        else:
            play.do(number, deed)
        if number in crashes:
            play.restart()
    told = play.heal()
    assert len({it.id for it in told}) == len(told)
    last = {it.name: it for it in told if it.labels and it.to_state is not AlertState.NOTED}
    hanging = {
        name: it.summary
        for name, it in last.items()
        if it.notice in {NoticeReason.NEW, NoticeReason.NO_DATA} or it.to_state is AlertState.FIRING
    }
    assert hanging == {}
