"""Luxor Hashrate Index: the hashprice index in USD and in BTC. Needs a key, sent as a header.

https://docs.luxor.tech/hashrateindex. An estimate: the value of full pay-per-share minus the mean
pool fee, with fees averaged over 24 hours and an error of 1 to 3 %.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.domain.events import HASHPRICE_INDEX_BTC, HASHPRICE_INDEX_USD, Quote
from monitor.feeds.answers import decode, quoted
from monitor.feeds.base import Credential, Feed, FeedSpec, Http

FIELDS = {HASHPRICE_INDEX_USD: "priceUSD", HASHPRICE_INDEX_BTC: "priceBTC"}
UNITS = {"PHS": 1, "THS": 1_000}
"""The provider's word for the unit of hashrate, to how many of it are a petahash a second."""


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask once for each unit that is wanted; both currencies come together."""
    quotes = []
    for unit in dict.fromkeys(spec.instruments.values()):
        answer = await http.get(
            f"{spec.base_url}/v1/hashrateindex/hashprice/current",
            params={"currency": "USD", "hashunit": unit},
        )
        data = decode(spec.name, answer).at("data")
        at = data.at("timestamp").iso_time()
        for instrument in (name for name, own in spec.instruments.items() if own == unit):
            price = data.at(FIELDS[instrument]).price() * UNITS[unit]
            quotes.append(quoted(spec, answer, instrument, price, observed_at=at))
    return quotes


FEED = Feed(
    FeedSpec(
        name="luxor",
        base_url="https://api.hashrateindex.com",
        instruments={HASHPRICE_INDEX_USD: "PHS", HASHPRICE_INDEX_BTC: "PHS"},
        interval_s=60,
        timeout_s=10,
        fresh_s=900,
        requests_per_minute=4,  # documented: a burst of 20, then one every 15 s
        licence="Paid API; use and redistribution under Luxor's data licence.",
        max_bytes=16_384,
        credentials=(Credential(env="LUXOR_API_KEY", header="X-Hi-Api-Key"),),
    ),
    fetch,
)
