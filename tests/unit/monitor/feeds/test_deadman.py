"""Who should have spoken: reported once, again for new books, and its end once."""

from __future__ import annotations

from monitor.domain.feed_reports import FeedReport
from monitor.feeds.deadman import Deadman, Watched
from monitor.feeds.health import Failure, FeedHealth
from tests.unit.monitor.feeds.doubles import NOW

BUDGET = 60_000
NEVER = FeedHealth("venue", BUDGET, began=NOW)


def at(moment: int, health: FeedHealth = NEVER, feed: str = "venue") -> dict[str, Watched]:
    """Return how one feed stands at a moment."""
    return {feed: Watched(health, health.state(moment), ("B", "A"))}


def run(deadman: Deadman, feeds: dict[str, Watched]) -> list[FeedReport]:
    """Return what is reported, as a store that answers takes it."""
    reports = deadman.reports(feeds)
    deadman.sent(reports)
    return reports


def test_a_cold_start_reports_nothing_and_a_budget_later_it_does_once() -> None:
    """Row E12: after the budget from the start of the process."""
    deadman = Deadman()
    assert run(deadman, at(NOW + BUDGET)) == []
    (report,) = run(deadman, at(NOW + BUDGET + 1))
    assert report == FeedReport(feed="venue", silent=True, since=NOW, instruments=("A", "B"))
    assert run(deadman, at(NOW + 10 * BUDGET)) == []


def test_what_could_not_be_stored_is_reported_again() -> None:
    """The store was away."""
    deadman = Deadman()
    assert deadman.reports(at(NOW + 2 * BUDGET)) == deadman.reports(at(NOW + 2 * BUDGET)) != []


def test_new_books_are_told_of_what_is_silent() -> None:
    """A rule may have come that rests on it."""
    deadman = Deadman()
    run(deadman, at(NOW + 2 * BUDGET))
    deadman.read_anew()
    assert [it.silent for it in run(deadman, at(NOW + 3 * BUDGET))] == [True]
    assert run(deadman, at(NOW + 3 * BUDGET)) == []


def test_its_end_is_reported_once_by_whoever_sees_it() -> None:
    """A process that was not there before knows from the store what was told."""
    deadman = Deadman({"venue"})
    assert run(deadman, at(NOW)) == []  # it waits, as any feed at a start
    spoke = NEVER.stored(NOW + 5, NOW)
    assert run(deadman, at(NOW + 5, spoke)) == [FeedReport(feed="venue", silent=False, since=NOW)]
    assert run(deadman, at(NOW + 6, spoke)) == []


def test_a_feed_that_is_gone_from_the_books_is_over() -> None:
    """Or that lost its key: nobody asks it, so nothing is missed."""
    deadman = Deadman({"venue"})
    (report,) = run(deadman, {})
    assert (report.silent, report.asked) == (False, False)
    assert run(deadman, {}) == []


def test_a_feed_that_died_after_it_spoke_is_not_its_concern() -> None:
    """Its values grow stale where they are used, and that is told there."""
    spoke = NEVER.stored(NOW, NOW)
    assert run(Deadman(), at(NOW + 100 * BUDGET, spoke)) == []


def test_who_was_told_to_wait_is_given_longer() -> None:
    """A 429 at the start: dead after ten budgets, and the reason is in the report."""
    failure = Failure(frozenset({"A"}), "throttled", "429", NOW)
    health = NEVER.failed(failure)
    assert run(Deadman(), at(NOW + 10 * BUDGET, health)) == []
    (report,) = run(Deadman(), at(NOW + 10 * BUDGET + 1, health))
    assert report.why == "throttled"
