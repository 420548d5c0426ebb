"""SEC EDGAR: the facts of one company, as far as they are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from monitor.core.clock import DAY, iso
from tests.simulator.contact import declares_a_contact
from tests.simulator.market import Market
from tests.simulator.provider import Provider
from tests.simulator.shapes import Document, Shape

SHARES = "CORZ.shares_count"


def facts(market: Market, rest: str, _: Mapping[str, str]) -> Document:
    """Return the shares outstanding of the company in the path, twice of one day."""
    now = market.clock.now()
    row = {
        "accn": "0001839341-26-000012",
        "end": iso(now - 30 * DAY)[:10],
        "filed": iso(now - 20 * DAY)[:10],
        "form": "10-Q",
        "fy": 2026,
        "fp": "Q3",
    }
    rows = [
        row | {"val": int(market.value(SHARES))},
        row | {"val": 1_000_000, "filed": iso(now - 25 * DAY)[:10]},
    ]
    tag = {"label": "Shares", "units": {"shares": rows}}
    return {
        "cik": int(rest.removesuffix(".json")),
        "facts": {"dei": {"EntityCommonStockSharesOutstanding": tag}},
    }


_VALUE = ("facts", "dei", "EntityCommonStockSharesOutstanding", "units", "shares", 0, "val")
PROVIDER = Provider(
    shapes=(Shape("api/xbrl/companyfacts/CIK", facts, _VALUE, rename=_VALUE),),
    values={SHARES: Decimal(305_000_000)},
    stated=True,
    environ={"HASHHEDGE_SEC_CONTACT": "desk@example.com"},
    admits=declares_a_contact,
    refusal="Your Request Originates from an Undeclared Automated Tool",
    refusal_status=403,
)
