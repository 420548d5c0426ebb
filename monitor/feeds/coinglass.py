"""CoinGlass v4, what moves by the minute: liquidations, open interest and funding over all venues.

https://docs.coinglass.com/reference/endpoint-overview
Needs a paid key. It writes percent where we write fractions, and adds up what venues publish, so its
liquidations are a lower bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from monitor.domain.events import Quote
from monitor.domain.funding import HOUR_MS, per_eight_hours
from monitor.domain.series import series_name
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Answer, Credential, Feed, FeedSpec, Http
from monitor.feeds.envelope import Envelope
from monitor.feeds.reasons import Reason

ENVELOPE = Envelope(
    code="code",
    good="0",
    inside="data",
    words="msg",
    reasons=(
        ("400", Reason.CLIENT_ERROR),
        ("401", Reason.UNAUTHORIZED),
        ("403", Reason.FORBIDDEN),
        ("404", Reason.NOT_FOUND),
        ("422", Reason.CLIENT_ERROR),
        ("429", Reason.THROTTLED),
        ("50001", Reason.THROTTLED),
    ),
)
_MILLION = 1_000_000
SLACK = Decimal("0.05")
_LIQUIDATED = {
    "liquidated_1h_usd": "liquidation_usd",
    "liquidated_long_1h_usd": "long_liquidation_usd",
    "liquidated_short_1h_usd": "short_liquidation_usd",
}
_OPEN = {"open_interest_usd": "open_interest_usd", "open_interest_btc": "open_interest_quantity"}
_LIQUIDATIONS = "futures/liquidation/exchange-list"
_OPEN_INTEREST = "futures/open-interest/exchange-list"
_FUNDING = "futures/funding-rate/exchange-list"


def page_of(instrument: str) -> str:
    """Return the list of venues that a figure stands on."""
    figure = instrument.rpartition(".")[2]
    if figure in _LIQUIDATED:
        return _LIQUIDATIONS
    return _OPEN_INTEREST if figure in _OPEN else _FUNDING


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask once for each list of venues; none of the answers has a time of its own."""
    quotes = []
    for page in dict.fromkeys(map(page_of, spec.instruments)):
        hour = {"range": "1h"} if page == _LIQUIDATIONS else {}
        answer, data = await ask(http, spec, page, {"symbol": "BTC", **hour})
        for instrument, venue in spec.instruments.items():
            if page_of(instrument) == page:
                value, note = _read(data, page, instrument.rpartition(".")[2], venue)
                quotes.append(quoted(spec, answer, instrument, value, note=note))
    return quotes


def _read(data: Node, page: str, figure: str, venue: str) -> tuple[Decimal, str]:
    """Return a figure, and the words that go with it."""
    if page == _LIQUIDATIONS:
        amounts = _liquidated(_row(data, venue))
        return amounts[figure], _split(amounts)
    if page == _OPEN_INTEREST:
        row = _row(data, venue)
        return {name: row.at(field).price() for name, field in _OPEN.items()}[figure], ""
    return _funding(data, venue), ""


async def ask(
    http: Http, spec: FeedSpec, path: str, params: Mapping[str, str]
) -> tuple[Answer, Node]:
    """Ask for one page of the provider, and open its envelope."""
    answer = await http.get(f"{spec.base_url}/api/{path}", params=params)
    return answer, ENVELOPE.open(decode(spec.name, answer))


def _row(rows: Node, venue: str) -> Node:
    """Return a venue's row; its name is written now with capitals, now without."""
    for row in rows.items():
        if row.at("exchange").text().casefold() == venue.casefold():
            return row
    return rows.refuse(f"a list with {venue}", Reason.MISSING_FIELD)


def _funding(data: Node, venue: str) -> Decimal:
    row = data.item(0)
    row.says("symbol", "BTC")
    rate = _row(row.at("stablecoin_margin_list"), venue)
    hours = rate.at("funding_rate_interval")
    try:
        return per_eight_hours(rate.at("funding_rate").number() / 100, hours.count() * HOUR_MS)
    except ValueError:
        return hours.refuse("1 to 24 hours", Reason.OUT_OF_BOUNDS)


def _liquidated(row: Node) -> dict[str, Decimal]:
    """Return both sides and their sum, which they must come to."""
    amounts = {name: _amount(row.at(field)) for name, field in _LIQUIDATED.items()}
    total, long, short = amounts.values()
    if abs(long + short - total) > SLACK * (long + short) + 1:
        row.at("liquidation_usd").refuse("the sum of both sides", Reason.OUT_OF_BOUNDS)
    return amounts


def _split(amounts: Mapping[str, Decimal]) -> str:
    """Return who was liquidated, in words: a fall takes the longs, a rise the shorts."""
    _, long, short = (usd / _MILLION for usd in amounts.values())
    return f"Long {long:,.1f} M USD, short {short:,.1f} M USD."


def _amount(node: Node) -> Decimal:
    """Return dollars, of which there may be none."""
    value = node.number()
    if value < 0:
        node.refuse("no less than zero", Reason.NEGATIVE)
    return value


FEED = Feed(
    FeedSpec(
        name="coinglass",
        base_url="https://open-api-v4.coinglass.com",
        instruments={
            **{series_name("perp", "all", figure): "All" for figure in (*_LIQUIDATED, *_OPEN)},
            series_name("perp", "bitget", "funding_8h_ratio"): "Bitget",
        },
        interval_s=120,
        timeout_s=10,
        fresh_s=900,
        requests_per_minute=25,  # the smallest plan allows 30 over all
        licence="Paid plan, own use; showing it to others needs CoinGlass' consent.",
        max_bytes=524_288,
        credentials=(Credential(env="COINGLASS_API_KEY", header="CG-API-KEY"),),
        account="coinglass",
        page_of=page_of,
    ),
    fetch,
)
