"""Gemini: last trade of BTC-USD, as https://docs.gemini.com/rest/market-data has it."""

from collections.abc import Sequence

from monitor.domain.events import BTC_USD, Quote
from monitor.feeds.answers import decode, quoted
from monitor.feeds.base import Feed, FeedSpec, Http


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each pair's public ticker; its time stands beside the volume, in milliseconds."""
    quotes = []
    for instrument, pair in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/v1/pubticker/{pair}")
        ticker = decode(spec.name, answer)
        at = ticker.at("volume").at("timestamp").unix_time()
        price = ticker.at("last").price()
        quotes.append(quoted(spec, answer, instrument, price, observed_at=at))
    return quotes


SPEC = FeedSpec(
    name="gemini", base_url="https://api.gemini.com", instruments={BTC_USD: "btcusd"},
    interval_s=5, timeout_s=4, fresh_s=60, requests_per_minute=120, batch=1,
    licence="Public market data; own use under Gemini's API terms.",
)  # fmt: skip
FEED = Feed(SPEC, fetch)
