"""`hashhedge route test`: who would be told of an alert, by which ways, and why everybody else not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from msgspec.structs import replace
from rich.console import Group
from rich.table import Table
from rich.text import Text

from alerts.forms import owner_of
from alerts.model import AlertState, News, Severity, Transition
from alerts.reasons import NoticeReason, Reason
from alerts.routing import HELD, Route, Scene, Verdict, routes
from alerts.rules.base import Rule
from alerts.sinks.users import UsersSettings, scene_of
from alerts.topics import Topics
from alerts.users import INBOX, User, UsersBook
from monitor.app.posting import Tags, letter_store
from monitor.app.world import World, build_step, load_world
from monitor.cli.live import LiveOption, ask, committed, redis_url, settings_with
from monitor.cli.orders import moment_of
from monitor.cli.output import Output, OutputOption, emit, sheet, talk
from monitor.cli.rules import RulesOption
from monitor.cli.users import check_user, users_book
from monitor.cli.users_option import UsersOption
from monitor.compute.targets import targets
from monitor.core.clock import SystemClock, iso
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.settings import Settings
from monitor.store.client import RedisClient
from monitor.store.keys import Keys
from monitor.store.watchlists import WatchlistStore

app = typer.Typer(help="Routing: who would be told of an alert.", no_args_is_help=True)


@app.command("test")
def test(
    alert: Annotated[
        str, typer.Option("--alert", metavar="RULE/KEY", help="btc-under-100k/BTC-USD")
    ],
    user: Annotated[str | None, typer.Option("--user", help="One user; all if left out.")] = None,
    severity: Annotated[
        Severity | None, typer.Option("--severity", help="How loud; else as the rule says.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="At a moment: 2026-03-07T03:00+08:00; else now.")
    ] = None,
    users: UsersOption = None,
    rules: RulesOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say for each user whether a fire of RULE for KEY goes out, waits or is left out, and why.

    What is followed by command, watch lists, caps and what mutes the alert are those of the running
    service; without one they are unknown, and that is said.
    """
    _, book = users_book(users)
    if user is not None:
        check_user(book, user, "--user")
    now = SystemClock().now()
    moment = now if at is None else moment_of(at, "--at")
    settings = settings_with(rules=rules)
    world = load_world(settings, now)
    item = invented(alert, severity, world, moment)
    item, scene = _scene(item, world, book, redis_url(live), moment if at else None)
    found = [it for it in routes(item, scene) if user in {None, it.user}]
    rows = [_row(it, book.by_name[it.user], item, settings) for it in found]
    emit(rows, output, lambda: _drawn(rows, item, moment, Topics(settings.instance).base))


def _scene(
    item: Transition, world: World, book: UsersBook, url: str | None, at: int | None
) -> tuple[Transition, Scene]:
    """Return the alert, muted as it is by now, and what routing rests on, at a moment or now."""
    if url is None:
        note = "no running service: follows by command, watch lists, caps and mutes are unknown"
        talk.print(Text(note, "yellow"))
        return item, Scene(now=item.at, book=book, tags=Tags(lambda: world)(item))
    scene = _live_scene(item, world, book, url, item.at)
    return (_muted(item, world, url) if at is None else item), scene


def invented(alert: str, severity: Severity | None, world: World, at: int) -> Transition:
    """Return the fire that would be told.

    Raises:
        ConfigError: no rule and key, or a rule that there is not.

    """
    name, key = _named(alert)
    known = {rule.id: rule for rule in world.rulebook.rules}
    rule = known.get(name)
    if rule is None and not owner_of(name) and name not in set(News):
        hint = nearest(name, known)
        raise ConfigError(f"there is no rule `{name}`", where="--alert", hint=hint)
    labels = {"subject": key} if rule is None else _labels(rule, key, world)
    subject = labels.get("company") or key
    company = subject if subject in world.companies else ""
    flags = world.companies[company].flags_at(at) if company else ()
    happens = rule is None and not owner_of(name)
    return Transition(
        id="test",
        rule=name,
        rule_version="",
        labels=labels,
        key=key,
        severity=severity or (Severity.WARNING if rule is None else rule.severity),
        target="" if rule is None else rule.on,
        unit="",
        from_state=AlertState.INACTIVE,
        to_state=AlertState.NOTED if happens else AlertState.FIRING,
        reason=Reason.BREACHED,
        value=None,
        bound=None,
        at=at,
        since=at,
        number=1,
        flags=tuple(flag.kind.value for flag in flags),
        company=company,
        notice=NoticeReason.NEW,
    )


def _named(alert: str) -> tuple[str, str]:
    name, _, key = alert.partition("/")
    if not name or not key:
        hint = "write the rule's id and its subject: btc-under-100k/BTC-USD"
        raise ConfigError(f"`{alert}` is no alert", where="--alert", hint=hint)
    return name, key


def _labels(rule: Rule, key: str, world: World) -> Mapping[str, str]:
    """Return the identity of a rule's alert for a subject.

    Raises:
        ConfigError: the rule has no such subject.

    """
    target = targets(world.catalogue, list(world.companies), [rule])[rule.on]
    if target.companies is None:
        known = ["-".join(target.labels[name] for name in sorted(target.labels))]
    elif rule.companies == "all":
        known = list(target.companies)
    else:
        known = list(rule.companies)
    if key not in known:
        problem = f"rule `{rule.id}` has no subject `{key}`"
        raise ConfigError(problem, where="--alert", hint=nearest(key, known))
    return target.labels if target.companies is None else {"company": key}


def _muted(item: Transition, world: World, url: str) -> Transition:
    """Return the alert with what keeps it quiet in the running service."""
    saved = committed(url)
    step = build_step(world, users=saved.users)
    step.restore(saved)
    for subject in step.telling.subjects():
        if (subject.rule, subject.key) == (item.rule, item.key):
            asked = subject._replace(severity=item.severity)
            return replace(item, muted_by=step.telling.mute_of(asked) or "")
    return item


def _live_scene(item: Transition, world: World, book: UsersBook, url: str, now: int) -> Scene:
    async def read(client: RedisClient, keys: Keys) -> Scene:
        settings = UsersSettings(
            book=lambda: book,
            store=letter_store(client, keys),
            lists=WatchlistStore(client, keys).read,
            tags=Tags(lambda: world),
            counted=lambda _: None,
        )
        return await scene_of(item, settings, now)

    return ask(url, read)


def _row(found: Route, user: User, item: Transition, settings: Settings) -> dict[str, Any]:
    reached = found.verdict is Verdict.SENT or found.verdict in HELD
    topics = Topics(settings.instance)
    inbox = [topics.user_inbox(user.name).name] if reached and _has_inbox(user) else []
    return {
        "user": found.user,
        "verdict": found.verdict.value,
        "why": found.verdict.words,
        "muted_by": item.muted_by,
        "until": None if found.until is None else iso(found.until),
        "topics": inbox,
        "channels": list(user.channel_names()) if reached else [],
        "shared_topic": None
        if owner_of(item.rule)
        else topics.alert_event(item.rule, item.key).name,
    }


def _has_inbox(user: User) -> bool:
    return any(channel.kind == INBOX for channel in user.ways)


def _drawn(rows: list[dict[str, Any]], item: Transition, moment: int, base: str) -> Group:
    lines = [
        f"{item.rule} {item.key}, {item.severity.value}, at {iso(moment)}",
        *([f"muted by {item.muted_by}"] if item.muted_by else []),
        f"topics are below {base}/",
        *(f"everybody: {_everybody(row, base)}" for row in rows[:1]),
    ]
    return Group(*map(Text, lines), _table(rows, base))


def _everybody(row: dict[str, Any], base: str) -> str:
    shared: str | None = row["shared_topic"]
    return "nothing, it is a user's own rule" if shared is None else shared.removeprefix(f"{base}/")


def _table(rows: list[dict[str, Any]], base: str) -> Table:
    table = sheet("user", "verdict", "until, UTC", "channels", "topic", whole=("user", "verdict"))
    for row in rows:
        until = "" if row["until"] is None else row["until"][:16].replace("T", " ")
        ways = ", ".join(row["channels"]) or row["why"]
        topics = ", ".join(topic.removeprefix(f"{base}/") for topic in row["topics"])
        table.add_row(*map(Text, (row["user"], row["verdict"], until, ways, topics)))
    return table
