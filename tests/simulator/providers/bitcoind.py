"""A Bitcoin node: one call of its JSON-RPC, for whoever has its password."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.errors import BadQuote
from monitor.domain.events import DIFFICULTY, HEIGHT
from monitor.domain.series import series_name
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape, UnknownSymbolError

HASHRATE = series_name("chain", "bitcoind", "hashrate_eh")
HASHES_PER_EH = Decimal("1e18")


def call(market: Market, _: str, asked: Mapping[str, str]) -> Document:
    """Answer `getmininginfo`."""
    if asked.get("method") != "getmininginfo":
        error = {"code": -32601, "message": "Method not found"}
        raise UnknownSymbolError(404, {"result": None, "error": error, "id": "hashhedge"})
    result = {
        "blocks": int(market.value(HEIGHT)),
        "difficulty": int(market.value(DIFFICULTY)),
        "networkhashps": float(market.value(HASHRATE) * HASHES_PER_EH),
        "pooledtx": 18_898,
        "chain": "main",
        "warnings": [],
    }
    return {"result": result, "error": None, "id": "hashhedge"}


PROVIDER = Provider(
    shapes=(Shape("", call, ("result", "difficulty"), rename=("result", "difficulty")),),
    values={HASHRATE: Decimal("1033.5")},
    outcomes={(Scenario.ZEROS, "bitcoind"): (BadQuote, "missing_field")},
    environ={"BITCOIN_RPC_AUTH": "monitor:test-password-0123"},
    key_header="Authorization",
)
