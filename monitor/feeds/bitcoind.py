"""Your own Bitcoin node over JSON-RPC: difficulty, block height and estimated hashrate.

https://bitcoincore.org/en/doc/. The key is `user:password`; without it the feed is left out. The
hashrate is over 120 blocks, so it is noisy. No answer carries a time of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import DIFFICULTY, HEIGHT, Quote
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import Credential, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

HASHRATE = series_name("chain", "bitcoind", "hashrate_eh")
HASHES_PER_EH = Decimal("1e18")
MAIN_CHAIN = "main"
_WARMING_UP = -28
_UNKNOWN_METHOD = -32601


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask once for all of them; a test network is not believed."""
    call = {"jsonrpc": "1.0", "id": "hashhedge", "method": "getmininginfo", "params": []}
    answer = await http.post_json(f"{spec.base_url}/", call)
    root = decode(spec.name, answer)
    _raise_error(root)
    info = root.at("result")
    info.says("chain", MAIN_CHAIN)
    return [
        quoted(spec, answer, instrument, _READ[instrument](info.at(field)))
        for instrument, field in spec.instruments.items()
    ]


def _raise_error(root: Node) -> None:
    error = root.maybe("error")
    if error is not None:
        said = error.maybe("message")
        text = "" if said is None else shown(said.value)
        raise _error(root.provider, int(error.at("code").number()), text)


def _error(provider: str, code: int, text: str) -> FeedError:
    message = f"{provider}: answered {code} {text}".rstrip()
    if code == _UNKNOWN_METHOD:
        mend = "is this a Bitcoin node, and is the call allowed by rpcwhitelist?"
        return FeedRejected(f"{message}; {mend}", reason=Reason.NOT_FOUND)
    wait = "the node is starting" if code == _WARMING_UP else "it is asked again later"
    return FeedUnavailable(f"{message}; {wait}", reason=Reason.SERVER_ERROR)


def _difficulty(node: Node) -> Decimal:
    return node.measured("the difficulty")


def _height(node: Node) -> Decimal:
    return Decimal(node.count())


def _hashrate_eh(node: Node) -> Decimal:
    return node.measured("the hashrate") / HASHES_PER_EH


_READ = {DIFFICULTY: _difficulty, HEIGHT: _height, HASHRATE: _hashrate_eh}

FEED = Feed(
    FeedSpec(
        name="bitcoind",
        base_url="http://127.0.0.1:8332",
        instruments={DIFFICULTY: "difficulty", HEIGHT: "blocks", HASHRATE: "networkhashps"},
        interval_s=30,
        timeout_s=10,
        fresh_s=900,
        requests_per_minute=60,  # your own node
        licence="Your own node; no limits but yours.",
        max_bytes=65_536,
        credentials=(Credential(env="BITCOIN_RPC_AUTH", basic=True),),
    ),
    fetch,
)
