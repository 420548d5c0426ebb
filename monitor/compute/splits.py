"""Splits as the step sees them: what a quote of before is worth now, and what to hold back. Pure.

A quote stays as it came; it is carried into the present shares by the actions between its own time
and now. Around an action some sources are early and some late, so a price that fits the other side
better is held back (`unadjusted`). A jump over night by a usual factor, of which no book knows, may
be a split that nobody has entered: it is held back too (`suspected_split`), and the last price is
disputed until the book has it, the source comes round, or it has stood for three days.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TypeAlias

from msgspec import structs

from alerts.rules.base import Rule
from alerts.wording import level_for_people
from monitor.domain.corporate_actions import (
    CorporateAction,
    between,
    looks_like_split,
    price_factor,
    trading_day,
)
from monitor.domain.events import Quote, Reading
from monitor.domain.figures import DAY
from monitor.domain.symbols import Symbol

AROUND_MS = 5 * DAY
"""How long after an action a source may still be late with it: a weekend and a holiday."""
EARLY_MS = DAY
HOLD_MS = 3 * DAY
"""What has stood for so long is the price."""
MEMORY_MS = 7 * DAY
"""A price older than this is no measure for the next one."""
UNADJUSTED = "unadjusted"
SUSPECTED = "suspected_split"
DOUBTS = (UNADJUSTED, SUSPECTED)

Ruled: TypeAlias = tuple[str, str]
"""A rule's id and version."""
Adjusted: TypeAlias = tuple[Rule, float, str]
"""A rule in the present shares, by what its levels were multiplied, and a note for people."""


class Splits:
    """The actions of all companies, the quotes held back, and which rules each action moved."""

    def __init__(self, actions: Mapping[str, Sequence[CorporateAction]]) -> None:
        """Take the actions by ticker."""
        self._actions = {
            ticker: tuple(sorted(each, key=lambda action: action.at))
            for ticker, each in actions.items()
            if each
        }
        self._due = sorted((a.at, ticker) for ticker, each in self._actions.items() for a in each)
        self._ruled: dict[str, tuple[Ruled, ...]] = {}
        self._ruled_changed: dict[str, tuple[Ruled, ...]] = {}
        self._held: dict[tuple[str, str], Quote] = {}
        self._held_changed: dict[tuple[str, str], Quote | None] = {}

    @property
    def tickers(self) -> tuple[str, ...]:
        """Return the companies that have an action in their book."""
        return tuple(self._actions)

    def next_timer(self, now: int) -> int | None:
        """Return the next moment after `now` at which an action takes effect."""
        return next((at for at, _ in self._due if at > now), None)

    def due(self, moment: int) -> tuple[str, ...]:
        """Return whose action takes effect at `moment`."""
        return tuple(ticker for at, ticker in self._due if at == moment)

    # ---------------------------------------------------------------- prices

    def factor(self, symbol: Symbol, observed_at: int, now: int) -> float:
        """Return what a price of `observed_at` is multiplied by at `now`."""
        actions = self._actions.get(symbol.ticker, ()) if _price(symbol) else ()
        return price_factor(between(actions, observed_at, now)) if actions else 1.0

    def told(self, symbol: Symbol, quote: Quote, reading: Reading, now: int) -> Quote:
        """Return a quote, a previous close of the old shares carried into the new ones.

        It speaks of the day before the split; a price of today in old shares is a mistake, this is
        none.
        """
        if symbol.moves or reading.value is None:
            return quote
        for action in self._actions.get(symbol.ticker, ()):
            value = float(quote.value)
            late = action.at <= quote.observed_at <= action.at + AROUND_MS and action.at <= now
            if late and _nearer(value * action.price_factor, value, reading.value):
                return structs.replace(quote, value=quote.value * action.old / action.new)
        return quote

    def doubt(self, symbol: Symbol, quote: Quote, reading: Reading, now: int) -> str:
        """Return why a quote is held back, beside the last reading; empty where it is not."""
        key = (quote.instrument, quote.source)
        if not _price(symbol) or reading.value is None or reading.observed_at is None:
            return ""
        found = self._doubt(symbol, quote, reading.value, reading.observed_at, now)
        held = self._held.get(key)
        if found == SUSPECTED:
            if held is None:
                self._held[key] = self._held_changed[key] = quote
            elif quote.observed_at - held.observed_at > HOLD_MS:
                found = ""
        if not found and held is not None:
            del self._held[key]
            self._held_changed[key] = None
        return found

    def _doubt(self, symbol: Symbol, quote: Quote, last: float, last_at: int, now: int) -> str:
        value = float(quote.value) * self.factor(symbol, quote.observed_at, now)
        for action in self._actions.get(symbol.ticker, ()):
            factor = action.price_factor
            late = action.at <= quote.observed_at <= action.at + AROUND_MS
            early = action.at - EARLY_MS <= quote.observed_at < action.at and now < action.at
            if late or early:
                other = value * factor if late else value / factor
                return UNADJUSTED if _nearer(other, value, last) else ""
        over_night = trading_day(quote.observed_at) > trading_day(last_at)
        recent = quote.observed_at - last_at <= MEMORY_MS
        return SUSPECTED if over_night and recent and looks_like_split(last, value) else ""

    def disputes(self, instrument: str, observed_at: int) -> bool:
        """Tell whether a quote later than the one that counts is held back as a suspected split."""
        return any(
            quote.observed_at > observed_at
            for (name, _), quote in self._held.items()
            if name == instrument
        )

    # ---------------------------------------------------------------- rules

    def record(self, ticker: str, moment: int, rules: Iterable[Rule]) -> None:
        """Note which rules were there when an action took effect: they are in the old shares."""
        ruled = tuple(sorted((rule.id, rule.version) for rule in rules if rule.as_of is None))
        name = f"{ticker}|{moment}"
        self._ruled[name] = self._ruled_changed[name] = ruled

    def levels(self, ticker: str, now: int) -> Callable[[Rule], Adjusted]:
        """Return how a rule on that share reads in the shares of `now`."""
        actions = [action for action in self._actions.get(ticker, ()) if action.at <= now]
        ruled = {a.at: frozenset(self._ruled.get(f"{ticker}|{a.at}", ())) for a in actions}

        def adjusted(rule: Rule) -> Adjusted:
            identity = (rule.id, rule.version)
            mine = [
                action
                for action in actions
                if (
                    identity in ruled[action.at]
                    if rule.as_of is None
                    else _later(action, rule.as_of)
                )
            ]
            return in_new_shares(rule, mine)

        return adjusted

    # ---------------------------------------------------------------- memory

    def take_ruled(self) -> dict[str, tuple[Ruled, ...]]:
        """Return which rules actions moved since the last call, by `ticker|moment`."""
        taken, self._ruled_changed = self._ruled_changed, {}
        return taken

    def take_held(self) -> dict[tuple[str, str], Quote | None]:
        """Return what was held back or let go since the last call, by instrument and source."""
        taken, self._held_changed = self._held_changed, {}
        return taken

    def restore(self, ruled: Mapping[str, tuple[Ruled, ...]], held: Iterable[Quote]) -> None:
        """Take back what was saved; what an action of the book explains by now is let go."""
        self._ruled = dict(ruled)
        for quote in held:
            key = (quote.instrument, quote.source)
            ticker = quote.instrument.partition(".")[0].partition("-")[0]
            span = (quote.observed_at - MEMORY_MS, quote.observed_at)
            if between(self._actions.get(ticker, ()), *span):
                self._held_changed[key] = None
            else:
                self._held[key] = quote


def in_new_shares(rule: Rule, actions: Sequence[CorporateAction]) -> Adjusted:
    """Return a rule with its levels after `actions`, with a note of what they were."""
    if not actions:
        return rule, 1.0, ""
    factor = price_factor(actions)
    scaled = rule.scaled(factor)
    if scaled is rule:
        return rule, 1.0, ""
    levels = ", ".join(
        f"{level_for_people(old)} is {level_for_people(new)}"
        for old, new in zip(rule.edges(), scaled.edges(), strict=True)
    )
    return scaled, factor, f"Level {levels} after the {' and the '.join(map(str, actions))}."


def _price(symbol: Symbol) -> bool:
    return symbol.kind.in_sessions


def _nearer(other: float, value: float, last: float) -> bool:
    """Tell whether `other` is nearer to `last` than `value` is, by their ratios."""
    if min(other, value, last) <= 0:
        return False
    return abs(math.log(other / last)) < abs(math.log(value / last))


def _later(action: CorporateAction, day: date) -> bool:
    """Tell whether an action took effect after `day`."""
    return action.date > (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY
