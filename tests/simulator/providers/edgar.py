"""SEC EDGAR: the newest filings of one company, column by column."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.core.clock import DAY, HOUR, iso
from monitor.core.errors import BadQuote
from tests.simulator.contact import declares_a_contact
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape


def submissions(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    """Return what the company in the path has filed: a form of an insider, an 8-K, a 10-Q."""
    cik, now = int(rest.removesuffix(".json")), market.clock.now()
    # the newest is an hour old at the start of the simulator and stays the newest
    times = [iso(market.began - age) for age in (HOUR, 2 * HOUR, 30 * DAY)]
    number = market.began // DAY % 1_000_000
    accessions = [f"{cik:010d}-26-{number - place:06d}" for place in range(3)]
    recent = {
        "accessionNumber": accessions,
        "filingDate": [at[:10] for at in times],
        "reportDate": ["", iso(now)[:10], "2026-09-30"],
        "acceptanceDateTime": [times[1], times[0], times[2]],
        "form": ["4", "8-K", "10-Q"],
        "items": ["", "1.01,9.01", ""],
        "primaryDocument": ["xslF345X05/form4.xml", "agreement.htm", "report.htm"],
    }
    return {"cik": f"{cik}", "name": "A company", "filings": {"recent": recent, "files": []}}


PROVIDER = Provider(
    shapes=(
        Shape(
            "submissions/CIK",
            submissions,
            ("cik",),
            time=("filings", "recent", "acceptanceDateTime", 1),
            rename=("filings", "recent", "form"),
        ),
    ),
    outcomes={(Scenario.ZEROS, "edgar"): (BadQuote, "wrong_symbol")},
    environ={"HASHHEDGE_SEC_CONTACT": "desk@example.com"},
    admits=declares_a_contact,
    refusal="Your Request Originates from an Undeclared Automated Tool",
    refusal_status=403,
)
