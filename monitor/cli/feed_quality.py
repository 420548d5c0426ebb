"""`hashhedge feeds quality`: gaps, stale and disputed spans, refused values, outages of streams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.books import load_companies
from monitor.cli.company import CompaniesOption, moment_of
from monitor.cli.live import LiveOption, ask, required_url, settings_with
from monitor.cli.output import Output, OutputOption, emit, sheet, talk
from monitor.cli.reason_words import said
from monitor.compute.flaw_report import Inspection, in_order, inspect, silent
from monitor.compute.instruments import Instruments
from monitor.compute.saved import read_cells
from monitor.core.clock import SECOND, Millis, SystemClock, iso
from monitor.core.discovery import declared
from monitor.core.errors import ConfigError
from monitor.core.mends import nearest
from monitor.domain.flaws import Flaw, FlawSpan, spans_of
from monitor.feeds.base import Feed
from monitor.nyse import nyse_calendar
from monitor.replay.layouts import open_history
from monitor.store.client import RedisClient
from monitor.store.commit import Committer
from monitor.store.feeds import FeedStore
from monitor.store.flaws import FlawStore
from monitor.store.keys import Keys

SHOWN = 40
"""Spans in the table; the other forms have all."""
LEGEND = "- not known: a service counts no quotes, a recording no streams; not every feed has one"


def quality(
    feed: Annotated[str | None, typer.Argument(help="Only this source.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First day or moment, UTC.")] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="First day or moment left out, UTC.")
    ] = None,
    recording: Annotated[
        Path | None,
        typer.Option("--recording", help="A recording or other history, not the running service."),
    ] = None,
    live: LiveOption = None,
    companies: CompaniesOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what was wrong with each source: gaps, stale spans, refused values, lost streams."""
    since = None if start is None else moment_of(start, "--from")
    until = None if end is None else moment_of(end, "--to")
    now = SystemClock().now()
    if since is not None and since > now:
        raise ConfigError(
            f"{start} has not come yet", where="--from", hint="name a day that has begun"
        )
    stocks = frozenset(load_companies(now, settings_with(companies=companies).companies))
    if recording is not None:
        history = open_history(recording, start=since, end=until)
        for skipped in history.skipped:
            talk.print(f"left out {skipped.name}: {skipped.reason}")
        moments = ((moment.at, moment.quotes) for moment in history.moments())
        found = inspect(moments, nyse_calendar(), stocks)
    else:
        url = required_url(live)
        found = ask(url, lambda client, keys: _of_service(client, keys, stocks, now))
    _refuse_unknown(feed, found)
    spans = [
        span for span in found.spans if feed in {None, span.source} and span.touches(since, until)
    ]
    data = _answer(found, spans, feed)
    emit(data, output, lambda: _draw(data), lambda: data["flaws"])


def _refuse_unknown(feed: str | None, found: Inspection) -> None:
    """Refuse a source that nobody heard of: an empty answer would say that all was well with it.

    One of our own feeds that is switched off has no flaws, and may be asked for.
    """
    known = {*found.quotes, *(name for name, _ in declared("monitor.feeds", "FEED", Feed))} - {""}
    if feed is not None and feed not in known:
        raise ConfigError(f"no source `{feed}`", where="FEED", hint=nearest(feed, known))


async def _of_service(
    client: RedisClient, keys: Keys, stocks: frozenset[str], now: Millis
) -> Inspection:
    """Return what the running service noticed, and who is silent now."""
    saved = read_cells(await Committer(client, keys).load())
    instruments = Instruments(nyse_calendar(), stocks, lambda _name: True)
    instruments.restore(saved.quotes, saved.reference, saved.now or now)
    store = FlawStore(client, keys)
    health = await FeedStore(client, keys).read()
    streams = {feed: record["stream"] for feed, record in health.items() if record.get("stream")}
    spans = [
        *spans_of(await store.events()),
        *(_so_far(span, now) for span in await store.refused()),
        *silent(instruments, now),
        *_down(streams),
    ]
    sources = {*(quote.source for quote in saved.quotes), *health, *(span.source for span in spans)}
    return Inspection(in_order(spans), dict.fromkeys(sources), frozenset(streams), now)


def _so_far(span: FlawSpan, now: Millis) -> FlawSpan:
    """Return a count by the hour with the end that it has had: the hour that runs ends now."""
    return replace(span, end=now) if span.end is not None and span.end > now else span


def _down(streams: Mapping[str, Mapping[str, Any]]) -> Iterator[FlawSpan]:
    """Yield the outages of streams that last."""
    for feed, stream in streams.items():
        if stream.get("down_since") is not None:
            yield FlawSpan(Flaw.DISCONNECTED, feed, "", stream["down_since"], None)


def _answer(found: Inspection, spans: list[FlawSpan], feed: str | None) -> dict[str, Any]:
    sources = set(found.quotes) - {""}
    return {
        "until": None if found.until is None else iso(found.until),
        "feeds": [
            _summary(source, [span for span in spans if span.source == source], found)
            for source in sorted(sources)
            if feed in {None, source}
        ],
        "flaws": list(_rows(spans, found.until)),
    }


def _summary(source: str, spans: list[FlawSpan], found: Inspection) -> dict[str, Any]:
    kinds = Counter(span.kind for span in spans)
    gaps = [row["duration_s"] for row in _rows(spans, found.until) if row["kind"] == Flaw.GAP]
    streams = source in found.streams
    return {
        "feed": source,
        "quotes": found.quotes[source],
        "gaps": kinds[Flaw.GAP],
        "longest_gap_s": max(gaps, default=None),
        "stale_spans": kinds[Flaw.STALE],
        "refused": sum(span.times for span in spans if span.kind is Flaw.REFUSED),
        "disconnections": kinds[Flaw.DISCONNECTED] if streams else None,
        "missed_messages": sum(span.times for span in spans if span.kind is Flaw.MISSED)
        if streams
        else None,
    }


def _rows(spans: list[FlawSpan], until: Millis | None) -> Iterator[dict[str, Any]]:
    for span in spans:
        end = until if span.end is None else span.end
        known = span.start is not None and end is not None
        yield {
            "feed": span.source or None,
            "kind": span.kind.value,
            "instrument": span.instrument or None,
            "start": None if span.start is None else iso(span.start),
            "end": None if span.end is None else iso(span.end),
            "duration_s": ((end or 0) - (span.start or 0)) / SECOND if known else None,
            "ongoing": span.end is None,
            "reason": span.reason or None,
            "count": span.times or None,
        }


def _draw(data: dict[str, Any]) -> Group:
    parts: list[RenderableType] = [_summaries(data["feeds"]), Text(LEGEND), Text()]
    if not data["flaws"]:
        return Group(*parts, Text("no flaw was found"))
    names = ("start, UTC", "until", "for", "what", "feed", "of")
    spans = sheet(*names, right=("for",))
    for row in data["flaws"][-SHOWN:]:
        lasted = "" if row["duration_s"] is None else f"{row['duration_s']:,.0f} s"
        words = (said(row["kind"]), row["feed"] or "venues", _of(row))
        spans.add_row(_time(row["start"]), _end(row), lasted, *map(Text, words))
    parts.append(spans)
    if len(data["flaws"]) > SHOWN:
        parts.append(Text(f"and {len(data['flaws']) - SHOWN:,} before: -o csv has all"))
    return Group(*parts)


def _summaries(rows: list[dict[str, Any]]) -> Table:
    head = ("feed", "quotes", "gaps", "longest", "stale", "refused", "cut", "missed")
    table = sheet(*head, right=head[1:])
    for row in rows:
        longest = "" if row["longest_gap_s"] is None else f"{row['longest_gap_s']:,.0f} s"
        counts = ("stale_spans", "refused", "disconnections", "missed_messages")
        table.add_row(
            Text(row["feed"]),
            _count(row["quotes"]),
            _count(row["gaps"]),
            longest,
            *(_count(row[name]) for name in counts),
        )
    return table


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _of(row: dict[str, Any]) -> str:
    """Return what a flaw is of: an instrument, a reason or the whole stream, with its count."""
    what = row["instrument"] or said(row["reason"] or "") or "its stream"
    return what if row["count"] is None else f"{what} x{row['count']:,}"


def _time(text: str | None) -> str:
    return "before" if text is None else text[:19].replace("T", " ")


def _end(row: dict[str, Any]) -> str:
    """Return the end: without its date where that is the beginning's."""
    if row["end"] is None:
        return "lasts"
    same = (row["start"] or "")[:10] == row["end"][:10]
    return row["end"][11:19] if same else _time(row["end"])
