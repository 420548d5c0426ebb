"""The rule-type seam: frozen parameters that can judge a value. Hop 5.

A rule type is one file with one subclass of `Rule`, bound to the module's name `RULE`. The fields
are what the rulebook may say; msgspec checks them while the YAML is read, so a rule that exists
is a valid one. Judging is pure and knows nothing of the past but the alert's present state.

To cost nothing when it cannot fire, a rule also names its *edges*: between two neighbouring edges
its verdict cannot change. The index (`alerts/index.py`) asks it only when a value meets an edge.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import msgspec

from alerts.forms import RuleId, duration_ms
from alerts.model import AlertState, Reason, Severity
from alerts.pacing.notify import Notify
from monitor.domain.events import Reading

_FIELD = re.compile(r"\{([^{}]*)\}")
SUMMARY_FIELDS = frozenset({"company", "target", "value", "bound", "unit"})
DEFAULT_SUMMARY = "{company}: {target} is {value}, bound {bound}."
RESOLVED_SUMMARY = "Resolved: {subject} is {value}, back past {bound}."
"""For the end of an alert: the rule's own sentence says that its condition holds."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of one value.

    Attributes:
        breached: whether the alert's condition holds, hysteresis included.
        bound: the level that decided.
        reason: why, in a closed set.

    """

    breached: bool
    bound: float
    reason: Reason


def fill(summary: str, words: Mapping[str, str]) -> str:
    """Return `summary` with each {field} replaced by its word; nothing else is interpreted."""
    return _FIELD.sub(lambda found: words.get(found[1], found[0]), summary)


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What every rule says, whatever its type.

    There may be a million: a rule can be in no reference circle, so the collector leaves it alone,
    and rules on one input share its name.

    Attributes:
        id: lower case, digits, dashes; part of topics and alert ids.
        on: the metric, market input or instrument it watches.
        companies: the companies it is for, if `on` has one value per company.
        for_: how long the condition must hold before it fires, `for` in the file.
        severity: how loud.
        summary: one sentence for people; may name {company}, {target}, {value}, {bound}, {unit}.
        require: what a value must be to be judged; `realtime` leaves out what its source tells late
            by contract.
        notify: how often its alerts are told.
        as_of: the day on which levels in the price of a share were written; splits since then move
            them. Without it those count that take effect while the rule is at work.

    """

    id: RuleId
    on: str
    companies: Literal["all"] | tuple[str, ...] = "all"
    for_: str = msgspec.field(name="for", default="0s")
    severity: Severity = Severity.WARNING
    summary: str = ""
    require: Literal["realtime"] | None = None
    as_of: date | None = None
    notify: Notify | None = None

    def __post_init__(self) -> None:
        """Refuse a duration that cannot be read, companies that are none and a summary field that does not exist."""
        duration_ms(self.for_)
        if not self.companies:
            raise ValueError(
                "`companies` is empty, so the rule watches nobody; leave it out for all"
            )
        msgspec.structs.force_setattr(self, "on", sys.intern(self.on))
        if not self.summary:
            return
        unknown = set(_FIELD.findall(self.summary)) - SUMMARY_FIELDS
        if unknown:
            raise ValueError(
                f"summary names {{{min(unknown)}}}; known are "
                + ", ".join(f"{{{name}}}" for name in sorted(SUMMARY_FIELDS))
            )

    @property
    def hold_ms(self) -> int:
        """Return `for` in milliseconds."""
        return duration_ms(self.for_)

    @property
    def version(self) -> str:
        """Return a short hash of everything that decides, so not of texts, severity or pace."""
        deciding = msgspec.structs.replace(
            self, summary="", severity=Severity.INFO, companies="all", notify=None
        )
        body = msgspec.to_builtins(deciding)
        for name in (
            "require",
            "as_of",
            "notify",
        ):  # a rule from before there were these stays what it was
            if body[name] is None:
                del body[name]
        return hashlib.blake2b(msgspec.json.encode(body), digest_size=6).hexdigest()

    def accepts(self, reading: Reading) -> bool:
        """Tell whether the rule may be judged by `reading`: usable, and what it requires."""
        if self.require is not None and reading.delay_ms:
            return False
        return reading.quality.usable and reading.value is not None

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
