"""SEC EDGAR: the filings of each company, as notices. No key, but a contact in the User-Agent.

https://www.sec.gov/search-filings/edgar-application-programming-interfaces. Without a contact, or
above ten requests a second, the answer is 403 and a page, not 429. The times end in Z and may be New
York's all the same: they order filings and are at most five hours early.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monitor.domain.notices import Notice, NoticeKind
from monitor.feeds.answers import Node, decode
from monitor.feeds.base import Credential, Feed, FeedSpec, Http
from monitor.feeds.reasons import Reason

FORMS = frozenset({"8-K", "10-Q", "10-K", "6-K", "20-F"})
NEWEST = 100
"""So many of the newest filings are looked at; most are of insiders and left out."""
ITEMS = {
    "1.01": "material agreement",
    "1.02": "agreement ended",
    "1.03": "bankruptcy or receivership",
    "1.05": "cybersecurity incident",
    "2.01": "acquisition or sale done",
    "2.02": "results",
    "2.03": "new debt",
    "2.04": "debt due early",
    "2.05": "restructuring",
    "2.06": "impairment",
    "3.01": "notice of delisting",
    "3.02": "unregistered shares sold",
    "4.01": "auditor changed",
    "4.02": "past accounts not to be relied on",
    "5.01": "change of control",
    "5.02": "directors or officers",
    "5.03": "articles or fiscal year",
    "5.07": "vote of shareholders",
    "7.01": "disclosure",
    "8.01": "other events",
    "9.01": "exhibits",
}
GRAVE = frozenset({"1.01", "1.02", "1.03", "2.01", "2.04", "2.06", "3.01", "4.02", "5.01"})
_ACCESSION = re.compile(r"[0-9]{10}-[0-9]{2}-[0-9]{6}")
_DOCUMENT = re.compile(r"[A-Za-z0-9._/-]{1,150}")


async def fetch(http: Http, spec: FeedSpec) -> Sequence[Notice]:
    """Ask for each company's newest filings; a column holds one field of all of them."""
    notices: list[Notice] = []
    for ticker, cik in spec.instruments.items():
        answer = await http.get(f"{spec.base_url}/submissions/CIK{cik}.json")
        root = decode(spec.name, answer)
        found = root.at("cik")
        if int(found.number()) != int(cik):  # it comes with and without zeros in front
            found.refuse(f"the CIK {cik}", Reason.WRONG_SYMBOL)
        notices += _filings(spec.name, ticker, int(cik), root.at("filings").at("recent"))
    return notices


def _filings(source: str, ticker: str, cik: int, recent: Node) -> Iterator[Notice]:
    for place, form in enumerate(recent.at("form").items()[:NEWEST]):
        if form.text().removesuffix("/A") in FORMS:
            yield _filing(source, ticker, cik, recent, place)


def _filing(source: str, ticker: str, cik: int, recent: Node, place: int) -> Notice:
    accession = recent.at("accessionNumber").item(place)
    if not _ACCESSION.fullmatch(accession.text()):
        accession.refuse("an accession number")
    form = recent.at("form").item(place).text()
    items = [item for item in recent.at("items").item(place).text().split(",") if item]
    words = [ITEMS.get(item, f"item {item[:8]}") for item in items if item != "9.01"]
    figures = {
        "form": form,
        "items": ",".join(items)[:100],
        "report_date": recent.at("reportDate").item(place).text()[:10],
        "filed": recent.at("filingDate").item(place).text()[:10],
    }
    return Notice(
        kind=NoticeKind.FILING,
        id=accession.text(),
        subject=ticker,
        title=f"{form}: {', '.join(words)}"[:200] if words else form,
        observed_at=recent.at("acceptanceDateTime").item(place).iso_time(),
        source=source,
        url=_address(cik, accession.text(), recent.at("primaryDocument").item(place).text()),
        grave=not GRAVE.isdisjoint(items),
        figures={name: text for name, text in figures.items() if text},
    )


def _address(cik: int, accession: str, document: str) -> str:
    folder = f"https://www.sec.gov/Archives/edgar/data/{cik}/{accession.replace('-', '')}"
    return f"{folder}/{document}" if _DOCUMENT.fullmatch(document) else f"{folder}/"


FEED = Feed(
    FeedSpec(
        name="edgar",
        base_url="https://data.sec.gov",
        instruments={"CORZ": "0001839341"},
        interval_s=120,
        timeout_s=20,
        fresh_s=900,
        requests_per_minute=120,  # documented: ten a second for all machines of one party
        licence="Public domain; the SEC asks for a contact in the User-Agent.",
        max_bytes=4_194_304,
        credentials=(
            Credential(env="HASHHEDGE_SEC_CONTACT", header="User-Agent", prefix="hashhedge "),
        ),
        hosts=("www.sec.gov",),
        batch=1,
        filings=True,
        notices=True,
    ),
    fetch,
)
