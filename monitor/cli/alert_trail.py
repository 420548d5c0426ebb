"""The trail of one alert, for people: what it became, whether it was told, who took it on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from alerts.codec import FIELD, decode_transition
from alerts.model import News, Transition
from alerts.reasons import Reason
from monitor.cli.live import ask
from monitor.cli.output import number, sheet
from monitor.cli.reason_words import said
from monitor.core.clock import iso
from monitor.store.client import RedisClient, translated
from monitor.store.keys import Keys
from monitor.store.transitions import committed_transitions
from monitor.tuning.episodes import Episodes

KEPT = 10_000
"""How many changes of an alert are looked at, the newest ones."""
NOTHING: Mapping[str, Transition] = {}
_SPEAKERS: Mapping[str, str] = {
    News.DIGEST.value: "the digest",
    News.OVERFLOW.value: "the cap's summary",
    News.SILENCE.value: "the silence's notice",
}
"""What tells of alerts among others, in words."""
_WORDS = {Reason.ACKNOWLEDGED: "acked", Reason.UNACKNOWLEDGED: "given back"}


def trail_with_notices(url: str, rule: str, key: str | None) -> list[Transition]:
    """Return the changes of a rule's alerts, or of one, and the notices that speak of them; in order.

    Raises:
        StoreUnavailable: Redis did not answer.

    """

    async def read(client: RedisClient, keys: Keys) -> list[Transition]:
        found: list[Transition] = []
        mark = rule.encode()
        async for body in committed_transitions(client, keys):
            if mark not in body:  # most are of other rules, and are not worth decoding
                continue
            item = decode_transition(body)
            if _is_of(item, rule, key):
                found.append(item)
                if len(found) > 2 * KEPT:
                    del found[:KEPT]
        return found[-KEPT:]

    return ask(url, read)


def _is_of(item: Transition, rule: str, key: str | None) -> bool:
    """Tell whether a change is of an alert, or speaks of it among others."""
    if item.rule == rule:
        return key in {None, item.key}
    return any(
        name == f"{rule}|{key}" if key is not None else name.startswith(f"{rule}|")
        for name in item.members
    )


def waiting(url: str, rule: str) -> frozenset[str]:
    """Return the ids of a rule's changes that no broker has taken yet: it is away, or slow.

    Raises:
        StoreUnavailable: Redis did not answer.

    """

    async def read(client: RedisClient, keys: Keys) -> frozenset[str]:
        with translated("look at what waits for delivery"):
            entries: Any = await client.xrange(keys.outbox, count=KEPT)
        mark = rule.encode()
        bodies = (fields.get(FIELD.encode(), b"") for _, fields in entries)
        return frozenset(decode_transition(body).id for body in bodies if mark in body)

    return ask(url, read)


def named_in(trail: Iterable[Transition]) -> dict[str, Transition]:
    """Return by the ids of changes which notice of several alerts told of each, the first one."""
    episodes = Episodes()
    found: dict[str, Transition] = {}
    for it in trail:
        episodes.take(it)
        for line in it.lines if it.told else ():
            found.setdefault(line.id, it)
    for episode in episodes.done:
        by = episode.told_by
        if by is not None and by.rule in _SPEAKERS:
            found.setdefault(episode.id, by)
    return found


def history_row(
    item: Transition, waiting: Collection[str] = (), named: Mapping[str, Transition] = NOTHING
) -> dict[str, Any]:
    """Return one change as a record; of the ids `waiting` nothing has gone out yet.

    `named` has the notices that told of changes which went out with no message of their own.
    """
    by = None if item.told else named.get(item.id)
    ack = item.ack
    return {
        "time": iso(item.at),
        "subject": item.key,
        "event": _WORDS.get(item.reason, item.to_state.value),
        "reason": item.reason.value,
        "notice": None if item.notice is None else item.notice.value,
        "told": item.told,
        "queued": (item if by is None else by).id in waiting and (item.told or by is not None),
        "muted_by": item.muted_by or None,
        "told_in": None if by is None else by.rule,
        "told_in_at": None if by is None else iso(by.at),
        "value": item.value,
        "bound": item.bound,
        "unit": item.unit,
        "acked_by": None if ack is None else ack.by,
        "note": None if ack is None else ack.note,
        "id": item.id,
        "summary": item.summary,
    }


def history_table(rows: list[dict[str, Any]]) -> Group | Table:
    """Draw the trail for 80 columns."""
    if not rows:
        return Group(Text("nothing has become of it yet"))
    table = sheet("time", "subject", "event", "why", "value", "told", right=("value",))
    for row in rows:
        time = row["time"][:19].replace("T", " ")
        value = number(row["value"], row["unit"])
        table.add_row(time, row["subject"], row["event"], said(row["reason"]), value, delivery(row))
    return table


def delivery(row: dict[str, Any]) -> str:
    """Return what was done about a change, in words."""
    if row["told"]:
        return f"{'queued' if row['queued'] else 'sent'}: {said(row['notice'])}"
    by = f" by {row['acked_by']}" if row["acked_by"] else ""
    if not row["muted_by"]:
        return f"no news{by}"
    return f"muted by {row['muted_by']}{_later(row)}"


def _later(row: dict[str, Any]) -> str:
    """Return in which later message a change was told, in words; empty: in none."""
    if row["told_in"] is None:
        return ""
    day, time = row["told_in_at"][:10], row["told_in_at"][11:16]
    moment = time if row["time"].startswith(day) else f"{day} {time}"
    verb = "queued" if row["queued"] else "told"
    return f", {verb} in {_SPEAKERS[row['told_in']]} of {moment}"
