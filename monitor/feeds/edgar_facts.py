"""SEC EDGAR company facts: shares outstanding, from the newest cover page. A contact as `edgar`.

https://www.sec.gov/search-filings/edgar-application-programming-interfaces. A figure of the cover
page of the newest report; the book of the company may have a newer one, so this is switched on by
hand. Restatements give several rows of one date: the last filed counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from monitor.core.errors import BadQuote
from monitor.domain.events import Quote
from monitor.feeds.answers import Node, decode, quoted
from monitor.feeds.base import Credential, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

SHARES = "shares_count"
_TAG = "EntityCommonStockSharesOutstanding"
_FORMS = frozenset({"10-Q", "10-K", "20-F", "10-Q/A", "10-K/A", "20-F/A"})


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Quote]:
    """Ask for each company's facts."""
    quotes = []
    for ticker, cik in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/api/xbrl/companyfacts/CIK{cik}.json")
        root = decode(spec.name, answer)
        found = root.at("cik")
        if int(found.number()) != int(cik):
            found.refuse(f"the CIK {cik}", Reason.WRONG_SYMBOL)
        value, at = _newest(root.at("facts").at("dei").at(_TAG).at("units").at("shares"))
        quotes.append(quoted(spec, answer, f"{ticker}.{SHARES}", value, observed_at=at))
    return quotes


def _newest(rows: Node) -> tuple[Decimal, int]:
    """Return the value of the last day, as it was filed last, and that day."""
    newest: tuple[int, int, Decimal] | None = None
    for row in rows.items():
        if row.at("form").text() in _FORMS:
            found = (row.at("end").iso_time(), row.at("filed").iso_time(), row.at("val").price())
            newest = found if newest is None else max(newest, found)
    if newest is None:
        message = f"{rows.provider}: {rows.path} holds no report of a quarter or year"
        raise BadQuote(message, reason=Reason.MISSING_FIELD)
    return newest[2], newest[0]


FEED = Feed(
    FeedSpec(
        name="edgar_facts",
        base_url="https://data.sec.gov",
        instruments={"CORZ": "0001839341"},
        interval_s=21_600,
        timeout_s=30,
        fresh_s=8_640_000,  # a quarter and ten days, as such a figure of a book
        requests_per_minute=120,
        licence="Public domain; the SEC asks for a contact in the User-Agent.",
        max_bytes=8_388_608,
        credentials=(
            Credential(env="HASHHEDGE_SEC_CONTACT", header="User-Agent", prefix="hashhedge "),
        ),
        account="edgar",
        batch=1,
        filings=True,
        enabled=False,
    ),
    fetch,
)
