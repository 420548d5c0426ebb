"""`hashhedge template render`: what each channel says of a rule, before anything has happened."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from msgspec.structs import replace
from rich.console import Group
from rich.text import Text

from alerts.model import AlertState, Transition
from alerts.pacing.digest import line_of as digest_line
from alerts.reasons import NoticeReason, Reason
from alerts.rehearsal import fits, fixture, rehearsed
from alerts.schemas.builders import Stamp, alert_event, alert_state
from alerts.schemas.origin import Origin
from alerts.schemas.payloads import encode
from alerts.setting import Bound
from alerts.sinks.log import log_fields
from monitor.app.world import build_step, load_world
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption
from monitor.cli.live import LiveOption, committed, redis_url, settings_with
from monitor.cli.message_preview import for_people
from monitor.cli.output import Output, OutputOption, emit
from monitor.cli.rules import RulesOption
from monitor.compute.step import Step
from monitor.core.clock import SystemClock, iso
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.core.yamltext import dump_yaml
from monitor.domain.events import Quality, Reading
from monitor.metrics.catalogue import Catalogue

_WORDS = (("fires", True), ("ends", False))
"""What is shown of a rule; of a move, which is over when it happens, the first alone."""

app = typer.Typer(help="Messages: see them before they are sent.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `render` a command of its own."""


@app.command("render")
def render(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule's id.")],
    key: Annotated[
        str, typer.Option("--key", help="Its subject: RIOT, BTC-USD; the first one without.")
    ] = "",
    value: Annotated[
        float | None, typer.Option("--value", help="A value in place of the present one.")
    ] = None,
    channels: Annotated[
        list[Path] | None,
        typer.Option("--channel", metavar="FILE", help="Also what this channel would send; often."),
    ] = None,
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print what every channel says when a rule fires and when it ends: MQTT event, state, log, digest.

    And what people read, in each language; with --channel the message of that channel to the letter,
    a file as `push preview` takes it. With the value that the running service has now, or --value,
    where the rule would fire at it, or end; else with made-up data, just past the level. A move has no
    end and no state. Nothing is sent. A name in braces that no rule knows exits 2 with its line.
    """
    settings = settings_with(rules=rules, companies=companies, calendar=calendar)
    world = load_world(settings, SystemClock().now())
    step = build_step(world)
    url = redis_url(live) if value is None else None
    if url is not None:
        step.restore(committed(url))
    bound = _bound(step, rule, key)
    present = _present(step, bound, value, served=url is not None)
    said = partial(_said, step, bound, Origin(dashboard_url=settings.dashboard_url), channels or ())
    data: dict[str, Any] = {"rule": rule, "subject": bound.key, "data": {}}
    for word, fires in _WORDS[: 1 if bound.rule.stride() is not None else 2]:
        reading, real = _shown(present, bound, breached=fires)
        data["data"][word] = "made up" if not real else "live" if value is None else "given"
        data[word] = said(reading, world.catalogue, fires=fires)
    emit(data, output, lambda: _pages(data))


def _said(
    step: Step,
    bound: Bound,
    origin: Origin,
    channels: Sequence[Path],
    reading: Reading,
    catalogue: Catalogue,
    *,
    fires: bool,
) -> Mapping[str, Any]:
    """Return all that is said of a reading."""
    item = _transition(step, bound, reading, fires=fires)
    return {**_channels(item, origin), **for_people(item, catalogue, origin, channels, item.at)}


def _bound(step: Step, rule: str, key: str) -> Bound:
    """Return the binding that is meant."""
    every = list(step.watch.bindings())
    mine = [bound for bound in every if bound.rule.id == rule]
    if not mine:
        hint = nearest(rule, sorted({bound.rule.id for bound in every}))
        raise ConfigError(f"no rule `{rule}`", where="RULE", hint=hint)
    found = next((bound for bound in mine if key in {"", bound.key}), None)
    if found is None:
        hint = nearest(key, [bound.key for bound in mine])
        raise ConfigError(f"rule `{rule}` is not about `{key}`", where="--key", hint=hint)
    return found


def _present(step: Step, bound: Bound, value: float | None, *, served: bool) -> Reading | None:
    """Return the value that is given, else the running service's; None without one."""
    if value is not None:
        return Reading(value, Quality.OK, "", SystemClock().now())
    return bound.reading_of(step.reading) if served else None


def _shown(present: Reading | None, bound: Bound, *, breached: bool) -> tuple[Reading, bool]:
    """Return the reading that the messages are made of, and whether it is the one there is."""
    if present is not None and fits(bound, present, breached=breached):
        return present, True
    return fixture(bound, SystemClock().now(), breached=breached), False


def _transition(step: Step, bound: Bound, reading: Reading, *, fires: bool) -> Transition:
    """Return what a rule says of a reading."""
    after, reason, notice = (
        (AlertState.FIRING, Reason.BREACHED, NoticeReason.NEW)
        if fires
        else (AlertState.RESOLVED, Reason.RECOVERED, NoticeReason.RESOLVED)
    )
    made = rehearsed(step.watch.teller, bound, reading, SystemClock().now(), after, reason)
    if made.to_state is AlertState.NOTED:
        notice = NoticeReason.VALUE_CHANGED
    return replace(made, notice=notice)


def _channels(transition: Transition, origin: Origin) -> Mapping[str, Any]:
    """Return the text of each channel that programs read, as the sinks make it."""
    stamp = Stamp("preview", 1, SystemClock().now())
    state = json.loads(encode(alert_state(transition, stamp, origin)))
    return {
        "mqtt_event": json.loads(encode(alert_event(transition, stamp, origin))),
        **({} if transition.to_state is AlertState.NOTED else {"mqtt_state": state}),
        "log": log_fields(transition),
        "digest_line": _line(transition),
    }


def _line(transition: Transition) -> dict[str, Any]:
    """Return the line that stands for it in a digest."""
    line: dict[str, Any] = msgspec.to_builtins(digest_line(transition))
    return line | {"at": iso(transition.at)}


_WITH = {"live": "the service's value", "given": "the value given", "made up": "made-up data"}


def _pages(data: Mapping[str, Any]) -> Group:
    lines = [Text(f"{data['rule']} for {data['subject']}; nothing is sent")]
    for word in data["data"]:
        for channel, body in data[word].items():
            head = f"\n{word}, with {_WITH[data['data'][word]]}: {channel.replace('_', ' ')}"
            lines += [Text(head, style="bold"), Text(_as_text(channel, body))]
    return Group(*lines)


def _as_text(channel: str, body: Mapping[str, Any]) -> str:
    if channel == "log":
        return _log_line(body)
    if channel == "people":
        return "\n\n".join(f"{name}: {it['title']}\n{it['text']}" for name, it in body.items())
    return dump_yaml(body).rstrip() if channel == "channels" else json.dumps(body, indent=2)


def _log_line(fields: Mapping[str, Any]) -> str:
    return "alert.transition " + " ".join(f"{name}={body}" for name, body in fields.items())
