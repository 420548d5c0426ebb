"""What is asked together, and when it may be asked again after a failure. Hop 2, pure.

A feed that answers one symbol per request has one lane per symbol: a delisted stock waits in its
own lane while the others go on. A cause that lies in the host or the key holds all lanes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from monitor.core.backoff import Backoff
from monitor.core.clock import SECOND, Millis
from monitor.core.errors import BadQuote, FeedRejected, FeedUnavailable
from monitor.feeds.base import FeedSpec
from monitor.feeds.reasons import Reason

# Asking again cannot mend a refused key, region or symbol; a person does, or the provider's day.
REJECTED_PAUSE_S = 900.0
# The SEC and Bybit answer 403 to whoever asks too fast or without a name, and want ten minutes.
FORBIDDEN_PAUSE_S = 600.0
# A 429 without Retry-After: most limits are per minute, and repeated abuse ends in a ban.
THROTTLED_PAUSE_S = 60.0
# A provider may ask for patience, not for silence for ever: a ban lasts three days at most.
MAX_PAUSE_S = 3_600.0
MAX_THROTTLED_PAUSE_S = 3 * 86_400.0
# Long enough that the lanes after a failed one see that the whole feed is on hold.
MIN_PAUSE_S = 1.0
FEED_WIDE = frozenset(
    {
        Reason.CONNECTION,
        Reason.THROTTLED,
        Reason.HELD_BACK,
        Reason.UNAUTHORIZED,
        Reason.FORBIDDEN,
        Reason.GEO_BLOCKED,
        Reason.REDIRECTED,
        Reason.STORE_UNAVAILABLE,
    }
)


@dataclass(slots=True)
class Lane:
    """The instruments of one `fetch` and their state.

    Attributes:
        spec: the feed's spec narrowed to this lane's instruments.
        due: not asked before this moment.
        asked: when it was last asked; None: never.
        failures: failed in a row so far; sets the backoff.
        reasons: those already logged in this streak, so that each is logged once.
        faults: instruments that the last answer did not give, each with the reason.

    """

    spec: FeedSpec
    due: Millis = 0
    asked: Millis | None = None
    failures: int = 0
    reasons: set[str] = field(default_factory=set)
    faults: set[tuple[str, str]] = field(default_factory=set)

    @property
    def instruments(self) -> frozenset[str]:
        """Return our names of what this lane asks for."""
        return frozenset(self.spec.instruments)


def lanes_of(spec: FeedSpec) -> list[Lane]:
    """Split a feed into lanes of one page, or of `batch` instruments, in declared order."""
    if spec.page_of is not None:
        pages: dict[str, dict[str, str]] = {}
        for instrument, symbol in spec.instruments.items():
            pages.setdefault(spec.page_of(instrument), {})[instrument] = symbol
        return [Lane(replace(spec, instruments=part)) for part in pages.values()]
    size = spec.batch or max(1, len(spec.instruments))
    names = iter(spec.instruments.items())
    parts: list[dict[str, str]] = []
    while part := dict(islice(names, size)):
        parts.append(part)
    return [Lane(replace(spec, instruments=part)) for part in parts]


def backoff_of(spec: FeedSpec) -> Backoff:
    """Return the retry policy of a feed: from its interval up to five of them, a minute at least."""
    return Backoff(base_s=spec.interval_s, cap_s=max(60.0, 5 * spec.interval_s))


def feed_rng(seed: int | None, spec: FeedSpec) -> random.Random:
    """Return what draws the jitter of a feed's waits: the same for one seed, or never the same."""
    if seed is None:
        return random.Random()  # noqa: S311  # jitter, not a secret
    return random.Random(f"{seed}/{spec.name}")  # noqa: S311


def waits_s(spec: FeedSpec, seed: int, count: int) -> list[float]:
    """Return the waits in seconds after the first `count` failures in a row of a seeded feed.

    For failures without a wish of the provider's: no answer in time, no connection, 5xx.
    """
    rng, backoff = feed_rng(seed, spec), backoff_of(spec)
    down = FeedUnavailable("down", reason=Reason.SERVER_ERROR)
    return [pause_s(down, attempt, backoff, rng) for attempt in range(1, count + 1)]


def pause_s(error: Exception, failures: int, backoff: Backoff, rng: random.Random) -> float:
    """Return how long to leave a lane alone after its `failures`-th failure in a row."""
    match error:
        case FeedRejected(reason=Reason.FORBIDDEN):
            return FORBIDDEN_PAUSE_S
        case FeedRejected():
            return REJECTED_PAUSE_S
        case BadQuote():
            # The provider answers; only this answer was bad. The next poll is soon enough.
            return 0.0
    return backoff.delay_s(failures - 1, rng, floor_s=provider_wait_s(error))


def provider_wait_s(error: Exception) -> float:
    """Return how long a provider wants to be left alone, as its error says; a second at least."""
    match error:
        case FeedUnavailable(retry_after_s=None, reason=Reason.THROTTLED):
            return THROTTLED_PAUSE_S
        case FeedUnavailable(retry_after_s=float() | int() as wish_s, reason=reason):
            throttled = reason == Reason.THROTTLED
            longest_s = MAX_THROTTLED_PAUSE_S if throttled else MAX_PAUSE_S
            return min(longest_s, max(MIN_PAUSE_S, wish_s))
    return MIN_PAUSE_S


def grows(failures: int, backoff: Backoff) -> bool:
    """Tell whether the longest possible wait still grew with the `failures`-th failure in a row."""
    if failures <= 1:
        return failures == 1
    return backoff.ceiling_s(failures - 1) > backoff.ceiling_s(failures - 2)


def hold(lanes: Sequence[Lane], until: Millis) -> None:
    """Hold every lane until `until`, or longer where it already waits longer."""
    for lane in lanes:
        lane.due = max(lane.due, until)


def after(now: Millis, seconds: float) -> Millis:
    """Return the moment `seconds` from `now`."""
    return now + round(seconds * SECOND)
