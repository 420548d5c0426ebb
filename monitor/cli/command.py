"""`hashhedge command`: sign a command for the broker or the page, and read what became of all of them."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from monitor.cli.guide import EXAMPLES
from monitor.cli.live import LiveOption, ask, required_url, settings_with
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.cli.user_names import user_name
from monitor.core.clock import SECOND, SystemClock, iso
from monitor.core.errors import ConfigError
from monitor.domain.commands import Reply
from monitor.store.commands import CommandDesk, Forbidden
from monitor.web.inbound import MalformedBodyError
from monitor.web.letters import sealed
from monitor.web.users import Users
from monitor.web.wishes import read_command

_EXAMPLE = f"write it like hashhedge {EXAMPLES['command sign']}"

app = typer.Typer(help="Commands over MQTT and HTTP.", no_args_is_help=True)


@app.command("sign")
def sign(
    verb: Annotated[str, typer.Argument(help="alert.ack, silence.add, rules.reload, …")],
    user: Annotated[str, typer.Option("--user", callback=user_name, help="Who commands.")],
    wish: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD=VALUE…", help="rule=…, key=…, for=10m, match.company=HIVE."),
    ] = None,
    users: Annotated[
        Path | None, typer.Option("--users", help="File of keys; else HASHHEDGE_COMMAND_USERS.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--id", help="Its id; a new one if not given.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask what would happen.")] = False,
) -> None:
    """Print a signed command: the payload for the topic …/cmd/VERB, or the body of a POST.

    It counts for five minutes, once under its id. Nothing is sent and no service is asked.
    """
    now = SystemClock().now()
    told = {"id": name or secrets.token_hex(8), "verb": verb, "wish": _wish(wish or [])}
    body = msgspec.json.encode(told | ({"dry_run": True} if dry_run else {}))
    try:
        read_command(body, user, now)
    except MalformedBodyError as error:
        raise ConfigError(str(error), where="the command", hint=_EXAMPLE) from error
    key = key_of(users, user)
    sys.stdout.write(sealed(user, key, str(now // SECOND), body).decode() + "\n")


@app.command("list")
def list_commands(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many.")] = 20,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the newest commands, however they came: who, what, and what became of them."""
    found = ask(required_url(live), lambda client, keys: CommandDesk(client, keys).trail(limit))
    rows = [_row(it) for it in found]
    emit(rows, output, lambda: _table(rows))


def key_of(path: Path | None, user: str) -> str:
    """Return the key of a user, from the file of keys at `path` or of the settings.

    Raises:
        ConfigError: there is no such file, or nobody of that name in it.

    """
    key = _keys(path).key_of(user)
    if key is None:
        hint = f'add a line "{user} KEY" to it, or name a user who has one'
        raise ConfigError(f"`{user}` has no key in the file", where="--user", hint=hint)
    return key


def _keys(path: Path | None) -> Users:
    settings = settings_with(command_users=path)
    if settings.command_users is None:
        hint = 'name one with --users or HASHHEDGE_COMMAND_USERS, of lines as "anna 6f1c…"'
        raise ConfigError("there is no file of keys", where="--users", hint=hint)
    where = "--users" if path else settings.place_of("command_users")
    return Users(settings.command_users, where)


def _wish(words: list[str]) -> dict[str, Any]:
    """Return what `rule=x match.company=HIVE` means."""
    found: dict[str, Any] = {}
    for word in words:
        field, equals, value = word.partition("=")
        if not equals or not field:
            hint = "write rule=btc-low, for=10m or match.company=HIVE"
            raise ConfigError(f"`{word}` is no field", where="FIELD=VALUE", hint=hint)
        outer, dot, inner = field.partition(".")
        if dot:
            found.setdefault(outer, {})[inner] = value
        else:
            found[field] = value
    return found


def _row(found: Reply | Forbidden) -> dict[str, Any]:
    if isinstance(found, Forbidden):
        outcome, who = found.outcome, found.user
    else:
        outcome, who = "done" if found.accepted else "refused", found.by
    outcome = "dry_run" if isinstance(found, Reply) and found.dry_run else outcome
    return {
        "at": iso(found.at),
        "user": who,
        "verified": found.known if isinstance(found, Forbidden) else True,
        "verb": found.verb,
        "outcome": outcome,
        "text": found.text,
        "about": [] if isinstance(found, Forbidden) else list(found.matches),
        "id": found.id,
    }


def _table(rows: list[dict[str, Any]]) -> Group | Table:
    if not rows:
        return Group(Text("nobody has commanded anything"))
    table = sheet("at", "user", "verb", "outcome", "text")
    for row in rows:
        who = row["user"] or "?"
        said = who if row["verified"] else f"{who} (not proved)"
        table.add_row(
            row["at"][:19].replace("T", " "), said, row["verb"], row["outcome"], row["text"]
        )
    return table
