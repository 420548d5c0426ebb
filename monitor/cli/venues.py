"""`hashhedge venues`: who makes the reference price, with what weight, and who is out and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from monitor.app.providers import configured_feeds
from monitor.books import load_flags
from monitor.cli.live import LiveOption, committed, required_url, settings_with
from monitor.cli.output import Output, OutputOption, emit, sheet
from monitor.compute.saved import Saved
from monitor.core.clock import Millis, SystemClock, iso
from monitor.domain.consensus import Memory
from monitor.domain.venue_health import VenueHealth, venue_health
from monitor.domain.venues import FAMILY, venue_prices
from monitor.domain.volumes import LOW_WEIGHT_RATIO, thinness


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(venues)


def venues(
    feeds: Annotated[
        Path | None, typer.Option("--feeds", envvar="HASHHEDGE_FEEDS", help="Feeds book.")
    ] = None,
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the venues of the reference price: health, price, volume, weight; why one is out.

    Warns when all of them together trade 80 % less than usual. Give --feeds as the running service
    has it.
    """
    path = settings_with(feeds=feeds).feeds
    asked = [
        feed.spec.name
        for feed in configured_feeds(path)
        if feed.spec.enabled and not FAMILY.isdisjoint(feed.spec.instruments)
    ]
    saved = committed(required_url(live))
    data = standing(saved, load_flags(path), asked, SystemClock().now())
    emit(data, output, lambda: _page(data))


def standing(
    saved: Saved, flags: Mapping[str, str], asked: list[str], now: Millis
) -> dict[str, Any]:
    """Return the venues as they stand at `now`, with the price and the market's volume."""
    memory = Memory() if saved.reference is None else saved.reference.memory
    quotes = [quote for quote in saved.quotes if quote.instrument in FAMILY]
    found, agreed, _ = venue_health(quotes, flags, asked, memory, now)
    usual = {} if saved.reference is None else saved.reference.volumes
    market = thinness(usual, venue_prices(quotes, now, flags), now)
    return {
        "price": agreed.value,
        "quality": agreed.quality.word,
        "volume_change_ratio": market.ratio,
        "warning": _warning(market.ratio) if market.thin else None,
        "venues": [_row(item, flags, now) for item in found],
    }


def _warning(ratio: float | None) -> str:
    change = "" if ratio is None else f"{ratio:+.0%} against what is usual"
    return f"thin market: the venues' volume is {change}, so the price rests on little"


def _row(item: VenueHealth, flags: Mapping[str, str], now: Millis) -> dict[str, Any]:
    said = flags.get(item.venue) if item.reason == "flagged" else None
    return {
        "venue": item.venue,
        "state": item.state.value,
        "price": item.price,
        "off_ratio": item.off_ratio,
        "volume_btc": item.volume_btc,
        "weight_ratio": item.weight_ratio,
        "low_weight": 0 < item.weight_ratio < LOW_WEIGHT_RATIO,
        "reason": f"excluded: {said}" if said else item.reason or None,
        "converted_by": item.converted_by,
        "observed_at": None if item.observed_at is None else iso(item.observed_at),
        "age_s": None if item.observed_at is None else (now - item.observed_at) / 1_000,
    }


def _page(data: dict[str, Any]) -> Group:
    price = "no price" if data["price"] is None else f"{data['price']:,.2f} USD"
    head = Text(f"BTC-USD {price}, {data['quality']}")
    warning = [Text(f"warning: {data['warning']}", style="yellow")] if data["warning"] else []
    return Group(head, *warning, _table(data["venues"]))


def _table(rows: list[dict[str, Any]]) -> Table:
    names = ("venue", "state", "price", "off", "volume", "weight", "note")
    table = sheet(*names, right=("price", "off", "volume", "weight"))
    for row in rows:
        low = "low weight" if row["low_weight"] else ""
        through = f"through {row['converted_by']}" if row["converted_by"] else ""
        table.add_row(
            row["venue"],
            row["state"],
            "-" if row["price"] is None else f"{row['price']:,.2f}",
            "-" if row["off_ratio"] is None else f"{row['off_ratio']:+.2%}",
            "-" if row["volume_btc"] is None else f"{row['volume_btc']:,.0f} BTC",
            f"{row['weight_ratio']:.1%}",
            Text(", ".join(filter(None, (row["reason"], low, through)))),
        )
    return table
