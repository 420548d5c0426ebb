"""A provider's past through its own history endpoint, asked once and politely. Hop 2.

For whoever starts anew or was away: the quotes carry the times they are of, and are told as the
past (`hashhedge backfill --provider`). A service that runs beside this asks the same account, so only
a part of its budget is used here, and what the provider refuses ends the asking: it is begun anew
later, which changes nothing of what was told.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from monitor.core.errors import BadQuote, FeedError
from monitor.domain.events import Quote
from monitor.feeds.base import Fault, Feed, FeedSpec
from monitor.feeds.http import HttpClient
from monitor.feeds.lanes import lanes_of
from monitor.feeds.reasons import Reason

BUDGET_PART = 4
"""One of so many parts of the requests a minute: the rest is the running service's."""
_OF_ONE = frozenset({Reason.NOT_FOUND, Reason.CLIENT_ERROR})


@dataclass(slots=True)
class Asked:
    """What came of asking for a past.

    Attributes:
        quotes: what was told, in order of their time.
        failed: why, by what could not be had.
        left: what was not asked for any more.

    """

    quotes: list[Quote] = field(default_factory=list)
    failed: dict[str, FeedError] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def polite(spec: FeedSpec) -> FeedSpec:
    """Return the declaration with the part of the budget that a past may use."""
    return replace(spec, requests_per_minute=spec.requests_per_minute / BUDGET_PART)


async def ask_past(feed: Feed, client: HttpClient) -> Asked:
    """Ask for the past of all that `feed` quotes.

    Raises:
        ConfigError: the feed needs a key that is nowhere to be found.
        ValueError: the feed has no past to ask for.

    """
    if feed.past is None:
        raise ValueError(f"{feed.spec.name} has no history endpoint")
    spec = polite(feed.spec)
    http, asked = client.bind(spec), Asked()
    lanes = lanes_of(spec)
    for place, lane in enumerate(lanes):
        try:
            found = await feed.past(http, lane.spec)
            asked.quotes += [item for item in found if isinstance(item, Quote)]
            # a day of many that cannot be read costs that day, and is named
            asked.failed |= {it.instrument: it.error for it in found if isinstance(it, Fault)}
        except FeedError as error:
            asked.failed |= dict.fromkeys(lane.spec.instruments, error)
            if not _costs_one(error):
                asked.left = [name for rest in lanes[place + 1 :] for name in rest.instruments]
                break
    asked.quotes.sort(key=lambda quote: (quote.observed_at, quote.instrument))
    return asked


def _costs_one(error: FeedError) -> bool:
    """Tell whether the next may be asked for all the same: only this one was wrong."""
    return isinstance(error, BadQuote) or error.reason in _OF_ONE
