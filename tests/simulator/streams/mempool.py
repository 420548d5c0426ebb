"""mempool.space: new blocks and the figures that come with them; nothing is confirmed."""

from __future__ import annotations

import json

from monitor.domain.events import BLOCK_PACE, HEIGHT
from tests.simulator.market import Market
from tests.simulator.providers.mempool import difficulty_adjustment
from tests.simulator.shapes import Document
from tests.simulator.streaming import Mood, SimulatedStream


def figures(market: Market, _: int) -> Document:
    """Return a message with a block and the epoch's pace."""
    now_s = market.clock.now() // 1_000
    return {
        "block": {"height": int(market.value(HEIGHT)), "timestamp": now_s},
        "da": difficulty_adjustment(market, "", {}),
    }


def subscribes(text: str) -> bool:
    """Tell whether the client says what it wants."""
    return bool(json.loads(text).get("action") == "want")


def answer(text: str) -> Document | None:
    """Answer a ping; what is wanted begins with a figure that nobody here reads."""
    if json.loads(text).get("action") == "ping":
        return {"pong": True}
    return {"mempoolInfo": {"loaded": True, "size": 264_505}}


STREAM = SimulatedStream(
    instrument=BLOCK_PACE,
    value=figures,
    answer=answer,
    subscribes=subscribes,
    price=("da", "timeAvg"),
    # zero is how the backend says that its node is away
    outcomes={Mood.ZEROS: "missing_field"},
)
