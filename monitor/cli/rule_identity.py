"""`hashhedge rules explain`: by what two fires are one alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.text import Text

from alerts.setting import Bound
from monitor.app.world import build_step, load_world
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption
from monitor.cli.live import LiveOption, committed, redis_url, settings_with
from monitor.cli.live_rules import running_world
from monitor.cli.output import Output, OutputOption, emit
from monitor.cli.rules import RulesOption
from monitor.compute.step import Step
from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest


def explain(
    rule: Annotated[str, typer.Argument(help="The rule's id.")],
    labels: Annotated[
        list[str] | None, typer.Option("--labels", help="company=RIOT; may be repeated.")
    ] = None,
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print by what two fires are one alert: the key, what is in it, and what is not.

    With a running service by the rulebook that it works by, and how often it has fired.
    """
    settings = settings_with(rules=rules, companies=companies, calendar=calendar)
    url = redis_url(live)
    now = SystemClock().now()
    world = load_world(settings, now) if url is None else running_world(settings, url)
    saved = None if url is None else committed(url)
    step = build_step(world) if saved is None else build_step(world, users=saved.users)
    found = subjects(step, rule, pairs(labels or ()))
    if saved is not None:
        step.restore(saved)
    rows = [_row(step, bound, running=url is not None) for bound in found]
    emit(rows, output, lambda: Text("\n\n".join(_words(row) for row in rows)))


def pairs(words: Sequence[str]) -> dict[str, str]:
    """Return labels written as `name=value`, several of them also behind commas.

    Raises:
        ConfigError: a word has no `=`.

    """
    found: dict[str, str] = {}
    for word in ",".join(words).split(",") if words else ():
        name, equals, value = word.partition("=")
        if not equals:
            problem = f"`{word}` is no label"
            raise ConfigError(problem, where="--labels", hint="write company=RIOT")
        found[name.strip()] = value.strip()
    return found


def subjects(step: Step, rule: str, labels: Mapping[str, str]) -> list[Bound]:
    """Return the alerts of a rule that have these labels.

    Raises:
        ConfigError: there is no such rule, or a label is not part of its identity: a key that is
            left out in silence would make two alerts of one, or one of two.

    """
    every = list(step.watch.bindings())
    mine = [bound for bound in every if bound.rule.id == rule]
    if not mine:
        hint = nearest(rule, {bound.rule.id for bound in every})
        raise ConfigError(f"no rule `{rule}`", where="RULE", hint=hint)
    known = sorted({name for bound in mine for name in bound.series.labels})
    for name in labels:
        if name not in known:
            problem = f"`{name}` is no part of the identity of `{rule}`"
            raise ConfigError(problem, where="--labels", hint=nearest(name, known))
    found = [it for it in mine if labels.items() <= it.series.labels.items()]
    if not found:
        name, value = next(iter(labels.items()))
        values = [it.series.labels[name] for it in mine]
        problem = f"`{rule}` has no alert with {name} `{value}`"
        raise ConfigError(problem, where="--labels", hint=nearest(value, values))
    return found


def _row(step: Step, bound: Bound, *, running: bool) -> dict[str, Any]:
    counted = step.telling.pacer.memory.counts.get(f"{bound.rule.id}|{bound.key}")
    return {
        "rule": bound.rule.id,
        "dedup_key": f"{bound.rule.id}|{bound.key}",
        "labels": dict(bound.series.labels),
        "rule_version": bound.rule.version,
        "count": None if not running else 0 if counted is None else counted.count,
    }


def _words(row: dict[str, Any]) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in row["labels"].items())
    count = "no running service asked" if row["count"] is None else f"fired {row['count']} times"
    return (
        f"{row['dedup_key']}\n"
        f"  labels   {labels}\n"
        f"  version  {row['rule_version']}: target, levels and times; another one ends the alert\n"
        f"  count    {count}\n"
        "  not in the key: value, text, severity, host, time"
    )
