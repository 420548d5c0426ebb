"""A replay's answer on the screen: what was played, what each rule did, what could not be judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.cli.output import sheet
from monitor.cli.reason_words import lacking, said

MAX_RULE_WIDTH = 22
"""A rule's name is not broken up to here; all seven columns fit 80 characters."""


def draw(data: dict[str, Any]) -> Group:
    """Draw the answer of a replay."""
    summary = Text(_summary(data))
    if not data["finished"]:
        return Group(summary, *([_alerts(data["alerts"])] if data["alerts"] else []))
    fired: list[RenderableType] = [Text("no rule fired")]
    if data["alerts"]:
        fired = [Text(), _alerts(data["alerts"]), Text()]
    return Group(summary, *fired, *_quiet(data["quiet"] or ()), *_unjudged(data["unjudged"] or ()))


def _summary(data: dict[str, Any]) -> str:
    if not data["finished"]:
        return "interrupted; the same command goes on from here"
    written = "" if data["transitions"] is None else f", {data['transitions']} transitions in all"
    return (
        f"played {data['moments']:,} moments ({data['ticks']:,} ticks) up to {data['until']} "
        f"in {data['seconds']:,.1f} s: {data['ticks_per_s']:,} ticks/s{written}"
    )


def _alerts(rows: list[dict[str, Any]]) -> RenderableType:
    names = ("rule", "subject", "fired", "resolved", "first, UTC", "last, UTC", "now")
    table = sheet(*names, right=("fired", "resolved"))
    table.columns[0].min_width = min(MAX_RULE_WIDTH, max(len(row["rule"]) for row in rows))
    for row in rows:
        counts = (f"{row['fired']:,}", f"{row['resolved']:,}")
        times = (row[name][:16].replace("T", "\n") for name in ("first_at", "last_at"))
        table.add_row(row["rule"], row["key"], *counts, *times, "firing" if row["firing"] else "")
    return table


def _quiet(rows: Sequence[dict[str, Any]]) -> Iterator[Text]:
    """Yield the rules that were judged and did not fire."""
    if rows:
        names = ", ".join(f"{row['rule']} ({', '.join(row['subjects'])})" for row in rows)
        yield Text(f"judged, and quiet: {names}")


def _unjudged(rows: Sequence[dict[str, Any]]) -> Iterator[Text]:
    """Yield the rules that never had a value to judge, those of one lack together."""
    if not rows:
        return
    yield Text("never judged, for there was no value in all of the replay:", style="yellow")
    for row in rows:
        why = lacking(row["missing"], row["reason"])
        if row["missing"] == [row["target"]]:
            why = said(row["reason"])
        words = f"  {row['rule']} on {row['target']}: {why}: {', '.join(row['subjects'])}"
        yield Text(words, style="yellow")
