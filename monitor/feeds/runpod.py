"""RunPod: what an hour of an H100 costs on demand, the cheapest of its types. Key optional.

https://docs.runpod.io/sdks/graphql/manage-pods. The provider retires this interface early in 2027.
Null and 0 mean that a type is not on offer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import GPU_H100, Quote
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import Credential, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

QUERY = "{gpuTypes{id displayName lowestPrice(input:{gpuCount:1}){uninterruptablePrice}}}"


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask once for all types."""
    answer = await http.post_json(f"{spec.base_url}/graphql", {"query": QUERY})
    root = decode(spec.name, answer)
    _raise_error(root)
    types = root.at("data").at("gpuTypes")
    quotes = []
    for instrument, model in spec.instruments.items():
        prices = list(_prices(types, model))
        if not prices:
            types.refuse(f"an offer of {model}", Reason.MISSING_FIELD)
        quotes.append(quoted(spec, answer, instrument, min(prices)))
    return quotes


def _prices(types: Node, model: str) -> Iterator[Decimal]:
    for kind in types.items():
        lowest = kind.maybe("lowestPrice")
        if model not in kind.at("id").text() or lowest is None:
            continue
        price = lowest.optional("uninterruptablePrice")
        if price is not None:
            yield price


def _raise_error(root: Node) -> None:
    errors = root.maybe("errors")
    if errors is not None:
        raise _error(root.provider, errors.item(0).at("message").text())


def _error(provider: str, text: str) -> FeedError:
    said = f"{provider}: answered {shown(text)}"
    if "nauthorized" in text:
        return FeedRejected(f"{said}; set a valid key", reason=Reason.UNAUTHORIZED)
    return FeedUnavailable(f"{said}; it is asked again later", reason=Reason.SERVER_ERROR)


FEED = Feed(
    FeedSpec(
        name="runpod",
        base_url="https://api.runpod.io",
        instruments={GPU_H100: "H100"},
        interval_s=3_600,
        timeout_s=20,
        fresh_s=93_600,
        requests_per_minute=6,  # undocumented
        licence="Public prices; own use under RunPod's terms.",
        max_bytes=1_048_576,
        credentials=(
            Credential(
                env="RUNPOD_API_KEY", header="Authorization", prefix="Bearer ", optional=True
            ),
        ),
    ),
    fetch,
)
