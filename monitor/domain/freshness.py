"""How old is too old: fresh, late, stale, dead, from an age and a budget. Beside hops 3 to 6.

The budget is the provider's own (`fresh_s` in its declaration). The steps after it are multiples
of it, so that a feed polled each 5 s and one polled each minute are judged alike:

- up to 1 budget: fresh;
- up to 3 budgets: late. A throttled or restarting provider comes back within this; show the age,
  wake nobody;
- up to 10 budgets: stale. Retrying did not help; nothing may be decided on the value;
- beyond: dead. With the 60 s budget of a price this is ten minutes, the age at which the
  reference price forgets its last good value; a person has to look.

A closed stock market makes nothing old, so a caller that knows the sessions passes the time the
market was open since `observed_at` as `elapsed_ms`.

What was never told has no age: it is waited for as long as its budget, and dead after that.

Age is not all that may be wrong with a value: one that the others contradict is disputed, one that
its source tells a quarter of an hour late by contract is delayed, however young it is for that, and
a provider whose own endpoints contradict each other is degraded. One that refuses us (a bad key, a
plan, a region) is refused at once, open market or closed: no waiting mends that, a person must act.
"""

from __future__ import annotations

from enum import StrEnum

from monitor.domain.events import Quote

LATE_BUDGETS = 3
STALE_BUDGETS = 10


class Freshness(StrEnum):
    """The ages of a value, from best to worst.

    Attributes:
        WAITING: nothing was told yet, and it is not yet overdue.

    """

    FRESH = "fresh"
    LATE = "late"
    STALE = "stale"
    WAITING = "waiting"
    DEAD = "dead"


class State(StrEnum):
    """What is said of a value or its feed in one word: its age, or what is worse about it."""

    FRESH = "fresh"
    DELAYED = "delayed"
    LATE = "late"
    DEGRADED = "degraded"
    DISPUTED = "disputed"
    STALE = "stale"
    WAITING = "waiting"
    DEAD = "dead"
    REFUSED = "refused"


def state_of(
    age: Freshness,
    *,
    delayed: bool = False,
    degraded: bool = False,
    disputed: bool = False,
    refused: bool = False,
) -> State:
    """Return the worst that is to say, in the order of `State`; `age` counts from the delay."""
    said = [State(age.value)]
    said += [State.DELAYED] * delayed + [State.DEGRADED] * degraded + [State.DISPUTED] * disputed
    said += [State.REFUSED] * refused
    return max(said, key=list(State).index)


SHORT_MS = 30_000
"""A restart of who looks after the feeds is shorter, and is no neglect."""


def unattended(said: State, said_at: int, budget_ms: int, now: int) -> State:
    """Return what is to say of a feed by now, of which `said` was told last, at `said_at` (ms UTC).

    Who told it may be gone: then nobody asks the feed, and that grows as old as a value would.
    """
    silence = freshness(said_at, max(budget_ms, SHORT_MS), now)
    return max(said, State(silence.value), key=list(State).index)


def freshness(
    observed_at: int | None, budget_ms: int, now: int, *, elapsed_ms: int | None = None
) -> Freshness:
    """Return the state of a value observed at `observed_at` (None: never seen, so dead).

    `elapsed_ms` replaces wall time where only part of it counts (stock sessions). A value from
    a little ahead of `now` is fresh; one from far ahead was refused before it came here.
    """
    if observed_at is None:
        return Freshness.DEAD
    age = now - observed_at if elapsed_ms is None else elapsed_ms
    if age <= budget_ms:
        return Freshness.FRESH
    if age <= LATE_BUDGETS * budget_ms:
        return Freshness.LATE
    if age <= STALE_BUDGETS * budget_ms:
        return Freshness.STALE
    return Freshness.DEAD


def quote_age(
    quote: Quote, now: int, default_ms: int, *, elapsed_ms: int | None = None
) -> Freshness:
    """Return the age of `quote` by its own budget, or `default_ms`; a delay by contract is no age."""
    budget = default_ms if quote.fresh_ms is None else quote.fresh_ms
    elapsed = now - quote.observed_at if elapsed_ms is None else elapsed_ms
    return freshness(quote.observed_at, budget, now, elapsed_ms=elapsed - quote.delay_ms)


def is_fresh(quote: Quote, now: int, default_ms: int, *, elapsed_ms: int | None = None) -> bool:
    """Tell whether `quote` is within its own budget, or within `default_ms` if it has none."""
    return quote_age(quote, now, default_ms, elapsed_ms=elapsed_ms) is Freshness.FRESH
