"""`hashhedge doctor`: look at everything the service needs, and say how to mend what is wrong."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from rich.text import Text

from alerts.channels.catalogue import find_channels
from alerts.sinks.mqtt import HINTS, rival_publishers
from alerts.sinks.mqtt.listen import listening
from alerts.users_file import load_users
from monitor.app.posting import letter_store
from monitor.app.relaying import broker_settings
from monitor.app.servers import Servers, running
from monitor.app.world import World, load_world
from monitor.cli.company import CompaniesOption
from monitor.cli.findings import FAIL, PASS, WARN, Finding, feed_findings
from monitor.cli.live import settings_with
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.cli.rules import RulesOption
from monitor.cli.servers import MqttOption, RedisOption
from monitor.core.clock import SystemClock, iso
from monitor.core.errors import ConfigError, DeliveryError, HashhedgeError
from monitor.core.places import unwritable
from monitor.domain.companies import Companies
from monitor.embedded import PLACE_HINT
from monitor.feeds.credentials import key_places, missing_keys
from monitor.settings import Settings
from monitor.store.client import connected
from monitor.store.inspection import inspect, times_ahead, wrong_kinds
from monitor.store.keys import Keys
from monitor.store.url import RedisUrl

CHECK_TIMEOUT_S = 6.0
TOPIC = "hashhedge/v1/doctor/none"
STYLES = {PASS: "green", WARN: "yellow", FAIL: "bold red"}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    redis_url: RedisOption = None,
    mqtt_url: MqttOption = None,
    rules: RulesOption = None,
    companies: CompaniesOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Check configuration, Redis, broker, keys and clock; exit 1 if something is broken."""
    settings = settings_with(
        redis_url=redis_url, mqtt_url=mqtt_url, rules=rules, companies=companies
    )
    servers, asked = asyncio.run(_servers(settings))
    findings = [*_books(settings, asked), *_time(), *_place(settings), *servers]
    rows = [
        {"group": f.group, "check": f.check, "result": f.result, "detail": f.detail, "fix": f.fix}
        for f in findings
    ]
    emit(rows, output, lambda: _table(findings))
    if any(finding.result == FAIL for finding in findings):
        raise typer.Exit(1)


def _books(settings: Settings, asked: frozenset[str]) -> Iterator[Finding]:
    try:
        world = load_world(settings, SystemClock().now())
    except ConfigError as error:
        yield Finding("config", "books and rules", FAIL, str(error), error.hint)
        return
    rules, names = len(world.rulebook.rules), len(world.companies)
    yield Finding("config", "books and rules", PASS, f"{names} companies, {rules} rules")
    yield from _keys(world, asked)
    yield _figures(world.companies)
    if settings.users is not None:
        yield _users(settings.users)


def _users(path: Path) -> Finding:
    """Look at the users' file; the secrets of its channels may be in another environment."""
    try:
        book = load_users(path, find_channels())
    except ConfigError as error:
        return Finding("config", "users", FAIL, str(error), error.hint)
    return Finding("config", "users", PASS, f"{len(book.users)} users; `users check` says more")


def _keys(world: World, asked: frozenset[str]) -> Iterator[Finding]:
    """Look at the keys of this environment; a service may run with others, and tells what it asks.

    `asked` are the feeds that the service of this Redis asks; empty: none has told.
    """
    for feed in world.feeds:
        spec = feed.spec
        needed = [key for key in spec.credentials if not key.optional]
        if not spec.enabled or not needed:
            continue
        missing = missing_keys(needed, os.environ)
        places = " and ".join(key_places(needed, os.environ))
        yield _key(spec.name, missing, places, asked)


def _key(feed: str, missing: list[str], places: str, asked: frozenset[str]) -> Finding:
    names = " and ".join(missing)
    if feed in asked:
        here = (
            f"is read from {places} here" if not missing else f"is not in this environment: {names}"
        )
        return Finding("feeds", feed, PASS, f"the running service has its key; it {here}")
    if not missing:
        if not asked:
            return Finding("feeds", feed, PASS, f"key is set in this environment: {places}")
        detail = f"key is set in this environment ({places}), but the running service leaves it out"
        fix = f"set {places} where the service runs, and start it again"
        return Finding("feeds", feed, WARN, detail, fix)
    if asked:
        detail = "has no key: not in this environment, and the running service leaves it out"
        return Finding("feeds", feed, WARN, detail, f"set {names} where the service runs")
    detail = "has no key in this environment; a service that runs elsewhere may have one"
    return Finding("feeds", feed, WARN, detail, f"set {names} where the service runs")


def _figures(companies: Companies) -> Finding:
    now = SystemClock().now()
    newest = [h[-1] for company in companies.values() for h in company.figures.values()]
    stale = sum(not figure.quality_at(now).usable for figure in newest)
    detail = f"{stale} of {len(newest)} newest figures are too old for a rule to fire on"
    fix = "add newer figures to the company files" if stale else ""
    return Finding("config", "company figures", WARN if stale else PASS, detail, fix)


def _time() -> Iterator[Finding]:
    now = datetime.now(UTC)
    sane = now.year >= 2025  # noqa: PLR2004  # older than this code
    yield Finding("machine", "clock", PASS if sane else FAIL, f"{now:%Y-%m-%d %H:%M:%S} UTC")
    yield Finding(
        "machine",
        "time zones",
        PASS,
        f"New York {now.astimezone(ZoneInfo('America/New_York')):%H:%M}",
    )


def _place(settings: Settings) -> Iterator[Finding]:
    """Look at where the private servers would keep their files."""
    if settings.redis_url is None or settings.mqtt_url is None:
        why = unwritable(settings.state_dir)
        place = str(settings.state_dir)
        if why is None:
            yield Finding("machine", "state folder", PASS, place)
        else:
            yield Finding("machine", "state folder", FAIL, f"{place}: {why}", PLACE_HINT)


async def _servers(settings: Settings) -> tuple[list[Finding], frozenset[str]]:
    """Return what is to say of the servers, and the feeds that a service there asks."""
    found = running(settings.state_dir)
    redis_url = settings.redis_url or (found.redis_url if found else None)
    named = Servers(redis_url="", mqtt_url=settings.mqtt_url or "")
    broker = found if found and not settings.mqtt_url else named
    findings = await _bounded("redis", redis_url, _redis)
    reachable = redis_url is not None and not any(item.result == FAIL for item in findings)
    findings += await _bounded(
        "broker", broker.publish_url or None, lambda _: _broker(settings, broker)
    )
    feeds = await _bounded("feeds", redis_url, feed_findings) if reachable else []
    asked = frozenset(it.check for it in feeds if it.check not in {"records", "server"})
    channels = await _bounded("users", redis_url, _channels) if reachable else []
    return findings + feeds + channels, asked


async def _bounded(
    group: str, url: str | None, check: Callable[[str], Awaitable[list[Finding]]]
) -> list[Finding]:
    if url is None:
        return [Finding(group, "server", PASS, "none set: a private one is started with `run`")]
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check(url)
    except TimeoutError:
        return [
            Finding(group, "server", FAIL, f"no answer in {CHECK_TIMEOUT_S:g} s", "is it running?")
        ]
    except ConfigError as error:
        found = f"{error.where}: {error.message}"
        return [
            Finding(group, "address" if group != "feeds" else "records", FAIL, found, error.hint)
        ]
    except HashhedgeError as error:
        return [Finding(group, "server", FAIL, str(error), "is it running, and the address right?")]


async def _redis(url: str) -> list[Finding]:
    async with connected(url) as client:
        facts = await inspect(client)
        faults = await wrong_kinds(client, Keys()) or await times_ahead(client, Keys())
    findings = [
        Finding("redis", "server", PASS, f"{facts.server} {facts.version} at {RedisUrl.parse(url)}")
    ]
    major = int(facts.version.partition(".")[0] or 0)
    if facts.server == "redis" and major < 7:  # noqa: PLR2004  # the command set we write for
        findings.append(Finding("redis", "version", FAIL, facts.version, "use Redis 7 or Valkey 8"))
    findings.append(
        Finding("redis", "persistence", PASS, "append-only file is on")
        if facts.append_only
        else Finding(
            "redis", "persistence", WARN, "state is lost at a restart", "set appendonly yes"
        )
    )
    findings.append(
        Finding("redis", "memory policy", PASS, facts.policy)
        if facts.policy == "noeviction"
        else Finding(
            "redis", "memory policy", FAIL, facts.policy, "set maxmemory-policy noeviction"
        )
    )
    return findings + [Finding("redis", it.check, FAIL, it.detail, it.fix) for it in faults]


async def _channels(url: str) -> list[Finding]:
    """Look at the channels of users that do not work."""
    async with connected(url) as client:
        faults = await letter_store(client, Keys()).faults()
    return [
        Finding(
            "users",
            " ".join(name.split("|")[:2]),
            WARN,
            f"does not take messages since {iso(since)}: {name.rpartition('|')[2]}",
            "`hashhedge push test` tries a channel; docs/users.md has the reasons",
        )
        for name, since in sorted(faults.items())
    ]


async def _broker(settings: Settings, servers: Servers) -> list[Finding]:
    """Connect as the service would, certificates and password included, and see who publishes."""
    mqtt = broker_settings(settings, servers, "doctor")
    try:
        async with listening(mqtt, TOPIC):
            found = [Finding("broker", "server", PASS, "connects and accepts a subscription")]
        rivals = await rival_publishers(mqtt)
    except DeliveryError as error:
        why = f"{error.reason}: {error}"
        return [Finding("broker", "server", FAIL, why, HINTS[error.reason])]
    if mqtt.url.tls and mqtt.tls.insecure:
        fix = "set HASHHEDGE_MQTT_CA and take HASHHEDGE_MQTT_INSECURE away"
        found.append(Finding("broker", "certificate", WARN, "is not checked", fix))
    if rivals:
        detail = f"{' and '.join(rivals)}: two processes take turns under one client id"
        found.append(Finding("broker", "client id", FAIL, detail, HINTS["session_taken_over"]))
    return found


def _table(findings: list[Finding]) -> Table:
    table = sheet("", "check", "result", "detail", "to fix")
    for item in findings:
        result = Text(item.result, style=STYLES[item.result])
        table.add_row(item.group, item.check, result, item.detail, item.fix)
    return table
