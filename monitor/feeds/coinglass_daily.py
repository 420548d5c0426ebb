"""CoinGlass v4, what moves by the day: flows of the bitcoin funds, and coins that lie at exchanges.

https://docs.coinglass.com/reference/etf-flows-history
Needs a paid key, the same as `coinglass`. A flow is of a trading day, comes the evening after or later,
and may be corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from monitor.domain.events import Quote
from monitor.domain.figures import iso_day
from monitor.domain.flows import day_ends_at, note_on, same_sign
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, quoted
from monitor.feeds.base import Answer, Credential, Feed, FeedSpec, Http
from monitor.feeds.coinglass import ask
from monitor.feeds.reasons import Reason

_BALANCES = {"balance_btc": "total_balance", "balance_change_24h_btc": "balance_change_1d"}


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for the flows by day, and for the balances by exchange."""
    quotes = []
    for instrument in spec.instruments:
        figure = instrument.rpartition(".")[2]
        if figure == "flow_usd":
            answer, data = await ask(http, spec, "etf/bitcoin/flow-history", {})
            quotes.append(_flow(spec, answer, instrument, data))
        else:
            answer, data = await ask(http, spec, "exchange/balance/list", {"symbol": "BTC"})
            value = _over_all(data, _BALANCES[figure])
            quotes.append(quoted(spec, answer, instrument, value))
    return quotes


def _flow(spec: FeedSpec, answer: Answer, instrument: str, data: Node) -> Quote:
    """Return the newest day that is over; asked again, the same day with what it was corrected to."""
    days = sorted(
        ((row.at("timestamp").unix_time(), row) for row in data.items()), key=lambda day: day[0]
    )
    ended = [day for day in days if day_ends_at(day[0]) <= answer.received_at]
    if not ended:
        data.refuse("a trading day that is over", Reason.MISSING_FIELD)
    at, row = ended[-1]
    total = row.at("flow_usd")
    value = total.number()
    # a fund that has not reported yet has no flow, or none of this day
    funds = [
        flow.number() for fund in row.at("etf_flows").items() if (flow := fund.maybe("flow_usd"))
    ]
    if not same_sign(value, funds):
        total.refuse("a total that its funds add up to, sign included", Reason.OUT_OF_BOUNDS)
    earlier = _price(ended[-2][1]) if len(ended) > 1 else None
    note = note_on(value, _price(row), earlier)
    return quoted(
        spec,
        answer,
        instrument,
        value,
        observed_at=day_ends_at(at),
        note=note,
        period=iso_day(at),
    )


def _price(row: Node) -> Decimal | None:
    price = row.maybe("price_usd")
    return None if price is None else price.price()


def _over_all(rows: Node, field: str) -> Decimal:
    """Return a figure over all exchanges, which together hold something."""
    held = sum((row.at("total_balance").number() for row in rows.items()), Decimal(0))
    if held <= 0:
        rows.refuse("exchanges that hold bitcoin", Reason.ZERO_PRICE)
    return sum((row.at(field).number() for row in rows.items()), Decimal(0))


FEED = Feed(
    FeedSpec(
        name="coinglass_daily",
        base_url="https://open-api-v4.coinglass.com",
        instruments={
            series_name("exchange", "all", "balance_btc"): "BTC",
            series_name("exchange", "all", "balance_change_24h_btc"): "BTC",
            series_name("etf", "btc", "flow_usd"): "BTC",
        },
        interval_s=900,
        timeout_s=15,
        # a day's flow stands over a weekend and its holiday
        fresh_s=4 * 86_400,
        requests_per_minute=25,
        licence="Paid plan, own use; showing it to others needs CoinGlass' consent.",
        max_bytes=4_194_304,
        credentials=(Credential(env="COINGLASS_API_KEY", header="CG-API-KEY"),),
        account="coinglass",
        batch=1,
    ),
    fetch,
)
