"""`hashhedge replay` and `hashhedge record`: the same step on recorded inputs, and recording."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Group
from rich.text import Text

from monitor.app.replaying import (
    Replaying,
    Story,
    Tally,
    replay_job,
    tallied,
    told,
    write_transitions,
)
from monitor.app.service import Job, Service, opened
from monitor.app.world import World, load_world
from monitor.cli import loop
from monitor.cli.calendar import CalendarOption
from monitor.cli.company import CompaniesOption, moment_of
from monitor.cli.live import LiveOption, apart, required_url, settings_with
from monitor.cli.output import Output, OutputOption, emit, sheet, talk
from monitor.cli.replay_view import draw
from monitor.cli.rules import RulesOption
from monitor.cli.servers import MqttOption, RedisOption, ReplayInstanceOption
from monitor.compute.unjudged import judged_and_not
from monitor.core.clock import SystemClock, iso
from monitor.core.durations import duration_ms
from monitor.core.errors import ConfigError
from monitor.core.places import check_file, made_folder
from monitor.replay.layouts import History, open_history
from monitor.replay.player import Speed
from monitor.replay.recorder import Recorder, follow_stream
from monitor.replay.recording import digests
from monitor.settings import Settings
from monitor.store.client import connected
from monitor.store.keys import Keys
from monitor.store.ticks import TickReader
from monitor.telemetry.logs import configure

CLIENT_MARK = 8
"""How much of a replay's fingerprint tells its client id from that of another on the broker."""


class Facts(StrEnum):
    """Which figures of the books a replay takes."""

    LATEST = "latest"
    AS_KNOWN = "as-known"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(replay)
    app.command()(record)


def replay(
    folder: Annotated[
        Path, typer.Argument(help="Folder of CSV files; docs/replay.md has the layouts.")
    ],
    start: Annotated[str | None, typer.Option("--from", help="First day or moment, UTC.")] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="First day or moment left out, UTC.")
    ] = None,
    speed: Annotated[
        str, typer.Option("--speed", help="Seconds of history a second, or max.")
    ] = "max",
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    calendar: CalendarOption = None,
    redis_url: RedisOption = None,
    mqtt_url: MqttOption = None,
    transitions: Annotated[
        Path | None, typer.Option("--transitions", help="File for one JSON line per transition.")
    ] = None,
    instance: ReplayInstanceOption = "replay",
    web_port: Annotated[int, typer.Option("--web-port", help="Port of the pages; 0: any.")] = 0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over, not where it stood.")] = False,
    facts: Annotated[
        Facts,
        typer.Option(
            help="Company figures: `latest` of the books on every date, or `as-known` then."
        ),
    ] = Facts.LATEST,
    output: OutputOption = Output.TABLE,
) -> None:
    """Play recorded or historical market data through the live step, rules, outbox and sinks.

    Interrupted (exit 1) and started again on the same Redis it goes on where it was.
    """
    settings = settings_with(
        rules=rules,
        companies=companies,
        calendar=calendar,
        redis_url=redis_url,
        mqtt_url=mqtt_url,
        instance=instance,
        web_port=web_port,
    )
    _begin(settings, transitions)
    history = open_history(
        folder,
        start=None if start is None else moment_of(start, "--from"),
        end=None if end is None else moment_of(end, "--to"),
    )
    _introduce(history, facts)
    world = load_world(settings, SystemClock().now())
    story = Story(
        history.moments(), world.fingerprint(history.fingerprint, facts.value), history.end
    )
    replaying = Replaying(story, Speed.parse(speed), fresh=fresh)
    data = loop.run(_replay(_job(settings, story, facts), world, replaying, transitions))
    emit(data, output, lambda: draw(data))
    if not data["finished"]:
        raise typer.Exit(1)


def _begin(settings: Settings, transitions: Path | None) -> None:
    """Set the log up, and see that the answer will have a place."""
    configure(_log_level(settings), environ=os.environ)
    if transitions is not None:
        check_file(transitions, "--transitions")


def _job(settings: Settings, story: Story, facts: Facts) -> Job:
    return replay_job(
        apart(settings, "replay"),
        hindsight=facts is Facts.LATEST,
        replica=story.fingerprint[:CLIENT_MARK],
    )


def _log_level(settings: Settings) -> str:
    """Return the level that was set, else `error`: the answer has each alert already."""
    chosen = {"HASHHEDGE_LOG_LEVEL", "HASHHEDGE_LOG_LEVEL_FILE"} & os.environ.keys()
    return settings.log_level if chosen else "error"


def _introduce(history: History, facts: Facts) -> None:
    for layout, tables in history.tables.items():
        for table in tables:
            talk.print(f"playing {table.path.name} ({layout.value})")
    for skipped in history.skipped:
        talk.print(f"left out {skipped.name}: {skipped.reason}")
    if facts is Facts.LATEST:
        talk.print("company figures: the newest of the books on every date, with hindsight")


async def _replay(
    job: Job, world: World, replaying: Replaying, transitions: Path | None
) -> dict[str, Any]:
    async with opened(job, world) as service:
        loop.stop_on_signals(service.stopping.set, service.reloader.on_signal)
        loop.spare_what_stays()
        if service.servers.limits:
            talk.print(service.servers.limits, style="dim")
        talk.print(f"pages    {service.url}  (/metrics /livez /readyz)", soft_wrap=True)
        await replaying.prepare(service)
        await service.run([replaying.run])
        written = None if transitions is None else await write_transitions(service, transitions)
        tallies = await tallied(told(service))
        data = _result(service, replaying, written) | {"alerts": [_told(it) for it in tallies]}
        step = replaying.outcome.step
        if not data["finished"] or step is None:
            return data
        quiet, unjudged = judged_and_not(step, {(tally.rule, tally.key) for tally in tallies})
        return data | {
            "quiet": msgspec.to_builtins(quiet),
            "unjudged": msgspec.to_builtins(unjudged),
        }


def _told(tally: Tally) -> dict[str, Any]:
    """Return what a rule did for a subject, its moments as ISO."""
    times = {"first_at": tally.first_at, "last_at": tally.last_at}
    return asdict(tally) | {name: None if at is None else iso(at) for name, at in times.items()}


def _result(service: Service, replaying: Replaying, written: int | None) -> dict[str, Any]:
    outcome, played = replaying.outcome, replaying.outcome.played
    rate = played.quotes / outcome.seconds if played and outcome.seconds else None
    return {
        "finished": played is not None,
        "moments": None if played is None else played.moments,
        "resumed_at": None if played is None else played.resumed_at,
        "until": None if played is None or played.at is None else iso(played.at),
        "ticks": None if played is None else played.quotes,
        "seconds": round(outcome.seconds, 3),
        "ticks_per_s": None if rate is None else round(rate),
        "transitions": written,
        "instance": service.job.settings.instance,
        "quiet": None,
        "unjudged": None,
    }


def record(
    folder: Annotated[Path, typer.Argument(help="Folder for one CSV file a day.")],
    live: LiveOption = None,
    duration: Annotated[
        str | None, typer.Option("--duration", help="End after this long, for instance 10m.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Write what the running service's feeds bring, in the form that `replay` plays."""
    configure("info", environ=os.environ)
    seconds = None if duration is None else seconds_of(duration)
    ticks = loop.run(_record(required_url(live), folder, seconds))
    files = [asdict(digest) for digest in digests(folder)]
    data = {"ticks": ticks, "folder": str(folder), "files": files}
    emit(data, output, lambda: _recorded(data))


def _recorded(data: dict[str, Any]) -> Group:
    table = sheet("file", "quotes", "bytes", "sha256 of the inputs", right=("quotes", "bytes"))
    for row in data["files"]:
        counts = (f"{row['quotes']:,}", f"{row['size_bytes']:,}")
        table.add_row(Text(row["name"]), *counts, row["inputs_sha256"][:16])
    return Group(Text(f"recorded {data['ticks']:,} ticks in {data['folder']}"), table)


def seconds_of(text: str) -> float:
    """Return the seconds that `90s` or `5m` names.

    Raises:
        ConfigError: it is no duration, or none at all.

    """
    try:
        seconds, why = duration_ms(text) / 1_000, "a duration of nothing ends before it begins"
    except ValueError as error:
        seconds, why = 0.0, str(error)
    if seconds <= 0:
        raise ConfigError(why, where="--duration", hint="write 60s, 5m or 1h30m")
    return seconds


async def _record(url: str, folder: Path, seconds: float | None) -> int:
    """Record for so long, or until SIGTERM or Ctrl-C; then all of it is on disk."""
    clock = SystemClock()
    await asyncio.to_thread(made_folder, folder, "name a folder that you may write in")
    recorder = Recorder(folder, clock)
    async with connected(url, blocking=True) as client:
        reader = TickReader(client, Keys())
        work = asyncio.ensure_future(
            recorder.run(lambda after: follow_stream(reader, clock, after))
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, work.cancel)
        await asyncio.wait({work}, timeout=seconds)
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work
    return recorder.ticks
