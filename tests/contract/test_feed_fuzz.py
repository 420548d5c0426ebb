"""Every parser against whatever may come: a sane quote or an error of ours, nothing else.

`make fuzz` runs many more examples of the same (the environment names how many).
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.clock import ManualClock
from monitor.core.discovery import declared
from monitor.core.errors import FeedError
from monitor.domain.events import Quote
from monitor.feeds.base import Fault, Feed, Fetched
from monitor.feeds.lanes import lanes_of
from tests.simulator.catalogue import VALUES
from tests.simulator.market import Market
from tests.simulator.offline import OfflineHttp, written
from tests.simulator.shapes import Document, Shape

NOW = 1_768_229_760_000
EXAMPLES = int(os.environ.get("HASHHEDGE_FUZZ_EXAMPLES", "10"))
MAX_MESSAGE = 500
FEEDS = dict(declared("monitor.feeds", "FEED", Feed))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["", "0", "-1", "NaN", "1e400", "9" * 80, "2020-13-01", "0001-01-01", "١٢"])
    | st.sampled_from([10**400, -(10**30), 1e308, 0, 1e-300])
)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
BODIES = DOCUMENTS.map(json.dumps) | st.text(max_size=60) | st.just("[" * 100_000)


def _spots(document: Any) -> list[tuple[str | int, ...]]:
    """Return the path of every place in a document."""
    spots: list[tuple[str | int, ...]] = [()]
    members: list[tuple[str | int, Any]] = []
    if isinstance(document, dict):
        members = list(document.items())
    elif isinstance(document, list):
        members = list(enumerate(document))
    for key, value in members:
        spots += [(key, *rest) for rest in _spots(value)]
    return spots


def _put(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    changed = document.copy()
    changed[path[0]] = _put(document[path[0]], path[1:], value)
    return changed


def fetch(
    name: str, place: int, damage: dict[int, str], *, past: bool = False
) -> tuple[Sequence[Fetched], OfflineHttp]:
    """Ask one lane; the bodies of the requests in `damage`, by their place, are replaced."""
    feed = FEEDS[name]
    lane = lanes_of(feed.spec)[place]
    http = OfflineHttp(lane.spec, Market(ManualClock(NOW), start=VALUES))

    def write(shape: Shape, document: Document) -> str:
        return damage.get(len(http.seen) - 1, written(shape, document))

    http.write = write

    async def ask() -> Sequence[Fetched]:
        if past and feed.past is not None:
            return await feed.past(http, lane.spec)
        return await feed.fetch(http, lane.spec)

    return asyncio.run(ask()), http


def asks(name: str, place: int, *, past: bool) -> bool:
    """Tell whether a lane asks for anything: not all that a feed quotes has a past."""
    return bool(fetch(name, place, {}, past=past)[1].seen)


LANES = [
    # lanes of one feed are parsed by the same code: the first of each kind of request is enough
    (name, place, past)
    for past in (False, True)
    for name, feed in FEEDS.items()
    if not past or feed.past is not None
    for place in range(1 if feed.spec.shares else min(4, len(lanes_of(feed.spec))))
    if asks(name, place, past=past)
]
"""Feed, lane, and whether it is asked for its past."""


@pytest.mark.parametrize(("name", "place", "past"), LANES)
@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_only_our_errors_come_out_of_a_parser(
    name: str,
    place: int,
    past: bool,
    data: st.DataObject,
) -> None:
    """A body with anything anywhere, or any text at all: a sane quote or a feed error."""
    _, good = fetch(name, place, {}, past=past)
    turn = data.draw(st.integers(0, len(good.seen) - 1))
    shape, document = good.seen[turn]
    body = data.draw(BODIES)
    if not shape.is_text and data.draw(st.booleans()):
        spot = data.draw(st.sampled_from(_spots(document)))
        body = json.dumps(_put(document, spot, data.draw(DOCUMENTS)))
    found, error = _outcome(name, place, {turn: body}, past=past)
    if error is not None:
        assert error.reason
        assert len(str(error)) < MAX_MESSAGE
    for item in found:
        if isinstance(item, Fault):
            assert len(str(item.error)) < MAX_MESSAGE
            continue
        assert isinstance(item.observed_at, int)
        if isinstance(item, Quote):
            assert item.value.is_finite()


def _outcome(
    name: str, place: int, damage: dict[int, str], *, past: bool
) -> tuple[Sequence[Fetched], FeedError | None]:
    try:
        return fetch(name, place, damage, past=past)[0], None
    except FeedError as error:
        return (), error
