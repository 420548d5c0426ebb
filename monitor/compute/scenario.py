"""What if: changes of inputs, and every number that moves with them, before and after. Pure.

A change is what people say: `-20%`, `x2`, `60000`, `4 c/kWh`. It is applied to the inputs in the
step's table, so that a hypothesis is computed by the same formulas as the market. Only what depends
on a changed input is listed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.compute.card_metrics import limits
from monitor.compute.expectation import expectation
from monitor.compute.quantities import NUMBER, QuantityError, UnitMismatchError, parse_quantity
from monitor.compute.situation import Record, Situation
from monitor.domain.events import Quality, Reading
from monitor.metrics.base import Metric, Scope

_RELATIVE = re.compile(rf"([+-])\s*({NUMBER})\s*%")
_BOTH = "ai_and_mining_revenue_usd"
_FACTOR = re.compile(rf"[x*]\s*({NUMBER})")
_FACTOR_BEHIND = re.compile(rf"({NUMBER})\s*[x*]")

HOW = "write -20% or +5% (of the present value), x2, or the new value, as 60000"

FAR = 10.0
"""A new value so many times more or less than the present one is taken for a slip."""


@dataclass(frozen=True, slots=True)
class Change:
    """One input's change.

    Attributes:
        words: as it was written.
        factor: what the present value is multiplied by; None where a new value is given.
        value: the new value in the input's unit; None where a factor is given.

    """

    words: str
    factor: float | None = None
    value: float | None = None

    def applied(self, before: float | None) -> float | None:
        """Return the new value; None where a part of an unknown would be it."""
        if self.factor is None:
            return self.value
        return None if before is None else before * self.factor


def parse_change(text: str, unit: str) -> Change:
    """Return the change that `text` means for an input of `unit`.

    Raises:
        QuantityError: it means none, or names a unit that does not fit.

    """
    words = text.strip().replace("\N{MINUS SIGN}", "-")
    if relative := _RELATIVE.fullmatch(words):
        part = float(relative[2]) / 100
        return Change(words, factor=1 + (part if relative[1] == "+" else -part))
    if factor := _FACTOR.fullmatch(words):
        return Change(words, factor=float(factor[1]))
    if behind := _FACTOR_BEHIND.fullmatch(words):
        raise QuantityError(f"`{text}` is no change", f"write x{behind[1]} for so many times")
    if words.startswith("+") or (words.endswith("%") and unit != "ratio"):
        raise QuantityError(f"`{text}` is no change", HOW)
    try:
        return Change(words, value=parse_quantity(words, unit))
    except UnitMismatchError:
        raise
    except QuantityError as error:
        raise QuantityError(f"`{text}` is no change: {error}", HOW) from error


def new_values(
    situation: Situation, ticker: str, names: Sequence[str], change: Change
) -> dict[str, Reading]:
    """Return what `change` makes of the inputs `names`, the first of which a new value is for.

    The others are other forms of the same figure (of a period, of a year): they move by the same
    factor. What is unknown cannot move and is left out.

    Raises:
        QuantityError: nothing is left to change, a value that cannot be true comes out, or a new
            value is so far from the present one that a percent sign was most likely forgotten.

    """
    lead = situation.reading(names[0], ticker)
    factor = change.factor
    if change.value is not None and lead.value:
        factor = change.value / lead.value
    found: dict[str, Reading] = {}
    for place, name in enumerate(names):
        before = situation.reading(name, ticker)
        own = change if place == 0 else Change(change.words, factor=factor)
        after = own.applied(before.value)
        if after is None:
            continue
        _check(name, after)
        if place == 0 and before.value:
            _refuse_far(name, change, before.value)
        quality = before.quality if own.factor is not None else Quality.OK
        found[name] = Reading(after, quality, "", before.observed_at)
    if not found:
        raise QuantityError(
            f"{names[0]} of {ticker} is unknown ({lead.reason}), so it cannot change by "
            f"{change.words}",
            "give the new value itself",
        )
    return found


def _refuse_far(name: str, change: Change, before: float) -> None:
    """Refuse a new value `FAR` times from the present one; 0 is meant, and a factor says so."""
    value = change.value
    if not value or 1 / FAR <= abs(value / before) <= FAR:
        return
    low, high = abs(before) / FAR, abs(before) * FAR
    percent = f"{value:+g}%" if abs(value) <= 100 else "+5%"  # noqa: PLR2004  # of percent
    raise QuantityError(
        f"{name} would be {value:,.6g}, far from the present {before:,.6g}; expected "
        f"{low:,.6g} to {high:,.6g}",
        f"for a change write {percent}; if so much is meant, x{value / before:.6g}",
    )


def _check(name: str, value: float) -> None:
    """Refuse what cannot be true, as the books and the feeds do."""
    if not math.isfinite(value):
        raise QuantityError(f"{name} would be beyond all numbers", HOW)
    found = expectation(name, value)
    if found is not None:
        raise QuantityError(
            f"{name} would be {value:,.6g}, which is not plausible; expected {found.expected}",
            f"mind the unit{found.slip}",
        )


def what_if(situation: Situation, ticker: str, values: Mapping[str, Reading]) -> Record:
    """Return every metric of `ticker`, and of all, that moves with `values`: before and after.

    Puts the values into the situation. Those that a table shows first come first, the company's
    before the network's, the unknown last; one that does not apply to the company is not there.
    `revenue` says what the change does to the last reported revenue of AI and mining, `overrides`
    which figures beneath it all somebody gave live.
    """
    company = situation.companies[ticker]
    metrics = [
        metric
        for metric in situation.affected(values)
        if metric.scope is not Scope.COMPANY or company.type in metric.applies_to
    ]
    metrics.sort(key=lambda metric: (metric.scope is not Scope.COMPANY, not metric.headline))
    before = {metric.name: situation.reading(metric.name, ticker) for metric in metrics}
    leaves = {leaf for metric in metrics for leaf in situation.plan.leaves_of(metric.name)}
    overrides = situation.overrides(sorted(leaves), ticker)
    income = _Income.of(situation, ticker)
    situation.change(values, ticker, "what if", in_proportion=True)
    effects = [
        _effect(metric, before[metric.name], situation.reading(metric.name, ticker))
        for metric in metrics
    ]
    return {
        "overrides": overrides,
        "revenue": _shock(income, _Income.of(situation, ticker)),
        "metrics": sorted(effects, key=lambda item: item["change"] is None),
    }


def _effect(metric: Metric, before: Reading, after: Reading) -> Record:
    moved = None
    if before.value is not None and after.value is not None:
        moved = after.value - before.value
    return {
        "metric": metric.name,
        "label": metric.label or metric.name,
        "scope": metric.scope.value,
        "headline": metric.headline,
        "unit": metric.unit,
        "before": before.value,
        "after": after.value,
        "change": moved,
        "change_ratio": _ratio(before.value, after.value),
        "quality": after.quality.word,
        "reason": after.reason or before.reason or None,
    }


def _ratio(before: float | None, after: float | None) -> float | None:
    """Return the relative change; None from an unknown, from nothing, or from below 0."""
    if before is None or after is None or before <= 0:
        return None
    return after / before - 1


@dataclass(frozen=True, slots=True)
class _Income:
    """What a company's revenue is made of.

    Attributes:
        ai: AI revenue of the last reported period, USD.
        mining: mining revenue of the last reported period, USD.
        earns: what mining earns at the present market, in any unit: it moves as revenue does.
        flags: what limits a sum of the two, for instance periods that differ.

    """

    ai: Reading
    mining: Reading
    earns: float | None
    flags: tuple[str, ...]

    @classmethod
    def of(cls, situation: Situation, ticker: str) -> _Income:
        """Return a company's income as the situation has it."""
        # The revenue of the whole fleet, or, where its size is not known, that of one PH/s.
        rates = ("expected_mining_revenue_usd_day", "net_hashprice_usd_ph_day")
        known = (situation.reading(name, ticker).value for name in rates)
        shared = situation.shared(situation.catalogue[_BOTH], ticker).figures
        figures = {
            name: figure
            for name in ("ai_revenue_usd", "mining_revenue_usd")
            if (figure := shared.get(name) or situation.figure(name, ticker)) is not None
        }
        return cls(
            ai=situation.argument(_BOTH, "ai_revenue_usd", ticker),
            mining=situation.argument(_BOTH, "mining_revenue_usd", ticker),
            earns=next((rate for rate in known if rate is not None), None),
            flags=tuple(limits(figures)),
        )


def _shock(before: _Income, after: _Income) -> Record:
    """Return the change of AI and mining revenue together, mining moving as it now earns.

    docs/formulas.md 5 row 1: with difficulty unchanged a fall of BTC takes the share of mining with
    it, so a mix of 9 % leaves 27.3 % of a fall of 30 %.
    """
    shock: Record = {
        "before": None,
        "after": None,
        "unit": "USD",
        "change_ratio": None,
        "mining_change_ratio": _ratio(before.earns, after.earns),
        "ai_change_ratio": _ratio(before.ai.value, after.ai.value),
        "ai_share_ratio": None,
        "reason": before.ai.reason or before.mining.reason or None,
        "flags": list(before.flags),
    }
    ai, mining = before.ai.value, before.mining.value
    if ai is None or mining is None or after.ai.value is None or after.mining.value is None:
        return shock
    if before.earns is None or after.earns is None or before.earns <= 0:
        return shock | {"reason": "missing:hashprice_usd_ph_day"}
    total = ai + mining
    then = after.ai.value + after.mining.value * after.earns / before.earns
    return shock | {
        "before": total,
        "after": then,
        "change_ratio": _ratio(total, then),
        "ai_share_ratio": ai / total if total > 0 else None,
    }
