"""Where a person reads on after an error, and how a command is written: by the words of the command.

The pages are of the project's docs/, as its messages name them; tests follow each link and run each example.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import cast

import typer
from typer.exceptions import TyperException

from monitor.core.errors import ConfigError

_PROGRAM = "hashhedge"

PAGES: Mapping[str, str] = MappingProxyType(
    {
        "": "docs/cli.md",
        "run": "docs/configuration.md",
        "demo": "docs/replay.md",
        "replay": "docs/replay.md",
        "record": "docs/replay.md#recordings",
        "backfill": "docs/replay.md#filling-in-the-past",
        "backtest": "docs/tuning.md",
        "calc": "docs/cli.md#calc",
        "explain": "docs/cli.md#explain",
        "explain alert": "docs/alerts.md#why-did-it-ring-why-did-it-not",
        "whatif": "docs/cli.md#whatif",
        "stress": "docs/cli.md#stress",
        "compare": "docs/cli.md#compare",
        "history": "docs/cli.md#history",
        "calendar": "docs/calendar.md",
        "doctor": "docs/configuration.md",
        "venues": "docs/feeds.md",
        "scope": "docs/cli.md",
        "returns": "docs/notebook.md",
        "market-table": "docs/cli.md",
        "schema": "docs/mqtt.md#topics",
        "migrate": "docs/operations.md#upgrade",
        "alert": "docs/alerts.md",
        "alert ack": "docs/alerts.md#take-an-alert-on",
        "alert unack": "docs/alerts.md#take-an-alert-on",
        "alert drill": "docs/alerts.md#a-drill",
        "silence": "docs/alerts.md#silence",
        "maintenance": "docs/alerts.md#maintenance",
        "command": "docs/commands.md",
        "command list": "docs/commands.md#who-did-what",
        "push": "docs/push.md",
        "company": "docs/companies.md",
        "fact": "docs/cli.md#fact",
        "feeds": "docs/feeds.md",
        "feeds test": "docs/adapters.md",
        "rules": "docs/rules.md",
        "rules set": "docs/rules.md#rules-of-your-own",
        "rules remove": "docs/rules.md#rules-of-your-own",
        "rules test": "docs/tuning.md",
        "rules diff": "docs/tuning.md",
        "template": "docs/rules.md#messages",
        "config": "docs/configuration.md",
        "watchlist": "docs/cli.md#watchlist",
        "users": "docs/users.md",
        "route": "docs/users.md#who-is-told",
        "delivery": "docs/users.md#when-a-channel-fails",
        "data": "docs/operations.md#what-is-kept-and-how-much-memory-it-takes",
        "dlq": "docs/operations.md#when-something-is-away",
    }
)
"""The page of a command, or of the noun that it belongs to."""

EXAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "replay": "replay recorded/",
        "record": "record recorded/",
        "backfill": "backfill history.csv",
        "backtest": "backtest rules.yaml --data recorded/",
        "calc": "calc hashprice_usd_ph_day btc_usd=105000",
        "explain": "explain RIOT.margin",
        "whatif": "whatif RIOT --btc -20%",
        "stress": "stress RIOT",
        "history": "history RIOT.hashrate",
        "alert ack": "alert ack mining-margin-thin RIOT",
        "alert unack": "alert unack mining-margin-thin RIOT",
        "alert drill": "alert drill --rule btc-under-100k",
        "alert history": "alert history btc-under-100k BTC-USD",
        "alert tag": "alert tag btc-under-100k BTC-USD useful",
        "silence add": 'silence add company=HIVE --for 2h --reason "moving the fleet"',
        "silence end": "silence end 5f0c2a91d3",
        "maintenance add": 'maintenance add kraken --for 2h --reason "their notice"',
        "maintenance end": "maintenance end 5f0c2a91d3",
        "command sign": "command sign alert.ack rule=btc-under-100k key=BTC-USD --user ana",
        "push test": "push test docs/samples/push/ntfy.yaml",
        "push preview": "push preview docs/samples/push/ntfy.yaml",
        "company show": "company show RIOT",
        "fact set": "fact set RIOT.power_price_usd_kwh 0.045 --ttl 24h",
        "fact unset": "fact unset RIOT.power_price_usd_kwh",
        "feeds test": "feeds test kraken",
        "feeds backoff": "feeds backoff --seed 7",
        "rules set": "rules set --user ana mine.yaml",
        "rules remove": "rules remove --user ana iren-quarter",
        "rules test": "rules test rules-test.yaml",
        "rules diff": "rules diff old.yaml new.yaml",
        "rules explain": "rules explain mining-margin-thin --labels company=RIOT",
        "template render": "template render mining-margin-thin --key RIOT",
        "watchlist add": "watchlist add mine RIOT HIVE",
        "watchlist remove": "watchlist remove mine HIVE",
        "watchlist share": "watchlist share mine",
        "watchlist import": "watchlist import list.txt",
        "users follow": "users follow ana company=RIOT",
        "users unfollow": "users unfollow ana company=RIOT",
        "users forget": "users forget ana company=RIOT",
        "users follows": "users follows ana",
        "route test": "route test --alert btc-under-100k/BTC-USD",
        "dlq requeue": "dlq requeue --all",
        "dlq remove": "dlq remove --all",
    }
)
"""A line that is complete, of each command that cannot stand alone."""


def page_of(words: Sequence[str]) -> str:
    """Return the page about what was asked: of the verb, else of its noun, else of all commands."""
    plain = [word for word in words if not word.startswith("-")]
    return PAGES.get(" ".join(plain[:2])) or PAGES.get(" ".join(plain[:1])) or PAGES[""]


def names_page(words: str) -> bool:
    """Tell whether an error says itself where to read on."""
    return re.search(r"docs/\w+\.md", words) is not None


def misuse(error: TyperException) -> ConfigError:
    """Return what is wrong with a command line itself as an error of ours, with a mend."""
    path = _path(getattr(error, "ctx", None))
    said = error.format_message().replace("\n", " ").strip()
    said, _, near = said.partition(" Did you mean ")
    if near:
        hint = f"did you mean {near}"
    elif "No such command" in said:
        hint = f"`{' '.join((_PROGRAM, *path))} -h` lists the commands"
    else:
        hint = f"`{' '.join((_PROGRAM, *path))} -h` lists what it takes"
        example = EXAMPLES.get(" ".join(path))
        hint = f"write {_PROGRAM} {example}; {hint}" if example and "issing" in said else hint
    where = " ".join((_PROGRAM, *path))
    return ConfigError(f"{said[:1].lower()}{said[1:].rstrip('.')}", where=where, hint=hint)


def _path(context: typer.Context | None) -> list[str]:
    """Return the words of the command, without the program's own name."""
    words: list[str] = []
    while context is not None and context.parent is not None:
        words.insert(0, context.info_name or "")
        context = cast("typer.Context", context.parent)
    return words
