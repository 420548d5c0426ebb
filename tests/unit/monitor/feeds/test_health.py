"""Health: what `feeds status` shows, step by step."""

from __future__ import annotations

import pytest

from monitor.domain.freshness import Freshness
from monitor.feeds.health import Failure, FeedHealth
from tests.unit.monitor.feeds.doubles import NOW

CORZ, HUT = frozenset({"CORZ"}), frozenset({"HUT"})


def test_never_heard_is_dead() -> None:
    """Before the first answer neither link nor data is alive."""
    health = FeedHealth("venue", 60_000)
    assert health.link(NOW) is Freshness.DEAD
    assert health.data(NOW) is Freshness.DEAD


def test_never_heard_is_waited_for_within_the_budget() -> None:
    """Row E12: a feed that has said nothing is dead once its budget from the start is over."""
    health = FeedHealth("venue", 60_000, began=NOW)
    assert health.state(NOW) is Freshness.WAITING
    assert health.state(NOW + 60_000) is Freshness.WAITING
    assert health.state(NOW + 60_001) is Freshness.DEAD
    assert health.stored(NOW + 5, NOW).state(NOW + 5) is Freshness.FRESH


def test_one_minute_and_one_second_without_an_answer_is_late() -> None:
    """A budget of 60 s is over after 61 s."""
    health = FeedHealth("venue", 60_000).stored(NOW, NOW - 500)
    assert health.link(NOW + 60_000) is Freshness.FRESH
    assert health.link(NOW + 61_000) is Freshness.LATE


def test_a_closed_market_is_not_a_dead_link() -> None:
    """Friday's close on Sunday: the link is fresh, the data is by session time."""
    health = FeedHealth("venue", 60_000).stored(NOW, NOW - 2 * 86_400_000)
    assert health.link(NOW) is Freshness.FRESH
    assert health.data(NOW) is Freshness.DEAD
    assert health.data(NOW, elapsed_ms=0) is Freshness.FRESH


def test_source_time_never_goes_back() -> None:
    """Quotes of several instruments leave the newest source time standing."""
    health = FeedHealth("venue", 60_000).stored(NOW, NOW).stored(NOW + 5, NOW - 9)
    assert (health.observed_at, health.last_success) == (NOW, NOW + 5)


def test_each_instrument_s_failure_stands_until_mended() -> None:
    """The newest unmended failure names the error; mending the last one clears it."""
    health = FeedHealth("venue", 60_000)
    health = health.failed(Failure(CORZ, "not_found", "gone", NOW))
    health = health.failed(Failure(HUT, "timeout", "slow", NOW + 1))
    assert health.error == "timeout"
    health = health.failed(Failure(HUT, "server_error", "500", NOW + 2)).mended(HUT, NOW + 3)
    assert health.error == "not_found"
    assert health.mended(CORZ, NOW + 4).error == ""


@pytest.mark.parametrize("reason", ["unauthorized", "forbidden", "geo_blocked"])
def test_a_refusal_is_seen_at_once_until_an_answer_comes(reason: str) -> None:
    """However fresh a share's last price is while the exchange is closed: the key is bad now."""
    health = FeedHealth("venue", 60_000).mended(HUT, NOW).stored(NOW, NOW)
    assert not health.refused
    health = health.failed(Failure(CORZ, reason, "no", NOW + 1))
    assert health.data(NOW + 1, elapsed_ms=0) is Freshness.FRESH
    assert health.refused
    # what was answered before, in the same round, is stored after it
    assert health.stored(NOW + 2, NOW).refused
    assert not health.mended(HUT, NOW + 3).refused
    assert not health.mended(CORZ, NOW + 3).refused


def test_one_symbol_of_a_good_answer_refused_is_no_refused_feed() -> None:
    """The plan lacks one share of a list; nor is a time-out a refusal."""
    failure = Failure(CORZ, "forbidden", "no", NOW, within=True)
    assert not FeedHealth("venue", 60_000).mended(CORZ | HUT, NOW).failed(failure).refused
    assert not FeedHealth("venue", 60_000).failed(Failure(HUT, "timeout", "slow", NOW)).refused
