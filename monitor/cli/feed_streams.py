"""How the streams of the feeds are doing, for `hashhedge feeds status`."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from monitor.cli.output import sheet

_COUNTED = ("reconnects", "gaps", "missed", "duplicates", "out_of_order")


def seconds_text(value: float | None) -> str:
    """Return an age for people; a moment that never was has none."""
    return "never" if value is None else f"{value:,.0f} s"


def stream_row(record: dict[str, Any] | None, now: int) -> dict[str, Any] | None:
    """Return a stream's record with ages in seconds in place of moments; None: it has none.

    `last_message_age_s` counts any sign of life; `last_trade_age_s` counts from the source's own
    time of the newest value, and grows in a quiet market while the link stays up.
    """
    if record is None:
        return None
    ages = {
        "up_s": record["up_since"],
        "last_message_age_s": record["heard_at"],
        "last_trade_age_s": record["traded_at"],
    }
    retry_at = record["retry_at"]
    return {
        "link": record["link"],
        **{name: None if at is None else (now - at) / 1_000 for name, at in ages.items()},
        "retry_in_s": None if retry_at is None else max(0.0, (retry_at - now) / 1_000),
        **{name: record[name] for name in _COUNTED},
        "refused": record["refused"],
        "error": record["error"] or None,
        "message": record["message"] or None,
    }


def stream_table(rows: list[dict[str, Any]]) -> Table:
    """Return the streams of these feeds as a table; gaps show in brackets what they lack."""
    ages, counted = ("message", "trade"), ("reopened", "gaps", "twice", "late")
    table = sheet("stream", "link", *ages, *counted, "error", right=(*ages, *counted))
    for row in rows:
        stream = row["stream"]
        lacking = f" ({stream['missed']:,})" if stream["missed"] else ""
        table.add_row(
            row["feed"],
            stream["link"],
            seconds_text(stream["last_message_age_s"]),
            seconds_text(stream["last_trade_age_s"]),
            f"{stream['reconnects']:,}",
            f"{stream['gaps']:,}{lacking}",
            f"{stream['duplicates']:,}",
            f"{stream['out_of_order']:,}",
            stream["error"] or "",
        )
    return table


def named(feed: str, message: str, of: str = "") -> str:
    """Return what went wrong with a feed's name before it, once: most messages begin with it."""
    return f"{feed}{of}: {message.removeprefix(f'{feed}: ')}"
