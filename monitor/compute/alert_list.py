"""Which alerts the present books make, and which told ones are no more: what the relay goes by. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

import msgspec

from alerts.forms import owner_of
from alerts.model import News
from alerts.rules.life import Mode
from monitor.compute.step import Step

MAX_LISTED = 2_000
"""Alerts that are listed by name; a rulebook of more is no list for people any more."""

_NO_RULES = frozenset(News)


class AlertPlace(msgspec.Struct, frozen=True, kw_only=True):
    """One alert that the rulebook makes.

    Attributes:
        rule: its rule's id.
        key: its subject, as in the topic.
        company: the ticker; None of one for all.
        on: the metric or instrument that it watches.

    """

    rule: str
    key: str
    company: str | None
    on: str


class AlertList(msgspec.Struct, frozen=True, kw_only=True):
    """The alerts of the rulebook, without those of users' own rules and of rules in the shadow.

    Attributes:
        alerts: at most `MAX_LISTED`, in the order of the rulebook.
        gone: told alerts, as `rule|key`, whose rule or subject is not there any more, or tells nobody.

    """

    alerts: tuple[AlertPlace, ...] = ()
    gone: tuple[str, ...] = ()


def alert_list(step: Step, told: Collection[str]) -> AlertList:
    """Return the alerts of `step`, and which of the `told` ones it does not have."""
    names = set(told)
    rules = {name.partition("|")[0] for name in names}
    bound = set(_shown(step, rules)) if rules else set[str]()
    gone = (name for name in sorted(names - bound) if not _lives_without_rule(step, name))
    return AlertList(alerts=tuple(islice(_places(step), MAX_LISTED)), gone=tuple(gone))


def _shown(step: Step, rules: Collection[str]) -> Iterator[str]:
    """Yield the alerts of rules whose state is for people; in the shadow until they hear its end."""
    standings = step.telling.desk.ledger.standings
    for each in step.watch.bindings(rules):
        name = f"{each.rule.id}|{each.key}"
        known = standings.get(name)
        if each.rule.mode is not Mode.SHADOW or (known is not None and known.heard):
            yield name


def _places(step: Step) -> Iterator[AlertPlace]:
    for each in step.watch.bindings():
        rule = each.rule
        if not owner_of(rule.id) and rule.mode is not Mode.SHADOW:
            yield AlertPlace(rule=rule.id, key=each.key, company=each.series.company, on=rule.on)


def _lives_without_rule(step: Step, name: str) -> bool:
    """Tell whether an alert needs no rule to be there; one of a dead input needs who rests on it."""
    rule, _, key = name.partition("|")
    if rule == News.FEED:
        fires = name in step.telling.desk.ledger.standings  # also of a feed that never spoke
        return fires or step.telling.dependents_of(key) is not None
    return rule in _NO_RULES
