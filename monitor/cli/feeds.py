"""`hashhedge feeds`: how the providers are doing; whether an adapter keeps the contract."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from monitor.app.world import configured_feeds
from monitor.books import load_companies
from monitor.cli.company import CompaniesOption
from monitor.cli.feed_quality import quality
from monitor.cli.feed_revisions import revisions
from monitor.cli.feed_streams import seconds_text, stream_row, stream_table
from monitor.cli.live import LiveOption, ask, required_url, settings_with
from monitor.cli.output import Output, OutputOption, emit, sheet, talk
from monitor.cli.quotes import quote_row, stored_quotes
from monitor.core.clock import SystemClock
from monitor.feeds.adapter import run_adapter_test
from monitor.feeds.credentials import missing_keys
from monitor.store.feeds import FeedStore

app = typer.Typer(help="Feeds: state of the providers, adapter tests.", no_args_is_help=True)
app.command()(quality)
app.command()(revisions)


@app.command()
def status(live: LiveOption = None, output: OutputOption = Output.TABLE) -> None:
    """Show each feed of the running service: state, age, last error; exit 1 if none answers."""
    url = required_url(live)
    health = ask(url, lambda client, keys: FeedStore(client, keys).read())
    quotes = ask(url, lambda client, keys: FeedStore(client, keys).quotes())
    now = SystemClock().now()
    rows = [_row(feed, record, quotes, now) for feed, record in health.items()]
    rows += [_left_out(feed) for feed in _without_key() if feed not in health]
    emit(rows, output, lambda: _table(rows))
    if not health:
        talk.print("no feed has been asked yet: does a service run with the role feeds?")
    elif all(record["last_success"] is None for record in health.values()):
        if any(record["failures"] for record in health.values()):
            talk.print("no provider can be reached: is this machine online?")
        else:
            talk.print("no provider has answered yet and none has failed: ask again in a moment")
    else:
        return
    raise typer.Exit(1)


def _without_key() -> list[str]:
    """Return the feeds that are switched on and have no key; the service leaves them out."""
    specs = [feed.spec for feed in configured_feeds(settings_with().feeds)]
    return [
        spec.name for spec in specs if spec.enabled and missing_keys(spec.credentials, os.environ)
    ]


def _left_out(feed: str) -> dict[str, Any]:
    return {
        "feed": feed,
        "state": "no key",
        "age_s": None,
        "last_success_s": None,
        "instruments": [],
        "error": None,
        "message": None,
        "stream": None,
    }


def _row(
    feed: str, record: dict[str, Any], quotes: dict[str, dict[str, Any]], now: int
) -> dict[str, Any]:
    own = {key: item for key, item in quotes.items() if key.endswith(f"|{feed}")}
    observed_at, success = record["observed_at"], record["last_success"]
    failures = record["failures"]
    return {
        "feed": feed,
        "state": record["state"],
        "age_s": None if observed_at is None else (now - observed_at) / 1_000,
        "last_success_s": None if success is None else (now - success) / 1_000,
        "instruments": sorted(key.partition("|")[0] for key in own),
        "error": failures[-1]["reason"] if failures else None,
        "message": failures[-1]["message"] if failures else None,
        "stream": stream_row(record.get("stream"), now),
    }


def _table(rows: list[dict[str, Any]]) -> Group:
    names = ("feed", "state", "age", "answered", "instruments", "error", "stream")
    table = sheet(*names, right=("age", "answered"))
    for row in rows:
        table.add_row(
            row["feed"],
            row["state"],
            seconds_text(row["age_s"]),
            seconds_text(row["last_success_s"]),
            str(len(row["instruments"])),
            row["error"] or "",
            (row["stream"] or {}).get("link", ""),
        )
    errors = [Text(f"{row['feed']}: {row['message']}") for row in rows if row["message"]]
    sent = [row for row in rows if row["stream"]]
    errors += [
        Text(f"{row['feed']} stream: {row['stream']['message']}")
        for row in sent
        if row["stream"]["message"]
    ]
    if sent:
        return Group(table, stream_table(sent), *errors)
    return Group(table, *errors)


@app.command()
def quotes(
    live: LiveOption = None, companies: CompaniesOption = None, output: OutputOption = Output.TABLE
) -> None:
    """Show every stored quote of the running service: value, both times, age, whether fresh."""
    url = required_url(live)
    now = SystemClock().now()
    stocks = load_companies(now, settings_with(companies=companies).companies)
    stored = ask(url, stored_quotes)
    rows = [quote_row(quote, stocks, now) for quote in stored]
    emit(rows, output, lambda: _quotes(rows))


def _quotes(rows: list[dict[str, Any]]) -> Table:
    names = ("instrument", "source", "value", "observed, UTC", "arrived", "age", "fresh")
    table = sheet(*names, right=("value", "age"))
    for row in rows:
        observed = row["observed_at"][:19].replace("T", " ")
        arrived = (row["received_at"] or "-")[11:19] or "-"
        fresh = "yes" if row["fresh"] else "no"
        words = (row["instrument"], row["source"], f"{row['value']:,.10g}", observed, arrived)
        table.add_row(*map(Text, words), seconds_text(row["age_s"]), fresh)
    return table


@app.command("list")
def list_feeds(
    feeds: Annotated[
        Path | None, typer.Option("--feeds", envvar="HASHHEDGE_FEEDS", help="Feeds book.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the providers as the book wants them."""
    rows = [
        {
            "feed": feed.spec.name,
            "enabled": feed.spec.enabled,
            "interval_s": feed.spec.interval_s,
            "fresh_s": feed.spec.fresh_s,
            "key": ", ".join(key.env for key in feed.spec.credentials),
            "key_set": not missing_keys(feed.spec.credentials, os.environ),
            "instruments": list(feed.spec.instruments),
            "base_url": feed.spec.base_url,
            "licence": feed.spec.licence,
        }
        for feed in configured_feeds(feeds)
    ]
    emit(rows, output, lambda: _listing(rows))


def _listing(rows: list[dict[str, Any]]) -> Table:
    table = sheet("feed", "on", "every", "key", "quotes", right=("every",))
    for row in rows:
        key = row["key"] + ("" if row["key_set"] else "\n(not set)")
        table.add_row(
            row["feed"],
            "yes" if row["enabled"] else "no",
            f"{row['interval_s']:g} s",
            key,
            ", ".join(row["instruments"]),
        )
    return table


@app.command()
def test(
    path: Annotated[Path, typer.Argument(help="Adapter file, or the folder it lies in.")],
    output: OutputOption = Output.TABLE,
) -> None:
    """Run an adapter against the recorded answer beside it, offline; exit 1 on a finding."""
    findings = run_adapter_test(path)
    rows = [{"check": item.check, "passed": item.ok, "detail": item.fault} for item in findings]
    emit(rows, output, lambda: _findings(rows))
    if not all(item.ok for item in findings):
        raise typer.Exit(1)


def _findings(rows: list[dict[str, Any]]) -> Table:
    table = sheet("check", "result", "detail")
    for row in rows:
        table.add_row(row["check"], "pass" if row["passed"] else "fail", row["detail"])
    return table
