"""vast.ai: what an hour of an H100 costs on its market, the median of verified offers. Key optional.

https://docs.vast.ai/api-reference/search/search-offers. A price is of the whole offer, which may be
several accelerators; unverified ones go for a third of it, so they are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median

from monitor.domain.events import GPU_H100, Quote
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Credential, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

LEAST_RELIABILITY = Decimal("0.9")
MAX_OFFERS = 200


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for the offers of each model."""
    quotes = []
    for instrument, model in spec.instruments.items():
        query = {
            "gpu_name": {"eq": model},
            "rentable": {"eq": True},
            "verified": {"eq": True},
            "type": "on-demand",
            "order": [["dph_total", "asc"]],
            "limit": MAX_OFFERS,
        }
        answer = await http.post_json(f"{spec.base_url}/api/v0/bundles/", query)
        offers = decode(spec.name, answer).at("offers")
        prices = list(_prices(offers, model))
        if not prices:
            offers.refuse(f"a verified offer of {model}", Reason.MISSING_FIELD)
        quotes.append(quoted(spec, answer, instrument, median(prices)))
    return quotes


def _prices(offers: Node, model: str) -> Iterator[Decimal]:
    for offer in offers.items()[:MAX_OFFERS]:
        offer.says("gpu_name", model)
        price, count = offer.at("dph_total").price(), offer.at("num_gpus").price()
        reliability = offer.maybe("reliability2")
        trusted = reliability is not None and reliability.number() >= LEAST_RELIABILITY
        if trusted and offer.at("verification").text() == "verified":
            yield price / count


FEED = Feed(
    FeedSpec(
        name="vastai",
        base_url="https://console.vast.ai",
        instruments={GPU_H100: "H100 SXM"},
        interval_s=3_600,
        timeout_s=20,
        fresh_s=93_600,  # a daily figure: one that is some hours old is fresh
        requests_per_minute=6,  # undocumented
        licence="Public offers; own use under vast.ai's terms.",
        max_bytes=4_194_304,
        credentials=(
            Credential(env="VAST_API_KEY", header="Authorization", prefix="Bearer ", optional=True),
        ),
    ),
    fetch,
)
