"""All commands put together: each noun adds its own."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor import __version__
from monitor.cli import (
    alert,
    backfill,
    backtest,
    calc,
    calendar,
    company,
    compare,
    config,
    data,
    doctor,
    explain,
    fact,
    feeds,
    history,
    maintenance,
    market_table,
    replay,
    returns,
    rule_diff,
    rule_identity,
    rules,
    rules_reload,
    rules_user,
    run,
    scope,
    silence,
    stress,
    template,
    venues,
    watchlist,
    whatif,
)

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


def _print_version(wanted: bool) -> None:  # typer hands over the option's value
    if wanted:
        typer.echo(f"hashhedge {__version__}")
        raise typer.Exit


@app.callback()
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


for module in (
    run,
    replay,
    backfill,
    backtest,
    calc,
    explain,
    whatif,
    stress,
    compare,
    history,
    calendar,
    doctor,
    venues,
    scope,
    returns,
    market_table,
):
    module.add_to(app)
rules.app.command("diff")(rule_diff.diff)  # not in its module, which they need themselves
rules.app.command("explain")(rule_identity.explain)
rules_reload.add_to(rules.app)
rules_user.add_to(rules.app)
for name, group in (
    ("alert", alert.app),
    ("silence", silence.app),
    ("maintenance", maintenance.app),
    ("company", company.app),
    ("fact", fact.app),
    ("feeds", feeds.app),
    ("rules", rules.app),
    ("template", template.app),
    ("config", config.app),
    ("watchlist", watchlist.app),
    ("data", data.app),
):
    app.add_typer(group, name=name)

__all__ = ["app"]
