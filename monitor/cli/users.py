"""`hashhedge users`: who is told of what; check the file, follow and unfollow."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from alerts.channels.base import ChannelContext
from alerts.channels.catalogue import find_channels
from alerts.forms import owner_of
from alerts.model import News
from alerts.rule_text import raise_all
from alerts.users import WEEK, QuietHours, UsersBook
from alerts.users_file import load_users, place_of_channel, users_schema
from monitor import __version__
from monitor.app.posting import letter_store
from monitor.app.pushing import secrets_of
from monitor.app.world import World, load_world
from monitor.cli.live import LiveOption, ask, required_url, settings_with
from monitor.cli.orders import DryRunOption
from monitor.cli.output import Output, OutputOption, emit, sheet, talk
from monitor.cli.users_option import UsersOption
from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.core.plurals import counted
from monitor.domain.watchlist import NAME

app = typer.Typer(help="Users: who is told of what, when and how.", no_args_is_help=True)

KINDS = ("company", "rule", "tag", "watchlist")
UserArgument = Annotated[str, typer.Argument(metavar="USER", help="For instance ana.")]
ItemsArgument = Annotated[
    list[str],
    typer.Argument(metavar="WHAT…", help="company=RIOT, rule=…, tag=… or watchlist=…"),
]


def users_book(path: Path | None) -> tuple[Path, UsersBook]:
    """Return the users' file and what it says.

    Raises:
        ConfigError: none is given, or it cannot be used.

    """
    found = settings_with(users=path).users
    if found is None:
        hint = "name one with --users or HASHHEDGE_USERS; docs/users.md has an example"
        raise ConfigError("there is no users' file", where="--users", hint=hint)
    return found, load_users(found, find_channels())


def check_user(book: UsersBook, name: str, where: str) -> None:
    """Refuse a name that is no user's.

    Raises:
        ConfigError: with the nearest one.

    """
    if name not in book.by_name:
        hint = nearest(name, book.by_name)
        raise ConfigError(f"there is no user `{name}`", where=where, hint=hint)


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="Else HASHHEDGE_USERS.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Read the users' file, settings and secrets of its channels included; exit 2 if one is wrong."""
    path, book = users_book(file)
    raise_all(asyncio.run(channel_faults(path, book)))
    counts = {"users": len(book.users), "teams": len(book.teams)}
    words = "fine: " + ", ".join(counted(count, name.rstrip("s")) for name, count in counts.items())
    emit(counts, output, lambda: Text(words))


async def channel_faults(path: Path, book: UsersBook) -> list[ConfigError]:
    """Return what is wrong with the channels' settings and secrets, each with its line.

    They are opened and nothing is sent.
    """

    async def nowhere(*_: object) -> None:
        """Take what nobody sends."""

    context = ChannelContext(
        clock=SystemClock(),
        version=__version__,
        secret=secrets_of(os.environ),
        publish=nowhere,
    )
    kinds, found = find_channels(), list[ConfigError]()
    for number, user in enumerate(book.users):
        for place, setting in enumerate(user.ways):
            try:
                async with kinds[setting.kind].open(context, setting.settings):
                    pass
            except ConfigError as error:
                where = place_of_channel(path, number, place)
                problem = f"user `{user.name}`, {error.where}: {error.message}"
                found.append(ConfigError(problem, where=where, hint=error.hint))
    return found


@app.command("list")
def list_users(users: UsersOption = None, output: OutputOption = Output.TABLE) -> None:
    """List the users with their language, zone, quiet hours and channels."""
    _, book = users_book(users)
    rows = [
        {
            "user": user.name,
            "teams": list(user.teams),
            "language": user.language,
            "zone": user.zone,
            "severity": user.severity.value,
            "quiet": [_hours(it) for it in user.quiet],
            "cap_per_hour": user.cap_per_hour,
            "follows": [] if user.follows is None else list(user.follows.items()),
            "channels": list(user.channel_names()),
        }
        for user in book.users
    ]
    emit(rows, output, lambda: _table(rows))


@app.command("schema")
def schema(output: OutputOption = Output.JSON) -> None:
    """Print the JSON Schema of a users' file, for editors."""
    data = users_schema()
    emit(data, output, lambda: Text(json.dumps(data, ensure_ascii=False, indent=2)))


@app.command()
def follow(
    user: UserArgument,
    what: ItemsArgument,
    dry_run: DryRunOption = False,  # an option of the command line
    users: UsersOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Be told of a company, a rule, a tag or a watch list, from the next alert on."""
    _change(user, what, users, live, output, wanted=True, dry_run=dry_run)


@app.command()
def unfollow(
    user: UserArgument,
    what: ItemsArgument,
    dry_run: DryRunOption = False,  # an option of the command line
    users: UsersOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Be told of it no more, from the next alert on, whatever else fits."""
    _change(user, what, users, live, output, wanted=False, dry_run=dry_run)


@app.command()
def forget(
    user: UserArgument,
    what: ItemsArgument,
    dry_run: DryRunOption = False,  # an option of the command line
    users: UsersOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Forget what was said of it by command: the file alone counts again."""
    _change(user, what, users, live, output, wanted=None, dry_run=dry_run)


@app.command()
def follows(
    user: UserArgument,
    users: UsersOption = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what a user follows, by the file and by command."""
    _, book = users_book(users)
    check_user(book, user, "USER")
    _show(book, user, required_url(live), output)


def _change(
    user: str,
    what: list[str],
    users: Path | None,
    live: str | None,
    output: Output,
    *,
    wanted: bool | None,
    dry_run: bool,
) -> None:
    _, book = users_book(users)
    check_user(book, user, "USER")
    world = load_world(settings_with(), SystemClock().now())
    items = [_item(word, user, world) for word in what]
    url = required_url(live)
    if dry_run:
        talk.print("nothing is changed; it would be:")
        _show(book, user, url, output, dict.fromkeys(items, wanted))
        return
    if wanted is None:
        ask(url, lambda client, keys: letter_store(client, keys).forget_follows(user, items))
    else:
        told = wanted
        ask(url, lambda client, keys: letter_store(client, keys).follow(user, items, wanted=told))
    _show(book, user, url, output)


def _item(word: str, user: str, world: World) -> str:
    """Return `kind:word` of what a person wrote.

    Raises:
        ConfigError: no such kind, company or rule, or a rule of another's own.

    """
    kind, equals, value = word.partition("=")
    if kind not in KINDS or not equals or not value:
        hint = "write company=RIOT, rule=btc-under-100k, tag=miner or watchlist=ana"
        raise ConfigError(f"`{word}` is nothing to follow", where="WHAT", hint=hint)
    rules = {rule.id for rule in world.rulebook.rules} | set(News)
    if kind == "company" and "-" not in value:
        value = value.upper()
        if value not in world.companies:
            hint = nearest(value, world.companies)
            raise ConfigError(f"there is no company `{value}`", where="WHAT", hint=hint)
    if kind == "rule" and owner_of(value) not in {"", user}:
        owner = owner_of(value)
        problem = f"`{value}` is a rule of {owner}'s own, which {owner} alone is told of"
        hint = "set one of your own, see docs/rules.md#rules-of-your-own"
        raise ConfigError(problem, where="WHAT", hint=hint)
    if kind == "rule" and not owner_of(value) and value not in rules:
        raise ConfigError(f"there is no rule `{value}`", where="WHAT", hint=nearest(value, rules))
    if kind == "watchlist" and not NAME.fullmatch(value):
        hint = "`hashhedge watchlist list` shows them"
        raise ConfigError(f"`{value}` is no name of a watch list", where="WHAT", hint=hint)
    return f"{kind}:{value}"


def _show(
    book: UsersBook,
    name: str,
    url: str,
    output: Output,
    would: Mapping[str, bool | None] | None = None,
) -> None:
    """Print what a user follows, or `would` if so changed: None forgets."""
    user = book.by_name[name]
    known = ask(url, lambda client, keys: letter_store(client, keys).follows(name))
    changed = {**known, **(would or {})}
    by_command = {what: kept for what, kept in changed.items() if kept is not None}
    teams = [book.team_follows.get(team) for team in user.teams]
    written = [it for block in (user.follows, *teams) if block for it in block.items()]
    wanted = sorted(what for what, kept in by_command.items() if kept)
    data: dict[str, Any] = {
        "user": name,
        "file": written,
        "followed": wanted,
        "unfollowed": sorted(what for what, kept in by_command.items() if not kept),
        "everything": not written and not wanted,
    } | ({} if would is None else {"dry_run": True})
    emit(data, output, lambda: _said(data))


def _said(data: dict[str, Any]) -> Group:
    follows_ = ", ".join([*data["file"], *data["followed"]]) or "everything"
    lines = [Text(f"{data['user']} follows {follows_}")]
    if data["unfollowed"]:
        lines.append(Text(f"and is not told of {', '.join(data['unfollowed'])}"))
    return Group(*lines)


def _hours(quiet: QuietHours) -> str:
    days = "daily" if quiet.days == WEEK else ",".join(quiet.days)
    return f"{days} {quiet.from_}-{quiet.to}"


def _table(rows: list[dict[str, Any]]) -> Table:
    table = sheet("user", "language", "zone", "from", "quiet hours", "channels")
    for row in rows:
        quiet, channels = "; ".join(row["quiet"]), ", ".join(row["channels"])
        words = (row["user"], row["language"], row["zone"], row["severity"], quiet, channels)
        table.add_row(*map(Text, words))
    return table
