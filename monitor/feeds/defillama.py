"""DefiLlama: dollar stablecoins in circulation, all of them and the two largest. No key.

https://api-docs.defillama.com/ (stablecoins; the host is not that of the other endpoints)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from monitor.domain.events import Quote
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
PAST_MS = 730 * DAY_MS


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask once for each coin's days; the last row is the newest."""
    quotes = []
    for coin in dict.fromkeys(spec.instruments.values()):
        params = {} if coin == "all" else {"stablecoin": coin}
        answer = await http.get(f"{spec.base_url}/stablecoincharts/all", params=params)
        days = decode(spec.name, answer)
        newest = days.item(max(0, len(days.items()) - 1))
        at = newest.at("date").unix_time()
        for instrument, symbol in spec.instruments.items():
            if symbol != coin:
                continue
            if instrument.endswith(".cap_usd"):
                value = newest.at("totalCirculatingUSD").at("peggedUSD").price()
            else:
                value = _coins(newest).price() / _coins(_day_of(days, at - WEEK_MS)).price() - 1
            quotes.append(quoted(spec, answer, instrument, value, observed_at=at))
    return quotes


async def past(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each coin's days, which the same page has, and take those of two years."""
    quotes: list[Quote] = []
    for coin in dict.fromkeys(spec.instruments.values()):
        params = {} if coin == "all" else {"stablecoin": coin}
        answer = await http.get(f"{spec.base_url}/stablecoincharts/all", params=params)
        rows = decode(spec.name, answer).items()
        days = {at // DAY_MS: (at, row) for row in rows if (at := row.at("date").unix_time())}
        recent = [day for day in days if days[day][0] > answer.received_at - PAST_MS]
        for instrument in (name for name, symbol in spec.instruments.items() if symbol == coin):
            for day in recent:
                value = _of_day(days, day, instrument)
                if value is not None:
                    at = days[day][0]
                    quotes.append(quoted(spec, answer, instrument, value, observed_at=at))
    return quotes


def _of_day(days: Mapping[int, tuple[int, Node]], day: int, instrument: str) -> Decimal | None:
    """Return a figure of a day; None where the week before it has no row."""
    _, row = days[day]
    if instrument.endswith(".cap_usd"):
        return row.at("totalCirculatingUSD").at("peggedUSD").price()
    before = days.get(day - 7)
    return None if before is None else _coins(row).price() / _coins(before[1]).price() - 1


def _coins(day: Node) -> Node:
    """Return the coins that are pegged to the dollar; other pegs stand beside them."""
    return day.at("totalCirculating").at("peggedUSD")


def _day_of(days: Node, at: int) -> Node:
    """Return the day nearest to a moment: rows are of midnights, but today's may be of this hour."""
    nearest = min(days.items(), key=lambda day: abs(day.at("date").unix_time() - at))
    if abs(nearest.at("date").unix_time() - at) > DAY_MS // 2:
        days.refuse("a row of a week before the newest", Reason.MISSING_FIELD)
    return nearest


FEED = Feed(
    FeedSpec(
        name="defillama",
        base_url="https://stablecoins.llama.fi",
        instruments={
            series_name("stablecoin", coin, figure): symbol
            for coin, symbol in (("all", "all"), ("usdt", "1"), ("usdc", "2"))
            for figure in ("cap_usd", "cap_week_change_ratio")
        },
        interval_s=21_600,
        timeout_s=30,
        fresh_s=2 * 86_400,
        requests_per_minute=12,  # hearsay says 300
        licence="Open data of an open-source project; named as the source where it is shown.",
        # all days since 2017, each with its pegs
        max_bytes=8_388_608,
        batch=2,
    ),
    fetch,
    past=past,
)
