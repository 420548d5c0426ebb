"""Lambda Cloud: the list price of an hour of an H100, the cheapest of its types. Needs a key.

https://docs.lambda.ai/api/cloud. Prices are whole cents of an instance, which may have several
accelerators; a type that is sold out keeps its price.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from monitor.core.errors import FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import GPU_H100, Quote
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import Credential, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

CENTS_PER_USD = 100


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask once for all types."""
    answer = await http.get(f"{spec.base_url}/api/v1/instance-types")
    root = decode(spec.name, answer)
    _raise_error(root)
    types = root.at("data")
    quotes = []
    for instrument, model in spec.instruments.items():
        prices = list(_prices(types, model))
        if not prices:
            types.refuse(f"a type of {model}", Reason.MISSING_FIELD)
        quotes.append(quoted(spec, answer, instrument, min(prices)))
    return quotes


def _prices(types: Node, model: str) -> Iterator[Decimal]:
    if not isinstance(types.value, dict):
        types.refuse("an object")
    for name in types.value:
        if f"_{model}" in str(name):
            kind = types.at(str(name)).at("instance_type")
            cents, count = kind.at("price_cents_per_hour").price(), kind.at("specs").at("gpus")
            yield cents / CENTS_PER_USD / count.price()


def _raise_error(root: Node) -> None:
    error = root.maybe("error")
    if error is not None:
        raise _error(root.provider, error.at("code").text())


def _error(provider: str, code: str) -> FeedError:
    said = f"{provider}: answered {shown(code)}"
    if code == "global/invalid-api-key":
        return FeedRejected(f"{said}; set a valid key", reason=Reason.UNAUTHORIZED)
    return FeedUnavailable(f"{said}; it is asked again later", reason=Reason.SERVER_ERROR)


FEED = Feed(
    FeedSpec(
        name="lambda_cloud",
        base_url="https://cloud.lambdalabs.com",
        instruments={GPU_H100: "h100"},
        interval_s=3_600,
        timeout_s=20,
        fresh_s=93_600,
        requests_per_minute=30,  # reported: one a second
        licence="Prices of your own account; own use under Lambda's terms.",
        max_bytes=1_048_576,
        credentials=(Credential(env="LAMBDA_API_KEY", header="Authorization", prefix="Bearer "),),
    ),
    fetch,
)
