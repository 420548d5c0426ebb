"""What the feeds tests stand on: a counting instrument set, a scripted feed, a patient wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from monitor.domain.events import BTC_USD, Quote
from monitor.feeds.base import Answer, Feed, FeedSpec, Fetched, Http

NOW = 1_768_229_760_000


@dataclass
class Counts:
    """A `FeedInstruments` that keeps what it was told."""

    events: Counter[tuple[str, ...]] = field(default_factory=Counter)
    success_at: int | None = None
    observed_at: dict[str, int] = field(default_factory=dict)
    divergence: float | None = None

    def polled(self, feed: str, seconds: float) -> None:
        """Count a poll."""
        self.events["polled", feed] += 1

    def failed(self, feed: str, reason: str) -> None:
        """Count a failure."""
        self.events["failed", feed, reason] += 1

    def rejected(self, feed: str, reason: str) -> None:
        """Count a refused quote."""
        self.events["rejected", feed, reason] += 1

    def throttled(self, feed: str) -> None:
        """Count a request to slow down."""
        self.events["throttled", feed] += 1

    def succeeded(self, feed: str, at: int) -> None:
        """Keep the moment."""
        self.success_at = at

    def observed(self, feed: str, instrument: str, at: int) -> None:
        """Keep the source's time."""
        self.observed_at[instrument] = at

    def diverged(self, feed: str, ratio: float) -> None:
        """Keep the ratio."""
        self.divergence = ratio

    def skipped(self, feed: str) -> None:
        """Count a run left out."""
        self.events["skipped", feed] += 1

    def crashed(self, feed: str) -> None:
        """Count a crash."""
        self.events["crashed", feed] += 1


class NoHttp:
    """An `Http` that nobody may use."""

    async def get(self, url: str, **_: Any) -> Answer:
        """Fail: the scripted feed answers by itself."""
        raise AssertionError(url)

    async def post_json(self, url: str, body: object, **_: Any) -> Answer:
        """Fail as well."""
        raise AssertionError(url)


Step = Exception | Callable[[FeedSpec], Sequence[Fetched]]


@dataclass
class Script:
    """A feed that does what it is told next; without a next step it repeats the last one."""

    steps: list[Step]
    asked: list[frozenset[str]] = field(default_factory=list)

    async def fetch(self, _: Http, spec: FeedSpec) -> Sequence[Fetched]:
        """Take the next step."""
        self.asked.append(frozenset(spec.instruments))
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, Exception):
            raise step
        return step(spec)


def spec(**changes: Any) -> FeedSpec:
    """Return a declaration to test with."""
    declared: dict[str, Any] = {
        "name": "venue",
        "base_url": "https://venue.example",
        "instruments": {BTC_USD: "btcusd"},
        "interval_s": 5,
        "timeout_s": 2,
        "fresh_s": 60,
        "requests_per_minute": 600,
        "licence": "test",
    }
    return FeedSpec(**{**declared, **changes})


def quote(value: str = "97000", at: int = NOW, instrument: str = BTC_USD) -> Quote:
    """Return a quote of the test venue."""
    return Quote(instrument=instrument, value=Decimal(value), observed_at=at, source="venue")


def gives(*items: Fetched) -> Callable[[FeedSpec], Sequence[Fetched]]:
    """Return a step that answers with these."""
    return lambda _: items


def feed(script: Script, **changes: Any) -> Feed:
    """Return a scripted feed."""
    return Feed(spec(**changes), script.fetch)


async def wait_until(predicate: Callable[[], bool], description: str) -> None:
    """Return once `predicate` holds; fail with `description` after five seconds."""
    try:
        async with asyncio.timeout(5):
            while not predicate():  # noqa: ASYNC110 - any condition of any object, no event to wait for
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(f"never came true: {description}") from None
