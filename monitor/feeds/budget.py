"""What a provider says of our budget in its answers, and how much slower to ask for it. Hop 2, pure.

Read before a 429 comes: whoever else uses the same key or address counts in these headers too,
and our own token bucket cannot know of them. Header names and their meaning are those that the
providers document; a header that makes no sense says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from monitor.core.clock import HOUR, MINUTE, SECOND, Millis

NEARLY_USED_RATIO = 0.8
"""From here on what is left is spread over the time to the next window."""
USED_UP_RATIO = 0.95
"""From here on we wait for the next window: the rest is for those we cannot see."""
MAX_WINDOW: Millis = HOUR

_NUMBER = re.compile(r"\s*([0-9]{1,15})(?:\.[0-9]*)?\s*(?:[,;].*)?")
_LEAST_UNIX_S, _LEAST_UNIX_MS = 1_000_000_000, 100_000_000_000

# used and limit: Binance in weights of a minute (no limit told), CoinGlass
_USED = (
    ("x-mbx-used-weight-1m", None),
    ("api-key-use-limit", "api-key-max-limit"),
)
# left, limit and reset: Alpaca and most others, the IETF draft, Bybit
_LEFT = (
    ("x-ratelimit-remaining", "x-ratelimit-limit", "x-ratelimit-reset"),
    ("ratelimit-remaining", "ratelimit-limit", "ratelimit-reset"),
    ("x-bapi-limit-status", "x-bapi-limit", "x-bapi-limit-reset-timestamp"),
)


@dataclass(frozen=True, slots=True)
class Budget:
    """A provider's count of our requests in its present window.

    Attributes:
        limit: what it allows in the window, above zero.
        left: what is left of it, from 0.
        resets_at: when the next window begins.

    """

    limit: float
    left: float
    resets_at: Millis

    @property
    def used_ratio(self) -> float:
        """Return the used share of the window's budget, from 0; above 1 once it is overdrawn."""
        return 1 - self.left / self.limit

    def pace_s(self, now: Millis, weight: float = 1.0) -> float:
        """Return the seconds to leave before a request of `weight`; 0 while there is plenty.

        When nearly all is used, what is left is spread evenly until the window ends; when it is
        used up, nothing goes out until then.
        """
        rest_s = (self.resets_at - now) / SECOND
        if rest_s <= 0 or self.used_ratio < NEARLY_USED_RATIO:
            return 0.0
        if self.used_ratio >= USED_UP_RATIO or self.left < weight:
            return rest_s
        return rest_s * weight / self.left


def read_budget(headers: Mapping[str, str], per_minute: float, now: Millis) -> Budget | None:
    """Return what an answer's `headers` (lower-case names) say of our budget; None: nothing.

    `per_minute` is the declared limit, for a provider that tells only what is used. A window
    whose end is not told is a minute of the clock, as Binance has it.
    """
    next_minute = (now // MINUTE + 1) * MINUTE
    for used_name, limit_name in _USED:
        used = _number(headers, used_name)
        limit = per_minute if limit_name is None else _number(headers, limit_name)
        if used is not None and limit:
            return Budget(limit, limit - used, next_minute)
    for left_name, limit_name, reset_name in _LEFT:
        left, limit = _number(headers, left_name), _number(headers, limit_name)
        if left is not None:
            resets_at = _moment(_number(headers, reset_name), now)
            return Budget(max(limit or per_minute, left, 1.0), left, resets_at or next_minute)
    return None


def _number(headers: Mapping[str, str], name: str) -> float | None:
    found = _NUMBER.fullmatch(headers.get(name, ""))
    return None if found is None else float(found[1])


def _moment(reset: float | None, now: Millis) -> Millis | None:
    """Read a reset as unix ms, unix s or seconds from now, by its size; None: no sense in it."""
    if reset is None:
        return None
    if reset >= _LEAST_UNIX_MS:
        moment = round(reset)
    elif reset >= _LEAST_UNIX_S:
        moment = round(reset * SECOND)
    else:
        moment = now + round(reset * SECOND)
    return moment if moment <= now + MAX_WINDOW else None
