"""`hashhedge alert tag` and `alert report`: which alerts were worth it, and which rule is noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from alerts.codec import decode_transition
from alerts.model import AlertState, Transition
from alerts.reasons import NoticeReason
from monitor.cli.alert_trail import trail
from monitor.cli.live import LiveOption, ask, required_url
from monitor.cli.orders import DryRunOption
from monitor.cli.output import Output, OutputOption, emit, percent, sheet
from monitor.core.clock import iso
from monitor.core.errors import ConfigError
from monitor.store.client import RedisClient
from monitor.store.keys import Keys
from monitor.store.tags import MAX_TAGS, TagStore
from monitor.store.transitions import committed_transitions


class Tag(StrEnum):
    """What an alert was worth."""

    USEFUL = "useful"
    NOISE = "noise"


_FIRES = frozenset({AlertState.FIRING, AlertState.NOTED})
_BEGINNINGS = frozenset({NoticeReason.NEW, NoticeReason.VALUE_CHANGED})


def is_fire(item: Transition) -> bool:
    """Tell whether people were told that something begins: what may be useful or noise."""
    return item.told and item.to_state in _FIRES and item.notice in _BEGINNINGS


def tag(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule's id.")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its subject: RIOT, BTC-USD.")],
    worth: Annotated[Tag, typer.Argument(metavar="useful|noise", help="What it was worth.")],
    which: Annotated[
        str | None, typer.Option("--id", help="Of an earlier one; `alert history` has them.")
    ] = None,
    dry_run: DryRunOption = False,  # an option of the command line
    live: LiveOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say what the last alert of a rule and subject was worth; the last word counts."""
    url = required_url(live)
    fires = [it for it in trail(url, rule, key) if is_fire(it) and which in {None, it.id}]
    if not fires:
        named = "" if which is None else f" with the id {which}"
        problem = f"nobody was told of an alert of `{rule}` for `{key}`{named}"
        hint = "`hashhedge alert history RULE` lists what became of it, with ids"
        raise ConfigError(problem, where="RULE KEY", hint=hint)
    last = fires[-1]
    data: dict[str, Any] = {
        "id": last.id,
        "at": iso(last.at),
        "rule": rule,
        "key": key,
        "tag": worth.value,
    }
    if dry_run:
        data["dry_run"] = True
        emit(data, output, lambda: Text(f"{rule} {key} of {data['at']} would be: {worth}"))
        return
    if not ask(url, lambda client, keys: TagStore(client, keys).put(last.id, worth.value)):
        problem = f"there are {MAX_TAGS} tags already"
        raise ConfigError(problem, where="RULE KEY", hint="delete the key `tags` in Redis")
    emit(data, output, lambda: Text(f"{rule} {key} of {data['at']}: {worth}"))


def report(live: LiveOption = None, output: OutputOption = Output.TABLE) -> None:
    """Show how many alerts of each rule were useful, by those that somebody tagged."""

    async def read(client: RedisClient, keys: Keys) -> list[dict[str, Any]]:
        told = [
            (item.rule, item.id)
            async for body in committed_transitions(client, keys)
            if is_fire(item := decode_transition(body))
        ]
        return precision(told, await TagStore(client, keys).read())

    rows = ask(required_url(live), read)
    emit(rows, output, lambda: _table(rows))


def precision(told: Iterable[tuple[str, str]], tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what each rule's alerts were worth, the worst first and what nobody tagged last.

    `told` has the rule and the id of each fire that people were told of. The precision is useful
    over useful and noise, unknown without a tag.
    """
    counts: dict[str, dict[str, int]] = {}
    for rule, name in told:
        row = counts.setdefault(rule, {"told": 0, Tag.USEFUL.value: 0, Tag.NOISE.value: 0})
        row["told"] += 1
        if name in tags:
            row[tags[name]] += 1
    rows = [
        {"rule": rule} | row | {"precision": _share(row["useful"], row["noise"])}
        for rule, row in counts.items()
    ]
    return sorted(rows, key=_order)


def _order(row: Mapping[str, Any]) -> tuple[bool, float, str]:
    known = row["precision"]
    return known is None, known or 0.0, row["rule"]


def _share(useful: int, noise: int) -> float | None:
    return useful / (useful + noise) if useful + noise else None


def _table(rows: list[dict[str, Any]]) -> Table:
    names = ("told", "useful", "noise", "precision")
    table = sheet("rule", *names, right=names)
    for row in rows:
        share = "-" if row["precision"] is None else percent(row["precision"])
        table.add_row(row["rule"], *(f"{row[name]:,}" for name in names[:3]), share)
    return table
