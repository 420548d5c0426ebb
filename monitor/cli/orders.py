"""How commands reach a running service: sent among its ticks, answered in the commit that did them."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Group
from rich.text import Text

from monitor.cli.fact import author_name
from monitor.cli.live import ask
from monitor.cli.output import Output, emit
from monitor.core.clock import iso, parse_iso
from monitor.core.durations import duration_ms
from monitor.core.errors import ConfigError
from monitor.core.plurals import counted
from monitor.domain.command_forms import command_fault
from monitor.domain.commands import Action, Command, Reply
from monitor.store.client import server_time
from monitor.store.commands import ANSWER_S, CommandDesk

AuthorOption = Annotated[
    str | None,
    typer.Option("--author", "--by", help="Who says so; your user name if not given."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")
]


def send(  # a command, and how to ask
    url: str,
    action: Action,
    author: str | None,
    *,
    dry_run: bool,
    where: str,
    within_s: float = ANSWER_S,
) -> Reply:
    """Send a command to the service at `url`; return its answer.

    Raises:
        ConfigError: it cannot be meant, or was refused.
        StoreUnavailable: nobody answers.

    """
    name = secrets.token_hex(8)
    command = Command(id=name, by=author_name(author), action=action, dry_run=dry_run)
    fault = command_fault(command)
    if fault:
        raise ConfigError(fault, where=where)
    reply = ask(url, lambda client, keys: CommandDesk(client, keys).ask(command, within_s=within_s))
    if not reply.accepted:
        raise ConfigError(reply.text, where=where, hint=reply.hint)
    return reply


def show(reply: Reply, output: Output) -> None:
    """Print an answer."""
    data: dict[str, Any] = msgspec.to_builtins(reply) | {"at": iso(reply.at)}
    emit(data, output, lambda: _said(reply))


def _said(reply: Reply) -> Group:
    lines = [Text(f"{reply.text}{f' ({reply.made})' if reply.made else ''}")]
    if reply.matched:
        lines.append(Text(_matching(reply)))
        lines += [Text(f"  {name.replace('|', ' ')}") for name in reply.matches]
        if reply.matched > len(reply.matches):
            lines.append(Text(f"  and {reply.matched - len(reply.matches)} more"))
    if reply.dry_run:
        lines.append(Text("dry run: nothing was changed", style="yellow"))
    return Group(*lines)


def _matching(reply: Reply) -> str:
    verb = "matches" if reply.matched == 1 else "match"
    fire = "fires" if reply.firing == 1 else "fire"
    return f"{counted(reply.matched, 'alert')} {verb}, {reply.firing} of them {fire}:"


def end_of(url: str, for_: str | None, until: str | None, begin: int | None = None) -> int:
    """Return the moment that `--for` or `--until` names, by the clock of the service's Redis, ms UTC.

    Raises:
        ConfigError: neither, both, or one that cannot be read.

    """
    if (for_ is None) == (until is None):
        raise ConfigError(
            "it needs an end, and one only",
            where="--for, --until",
            hint="--for 2h, or --until 2026-01-31T18:00Z; what has no end is forgotten",
        )
    if until is not None:
        return moment_of(until, "--until")
    try:
        span = duration_ms(for_ or "")
    except ValueError as error:
        raise ConfigError(str(error), where="--for", hint="--for 2h") from error
    return (ask(url, lambda client, _: server_time(client)) if begin is None else begin) + span


def moment_of(text: str, where: str) -> int:
    """Return the moment that `text` names, ms UTC.

    Raises:
        ConfigError: it names none.

    """
    try:
        return parse_iso(text)
    except ValueError as error:
        raise ConfigError(
            f"`{text}` is no moment", where=where, hint="2026-01-31T18:00Z"
        ) from error


def matchers(words: list[str]) -> dict[str, str]:
    """Return what `company=HIVE severity=warning` names.

    Raises:
        ConfigError: a word is no `FIELD=VALUE`, or a field is named twice.

    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not value:
            hint = "write company=HIVE, rule=btc-low, severity=warning or target=BTC-USD"
            raise ConfigError(f"`{word}` is no matcher", where="MATCHER", hint=hint)
        if name in found:
            raise ConfigError(f"`{name}` is named twice", where="MATCHER", hint="make two silences")
        found[name] = value
    return found
