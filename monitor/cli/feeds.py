"""`hashhedge feeds`: how the providers are doing; whether an adapter keeps the contract."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from monitor.app.providers import configured_feeds
from monitor.books import load_companies
from monitor.cli.company import CompaniesOption
from monitor.cli.feed_probe import show_probe
from monitor.cli.feed_quality import quality
from monitor.cli.feed_revisions import revisions
from monitor.cli.feed_streams import named, seconds_text, stream_row, stream_table
from monitor.cli.live import LiveOption, ask, required_url, settings_with
from monitor.cli.output import Output, OutputOption, emit, sheet, talk
from monitor.cli.quotes import disputed_quotes, quote_row, stored_quotes
from monitor.cli.reason_words import said
from monitor.core.clock import SystemClock
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.domain.freshness import freshness
from monitor.feeds.adapter import run_adapter_test
from monitor.feeds.credentials import missing_keys
from monitor.feeds.lanes import waits_s
from monitor.store.externals import ExternalStore
from monitor.store.feeds import FeedStore

FeedsOption = Annotated[
    Path | None, typer.Option("--feeds", envvar="HASHHEDGE_FEEDS", help="Feeds book.")
]

app = typer.Typer(help="Feeds: state of the providers, adapter tests.", no_args_is_help=True)
app.command()(quality)
app.command()(revisions)


@app.command()
def status(live: LiveOption = None, output: OutputOption = Output.TABLE) -> None:
    """Show each feed of the running service: state, age, last error; exit 1 if none answers."""
    url = required_url(live)
    now = SystemClock().now()
    senders = ask(url, lambda client, keys: ExternalStore(client, keys).read())
    health = ask(url, lambda client, keys: FeedStore(client, keys).read())
    health |= {name: _sender(record, now) for name, record in senders.items()}
    quotes = ask(url, lambda client, keys: FeedStore(client, keys).quotes())
    rows = [_row(feed, record, quotes, now) for feed, record in health.items()]
    rows += [_left_out(feed) for feed in _without_key() if feed not in health]
    emit(rows, output, lambda: table(rows))
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


def _sender(record: dict[str, Any], now: int) -> dict[str, Any]:
    """Return who posts to /ingest as a feed; nobody looks after it, so its state is of now."""
    state = freshness(record["observed_at"], record["budget_ms"], now)
    return record | {"state": state.value, "failures": []}


def _without_key() -> list[str]:
    """Return the feeds that are switched on and have no key; the service leaves them out."""
    specs = [feed.spec for feed in configured_feeds(settings_with().feeds)]
    return [
        spec.name for spec in specs if spec.enabled and missing_keys(spec.credentials, os.environ)
    ]


def _said(quote: dict[str, Any]) -> str:
    """Return what a source said of the session where the calendar does not bear it out."""
    return f"said {quote['session_said']}" if quote["session_said"] else ""


def _left_out(feed: str) -> dict[str, Any]:
    return {
        "feed": feed,
        "state": "no key",
        "breaker": None,
        "budget_used_ratio": None,
        "divergence_ratio": None,
        "next_due_s": None,
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
        "breaker": record.get("breaker"),
        "budget_used_ratio": record.get("budget_used_ratio"),
        "divergence_ratio": record.get("divergence_ratio"),
        "next_due_s": _until(record.get("next_due"), now),
        "age_s": None if observed_at is None else (now - observed_at) / 1_000,
        "last_success_s": None if success is None else (now - success) / 1_000,
        "instruments": sorted(key.partition("|")[0] for key in own),
        "error": failures[-1]["reason"] if failures else None,
        "message": failures[-1]["message"] if failures else None,
        "stream": stream_row(record.get("stream"), now),
    }


def table(rows: list[dict[str, Any]]) -> Group:
    """Draw the feeds: names stay whole at 80 columns, a breaker and a stream are named if they matter."""
    names = ("feed", "state", "age", "answered", "budget", "of", "error")
    table = sheet(*names, right=("age", "answered", "budget", "of"), whole=("feed",))
    for row in rows:
        breaker = row["breaker"] or "closed"
        state = row["state"] if breaker == "closed" else f"{row['state']}, breaker {breaker}"
        table.add_row(
            row["feed"],
            state.replace("_", " "),
            seconds_text(row["age_s"]),
            seconds_text(row["last_success_s"]),
            "" if row["budget_used_ratio"] is None else f"{row['budget_used_ratio']:.0%}",
            str(len(row["instruments"])),
            said(row["error"]),
        )
    errors = [Text(named(row["feed"], row["message"])) for row in rows if row["message"]]
    sent = [row for row in rows if row["stream"]]
    errors += [
        Text(named(row["feed"], row["stream"]["message"], " stream"))
        for row in sent
        if row["stream"]["message"]
    ]
    if sent:
        return Group(table, stream_table(sent), *errors)
    return Group(table, *errors)


def _until(moment: int | None, now: int) -> float | None:
    return None if moment is None else max(0, moment - now) / 1_000


@app.command()
def quotes(
    live: LiveOption = None, companies: CompaniesOption = None, output: OutputOption = Output.TABLE
) -> None:
    """Show every stored quote of the running service: value, both times, age, state."""
    url = required_url(live)
    now = SystemClock().now()
    stocks = load_companies(now, settings_with(companies=companies).companies)
    stored, saved = ask(url, stored_quotes)
    disputed = disputed_quotes(stored, saved, now)
    rows = [quote_row(quote, stocks, now, disputed) for quote in stored]
    emit(rows, output, lambda: _quotes(rows))


def _quotes(rows: list[dict[str, Any]]) -> Table:
    names = ("instrument", "source", "value", "observed, UTC", "arrived", "age", "state")
    table = sheet(*names, right=("value", "age"))
    for row in rows:
        observed = row["observed_at"][:19].replace("T", " ")
        arrived = (row["received_at"] or "-")[11:19] or "-"
        words = (row["instrument"], row["source"], f"{row['value']:,.10g}", observed, arrived)
        state = ", ".join(filter(None, (row["state"], row["session"], _said(row))))
        table.add_row(*map(Text, words), seconds_text(row["age_s"]), state)
    return table


@app.command("list")
def list_feeds(
    feeds: FeedsOption = None,
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


def _listing(rows: list[dict[str, Any]]) -> Group:
    table = sheet("feed", "on", "every", "key", "quotes", right=("every",), whole=("feed", "every"))
    for row in rows:
        key = row["key"] + ("" if row["key_set"] else "\n(not set)")
        table.add_row(
            row["feed"],
            "yes" if row["enabled"] else "no",
            f"{row['interval_s']:g} s",
            key,
            _kinds(row["instruments"]),
        )
    return Group(table, Text("-o json has every name, the address and the licence"))


def _kinds(names: list[str]) -> str:
    """Return names for a cell; series of one family are one word, since some feeds fill a page."""
    families = Counter(name.partition(".")[0] for name in names if "." in name)
    words = (
        f"{family}.* ({families[family]})"
        if families[family := name.partition(".")[0]] > 1
        else name
        for name in names
    )
    return ", ".join(dict.fromkeys(words))


@app.command()
def backoff(
    seed: Annotated[int, typer.Option("--seed", help="The seed of the run.")],
    feed: Annotated[str | None, typer.Option("--feed", help="Only this feed.")] = None,
    count: Annotated[int, typer.Option("--count", min=1, max=1_000, help="How many waits.")] = 8,
    feeds: FeedsOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Print how long each feed waits after failures in a row, in a run with this seed.

    They are the wait_s of feed.poll_failed in the log of a run with HASHHEDGE_BACKOFF_SEED set,
    where the provider states no wait of its own. The log has those that can still grow; at the
    level debug it has all of them.
    """
    specs = [each.spec for each in configured_feeds(feeds)]
    if feed is not None and feed not in {spec.name for spec in specs}:
        mend = nearest(feed, [spec.name for spec in specs])
        raise ConfigError(f"no feed `{feed}`", where="--feed", hint=mend)
    rows = [
        {"feed": spec.name, "seed": seed, "waits_s": [round(wait, 3) for wait in waits]}
        for spec in specs
        if (spec.enabled if feed is None else spec.name == feed)
        for waits in [waits_s(spec, seed, count)]
    ]
    emit(rows, output, lambda: _waits(rows))


def _waits(rows: list[dict[str, Any]]) -> Table:
    table = sheet("feed", "waits in seconds after the 1st, 2nd, … failure in a row")
    for row in rows:
        table.add_row(row["feed"], "  ".join(f"{wait:.3f}" for wait in row["waits_s"]))
    return table


@app.command()
def test(
    what: Annotated[
        str,
        typer.Argument(
            metavar="PROVIDER", help="A feed's name; or an adapter's file, or its folder."
        ),
    ],
    feeds: FeedsOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Ask a provider once and show its answer; run an adapter's file offline. Exit 1 on a finding.

    A file is run against the recorded answer beside it.
    """
    path = Path(what)
    if not path.exists() and path.name == what and not path.suffix:
        show_probe(what, feeds, output)
        return
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
