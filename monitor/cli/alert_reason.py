"""`hashhedge explain alert`: why it rang, or the first thing for which it did not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from alerts.engine import state_of
from alerts.model import AlertState, Transition
from alerts.reasons import OUTSIDE, Reason
from alerts.rules.base import Rule
from alerts.setting import Bound
from monitor.app.world import World, build_step
from monitor.cli.alert_answer import answer, condition
from monitor.cli.alert_trail import delivery, history_row, named_in, trail_with_notices, waiting
from monitor.cli.delivery import deliveries
from monitor.cli.live import committed, required_url
from monitor.cli.live_rules import running_world
from monitor.cli.orders import moment_of
from monitor.cli.output import Output, emit, number, sheet
from monitor.cli.reason_words import said
from monitor.compute.saved import Saved
from monitor.compute.step import Step
from monitor.core.clock import SystemClock, iso
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.settings import Settings

ALERT = "alert"
SHOWN = 8
_UNJUDGED = OUTSIDE | {
    Reason.INPUT_UNUSABLE,
    Reason.INPUT_DELAYED,
    Reason.NO_DATA_OK,
    Reason.RULE_CHANGED,
    Reason.RULE_REMOVED,
}
"""Why an alert ended although no value said that its condition did not hold."""


@dataclass(frozen=True, slots=True)
class AskedAlert:
    """Which alert, and at which moment, ms UTC; None: now."""

    rule: str
    key: str
    at: int | None

    @classmethod
    def of(cls, words: Sequence[str], at: str | None) -> AskedAlert:
        """Return what `RULE KEY` and --at ask.

        Raises:
            ConfigError: they are not two words, or the moment is none.

        """
        if len(words) != 2:  # noqa: PLR2004  # a rule and a key
            hint = "hashhedge explain alert btc-under-100k BTC-USD --at 2026-01-12T14:05Z"
            raise ConfigError("an alert is a rule and a subject", where="RULE KEY", hint=hint)
        return cls(words[0], words[1], None if at is None else moment_of(at, "--at"))


def explain_alert(asked: AskedAlert, settings: Settings, live: str | None, output: Output) -> None:
    """Print value, level, state and mutes of an alert, now or at a moment, and what they came to.

    By the rulebook that the running service works by, unless another one is given.
    """
    url = required_url(live)
    if asked.at is not None and asked.at > SystemClock().now():
        raise ConfigError("that moment is to come", where="--at", hint="leave it out for now")
    world = running_world(settings, url)
    past, late = trail_with_notices(url, asked.rule, asked.key), waiting(url, asked.rule)
    data = reason_of(asked, world, committed(url), past, late)
    data["deliveries"] = deliveries(url, None, f"{asked.rule}|{asked.key}")[-SHOWN:]
    emit(data, output, lambda: _draw(data), lambda: data["trail"])


def reason_of(
    asked: AskedAlert,
    world: World,
    saved: Saved,
    past: Sequence[Transition],
    late: Collection[str] = (),
) -> dict[str, Any]:
    """Return why the alert rang, or why it did not; `past` has the notices that speak of it too."""
    step = build_step(world, users=saved.users)
    step.restore(saved)
    bound = bound_of(step, asked.rule, asked.key)
    rule = bound.rule
    by_then = [item for item in past if asked.at is None or item.at <= asked.at]
    until = [item for item in by_then if item.rule == asked.rule]
    named = named_in(by_then)
    rows = [history_row(item, late, named) for item in until[-SHOWN:]]
    head = {
        "rule": asked.rule,
        "key": asked.key,
        "at": iso(saved.now or 0 if asked.at is None else asked.at),
        "condition": condition(rule),
        "for": rule.for_,
    }
    if asked.at is None:
        body = _now(step, bound, asked)
    else:
        body = _then(rule, until[-1], rows[-1]) if until else _before(rule)
    last = next((item for item in reversed(until) if item.told), None)
    rang = {"last_told": None if last is None else history_row(last, late)}
    return head | body | rang | {"trail": rows}


def bound_of(step: Step, rule: str, key: str | None) -> Bound:
    """Return a rule with its subject; without a key the first of the rule's.

    Raises:
        ConfigError: the rulebook has none such; says which may be meant.

    """
    names: list[str] = []
    for bound in step.watch.bindings():
        if bound.rule.id == rule and key in {None, bound.key}:
            return bound
        names.append(bound.rule.id if bound.rule.id != rule else bound.key)
    known = any(it.rule.id == rule for it in step.watch.bindings())
    subject = "" if key is None else f" for `{key}`"
    raise ConfigError(
        f"no rule `{rule}`{subject} in the rulebook",
        where="RULE" if key is None else "RULE KEY",
        hint=nearest(key if known and key else rule, list(dict.fromkeys(names))),
    )


def _now(step: Step, bound: Bound, asked: AskedAlert) -> dict[str, Any]:
    reading = bound.reading_of(step.reading)
    state = state_of(bound.rule, bound.record, reading, shut=bound.shut)
    name = f"{asked.rule}|{asked.key}"
    standing = step.telling.desk.ledger.standings.get(name)
    subject = next(
        it for it in step.telling.subjects() if (it.rule, it.key) == (asked.rule, asked.key)
    )
    mute = step.telling.quiet_by(subject)
    return {
        "state": state.value,
        "value": reading.value,
        "quality": reading.quality.word,
        "muted_by": mute or None,
        "told": standing is not None
        and standing.told
        and not step.telling.pacer.paces.held_by(name),
        "answer": answer(bound, reading, state, mute),
    }


def _before(rule: Rule) -> dict[str, Any]:
    """Return how it stood before anything had become of it."""
    return {
        "state": AlertState.INACTIVE.value,
        "value": None,
        "quality": None,
        "muted_by": None,
        "told": False,
        "answer": f"Nothing had become of it: {condition(rule)} had not come true, or could "
        "not be judged, or the trail does not reach back so far.",
    }


def _then(rule: Rule, last: Transition, row: dict[str, Any]) -> dict[str, Any]:
    """Return how it stood after the last change before the moment; the value is that change's."""
    words = f"{row['event']} since {row['time']} ({said(row['reason'])}): {delivery(row)}"
    ended = last.to_state in {AlertState.RESOLVED, AlertState.INACTIVE}
    ended = ended and last.reason not in _UNJUDGED
    over = f"; then its condition did not hold: {condition(rule)}" if ended else ""
    return {
        "state": row["event"],
        "value": last.value,
        "quality": last.quality,
        "muted_by": row["muted_by"],
        "told": last.told or row["told_in"] is not None,
        "answer": f"It was {words}{over}.",
    }


def _draw(data: dict[str, Any]) -> Group:
    value = f"{number(data['value'])} ({data['quality']})" if data["quality"] else "not recorded"
    lines = [
        Text(f"{data['rule']} {data['key']} at {data['at']}"),
        Text(f"condition  {data['condition']}, for {data['for']}"),
        Text(f"value      {value}"),
        Text(f"state      {data['state']}"),
        Text(f"quiet by   {data['muted_by'] or 'nothing'}"),
        Text(data["answer"], style="bold"),
    ]
    lines += [
        Text(
            f"{it['at'][:19].replace('T', ' ')} {it['outcome']}: {it['user']} {it['channel'] or ''}"
        )
        for it in data["deliveries"]
    ]
    return Group(*lines, *([_trail(data)] if data["trail"] else []))


def _trail(data: dict[str, Any]) -> Table:
    table = sheet("time", "event", "why", "told")
    for row in data["trail"]:
        table.add_row(
            row["time"][:19].replace("T", " "), row["event"], said(row["reason"]), delivery(row)
        )
    return table
