"""What is wrong with the parts of a rule that name other things: inputs, companies with own levels, ranks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from alerts.rules.base import Rule
from alerts.rules.expression import ExpressionRule
from alerts.rules.rank import RankRule
from alerts.series import Target
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest

_WITH_PARTS = (ExpressionRule, RankRule)

Where: TypeAlias = Callable[..., str]
"""Returns `file:line` of a field of the rule, by the names on the way to it."""


def has_parts(rule: Rule) -> bool:
    """Tell whether `check_parts` has something to look at: of most of a million rules it has not."""
    return bool(rule.manner.overrides) or isinstance(rule, _WITH_PARTS)


def check_parts(
    rule: Rule, where: Where, target: Target, targets: Mapping[str, Target]
) -> Iterator[ConfigError]:
    """Yield what is wrong with a rule on `target`, `targets` being all there is to watch."""
    if isinstance(rule, ExpressionRule):
        yield from _check_inputs(rule, where, target, targets)
    if isinstance(rule, RankRule) and target.companies is None:
        problem = f"rule `{rule.id}` ranks `{target.name}`, which has one value in all"
        yield ConfigError(problem, where=where("on"), hint="rank a metric that each company has")
    for ticker in rule.overrides or {}:
        if ticker not in (target.companies or ()):
            problem = f"`overrides` of rule `{rule.id}` name `{ticker}`, which it has no value for"
            yield ConfigError(
                problem,
                where=where("overrides", ticker),
                hint=nearest(ticker, target.companies or ()),
            )
        elif rule.companies != "all" and ticker not in rule.companies:
            problem = (
                f"`overrides` of rule `{rule.id}` name `{ticker}`, which its `companies` leave out"
            )
            yield ConfigError(
                problem,
                where=where("overrides", ticker),
                hint=f"add {ticker} to `companies`, or take the override out",
            )


def _check_inputs(
    rule: ExpressionRule, where: Where, target: Target, targets: Mapping[str, Target]
) -> Iterator[ConfigError]:
    for source in rule.sources():
        found = targets.get(source.on)
        place = where("inputs", source.name)
        named = f"input `{source.name}` of rule `{rule.id}`"
        if found is None:
            problem = f"{named} is `{source.on}`, which is no metric and no instrument"
            yield ConfigError(problem, where=place, hint=nearest(source.on, list(targets)))
        elif found.refused:
            problem = f"{named} is `{source.on}`, which no rule may watch"
            yield ConfigError(problem, where=place, hint=found.refused)
        elif source.company is not None and source.company not in (found.companies or ()):
            problem = f"{named} is of `{source.company}`, for which `{source.on}` does not exist"
            yield ConfigError(
                problem, where=place, hint=nearest(source.company, found.companies or ())
            )
        elif found.companies and source.company is None and target.companies is None:
            problem = f"{named} has one value per company, and `{target.name}` has one in all"
            yield ConfigError(problem, where=place, hint="say whose: `company: RIOT`")
