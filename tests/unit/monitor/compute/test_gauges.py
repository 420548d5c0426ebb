"""Business gauges: present while usable, absent when not, and always with their time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from monitor.compute.gauges import CompanyRow, ReadingGauges, Row, SeriesRow, gauge_name
from monitor.domain.events import Quality
from monitor.metrics.base import Metric, Scope

AT = 1_768_229_760_000
HASHPRICE = Metric(
    name="hashprice_usd_ph_day",
    unit="USD/PH/day",
    scope=Scope.NETWORK,
    inputs=("btc_price_usd",),
    description="Revenue of one PH/s per day.",
    formula="hashprice in BTC times price",
    source="definition",
    compute=lambda price: price,
)


def margin(value: float | None, quality: str = "ok", at: int | None = AT) -> Row:
    """Build a row of RIOT's mining margin."""
    return Row("mining_margin_ratio", "ratio", Scope.COMPANY, "RIOT", value, quality, at)


def registry(*rows: Row, companies: tuple[CompanyRow, ...] = ()) -> CollectorRegistry:
    """Register a collector over the rows."""
    made = CollectorRegistry()
    made.register(
        ReadingGauges(lambda: rows, companies=lambda: companies, declarations=[HASHPRICE])
    )
    return made


QUALITY = {"metric": "company_margin_ratio", "company": "RIOT"}


@pytest.mark.parametrize("quality", ["ok", "degraded", "single"])
def test_a_usable_value_is_shown(quality: str) -> None:
    """A value that a rule may fire on is on the page, with quality and time."""
    page = registry(margin(0.5169, quality))

    shown = page.get_sample_value("hashhedge_company_margin_ratio", {"company": "RIOT"})
    assert shown == 0.5169
    assert page.get_sample_value("hashhedge_reading_quality", QUALITY) == Quality[quality.upper()]
    assert page.get_sample_value("hashhedge_reading_timestamp_seconds", QUALITY) == AT / 1_000


@pytest.mark.parametrize(
    ("value", "quality"),
    [(0.5, "stale"), (0.5, "disputed"), (None, "missing"), (float("nan"), "ok")],
)
def test_an_unusable_value_is_a_gap(value: float | None, quality: str) -> None:
    """A value that may not be trusted ends its series; quality and time stay to say why."""
    page = registry(margin(value, quality))

    assert page.get_sample_value("hashhedge_company_margin_ratio", {"company": "RIOT"}) is None
    assert page.get_sample_value("hashhedge_reading_quality", QUALITY) == Quality[quality.upper()]
    assert page.get_sample_value("hashhedge_reading_timestamp_seconds", QUALITY) == AT / 1_000


def test_what_does_not_apply_is_absent() -> None:
    """A metric that a company cannot have leaves no series at all."""
    page = registry(margin(None, "not_applicable", None))

    assert page.get_sample_value("hashhedge_reading_quality", QUALITY) is None


def test_network_values_have_no_company() -> None:
    """Bitcoin's price and the hashprice are single series without labels."""
    page = registry(
        Row("BTC-USD", "USD", Scope.NETWORK, None, 91_132.0, "ok", AT),
        Row("hashprice_usd_ph_day", "USD/PH/day", Scope.NETWORK, None, 39.32, "ok", AT),
    )

    assert page.get_sample_value("hashhedge_btc_price_usd") == 91_132.0
    assert page.get_sample_value("hashhedge_hashprice_usd_ph_day") == 39.32


def test_declared_families_have_help_before_values() -> None:
    """A declared metric is on the page with its formula even while nothing may be shown."""
    families = {family.name: family for family in registry().collect()}

    assert "Formula" in families["hashhedge_hashprice_usd_ph_day"].documentation
    assert families["hashhedge_hashprice_usd_ph_day"].samples == []


def test_companies_of_the_book() -> None:
    """Each company is one info series."""
    page = registry(companies=(CompanyRow("RIOT", "Riot Platforms", "miner"),))

    labels = {"company": "RIOT", "name": "Riot Platforms", "type": "miner"}
    assert page.get_sample_value("hashhedge_company_info", labels) == 1


@pytest.mark.parametrize(
    ("name", "scope", "proper", "factor"),
    [
        ("mining_margin_ratio", Scope.COMPANY, "hashhedge_company_margin_ratio", 1.0),
        ("hashcost_usd_ph_day", Scope.COMPANY, "hashhedge_company_hashcost_usd_ph_day", 1.0),
        ("BTC-USD", Scope.NETWORK, "hashhedge_btc_price_usd", 1.0),
        ("network.difficulty", Scope.NETWORK, "hashhedge_network_difficulty", 1.0),
        ("retarget_days", Scope.NETWORK, "hashhedge_retarget_seconds", 86_400.0),
        ("hashrate_eh_s", Scope.NETWORK, "hashhedge_hashrate_eh_per_second", 1.0),
        ("hashrate_h_s", Scope.NETWORK, "hashhedge_hashrate_hashes_per_second", 1.0),
        ("network.block_pace_s", Scope.NETWORK, "hashhedge_network_block_pace_seconds", 1.0),
        ("company_value_usd", Scope.COMPANY, "hashhedge_company_value_usd", 1.0),
    ],
)
def test_names_in_prometheus_form(name: str, scope: Scope, proper: str, factor: float) -> None:
    """Scope prefix, base units of time, no one-letter unit; values are scaled with the name."""
    assert gauge_name(name, scope) == (proper, factor)


@given(value=st.floats(allow_nan=True, allow_infinity=True))
def test_no_value_that_is_not_a_number(value: float) -> None:
    """Infinity and nan never reach the page; a number comes out unchanged."""
    page = registry(margin(value))
    shown = page.get_sample_value("hashhedge_company_margin_ratio", {"company": "RIOT"})

    assert shown is None or shown == value
    assert shown not in {float("inf"), float("-inf")}


def test_a_series_is_shown_by_the_parts_of_its_name() -> None:
    """One gauge has all series of the market around bitcoin, so that a panel sets venues in rows."""
    made = CollectorRegistry()
    rows = [SeriesRow("perp", venue, "funding_8h_ratio", 0.0001) for venue in ("okx", "deribit")]
    made.register(ReadingGauges(tuple, series=lambda: rows))
    labels = {"group": "perp", "subject": "okx", "figure": "funding_8h_ratio"}
    assert made.get_sample_value("hashhedge_series", labels) == 0.0001
    assert made.get_sample_value("hashhedge_series", labels | {"subject": "other"}) is None
