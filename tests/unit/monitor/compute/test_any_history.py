"""Whatever comes, in whatever order: prices, gaps, leaps of the clock, commands, reloads, crashes.

A history is drawn and played twice: once plainly, once cut into other batches, with the process
killed and the idle clock running between. Both must tell the same, and what they tell must be a
possible life of each alert.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.model import AlertState, Transition
from alerts.rulebook import Rulebook
from alerts.rules.base import Rule
from alerts.rules.written import rule_of
from monitor.app.world import find_rule_types
from monitor.compute.reloading import unchanged
from monitor.compute.saved import read_cells
from monitor.compute.step import Step
from monitor.domain.commands import AckAlert, Action, AddSilence, Command
from tests.worlds import NOON, commit, make_step, network, quote, tick

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
TYPES = {str(kind.__struct_config__.tag): kind for kind in find_rule_types()}


def made(kind: str, **fields: object) -> Rule:
    """Return a rule as a book would write it, on X unless it says otherwise."""
    return rule_of({"type": kind, "id": kind, "on": "X"} | fields, TYPES[kind])


BOOKS: Sequence[Rulebook] = (
    Rulebook(
        (
            made("threshold", above=2.0, recover=1.5, **{"for": "30s"}, keep_firing_for="1m"),
            made("crossing", up=2.0, rearm=0.5),
            made("band", outside=[1.4, 2.6], no_data="alert", no_data_after="2m"),
            made("change", above=0.2, over="1m"),
            made("samples", above=2.2, count=2, of=3),
            made("move", by=0.1, severity="info"),
            made("absence", **{"for": "3m"}),
            made("stale", unchanged_for="4m"),
            made("expression", when="value > 2.0 && btc < 100000.0", inputs={"btc": "BTC-USD"}),
            made("threshold", id="margin", on="mining_margin_ratio", below=0.45, no_data="keep"),
            made("rank", on="mining_margin_ratio", moves=1, severity="info"),
        )
    ),
    Rulebook(
        (
            made("threshold", above=2.0, recover=1.5, **{"for": "30s"}, keep_firing_for="1m"),
            made("crossing", up=2.25, rearm=0.5),
            made("band", outside=[1.4, 2.6], no_data="ok", no_data_after="2m"),
            made("smoothed", above=2.0, over="1m", take="mean"),
            made("range", above=0.3, over="2m"),
            made("move", by=0.2, severity="info"),
            made("expression", when="value > 2.0 || btc > 104000.0", inputs={"btc": "BTC-USD"}),
            made(
                "threshold", id="margin", on="mining_margin_ratio", below=0.5,
                steps=[{"severity": "critical", "after": "1m"}], step_down_after="30s",
                keep_firing_for="2m",
            ),
        )
    ),
    Rulebook(()),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Price:
    """A quote of a source whose clock may be wrong."""

    wait_ms: int
    name: str
    level: int
    skew_ms: int


@dataclass(frozen=True, slots=True)
class Reload:
    """Another book, or the same again."""

    book: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks."""

    wait_ms: int
    silence: bool
    key: str


Deed = Price | Reload | Wish
WAITS = st.sampled_from([0, 1, SECOND, 20 * SECOND, 50 * SECOND, 5 * MINUTE, 3 * HOUR, 50 * HOUR])
PRICES = st.builds(
    Price,
    WAITS,
    st.sampled_from(["X", "X", "X", "a", "b", "c", "HIVE.power_price_usd_kwh"]),
    st.integers(0, 9),
    st.sampled_from([0, 0, 0, 0, -30 * SECOND, -HOUR, HOUR]),
)
DEEDS = st.one_of(
    PRICES,
    PRICES,
    PRICES,
    st.builds(Reload, st.integers(0, len(BOOKS) - 1)),
    st.builds(Wish, WAITS, st.booleans(), st.sampled_from(["X", "HIVE"])),
)
HISTORIES = st.lists(DEEDS, min_size=1, max_size=30)
PLACES = st.sets(st.integers(0, 29))


class Play:
    """One playing of a history."""

    def __init__(self) -> None:
        """Begin with the first book and a network that stands still."""
        self.book = BOOKS[0]
        self.step: Step = make_step(self.book.rules)
        self.cells: dict[str, bytes] = {}
        self.told: list[Transition] = []
        self.now = NOON
        self.step.process(tick(NOON, *network(NOON)))
        self.save()

    def save(self) -> None:
        """Commit what changed."""
        self.told += commit(self.step, self.cells)

    def crash(self) -> None:
        """Lose the process after a commit; another one goes on."""
        self.step = make_step(self.book.rules)
        self.step.restore(read_cells(self.cells))
        self.save()

    def do(self, number: int, deed: Deed) -> None:
        """Do what comes next, and commit."""
        if isinstance(deed, Reload):
            self._reload(BOOKS[deed.book])
        elif isinstance(deed, Wish):
            self.now += deed.wait_ms
            self.step.process(tick(self.now, commands=(_command(number, deed, self.now),)))
        else:
            self.now += deed.wait_ms
            self.step.process(tick(self.now, _quote(deed, self.now)))
        self.save()

    def _reload(self, book: Rulebook) -> None:
        """Read a book, which takes longer than the moment that names an episode."""
        self.now += SECOND
        self.step.advance(self.now)
        self.save()
        same = unchanged(self.book, book)
        self.book = book
        self.step = make_step(book.rules)
        self.step.restore(read_cells(self.cells))
        self.step.judge(same)

    def end(self) -> list[Transition]:
        """Let an hour pass and return all that was told."""
        self.step.advance(self.now + HOUR)
        self.save()
        return self.told


def _quote(price: Price, now: int) -> Any:
    at = now + price.skew_ms
    if price.name == "X":
        return quote("X", 1 + price.level / 5, at, fresh_ms=90 * SECOND)
    if "." in price.name:
        return quote(price.name, (1 + price.level) / 60, at)
    value = 96_000 + 1_000 * price.level
    return quote("BTC-USD", value, at, source=price.name, fresh_ms=2 * MINUTE)


def _command(number: int, wish: Wish, now: int) -> Command:
    rule = "threshold" if wish.key == "X" else "margin"
    action: Action = AckAlert(rule=rule, key=wish.key)
    if wish.silence:
        action = AddSilence(match={"key": wish.key}, until=now + 10 * MINUTE, reason="drawn")
    return Command(id=f"c{number}", by="ana", action=action)


OLD = [Price(0, "X", 0, 0), Price(1, "X", 0, -30 * SECOND), Price(0, "X", 1, 0)]
"""A price that is told again with an older time, and then changes: an age grew meanwhile."""


@settings(max_examples=50, deadline=None)
@given(HISTORIES, PLACES, PLACES, PLACES)
@example([Price(0, "X", 0, 0), Wish(5 * MINUTE, False, "X"), *OLD], {2}, set(), {0, 1, 2, 4})
def test_a_history_is_told_once_and_alike_however_it_is_played(
    history: list[Deed], crashes: set[int], idles: set[int], judged: set[int]
) -> None:
    """Crashes, idle turns and other batches change no byte of what is told."""
    smooth, rough = Play(), Play()
    for number, deed in enumerate(history):
        smooth.do(number, deed)
        if number in idles and not isinstance(deed, Reload):
            rough.step.advance(rough.now + max(0, deed.wait_ms - 1))
        if number in judged:
            rough.step.judge()
        rough.do(number, deed)
        if number in crashes:
            rough.crash()
    told = smooth.end()
    assert rough.end() == told
    check(told)


def test_a_value_shown_again_after_a_restart_is_no_second_sample() -> None:
    """One value over the level is not two of the last three, however often the process dies."""
    play = Play()
    for number, level in enumerate((0, 0, 9)):
        play.do(number, Price(SECOND, "X", level, 0))
        play.crash()
        play.step.judge()
        play.save()
    assert "samples" not in {it.rule for it in play.end()}


def check(told: Sequence[Transition]) -> None:
    """Hold what was told against what the life of an alert can be."""
    ids = [it.id for it in told]
    assert len(ids) == len(set(ids))
    assert all(early.at <= late.at for early, late in pairwise(told))
    assert all(it.reason for it in told)
    assert all(it.since <= it.at for it in told)
    lives: dict[tuple[str, str], list[Transition]] = {}
    for it in told:
        lives.setdefault((it.rule, it.key), []).append(it)
    for life in lives.values():
        check_life(life)


def check_life(life: Sequence[Transition]) -> None:
    """Each change begins where the last one ended, and an end follows a fire."""
    state, fired = AlertState.INACTIVE, False
    for it in life:
        if it.to_state is AlertState.NOTED or it.from_state is it.to_state:
            continue  # a word about the alert, not a change of it
        assert it.from_state is state, life
        if it.to_state is AlertState.RESOLVED:
            assert fired, life
        fired = it.to_state is AlertState.FIRING or (
            fired and it.to_state not in {AlertState.RESOLVED, AlertState.INACTIVE}
        )
        state = AlertState.INACTIVE if it.to_state is AlertState.RESOLVED else it.to_state
