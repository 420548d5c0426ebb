"""`hashhedge alert tag` and `alert report`: which alerts were worth it, and which rule is noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import typer
from rich.table import Table
from rich.text import Text

from alerts.codec import decode_transition
from alerts.model import Transition
from monitor.cli.alert_trail import trail_with_notices
from monitor.cli.live import LiveOption, ask, required_url
from monitor.cli.orders import DryRunOption
from monitor.cli.output import Output, OutputOption, emit, percent, sheet
from monitor.core.clock import Millis, iso
from monitor.core.errors import ConfigError
from monitor.store.client import RedisClient
from monitor.store.keys import Keys
from monitor.store.tags import MAX_TAGS, TagStore
from monitor.store.transitions import committed_transitions
from monitor.tuning.episodes import Episode, Episodes


class Tag(StrEnum):
    """What an alert was worth."""

    USEFUL = "useful"
    NOISE = "noise"


class Fire(NamedTuple):
    """One fire that people were told of: what may be useful or noise.

    Attributes:
        id: under which it is tagged: of the alert's own word, or of the fire where another told it.
        fired: the id of the fire itself; another one where the alert had its word later.
        rule: its rule.
        key: its subject.
        at: when the alert said so, or fired where another told it, ms UTC.

    """

    id: str
    fired: str
    rule: str
    key: str
    at: Millis


def told_fires(episodes: Episodes) -> list[Fire]:
    """Return the fires that people were told of, in the order in which they fired.

    By a word of their own, at once or later, or as one of several: by a digest, the summary of a
    cap, or a silence that says what it hides or hid.
    """
    return [_fire(it, it.told_by) for it in episodes.alerts() if it.told_by is not None]


def _fire(episode: Episode, by: Transition) -> Fire:
    own = (by.rule, by.key) == (episode.rule, episode.key)
    name, at = (by.id, by.at) if own else (episode.id, episode.at)
    return Fire(name, episode.id, episode.rule, episode.key, at)


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
    last = _last_fire(url, rule, key, which)
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


def _last_fire(url: str, rule: str, key: str, which: str | None) -> Fire:
    """Return the last fire of an alert that people were told of, or the one with an id.

    Raises:
        ConfigError: there is none.

    """
    episodes = Episodes()
    for change in trail_with_notices(url, rule, key):
        episodes.take(change)
    fires = [
        it
        for it in told_fires(episodes)
        if (it.rule, it.key) == (rule, key) and which in {None, it.id, it.fired}
    ]
    if not fires:
        named = "" if which is None else f" with the id {which}"
        problem = f"nobody was told of an alert of `{rule}` for `{key}`{named}"
        hint = "`hashhedge alert history RULE` lists what became of it, with ids"
        raise ConfigError(problem, where="RULE KEY", hint=hint)
    return fires[-1]


def report(live: LiveOption = None, output: OutputOption = Output.TABLE) -> None:
    """Show how many alerts of each rule were useful, by those that somebody tagged."""

    async def read(client: RedisClient, keys: Keys) -> list[dict[str, Any]]:
        episodes = Episodes()
        async for body in committed_transitions(client, keys):
            episodes.take(decode_transition(body))
        told = [(it.rule, it.id) for it in told_fires(episodes)]
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
