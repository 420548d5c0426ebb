"""A company as the step sees it: what its book says at a moment, asked and not read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from monitor.compute.standing import Standing
from monitor.domain.corporate_actions import CorporateAction
from monitor.domain.events import Quality, Reading
from monitor.metrics.base import CompanyType


@dataclass(frozen=True, slots=True)
class Firm:
    """A company as the step sees it.

    Attributes:
        ticker: its row's name.
        type: decides which metrics apply.
        fact: (fact name, moment) to the reading of the books at that moment.
        tenants: (moment) to the tickers whose fall hurts it, the first of them most.
        flags: (moment) to the conditions that every alert on it then carries, each a word and a
            sentence: litigation.
        standing: (moment) to what stands in the books in words.
        listed: an exchange quotes its share.
        actions: splits of its share.
        together: (names of inputs, moment) to the readings of the newest period that has them all;
            empty where those of `fact` stand, each without a value where their periods are apart.
        known: as `fact`, but only what was known at the moment, also where `fact` has hindsight.

    """

    ticker: str
    type: CompanyType
    fact: Callable[[str, int], Reading]
    tenants: Callable[[int], tuple[str, ...]] = lambda _moment: ()
    flags: Callable[[int], tuple[tuple[str, str], ...]] = lambda _moment: ()
    standing: Callable[[int], tuple[Standing, ...]] = lambda _moment: ()
    listed: bool = True
    actions: tuple[CorporateAction, ...] = ()
    known: Callable[[str, int], Reading] = lambda name, _moment: Reading(
        None, Quality.MISSING, f"missing:{name}"
    )

    together: Callable[[Sequence[str], int], Mapping[str, Reading]] = lambda _facts, _moment: {}

    def earlier(self, fact: str, now: int, span: int) -> Reading:
        """Return what was known `span` ms before `now`, if it is of an earlier day than today's.

        It is missing, `same_period`, where nothing was published since: a quarter beside itself
        shows no change. It is stale where the figure of `now` is.
        """
        then, present = self.known(fact, now - span), self.fact(fact, now)
        if then.value is None or present.value is None:
            return then
        if (then.observed_at or 0) >= (present.observed_at or 0):
            return Reading(None, Quality.MISSING, "same_period")
        return structs.replace(then, quality=max(then.quality, present.quality))
