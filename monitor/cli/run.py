"""`hashhedge run` and `hashhedge demo`: the live job, and the same job on an invented history."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.live import Live
from rich.text import Text

from alerts.sinks.mqtt.listen import listening
from monitor.app.relaying import broker_settings
from monitor.app.replaying import Replaying, Story, replay_job
from monitor.app.service import (
    COMPUTE,
    ROLES,
    Job,
    Service,
    opened,
)
from monitor.app.world import packaged_rules
from monitor.cli import loop
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption
from monitor.cli.live import apart, settings_with
from monitor.cli.live_board import LiveBoard
from monitor.cli.output import Output, OutputOption, console, emit, talk
from monitor.cli.replay import seconds_of
from monitor.cli.rules import RulesOption
from monitor.cli.screen import AlertLog, board, headline, room_for, whole
from monitor.cli.servers import InstanceOption, MqttOption, RedisOption, ReplayInstanceOption
from monitor.cli.users_option import UsersOption
from monitor.cli.watch_line import watch_line
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.replay.player import Speed
from monitor.replay.synthesis import SEED, synthetic_moments
from monitor.store.keys import DEMO_TAG
from monitor.telemetry.logs import configure

DEMO_PLAYED_SHARE = 0.85
"""Share of the demo's time in which the history plays; the rest is for starting and the end."""
STORY_S = 46 * 3_600.0
DEMO_S = 60.0
DRAW_EVERY_S = 0.5
LINE_EVERY_S = 5.0

HostOption = Annotated[str | None, typer.Option("--web-host", help="Address of the pages.")]
DurationOption = Annotated[
    str | None, typer.Option("--duration", help="End after this long, for instance 60s.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(run)
    app.command()(demo)


def run(
    role: Annotated[
        list[str] | None, typer.Option("--role", help=f"One of {', '.join(ROLES)}; all if not set.")
    ] = None,
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    users: UsersOption = None,
    feeds: Annotated[Path | None, typer.Option("--feeds", help="Feeds book.")] = None,
    redis_url: RedisOption = None,
    mqtt_url: MqttOption = None,
    instance: InstanceOption = None,
    web_host: HostOption = None,
    web_port: Annotated[int | None, typer.Option("--web-port", help="Port of the pages.")] = None,
    duration: DurationOption = None,
    board: Annotated[
        bool, typer.Option("--board/--no-board", help="Show the board in a terminal, or the log.")
    ] = True,
) -> None:
    """Watch the live feeds, recompute, and publish alerts until stopped.

    SIGTERM or Ctrl-C stops in order; SIGHUP reads all books anew.
    """
    settings = settings_with(
        rules=rules,
        companies=companies,
        calendar=calendar,
        users=users,
        feeds=feeds,
        redis_url=redis_url,
        mqtt_url=mqtt_url,
        instance=instance,
        web_host=web_host,
        web_port=web_port,
    )
    job = Job(settings=settings, roles=roles_of(role or []))
    shown = board and console.is_terminal and COMPUTE in job.roles
    # on the board the log would tear the picture; it has a line for feeds in trouble
    configure("error" if shown else settings.log_level, environ=os.environ)
    loop.run(_run(job, None if duration is None else seconds_of(duration), board=shown))


def roles_of(words: list[str]) -> frozenset[str]:
    """Return the roles that the options name, all of them for none.

    Raises:
        ConfigError: a word is no role.

    """
    for word in words:
        if word not in ROLES:
            raise ConfigError(f"no role `{word}`", where="--role", hint=nearest(word, list(ROLES)))
    return frozenset(words or ROLES)


async def _run(job: Job, seconds: float | None, *, board: bool) -> None:
    # until the books have been read there is nothing to read anew, and SIGHUP would end us
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    async with opened(job) as service:
        loop.stop_on_signals(service.stopping.set, service.reloader.on_signal)
        loop.spare_what_stays()
        _introduce(service)
        extra = [] if seconds is None else [lambda _service: asyncio.sleep(seconds)]
        title = f"instance {job.settings.instance}"
        drawing = asyncio.create_task(LiveBoard(service, title=title).run()) if board else None
        try:
            await service.run(extra)
        finally:
            if drawing is not None:
                drawing.cancel()
                await asyncio.gather(drawing, return_exceptions=True)


def _introduce(service: Service) -> None:
    """Say what runs, where it can be watched, and what private servers cannot do."""
    settings, found = service.job.settings, service.servers
    if found.limits:
        talk.print(found.limits, style="dim")
    talk.print(f"pages    {service.url}  (/metrics /livez /readyz)")
    if found.publish_url:
        talk.print(f"alerts   {watch_line(settings, found.publish_url)}", soft_wrap=True)
    talk.print(
        f"watching {len(service.world.companies)} companies with "
        f"{len(service.world.rulebook.rules)} rules, instance {settings.instance}"
    )


def demo(
    duration: DurationOption = None,
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    redis_url: RedisOption = None,
    mqtt_url: MqttOption = None,
    instance: ReplayInstanceOption = "demo",
    output: OutputOption = Output.TABLE,
) -> None:
    """Play two invented days in a minute: no keys, no internet, no server to install.

    Exit 0 only if an alert was published, came back from the broker, and resolved.
    """
    configure("error", environ=os.environ)  # the alerts are on the screen already
    seconds = DEMO_S if duration is None else seconds_of(duration)
    settings = settings_with(
        rules=rules or packaged_rules("demo"),
        companies=companies,
        redis_url=redis_url,
        mqtt_url=mqtt_url,
        instance=instance,
        web_port=0,
    )
    job = replay_job(
        apart(settings, "demo"), hindsight=False, replica=secrets.token_hex(4), tag=DEMO_TAG
    )
    alerts = loop.run(_demo(job, seconds, shown=output is Output.TABLE))
    data = {"received": len(alerts.ids), "fired_and_resolved": alerts.complete}
    emit(data, output, lambda: Text(_farewell(alerts)))
    if not alerts.complete:
        talk.print("no alert both fired and resolved: give the demo more time, or other rules")
        raise typer.Exit(1)


def _farewell(alerts: AlertLog) -> str:
    return (
        f"\n{len(alerts.ids)} alert messages came back over MQTT; {alerts.complete} alerts fired "
        "and resolved.\nnext: `hashhedge run` watches the live feeds; `hashhedge --help` has the rest"
    )


async def _demo(job: Job, seconds: float, *, shown: bool) -> AlertLog:
    alerts = AlertLog()
    story = Story(synthetic_moments(), f"synthetic-{SEED}")
    speed = Speed(STORY_S / (seconds * DEMO_PLAYED_SHARE))
    replaying = Replaying(story, speed, fresh=True)
    async with opened(job) as service:
        loop.stop_on_signals(service.stopping.set, service.reloader.on_signal)
        loop.spare_what_stays()
        talk.print("SYNTHETIC history: nothing in it ever took place.", style="bold yellow")
        _introduce(service)
        await replaying.prepare(service)
        units = {metric.name: metric.unit for metric in service.world.catalogue}
        drawing = asyncio.create_task(_draw(service, alerts, units)) if shown else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _heard_while(service, replaying, alerts, shown=shown)
        if drawing is not None:
            drawing.cancel()
            await asyncio.gather(drawing, return_exceptions=True)
    return alerts


async def _heard_while(
    service: Service, replaying: Replaying, alerts: AlertLog, *, shown: bool
) -> None:
    """Play, and hear the alerts as any subscriber would."""
    broker = broker_settings(service.job.settings, service.servers, service.job.replica)
    topic = f"hashhedge/v1/{service.job.settings.instance}/alert/+/+/event"

    async def hear() -> None:
        async with listening(broker, topic) as messages:
            ready.set()
            async for message in messages:
                line = alerts.heard(msgspec.json.decode(message.payload))
                if shown and not console.is_terminal:
                    console.print(line, soft_wrap=True)

    ready = asyncio.Event()
    hearing = asyncio.create_task(hear())
    try:
        await asyncio.wait(
            {hearing, asyncio.ensure_future(ready.wait())}, return_when="FIRST_COMPLETED"
        )
        if hearing.done():
            hearing.result()
        await service.run([replaying.run])
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


async def _draw(service: Service, alerts: AlertLog, units: dict[str, str]) -> None:
    """Redraw the table in place on a terminal; in a pipe print it now and then."""
    title = "SYNTHETIC data"

    def picture() -> Any:  # noqa: ANN401  # anything rich can draw
        step = service.worker.step
        if step is None or step.now is None:
            return "waiting for the first tick"
        table = board(step, units, title=title, room=room_for(console.height))
        caption = "alerts, as MQTT brought them back, newest first:"
        return whole([headline(step)], table, alerts.lines, caption=caption)

    if console.is_terminal:
        with Live(console=console, auto_refresh=False, screen=False) as live:
            await _every(DRAW_EVERY_S, lambda: live.update(picture(), refresh=True))
    else:
        await _every(LINE_EVERY_S, lambda: _print_board(service, units, title))


def _print_board(service: Service, units: dict[str, str], title: str) -> None:
    step = service.worker.step
    if step is not None and step.now is not None:
        console.print(headline(step))
        console.print(board(step, units, title=title))


async def _every(seconds: float, action: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        action()
