"""The rule-type seam: frozen parameters that can judge a value. Hop 5.

A rule type is one file with one subclass of `Rule`, bound to the module's name `RULE`. The fields,
with those of its manner, are what the rulebook may say (`alerts/rules/written.py`); they are
checked while the file is read, so a rule that exists is a valid one. Judging is pure and knows nothing of the past but the alert's present state.

To cost nothing when it cannot fire, a rule also names its *edges*: between two neighbouring edges
its verdict cannot change. The index (`alerts/index.py`) asks it only when a value meets an edge.

What a type makes of a value's past (a change, a score) is its *signal*: levels are held against that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from sys import intern
from typing import Any, Self

import msgspec
from msgspec.structs import force_setattr

from alerts.forms import RuleId
from alerts.model import AlertState, Severity
from alerts.reasons import Reason
from alerts.rules.goal import Goal
from alerts.rules.life import LATER
from alerts.rules.manner import SUMMARY_FIELDS, Mannered
from alerts.rules.versions import version_of
from alerts.signals.base import Signal
from alerts.signals.heed import Heed
from alerts.stride import Stride
from alerts.template import template_fault

_LOUDEST = tuple(Severity)
_fault = lru_cache(maxsize=1_024)(template_fault)
"""Thousands of rules may share a summary."""
DEFAULT_SUMMARY = "{subject} is {value}, level {bound}."
NEUTRAL_SUMMARY = "{subject} is {value}."
RESOLVED_SUMMARY = "Resolved: {subject} is {value}, back past {bound}."
"""For the end of an alert: the rule's own sentence says that its condition holds."""


class Verdict(msgspec.Struct, frozen=True):
    """What a rule says of one value.

    Attributes:
        breached: whether the alert's condition holds, hysteresis included.
        bound: the level that decided.
        reason: why, in a closed set.

    """

    breached: bool
    bound: float
    reason: Reason


class Rule(Mannered, frozen=True, kw_only=True, gc=False):
    """What every rule says, whatever its type.

    There may be a million: a rule can be in no reference circle, so the collector leaves it alone,
    rules on one input share its name, and what they say alike they share as their `manner`. A
    rulebook writes it all side by side: `alerts/rules/written.py`.

    Attributes:
        id: lower case, digits, dashes; part of topics and alert ids.
        on: the metric, market input or instrument it watches.

    """

    id: RuleId
    on: str

    def __post_init__(self) -> None:
        """Share the name of the input, and refuse overrides that change nothing and strange summaries."""
        force_setattr(self, "on", intern(self.on))
        if self.manner.summary and (fault := _fault(self.manner.summary, self.summary_words)):
            raise ValueError(f"summary {fault}")
        if self.manner.overrides:
            plain = msgspec.structs.replace(self.manner, overrides=None)
            msgspec.structs.replace(self, manner=plain)  # its own faults are no company's
        for ticker in self.manner.overrides or ():
            self.for_company(ticker)
        loud = [self.severity, *(step.severity for step in self.manner.steps)]
        if any(_LOUDEST.index(step) >= _LOUDEST.index(before) for before, step in pairwise(loud)):
            raise ValueError(
                f"`steps` must grow louder from `severity` on; these go {', '.join(loud)}"
            )

    @property
    def summary_words(self) -> frozenset[str]:
        """Return what a summary may hold in braces."""
        return SUMMARY_FIELDS

    def stride(self) -> Stride | None:
        """Return how far the value must move to be told, for a rule with an anchor; else None."""
        return None

    @property
    def version(self) -> str:
        """Return a short hash of everything that decides, so not of texts, severity or pace."""
        return version_of(self, self._hashed)

    def written(self) -> dict[str, Any]:
        """Return the rule as a rulebook writes it, plain data with every field."""
        body: dict[str, Any] = msgspec.to_builtins(self)
        manner = body.pop("manner")
        first = {name: body.pop(name) for name in ("type", "id", "on") if name in body}
        return {**first, **manner, **body}

    def _hashed(self) -> str:
        body = self.written()
        body |= {"companies": "all", "severity": Severity.INFO.value, "summary": ""}
        for name in ("mode", "notify", "overrides"):
            del body[name]
        for name in LATER:  # a rule from before there were these stays what it was
            if name in body and body[name] == LATER[name]:
                del body[name]
        return hashlib.blake2b(msgspec.json.encode(body), digest_size=6).hexdigest()

    @property
    def saying(self) -> str:
        """Return the sentence of the rule's type, for a rule without one of its own."""
        return DEFAULT_SUMMARY

    @property
    def ending(self) -> str:
        """Return the sentence for the end of an alert."""
        return RESOLVED_SUMMARY

    @property
    def span(self) -> tuple[float, float] | None:
        """Return the two levels of a band, which its sentences name; None of another rule."""
        return None

    @property
    def lost_saying(self) -> str:
        """Return the sentence for an alert whose value has been unknown for long."""
        return "{subject} is unknown ({reason}); the last value was {last}."

    @property
    def back_saying(self) -> str:
        """Return the sentence for an alert whose value is known again."""
        return "{subject} is known again: {value}."

    def reads(self) -> tuple[str, ...]:
        """Return the targets that it reads, what it is on first."""
        return (self.on,)

    def signal(self) -> Signal | None:
        """Return what is made of the value's past for this rule; None for the value itself."""
        return None

    def heeded(self) -> Signal | None:
        """Return `signal`, of a past of those readings alone by which the rule is judged."""
        made = self.signal()
        if made is None or not self.exacting or not made.picks:
            return made
        return replace(made, heed=Heed(self.sessions, self.realtime))

    def expanded(self) -> Sequence[Rule]:
        """Return the rules that this one stands for; mostly itself."""
        return (self,)

    def for_company(self, ticker: str) -> Self:
        """Return the rule with the levels that it has for a company.

        Raises:
            ValueError: an override names no level of the rule, or is not possible.

        """
        own = None if self.overrides is None else self.overrides.get(ticker)
        if own is None:
            return self
        for name in own:
            if type(getattr(self, name, None)) is not float:
                raise ValueError(f"`overrides` of {ticker} name `{name}`, which is no level here")
        manner = msgspec.structs.replace(self.manner, overrides=None)
        changed: dict[str, Any] = {**own, "manner": manner}
        try:
            return msgspec.structs.replace(self, **changed)
        except ValueError as error:  # it speaks of levels that stand in different places
            raise ValueError(f"with the `overrides` of {ticker}: {error}") from error

    def scaled(self, factor: float) -> Rule:
        """Return the rule with its levels times `factor`, for the price of a share after a split.

        A type without such levels returns itself.
        """
        del factor
        return self

    def edges(self) -> Sequence[float]:
        """Return the values at which the verdict may change."""
        raise NotImplementedError

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Say whether the condition holds for `value` while the alert is in `state`."""
        raise NotImplementedError

    def goal(self, value: float, anchor: float | None) -> Goal | None:
        """Return the nearest level at which it would fire, if it has one; a move has an anchor."""
        del value, anchor
        return None

    @property
    def minds_before(self) -> bool:
        """Tell whether `begins` asks what the value was before."""
        return False

    def begins(self, value: float, before: float | None, elapsed_ms: int) -> bool:
        """Tell whether a breach may begin an alert: by default, whatever the value came from.

        `before` is the last usable value, `elapsed_ms` ago; None if there is none.
        """
        del value, before, elapsed_ms
        return True
