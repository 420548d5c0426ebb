"""One question to a provider, as the service would ask it, to see what it answers here and now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.app.world import load_world
from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError, FeedError
from monitor.core.mends import nearest
from monitor.domain.events import Quote
from monitor.domain.plausibility import judge
from monitor.feeds.base import Fault, faults_of, quotes_of
from monitor.feeds.http import HttpClient
from monitor.feeds.lanes import lanes_of
from monitor.settings import Settings


@dataclass(frozen=True, slots=True)
class Probed:
    """What a provider answered.

    Attributes:
        quotes: each with why it would be refused, empty where it would not.
        faults: what of the answer could not be read.
        failed: why there is no answer; empty where there is one.
        asked: of how many instruments of the feed that question was.

    """

    quotes: tuple[tuple[Quote, str], ...]
    faults: tuple[Fault, ...]
    failed: str
    asked: int


async def probe(settings: Settings, name: str, environ: Mapping[str, str]) -> Probed:
    """Ask the feed `name` once: all at a time, or its first instruments where it takes few.

    Raises:
        ConfigError: no such feed, no key for it, or a book that cannot be used.

    """
    clock = SystemClock()
    feeds = {feed.spec.name: feed for feed in load_world(settings, clock.now()).feeds}
    if name not in feeds:
        hint = f"{nearest(name, list(feeds))}; or give the file of an adapter"
        raise ConfigError(f"no feed and no file `{name}`", where="PROVIDER", hint=hint)
    feed = feeds[name]
    lane = lanes_of(feed.spec)[0]
    async with HttpClient(clock, environ) as client:
        try:
            found = await feed.fetch(client.bind(feed.spec), lane.spec)
        except FeedError as error:
            return Probed((), (), f"{error.reason}: {error}", len(lane.spec.instruments))
    now = clock.now()
    refusals = ((quote, judge(quote, None, now)) for quote in quotes_of(found))
    quotes = tuple((quote, "" if why is None else why.value) for quote, why in refusals)
    return Probed(quotes, tuple(faults_of(found)), "", len(lane.spec.instruments))
