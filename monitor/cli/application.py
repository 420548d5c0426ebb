"""All commands put together: each noun adds its own."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Annotated

import typer
from typer.exceptions import TyperException

from monitor import __version__
from monitor.cli.guide import misuse

COMMANDS = MappingProxyType(
    {
        "run": "run",
        "demo": "run",
        "replay": "replay",
        "record": "replay",
        "backfill": "backfill",
        "backtest": "backtest",
        "calc": "calc",
        "explain": "explain",
        "whatif": "whatif",
        "stress": "stress",
        "compare": "compare",
        "history": "history",
        "calendar": "calendar",
        "doctor": "doctor",
        "venues": "venues",
        "scope": "scope",
        "returns": "returns",
        "market-table": "market_table",
        "schema": "schema",
        "migrate": "migrate",
    }
)
"""The commands, and the module of each that adds it."""
GROUPS = MappingProxyType(
    {
        "alert": "alert",
        "silence": "silence",
        "maintenance": "maintenance",
        "command": "command",
        "push": "push",
        "company": "company",
        "fact": "fact",
        "feeds": "feeds",
        "rules": "rule_commands",
        "template": "template",
        "config": "config",
        "watchlist": "watchlist",
        "users": "users",
        "route": "route",
        "delivery": "delivery",
        "data": "data",
        "dlq": "dlq",
    }
)
"""The nouns that have verbs, and the module of each, with an `app`."""


def _print_version(wanted: bool) -> None:  # typer hands over the option's value
    if wanted:
        typer.echo(f"hashhedge {__version__}")
        raise typer.Exit


def _options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take the options that stand before any command."""
    del version  # its callback has printed it


def application(words: Sequence[str] = ()) -> typer.Typer:
    """Return the command line, or as much of it as runs `words`.

    Each command is imported only when it is asked for, since one alone is ready in half the time
    of all; without one, for help and for a word that is none, all are.
    """
    app = typer.Typer(
        name="hashhedge",
        help=(
            "Mining margins and AI-hedge ratios of miner and AI-infrastructure stocks, live, with "
            "alerts over MQTT.\n\n\b\n"
            "hashhedge demo                    play an invented history, offline\n"
            "hashhedge run                     watch the live feeds\n"
            "hashhedge explain RIOT.margin     take a number apart\n"
            "hashhedge whatif RIOT --btc -20%  see what a change would do"
        ),
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    word = next((it for it in words if not it.startswith("-")), "")
    known = word in COMMANDS or word in GROUPS
    for module in dict.fromkeys(COMMANDS.values()):
        if not known or COMMANDS.get(word) == module:
            import_module(f"monitor.cli.{module}").add_to(app)
    for name, module in GROUPS.items():
        if not known or word == name:
            app.add_typer(import_module(f"monitor.cli.{module}").app, name=name)
    return app


def obey(app: typer.Typer) -> int:
    """Run the command line; return its exit code.

    Raises:
        ConfigError: there is no such command or option, or one is missing.

    """
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        if not error.format_message():  # the help of a noun without a verb, which is printed
            return error.exit_code
        raise misuse(error) from error
    except typer.Abort:
        return 1
    return code if isinstance(code, int) else 0
