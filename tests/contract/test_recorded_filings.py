"""Recorded answers about filings, rentals and power give the values that stand in them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from monitor.core.clock import parse_iso
from monitor.core.errors import BadQuote, FeedError
from monitor.domain.events import GPU_H100
from monitor.domain.notices import Notice
from monitor.feeds.base import Http, notices_of, quotes_of
from monitor.feeds.headlines import named
from tests.contract.test_recorded_answers import FEEDS, NOW, OneAnswer, fetch, sample


def told(provider: str, body: str, **instruments: str) -> Sequence[Notice]:
    """Return what one provider tells from `body` about these."""
    feed = FEEDS[provider]
    spec = replace(feed.spec, instruments=instruments)

    async def ask() -> Sequence[Notice]:
        http: Http = OneAnswer(body)
        return notices_of(await feed.fetch(http, spec))

    return asyncio.run(ask())


def test_the_recorded_filings_give_the_report_alone() -> None:
    """Of a form 4, a form 144 and a 10-Q, the report counts."""
    (report,) = told("edgar", sample("sec_submissions.json"), AAPL="0000320193")
    assert (report.id, report.subject, report.title) == ("0000320193-23-000077", "AAPL", "10-Q")
    assert report.observed_at == parse_iso("2023-08-03T18:04:43Z")
    assert report.url == (
        "https://www.sec.gov/Archives/edgar/data/320193/000032019323000077/aapl-20230701.htm"
    )
    assert report.figures == {"form": "10-Q", "report_date": "2023-07-01", "filed": "2023-08-04"}
    assert not report.grave


def test_the_filings_of_another_company_are_refused() -> None:
    """The CIK is compared as a number, since it comes with zeros and without."""
    with pytest.raises(BadQuote) as caught:
        told("edgar", sample("sec_submissions.json"), CORZ="0001839341")
    assert caught.value.reason == "wrong_symbol"


def test_items_of_an_8k_are_put_in_words_and_weighed() -> None:
    """A material agreement is grave; its exhibits go without saying."""
    columns = {
        "accessionNumber": ["0001839341-26-000012"],
        "form": ["8-K/A"],
        "items": ["1.01,9.01"],
        "filingDate": ["2026-11-02"],
        "reportDate": [""],
        "acceptanceDateTime": ["2026-11-02T21:30:00.000Z"],
        "primaryDocument": ["../../x"],
    }
    body = json.dumps({"cik": "1839341", "filings": {"recent": columns}})
    (found,) = told("edgar", body, CORZ="0001839341")
    assert (found.title, found.grave) == ("8-K/A: material agreement", True)
    assert found.figures["items"] == "1.01,9.01"


def test_shares_outstanding_are_the_last_day_s_as_filed_last() -> None:
    """Three rows of two dates: the later date, and of that what was filed last."""
    feed = FEEDS["edgar_facts"]
    spec = replace(feed.spec, instruments={"AAPL": "0000320193"})

    async def ask() -> list[tuple[str, Decimal, int]]:
        http: Http = OneAnswer(sample("sec_companyfacts.json"))
        quotes = quotes_of(await feed.fetch(http, spec))
        return [(quote.instrument, quote.value, quote.observed_at) for quote in quotes]

    at = parse_iso("2009-10-16")
    assert asyncio.run(ask()) == [("AAPL.shares_count", Decimal(900678473), at)]


@pytest.mark.parametrize(
    ("file", "provider", "instrument", "symbol", "value", "observed"),
    [
        # 429 cents of an instance with one
        ("lambda_instance_types.json", "lambda_cloud", GPU_H100, "h100", "4.29", None),
        ("runpod_gpu_types.json", "runpod", GPU_H100, "RTX A4000", "0.35", None),
        (
            "ercot_supply_demand.json",
            "ercot_grid",
            "power.ercot.demand_mw",
            "demand",
            "46918",
            "2026-02-06T06:00:00Z",
        ),
    ],
)
def test_a_recorded_answer_gives_its_value(
    file: str, provider: str, instrument: str, symbol: str, value: str, observed: str | None
) -> None:
    """The value and the source's time are those that stand in the recording."""
    quote = fetch(provider, instrument, symbol, sample(file))
    assert quote.value == Decimal(value)
    assert quote.observed_at == (NOW if observed is None else parse_iso(observed))


@pytest.mark.parametrize(
    ("file", "provider", "symbol", "reason"),
    [
        # the only offer recorded has lost its verification
        ("vastai_bundles.json", "vastai", "H100 SXM", "missing_field"),
        ("runpod_gpu_types.json", "runpod", "H100", "missing_field"),
        # the recording has homes in California, not industry in Texas
        ("eia_retail_sales.json", "eia", "TX", "wrong_symbol"),
    ],
)
def test_what_a_recording_does_not_hold_is_named(
    file: str, provider: str, symbol: str, reason: str
) -> None:
    """An answer about something else is never passed on."""
    instrument = next(iter(FEEDS[provider].spec.instruments))
    with pytest.raises(FeedError) as caught:
        fetch(provider, instrument, symbol, sample(file))
    assert caught.value.reason == reason


def test_an_offer_of_several_is_divided() -> None:
    """The recorded offer, verified: 1.4689 USD for one; for eight, an eighth each."""
    body = json.loads(sample("vastai_bundles.json"))
    offer = body["offers"][0] | {"verification": "verified"}
    offers = [offer, offer | {"num_gpus": 8, "dph_total": 8 * offer["dph_total"]}]
    quote = fetch("vastai", GPU_H100, "H100 SXM", json.dumps({"offers": offers}))
    assert float(quote.value) == pytest.approx(1.468888888888889)


def test_a_month_of_the_eia_is_dollars_and_ends_with_the_month() -> None:
    """15.20 cents in July are 0.152 USD, and hold from the first of August."""
    row = {
        "period": "2026-12",
        "stateid": "TX",
        "sectorid": "IND",
        "price": "15.20",
        "price-units": "cents per kilowatt-hour",
    }
    body = json.dumps({"response": {"data": [row]}})
    quote = fetch("eia", "power.tx.retail_price_usd_kwh", "TX", body)
    assert (quote.value, quote.observed_at) == (Decimal("0.152"), parse_iso("2027-01-01"))


@pytest.mark.parametrize(
    ("doubled", "ended"), [(False, "2026-11-01T06:30:00Z"), (True, "2026-11-01T07:30:00Z")]
)
def test_the_doubled_hour_of_autumn_is_told_apart(doubled: bool, ended: str) -> None:
    """01:15 to 01:30 comes twice on that night; the mark says which."""
    names = ["deliveryDate", "deliveryHour", "deliveryInterval"]
    names += ["settlementPoint", "settlementPointPrice", "DSTFlag"]
    body = json.dumps(
        {
            "fields": [{"name": name} for name in names],
            "data": [["2026-11-01", 2, 2, "HB_WEST", 500.25, doubled]],
        }
    )
    quote = fetch("ercot", "power.ercot_west.price_usd_mwh", "HB_WEST", body)
    assert (quote.value, quote.observed_at) == (Decimal("500.25"), parse_iso(ended))


@pytest.mark.parametrize(
    ("title", "is_named"),
    [
        ("HIVE Digital buys machines", True),
        ("Shares of $HIVE fall", True),
        ("HIVE (NASDAQ: HIVE) reports", True),
        ("How a hive keeps warm", False),
        ("THE BIG HIVE OF THE SOUTH", False),
    ],
)
def test_a_headline_names_a_company_or_does_not(title: str, is_named: bool) -> None:
    """A common word is no company."""
    assert named(title, "HIVE", "HIVE Digital") is is_named


def test_a_document_type_in_a_headline_feed_is_refused() -> None:
    """Entities could grow to gigabytes."""
    body = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "b">]><rss><channel/></rss>'
    with pytest.raises(BadQuote) as caught:
        told("headlines", body, HIVE="HIVE Digital")
    assert caught.value.reason == "wrong_type"
