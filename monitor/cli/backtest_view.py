"""A backtest's answer as records and on the screen, 80 columns wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.cli.output import age, percent, sheet
from monitor.cli.reason_words import lacking
from monitor.core.clock import iso
from monitor.tuning.episodes import Episode
from monitor.tuning.report import RuleReport

_SWEPT = (
    *("fires", "told", "alerts_per_week", "median_duration_s", "hits", "misfires"),
    *("false_rate", "median_lead_s", "moves", "missed_moves", "cost_of_silence_ratio"),
)
SHOWN_SPANS = 3
MAX_RULE_WIDTH = 24
"""A rule's name is not broken up to here."""


def rule_record(it: RuleReport) -> dict[str, Any]:
    """Return what a rule did as one record; times in seconds, ratios as fractions."""
    return {
        "rule": it.rule,
        "severity": it.severity,
        "subjects": list(it.subjects),
        "fires": it.fires,
        "told": it.told,
        "alerts_per_week": it.per_week,
        "muted": dict(it.muted),
        "muted_no_data": dict(it.muted_no_data),
        "still_firing": it.firing,
        "median_duration_s": _seconds(it.lasted_ms),
        "longest_duration_s": _seconds(it.longest_ms),
        "no_data_s": it.unknown_ms / 1_000,
        "no_data": [
            {"subject": span.key, "from": iso(span.begin), "to": iso(span.end)}
            for span in it.unknown
        ],
        "hits": it.hits,
        "misfires": it.misfires,
        "false_rate": it.false_ratio,
        "median_lead_s": _seconds(it.lead_ms),
        "moves": it.moves,
        "missed_moves": len(it.missed),
        "missed": [
            {"from": iso(move.begin), "at": iso(move.at), "size_ratio": move.size}
            for move in it.missed
        ],
        "cost_of_silence_ratio": it.silence_ratio,
        "repaints": it.repaints or None,
    }


def notice_record(it: Episode) -> dict[str, Any]:
    """Return what was noted beside the rules as one record."""
    return {
        "notice": it.rule,
        "subject": it.key,
        "from": iso(it.at),
        "to": None if it.end is None else iso(it.end),
        "muted_by": it.muted_by or None,
    }


def sweep_record(level: float, it: RuleReport) -> dict[str, Any]:
    """Return one level of a sweep as a record."""
    whole = rule_record(it)
    return {"level": level} | {name: whole[name] for name in _SWEPT}


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else ms / 1_000


def drawn(data: dict[str, Any]) -> Group:
    """Draw a backtest."""
    words = f"{data['ticks']:,} ticks, {_day(data['from'])} to {_day(data['to'])}"
    aim = f"a move is {data['move']} of {data['of']} within {data['within']}"
    table = sheet(
        *("rule", "fires", "told", "a week", "lasts", "false", "lead", "missed", "no data"),
        right=("fires", "told", "a week", "lasts", "false", "lead", "missed", "no data"),
    )
    if data["rules"]:
        longest = max(len(row["rule"]) for row in data["rules"])
        table.columns[0].min_width = min(MAX_RULE_WIDTH, longest)
    for row in data["rules"]:
        table.add_row(
            row["rule"],
            f"{row['fires']:,}",
            f"{row['told']:,}",
            _number(row["alerts_per_week"]),
            age(row["median_duration_s"]),
            _percent(row["false_rate"]),
            age(row["median_lead_s"]),
            f"{row['missed_moves']}/{row['moves']}",
            age(row["no_data_s"] or None),
        )
    return Group(Text(f"{words}; {aim}"), table, *_notes(data))


def _notes(data: dict[str, Any]) -> Iterator[RenderableType]:
    """Yield what the table has no room for: what was muted, unknown, missed, and not to be trusted."""
    for row in data["rules"]:
        if row["muted"]:
            words = ", ".join(f"{many} by {what}" for what, many in row["muted"].items())
            yield Text(f"{row['rule']}: fires that were not told: {words}")
        if row["muted_no_data"]:
            words = ", ".join(f"{many} by {what}" for what, many in row["muted_no_data"].items())
            yield Text(f"{row['rule']}: losses of data that were not told: {words}")
        yield from _gaps(row)
        if row["missed_moves"]:
            cost = percent(row["cost_of_silence_ratio"])
            yield Text(f"{row['rule']}: cost of silence: {cost} in {row['missed_moves']} moves")
        if row["repaints"]:
            yield Text(f"{row['rule']}: repaints: {row['repaints']}", style="yellow")
    yield from _noticed(data["notices"])
    if data["look_ahead"]:
        yield Text(
            f"look-ahead: the newest company figures on every date: {', '.join(data['look_ahead'])}; "
            "--facts as-known asks for those of the time",
            style="yellow",
        )
    for row in data["unjudged"]:
        why = lacking(row["missing"], row["reason"])
        who = ", ".join(row["subjects"])
        yield Text(f"{row['rule']} was never judged for {who}: {why}", style="yellow")


def _gaps(row: dict[str, Any]) -> Iterator[Text]:
    """Yield when a rule had no value, the subjects of one time together."""
    spans: dict[str, list[str]] = {}
    for span in row["no_data"]:
        spans.setdefault(f"{_day(span['from'])} to {_day(span['to'])}", []).append(span["subject"])
    for times, who in list(spans.items())[:SHOWN_SPANS]:
        yield Text(f"{row['rule']}: no data for {', '.join(who)}: {times}")
    if len(spans) > SHOWN_SPANS:
        yield Text(
            f"{row['rule']}: {len(spans) - SHOWN_SPANS} more spans without data", style="dim"
        )


def _noticed(rows: Sequence[dict[str, Any]]) -> Iterator[Text]:
    """Yield what was told beside the rules, the subjects of one time together."""
    spans: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        end = "" if row["to"] == row["from"] else f" to {_day(row['to'])}"
        quiet = f", quiet by {row['muted_by']}" if row["muted_by"] else ""
        times = f"{_day(row['from'])}{end}{quiet}"
        spans.setdefault(row["notice"], {}).setdefault(times, []).append(row["subject"])
    for notice, found in spans.items():
        for times, who in list(found.items())[:SHOWN_SPANS]:
            yield Text(f"{notice}: {', '.join(who)}: {times}")
        if len(found) > SHOWN_SPANS:
            yield Text(f"{notice}: {len(found) - SHOWN_SPANS} more", style="dim")


def drawn_sweep(data: dict[str, Any]) -> Group:
    """Draw a sweep: how much noise each level makes, and how long before a move it speaks."""
    names = (data["field"], "fires", "a week", "lasts", "false", "lead", "missed", "silence")
    table = sheet(*names, right=names)
    for row in data["levels"]:
        table.add_row(
            f"{row['level']:,.10g}",
            f"{row['fires']:,}",
            _number(row["alerts_per_week"]),
            age(row["median_duration_s"]),
            _percent(row["false_rate"]),
            age(row["median_lead_s"]),
            f"{row['missed_moves']}/{row['moves']}",
            percent(row["cost_of_silence_ratio"]),
        )
    return Group(Text(f"{data['rule']} with other levels of `{data['field']}`"), table)


def _day(moment: str | None) -> str:
    return "-" if moment is None else moment[:16].replace("T", " ")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _percent(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio * 100:.0f} %"
