"""How large a message may be, and what of a list gives way. Pure. Hop 8.

4 KiB is what a watch or a small device takes. One alert is less than that, unless its rule reads many
values; a message about several has as many of them as fit, from its first on, and says how many more
there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from alerts.schemas.payloads import AlertEvent

MAX_BYTES = 4_096
"""Of a payload."""


def most_that_fit(size: Callable[[int], int], most: int, least: int = 0) -> int:
    """Return the greatest count up to `most` whose `size` in bytes is allowed; `least` if none is."""
    while least < most:
        middle = (least + most + 1) // 2
        if size(middle) <= MAX_BYTES:
            least = middle
        else:
            most = middle - 1
    return least


def fitted(event: AlertEvent, written: Callable[[AlertEvent], bytes]) -> bytes:
    """Return an event as `written`, with as many of the alerts that it speaks of as fit.

    If it is too large without any, its inputs give way: who told them, then the last ones.
    """
    alerts = max(len(event.lines), len(event.members))
    kept = most_that_fit(lambda count: len(written(_first(event, count))), alerts)
    payload = written(_first(event, kept))
    if len(payload) <= MAX_BYTES:
        return payload
    bare = replace(_first(event, kept), inputs=tuple(map(_untold, event.inputs)))
    some = [replace(bare, inputs=bare.inputs[:count]) for count in range(len(bare.inputs) + 1)]
    return written(some[most_that_fit(lambda count: len(written(some[count])), len(some) - 1)])


def _untold(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: it for name, it in item.items() if name != "sources"}


def _first(event: AlertEvent, count: int) -> AlertEvent:
    """Return an event with the first `count` of the alerts that it speaks of."""
    left_out = max(len(event.lines), len(event.members)) - count
    if left_out <= 0:
        return event
    more = event.more + left_out
    return replace(event, lines=event.lines[:count], members=event.members[:count], more=more)
