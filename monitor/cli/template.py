"""`hashhedge template render`: what each channel says of a rule, before anything has happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
import typer
from msgspec.structs import replace
from rich.console import Group
from rich.text import Text

from alerts.model import AlertState, NoticeReason, Reason, Transition
from alerts.pacing.digest import line_of as digest_line
from alerts.rehearsal import fixture_value, rehearsed
from alerts.schemas.builders import Stamp, alert_event, alert_state
from alerts.schemas.origin import Origin
from alerts.schemas.payloads import encode
from alerts.setting import Bound
from alerts.sinks.log import log_fields
from monitor.app.world import build_step, load_world
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption
from monitor.cli.live import LiveOption, committed, redis_url, settings_with
from monitor.cli.output import Output, OutputOption, emit
from monitor.cli.rules import RulesOption
from monitor.compute.step import Step
from monitor.core.clock import SystemClock, iso
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.domain.events import Quality, Reading

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
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print what every channel says when a rule fires and when it ends: MQTT event, state, log, digest.

    With the value that the running service has now; without one, or with --value, with made-up data:
    just past the level. Nothing is sent. A name in braces that no rule knows exits 2 with its line.
    """
    settings = settings_with(rules=rules, companies=companies, calendar=calendar)
    step = build_step(load_world(settings, SystemClock().now()))
    url = None if value is not None else redis_url(live)
    if url is not None:
        step.restore(committed(url))
    bound = _bound(step, rule, key)
    reading = bound.reading_of(step.reading)
    real = reading.value is not None and value is None
    origin = Origin(dashboard_url=settings.dashboard_url)
    said = {
        word: _channels(
            step, bound, _shown(reading, bound, value, breached=fires), origin, fires=fires
        )
        for word, fires in (("fires", True), ("ends", False))
    }
    data = {"rule": rule, "subject": bound.key, "data": "live" if real else "made up", **said}
    emit(data, output, lambda: _pages(data))


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


def _shown(present: Reading, bound: Bound, value: float | None, *, breached: bool) -> Reading:
    """Return the reading that the messages are made of."""
    if value is None and present.value is not None:
        return present
    made = fixture_value(bound.rule, breached=breached) if value is None else value
    return Reading(made, Quality.OK, "", SystemClock().now())


def _channels(
    step: Step, bound: Bound, reading: Reading, origin: Origin, *, fires: bool
) -> Mapping[str, Any]:
    """Return the text of each channel, as the sinks make it."""
    now = SystemClock().now()
    after, reason, notice = (
        (AlertState.FIRING, Reason.BREACHED, NoticeReason.NEW)
        if fires
        else (AlertState.RESOLVED, Reason.RECOVERED, NoticeReason.RESOLVED)
    )
    transition = rehearsed(step.watch.teller, bound, reading, now, after, reason)
    transition = replace(transition, notice=notice)
    stamp = Stamp("preview", 1, now)
    return {
        "mqtt_event": json.loads(encode(alert_event(transition, stamp, origin))),
        "mqtt_state": json.loads(encode(alert_state(transition, stamp, origin))),
        "log": log_fields(transition),
        "digest_line": _line(transition),
    }


def _line(transition: Transition) -> dict[str, Any]:
    """Return the line that stands for it in a digest."""
    line: dict[str, Any] = msgspec.to_builtins(digest_line(transition))
    return line | {"at": iso(transition.at)}


def _pages(data: Mapping[str, Any]) -> Group:
    source = "the service's value" if data["data"] == "live" else "made-up data"
    lines = [Text(f"{data['rule']} for {data['subject']}, with {source}; nothing is sent")]
    for word in ("fires", "ends"):
        for channel, body in data[word].items():
            lines.append(Text(f"\n{word}: {channel.replace('_', ' ')}", style="bold"))
            said = _log_line(body) if channel == "log" else json.dumps(body, indent=2)
            lines.append(Text(said))
    return Group(*lines)


def _log_line(fields: Mapping[str, Any]) -> str:
    return "alert.transition " + " ".join(f"{name}={body}" for name, body in fields.items())
