"""Bitfinex: bitcoin held long and short on margin, an old gauge of what large holders do. No key.

https://docs.bitfinex.com/reference/rest-public-stats
Rows are bare lists of time and amount, by the minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from monitor.core.errors import FeedError, FeedUnavailable
from monitor.domain.events import Quote
from monitor.domain.funding import DAY_MS, HOUR_MS
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted, shown
from monitor.feeds.base import Answer, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

# a day of minutes, and an hour of those that are missing
ROWS = "1500"


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for the newest row of a side, or for a day of them."""
    quotes = []
    for instrument, side in spec.instruments.items():
        if instrument.endswith("_day_change_ratio"):
            answer, rows = await _ask(http, spec, f"{side}/hist", {"limit": ROWS, "sort": "-1"})
            newest, value = rows.item(0), _day_change(rows)
        else:
            answer, newest = await _ask(http, spec, f"{side}/last", {})
            value = newest.item(1).price()
        at = newest.item(0).unix_time()
        quotes.append(quoted(spec, answer, instrument, value, observed_at=at))
    return quotes


async def _ask(
    http: Http, spec: FeedSpec, path: str, params: dict[str, str]
) -> tuple[Answer, Node]:
    url = f"{spec.base_url}/v2/stats1/pos.size:1m:tBTCUSD:{path}"
    answer = await http.get(url, params=params)
    root = decode(spec.name, answer)
    # an error is a list too, or an object
    error = root.maybe("error") if isinstance(root.value, dict) else None
    if error is not None:
        raise _error(spec.name, str(error.value))
    if isinstance(root.value, list) and root.value[:1] == ["error"]:
        raise _error(spec.name, " ".join(str(part)[:60] for part in root.value[1:3]))
    return answer, root


def _error(provider: str, text: str) -> FeedError:
    throttled = "ratelimit" in text.lower() or "rate_limit" in text.lower()
    reason = Reason.THROTTLED if throttled else Reason.SERVER_ERROR
    message = f"{provider}: answered {shown(text)}; it is asked again later"
    return FeedUnavailable(message, reason=reason)


def _day_change(rows: Node) -> Decimal:
    """Return the change from the row a day before the newest, or of up to an hour before that."""
    newest = rows.item(0)
    now, amount = newest.item(0).unix_time(), newest.item(1).price()
    latest, earliest = now - DAY_MS, now - DAY_MS - HOUR_MS
    before = [row for row in rows.items() if earliest <= row.item(0).unix_time() <= latest]
    if not before:
        rows.refuse("rows of a whole day, the newest first", Reason.MISSING_FIELD)
    return amount / before[0].item(1).price() - 1


FEED = Feed(
    FeedSpec(
        name="bitfinex_margin",
        base_url="https://api-pub.bitfinex.com",
        instruments={
            series_name("perp", "bitfinex", "margin_long_btc"): "long",
            series_name("perp", "bitfinex", "margin_short_btc"): "short",
            series_name("perp", "bitfinex", "margin_long_day_change_ratio"): "long",
        },
        interval_s=300,
        timeout_s=10,
        fresh_s=1_800,
        requests_per_minute=10,  # documented as 10 to 90, by endpoint
        licence="Public statistics; own use under Bitfinex's API terms.",
        max_bytes=262_144,
        batch=1,
    ),
    fetch,
)
