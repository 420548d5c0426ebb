"""HTX, once Huobi: long/short ratios of the largest traders of the swap on bitcoin. No key.

https://www.htx.com/en-us/opend/newApiPages/ (USDT-margined contracts, elite account ratio)
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.domain.events import Quote
from monitor.domain.series import series_name
from monitor.feeds.answers import decode, quoted
from monitor.feeds.base import Feed, FeedSpec, Http
from monitor.feeds.envelope import Envelope
from monitor.feeds.reasons import Reason

ENVELOPE = Envelope(
    code="status",
    good="ok",
    inside="data",
    words="err_msg",
    number="err_code",
    reasons=(
        ("1030", Reason.SERVER_ERROR),
        ("1032", Reason.THROTTLED),
        ("1033", Reason.THROTTLED),
        ("1014", Reason.NOT_FOUND),
        ("1332", Reason.NOT_FOUND),
    ),
)
_PATHS = {
    "top_accounts_long_short_ratio": "swap_elite_account_ratio",
    "top_positions_long_short_ratio": "swap_elite_position_ratio",
}


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for the shares that are long and short; of the rows the newest counts, whatever its place."""
    quotes = []
    for instrument, contract in spec.instruments.items():
        path = _PATHS[instrument.rpartition(".")[2]]
        answer = await http.get(
            f"{spec.base_url}/linear-swap-api/v1/{path}",
            params={"contract_code": contract, "period": "5min"},
        )
        data = ENVELOPE.open(decode(spec.name, answer))
        data.says("contract_code", contract)
        rows = data.at("list")
        if not rows.items():
            rows.refuse("at least one row", Reason.MISSING_FIELD)
        newest = max(rows.items(), key=lambda row: row.at("ts").unix_time())
        value = newest.at("buy_ratio").price() / newest.at("sell_ratio").price()
        at = newest.at("ts").unix_time()
        quotes.append(quoted(spec, answer, instrument, value, observed_at=at))
    return quotes


FEED = Feed(
    FeedSpec(
        name="htx",
        base_url="https://api.hbdm.com",
        instruments={series_name("perp", "htx", figure): "BTC-USDT" for figure in _PATHS},
        interval_s=60,
        timeout_s=8,
        fresh_s=900,
        requests_per_minute=30,
        licence="Public market data; own use under HTX's API terms.",
        max_bytes=65_536,
        batch=1,
    ),
    fetch,
)
