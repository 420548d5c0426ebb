"""CoinGlass v4, what moves by the day: flows of the bitcoin funds, and coins that lie at exchanges.

https://docs.coinglass.com/reference/etf-flows-history
Needs a paid key, the same as `coinglass`. A flow is of a trading day, comes the evening after or later,
and may be corrected for days: each answer is read a week back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from monitor.core.clock import DAY
from monitor.core.errors import BadQuote
from monitor.domain.events import Quote
from monitor.domain.figures import iso_day
from monitor.domain.flows import day_ends_at, note_on, same_sign
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, quoted
from monitor.feeds.base import Answer, Credential, Fault, Feed, FeedSpec, Fetched, Http
from monitor.feeds.coinglass import ask
from monitor.feeds.reasons import Reason

_BALANCES = {"balance_btc": "total_balance", "balance_change_24h_btc": "balance_change_1d"}


_FLOWS, _LIST = "etf/bitcoin/flow-history", "exchange/balance/list"
_CORRECTED_MS = 7 * DAY
"""So long after a day what it is corrected to is looked for."""
_PAST_MS = 730 * DAY


def page_of(instrument: str) -> str:
    """Return the page that a figure stands on."""
    return _FLOWS if instrument.endswith(".flow_usd") else _LIST


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Fetched]:
    """Ask once for the flows by day, and once for the balances by exchange."""
    found: list[Fetched] = []
    for page in dict.fromkeys(map(page_of, spec.instruments)):
        asked = {} if page == _FLOWS else {"symbol": "BTC"}
        answer, data = await ask(http, spec, page, asked)
        for instrument in spec.instruments:
            if page_of(instrument) != page:
                continue
            if page == _FLOWS:
                found += _flows(spec, answer, instrument, data)
            else:
                value = _over_all(data, _BALANCES[instrument.rpartition(".")[2]])
                found.append(quoted(spec, answer, instrument, value))
    return found


async def past(http: Http, spec: FeedSpec) -> Sequence[Quote | Fault]:
    """Ask for the flow of every day of two years; what lies at exchanges has no past here."""
    found: list[Quote | Fault] = []
    for instrument in spec.instruments:
        if page_of(instrument) == _FLOWS:
            answer, data = await ask(http, spec, _FLOWS, {})
            found += _flows(spec, answer, instrument, data, back_ms=_PAST_MS)
    return found


def _flows(
    spec: FeedSpec, answer: Answer, instrument: str, data: Node, back_ms: int = _CORRECTED_MS
) -> Iterator[Quote | Fault]:
    """Yield the days of a week that are over, or of `back_ms`, the newest last: it is the value.

    What is wrong with an earlier day costs that day alone; it was told before.
    """
    days = sorted(
        ((row.at("timestamp").unix_time(), row) for row in data.items()), key=lambda day: day[0]
    )
    ended = [day for day in days if day_ends_at(day[0]) <= answer.received_at]
    if not ended:
        data.refuse("a trading day that is over", Reason.MISSING_FIELD)
    newest, _ = ended[-1]
    for place, (at, row) in enumerate(ended):
        if newest - at > back_ms:
            continue
        before = ended[place - 1][1] if place else None
        try:
            yield _flow(spec, answer, instrument, at, row, before)
        except BadQuote as error:
            if at == newest:
                raise
            yield Fault(instrument, error)


def _flow(  # the answer, the day and the one before
    spec: FeedSpec, answer: Answer, instrument: str, at: int, row: Node, before: Node | None
) -> Quote:
    total = row.at("flow_usd")
    value = total.number()
    # a fund that has not reported yet has no flow, or none of this day
    funds = [
        flow.number() for fund in row.at("etf_flows").items() if (flow := fund.maybe("flow_usd"))
    ]
    if not same_sign(value, funds):
        total.refuse("a total that its funds add up to, sign included", Reason.OUT_OF_BOUNDS)
    note = note_on(value, _price(row), None if before is None else _price(before))
    ends = day_ends_at(at)
    return quoted(spec, answer, instrument, value, observed_at=ends, note=note, period=iso_day(at))


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
        page_of=page_of,
    ),
    fetch,
    past=past,
)
