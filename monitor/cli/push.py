"""`hashhedge push`: try a way to somebody's device, or look at what would be sent there."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from alerts.channels.base import Action, Message, Stage
from alerts.model import Severity
from monitor.app.pushing import (
    ChannelFile,
    Wanted,
    preview,
    read_channel,
    sample_buttons,
    trial,
    trial_buttons,
    try_channel,
)
from monitor.cli.command import key_of
from monitor.cli.fact import author_name
from monitor.cli.live import settings_with
from monitor.cli.output import Output, OutputOption, emit
from monitor.cli.user_names import user_name
from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError, DeliveryError
from monitor.core.yamltext import dump_yaml

app = typer.Typer(help="Channels to a phone or a team's inbox.", no_args_is_help=True)

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="YAML: kind, and the settings of that kind.")
]
StageOption = Annotated[Stage, typer.Option("--stage", help="What it says of the alert.")]
SeverityOption = Annotated[Severity, typer.Option("--severity", help="How loud.")]
ThreadOption = Annotated[
    str, typer.Option("--thread", help="Messages of one thread take each other's place.")
]
EarlierOption = Annotated[
    str, typer.Option("--earlier", help="The receipt of the thread's last message, for Telegram.")
]


@app.command("test")
def send_test(
    file: FileArgument,
    stage: StageOption = Stage.FIRING,
    severity: SeverityOption = Severity.WARNING,
    thread: ThreadOption = "trial",
    earlier: EarlierOption = "",
    buttons_to: Annotated[
        str | None,
        typer.Option("--buttons-to", metavar="URL", help="Else HASHHEDGE_PUBLIC_URL."),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            "--user", callback=user_name, help="With buttons of this user, who has a command key."
        ),
    ] = None,
    users: Annotated[
        Path | None, typer.Option("--users", help="File of keys; else HASHHEDGE_COMMAND_USERS.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Send a message that says it is a test through a channel, and wait for the receipt.

    A press of its buttons is answered: there is no such alert. So it shows that a press arrives.
    """
    found, now, who = read_channel(file), SystemClock().now(), author_name(user)
    actions: tuple[Action, ...] = ()
    if user is not None or buttons_to is not None:
        actions = trial_buttons(who, _pages(buttons_to), key_of(users, who), now)
    wanted = Wanted(stage=stage, severity=severity, thread=thread, earlier=earlier)
    data = _sent(found, trial(who, wanted, now, actions))
    emit(data, output, lambda: Text(_said(data)))


@app.command("preview")
def show_preview(
    file: FileArgument,
    stage: StageOption = Stage.FIRING,
    severity: SeverityOption = Severity.WARNING,
    thread: ThreadOption = "trial",
    earlier: EarlierOption = "",
    output: OutputOption = Output.YAML,
) -> None:
    """Print what such a message would be on its way, with names in the place of secrets.

    Nothing is sent, and no secret has to be there.
    """
    found, now = read_channel(file), SystemClock().now()
    wanted = Wanted(stage=stage, severity=severity, thread=thread, earlier=earlier)
    what = trial(author_name(None), wanted, now, sample_buttons())
    data = dict(asyncio.run(preview(found, what)))
    emit(data, output, lambda: Text(dump_yaml(data)))


def _pages(url: str | None) -> str:
    """Return where a phone reaches the pages, from the option or the setting.

    Raises:
        ConfigError: neither names an address.

    """
    found = settings_with(public_url=url).public_url
    if found is None:
        hint = "--buttons-to https://alerts.example.org, or set HASHHEDGE_PUBLIC_URL"
        raise ConfigError("the buttons lead nowhere", where="--user", hint=hint)
    return found


def _sent(found: ChannelFile, message: Message) -> dict[str, Any]:
    """Send `message`; return what became of it."""
    begun = time.monotonic()
    try:
        receipt = asyncio.run(try_channel(found, message, os.environ))
    except DeliveryError as error:
        again = ", worth another try" if error.retriable else ""
        raise DeliveryError(
            f"{error} ({error.reason}{again})",
            retriable=error.retriable,
            reason=error.reason,
            hint=error.hint,
        ) from error
    took_ms = round((time.monotonic() - begun) * 1_000)
    return {"channel": found.kind, "taken": True, "receipt": receipt, "took_ms": took_ms}


def _said(data: dict[str, Any]) -> str:
    receipt = f", receipt {data['receipt']}" if data["receipt"] else ", no receipt"
    return f"taken by {data['channel']} in {data['took_ms']} ms{receipt}"
