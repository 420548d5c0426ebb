"""What a reload changes, and that to judge only that is to judge all."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from alerts.bindings import Bindings
from alerts.model import Transition
from alerts.rulebook import Rulebook
from alerts.rules.base import Rule
from alerts.saved import SavedAlert
from monitor.app.world import build_step, load_world
from monitor.compute.reloading import plan_of, standing_versions, unchanged, words_of
from monitor.compute.saved import read_cells
from monitor.core.clock import DAY, SystemClock
from monitor.domain.events import Reading
from monitor.domain.facts import FACTS
from monitor.metrics.base import Scope
from monitor.settings import Settings
from tests.worlds import NOON, commit, make_step, quote, threshold, tick

MINUTE = 60_000
LEVELS = st.integers(min_value=1, max_value=9)
PRICES = st.lists(st.tuples(st.sampled_from("XYZ"), st.integers(0, 10)), max_size=12)


def rule(name: str, on: str, level: float, *, held: bool = False, exacting: bool = False) -> Rule:
    """Return a rule that fires at once or after a minute, perhaps on values in real time alone."""
    more: dict[str, object] = {"for": "1m"} if held else {}
    if exacting:
        more["require"] = "realtime"
    return threshold(id=name, on=on, above=float(level), **more)


RULES = st.lists(
    st.builds(
        rule, st.sampled_from("abcdef"), st.sampled_from("XYZ"), LEVELS, held=st.booleans(),
        exacting=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda it: it.id,
)  # fmt: skip


def played(
    before: Sequence[Rule], after: Sequence[Rule], prices: Sequence[tuple[str, int]], *, all_: bool
) -> tuple[list[Transition], list[SavedAlert]]:
    """Return what was told, and where all stands, when a reload comes in the middle of prices."""
    cells: dict[str, bytes] = {}
    told: list[Transition] = []
    half = len(prices) // 2
    step, now = make_step(before), NOON
    for place, (name, value) in enumerate(prices):
        if place == half:
            step = make_step(after)
            same = unchanged(Rulebook(tuple(before)), Rulebook(tuple(after)))
            if not all_:  # as a service does it: what can be done beforehand, and then the rest
                step.prepare(now)
                step.watch.sift(same)
            step.restore(read_cells(cells))
            step.judge(() if all_ else same)
            told += commit(step, cells)
        now += MINUTE // 2
        step.process(tick(now, quote(name, value, now, fresh_ms=10 * MINUTE)))
        told += commit(step, cells)
    step.advance(now + 5 * MINUTE)
    return told + commit(step, cells), step.watch.live()


@given(RULES, RULES, PRICES)
def test_to_judge_what_is_new_is_to_judge_all(
    before: Sequence[Rule], after: Sequence[Rule], prices: Sequence[tuple[str, int]]
) -> None:
    """Rules that are the same find nothing new, so leaving them out changes nothing."""
    assert played(before, after, prices, all_=False) == played(before, after, prices, all_=True)


def test_a_plan_names_rules_and_the_alerts_that_end() -> None:
    """A text that changes ends no alert; a level that does, or a rule that goes, does."""
    before = [rule("gone", "X", 1), rule("level", "X", 2), threshold(id="text", on="X", above=3.0)]
    after = [
        rule("level", "X", 4),
        threshold(id="text", on="X", above=3.0, summary="Look."),
        rule("new", "X", 1),
    ]
    step = make_step(before)
    step.process(tick(NOON, quote("X", 9, NOON)))
    old, new = Rulebook(tuple(before)), Rulebook(tuple(after))
    plan = plan_of(old, new, standing_versions(step.watch), make_step(after).watch)
    assert (plan.added.names, plan.removed.names) == (("new",), ("gone",))
    assert plan.changed.names == ("level", "text")
    assert plan.ends.names == ("gone|X", "level|X")
    words = words_of(plan, dry_run=True)
    assert words == (
        f"would read 3 rules, version {new.version}: 1 added, 1 removed, 2 changed; 2 alerts end"
    )


def test_the_same_book_changes_nothing() -> None:
    """Read anew without a change, nothing is named."""
    book = Rulebook((rule("a", "X", 1),))
    step = make_step(book.rules)
    step.process(tick(NOON, quote("X", 9, NOON)))
    plan = plan_of(book, book, standing_versions(step.watch), make_step(book.rules).watch)
    assert (plan.changed.total, plan.ends.total) == (0, 0)
    assert "no rule is different" in words_of(plan, dry_run=False)
    assert unchanged(book, book) == {"a"}


def test_books_read_beforehand_are_the_books() -> None:
    """On the day itself or the one before, with figures told live: each reading is the same."""
    day = NOON // DAY * DAY
    world = load_world(Settings(), SystemClock().now())
    step, cells = build_step(world), dict[str, bytes]()
    before = NOON - 2 * MINUTE
    old = quote("MARA.btc_held", 7, before, fresh_ms=MINUTE)
    step.process(tick(before, old, quote("CRWV", 80, before)))
    step.process(tick(NOON, quote("BTC-USD", 97_000, NOON), quote("RIOT", 14.5, NOON)))
    step.process(tick(NOON, quote("RIOT.btc_held", 20_000, NOON)))
    commit(step, cells)

    def readings(prepared_at: int | None) -> list[tuple[str, str, Reading]]:
        fresh = build_step(world)
        if prepared_at is not None:
            fresh.prepare(prepared_at)
        fresh.restore(read_cells(cells))
        fresh.judge()
        names = [it.name for it in world.catalogue if it.scope is Scope.COMPANY] + [
            it for it in sorted(FACTS) if it in fresh.table
        ]
        return [(it, who, fresh.reading(it, who)) for who in world.companies for it in names]

    plain = readings(None)
    held = {who: reading.value for name, who, reading in plain if name == "btc_held"}
    assert held["RIOT"] == 20_000
    assert held["MARA"] not in {None, 7}, "what was told live is old: the book speaks"
    assert readings(NOON - MINUTE) == plain
    assert readings(day) == plain
    assert readings(day - 1) == plain


def test_where_rules_lie_is_the_same_however_it_is_found() -> None:
    """By the table that is made beforehand or by looking at all; an id that is gone is nowhere."""
    names = [f"r{n // 3}" for n in range(30)]
    rules = [threshold(id=name, on="X", above=1.0) for name in names]
    plain, sifted = Bindings(rules=[*rules]), Bindings(rules=[*rules])
    sifted.sift(frozenset())
    asked = {"r7", "r2", "gone", "r9"}
    assert (
        list(sifted.numbers(asked))
        == list(plain.numbers(asked))
        == [6, 7, 8, *range(21, 24), *range(27, 30)]
    )
    apart = Bindings(rules=[rules[0], rules[3], rules[1]])
    apart.sift(frozenset())
    assert list(apart.numbers({"r0"})) == [0, 2]
