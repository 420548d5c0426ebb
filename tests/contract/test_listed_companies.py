"""The stock feeds and the book: who is asked for, and whether one minute is enough for it."""

from __future__ import annotations

import msgspec
import pytest

from monitor.app.providers import find_feeds
from monitor.app.world import load_world
from monitor.core.clock import parse_iso
from monitor.feeds.base import Feed
from monitor.feeds.declaration import spec_faults
from monitor.feeds.lanes import lanes_of
from monitor.feeds.rate import TokenBucket
from monitor.settings import Settings

NOW = parse_iso("2026-11-01")
WORLD = load_world(msgspec.convert({}, Settings), NOW)
STOCK_FEEDS = [feed for feed in WORLD.feeds if feed.spec.shares]


@pytest.mark.parametrize("feed", STOCK_FEEDS, ids=lambda feed: feed.spec.name)
def test_every_listed_company_is_asked_for_and_no_other(feed: Feed) -> None:
    """The shares of the default book, and none of the company that no exchange quotes."""
    listed = {ticker for ticker, company in WORLD.companies.items() if company.listed}
    assert set(feed.spec.instruments) == listed
    assert "BITMAIN" not in feed.spec.instruments


@pytest.mark.parametrize("feed", STOCK_FEEDS, ids=lambda feed: feed.spec.name)
def test_the_default_book_fits_the_rate_limit(feed: Feed) -> None:
    """All requests of a round go out within three quarters of the interval, so that no run is left out."""
    assert spec_faults(feed.spec) == []
    bucket = TokenBucket(feed.spec.requests_per_minute)
    waits = [bucket.take(NOW) for _ in lanes_of(feed.spec)]
    assert max(waits) < 0.75 * feed.spec.interval_s


def test_the_stock_feeds_are_found() -> None:
    """An empty list must not turn the tests above off."""
    assert {feed.spec.name for feed in STOCK_FEEDS} >= {"alpaca", "finnhub", "yahoo"}
    assert len(find_feeds()) > len(STOCK_FEEDS)
