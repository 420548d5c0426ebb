"""The card's new parts: currency, restatements, fleet, sites, tenants, the seven risks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitor.app.world import find_catalogue
from monitor.books import load_companies, parse_company
from monitor.compute.card import build_card
from monitor.core.clock import DAY, parse_iso
from monitor.domain.companies import Companies, Company
from monitor.domain.figures import GIVEN_LIVE
from monitor.domain.risk_levels import RiskKind
from monitor.metrics.base import CompanyType, Metric, Scope
from monitor.metrics.catalogue import Catalogue

NOW = parse_iso("2026-11-01")
FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "companies"
COMPANIES = load_companies(NOW, FIXTURES)
CATALOGUE = find_catalogue()


def card_of(
    ticker: str, day: str = "2026-01-15", market: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Return the card of a company of the test data, or of the default book."""
    return build_card(COMPANIES[ticker], parse_iso(day), CATALOGUE, COMPANIES, market)


def entry(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the one entry called `name`."""
    (found,) = [item for item in entries if item["name"] == name]
    return found


def risk(card: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return one of the seven risk cards."""
    found: dict[str, Any]
    (found,) = [item for item in card["risks"] if item["risk"] == kind]
    return found


def indicator(card: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    """Return an indicator of a risk."""
    return entry(risk(card, kind)["indicators"], name)


def test_a_figure_in_cad_is_reported_in_usd_with_its_raw_value() -> None:
    """HIVE: margin and mix in USD, 145 M CAD and 0.06 CAD/kWh kept and named (A09)."""
    card = card_of("HIVE", market={"hashprice_usd_ph_day": 52.5})
    (revenue,) = card["figures"]["mining_revenue_usd"]
    assert (revenue["value"], revenue["unit"]) == (104_197_000, "USD")
    assert revenue["stated"] == {
        "value": 145,
        "unit": "MCAD",
        "currency": "CAD",
        "fx_usd": 0.7186,
    }
    mix = entry(card["hedge_ratios"], "ai_revenue_mix_ratio")
    assert mix["value"] == pytest.approx(10 / 114.197)
    assert mix["flags"] == ["converted: mining_revenue_usd from 145 MCAD at 0.7186 USD/CAD"]
    cost = entry(card["mining"], "power_hashcost_usd_ph_day")
    assert cost["value"] == pytest.approx(24 * 30 * 0.06 * 0.7186)
    assert "converted: power_price_usd_kwh from 0.06 CAD/kWh at 0.7186 USD/CAD" in cost["flags"]
    assert card["listings"][1] == {"exchange": "TSXV", "symbol": "HIVE", "currency": "CAD"}
    assert any("stated in CAD" in words for words in card["reading_notes"])


def test_a_restated_figure_is_there_from_its_publication_on() -> None:
    """The day before, the old figure alone; from then on both, the old one marked (B22, K05)."""
    before = card_of("HIVE", "2025-11-16")["figures"]["total_revenue_usd"]
    assert [item["value"] for item in before] == [115.3e6]
    assert before[0]["replaced_on"] is None
    after = card_of("HIVE", "2025-11-17")["figures"]["total_revenue_usd"]
    assert [item["value"] for item in after] == [112.1e6, 115.3e6]
    assert [item["replaced_on"] for item in after] == [None, "2025-11-17"]
    assert after[0]["published"] == after[0]["known_from"] == "2025-11-17"
    assert card_of("HIVE", "2025-06-25")["figures"] == {}


def test_a_figure_without_a_day_of_publication_says_so() -> None:
    """It counts from the day it describes, and the card tells that this is early."""
    card = card_of("BITMAIN")
    (share,) = card["figures"]["asic_share_ratio"]
    assert (share["published"], share["known_from"]) == (None, "2025-04-30")
    assert any("no day of publication" in words for words in card["reading_notes"])


def test_the_fleet_names_what_goes_dark() -> None:
    """Half at 20, half at 40 J/TH, 52.50 USD/PH/day: at 0.06 USD/kWh the old half (B09)."""
    text = (FIXTURES / "HIVE.yaml").read_text(encoding="utf-8")
    text = text.replace("unit: CAD/kWh, fx_usd: 0.7186", "unit: USD/kWh")
    hive = parse_company(text, "HIVE.yaml", NOW)
    now = parse_iso("2026-01-15")
    market = {"hashprice_usd_ph_day": 52.50}
    fleet = build_card(hive, now, CATALOGUE, COMPANIES, market)["fleet"]
    assert fleet["efficiency_j_th"] == 30
    assert [item["name"] for item in fleet["machines"]] == ["S19", "S21"]
    needed = [item["shutdown_hashprice_usd_ph_day"] for item in fleet["machines"]]
    assert needed == pytest.approx([57.6, 28.8])
    assert [item["profitable"] for item in fleet["machines"]] == [False, True]
    assert fleet["unprofitable"] == ["S19"]
    assert fleet["unprofitable_share_ratio"] == 0.5
    assert len(fleet["assumed"]) == 2


def test_a_fleet_without_a_market_says_what_is_missing() -> None:
    """No hashprice, or no power price: nobody is called profitable, and the reason is named."""
    fleet = card_of("HIVE")["fleet"]
    assert fleet["unprofitable"] is None
    assert fleet["missing"] == ["hashprice_usd_ph_day"]
    assert {item["profitable"] for item in fleet["machines"]} == {None}
    early = parse_company(
        (FIXTURES / "HIVE.yaml")
        .read_text(encoding="utf-8")
        .replace("  power_price_usd_kwh:\n", "")
        .replace(
            "    - {value: 0.06, unit: CAD/kWh, fx_usd: 0.7186, as_of: 2025-03-31, source: fy2025}\n",
            "",
        ),
        "HIVE.yaml",
        NOW,
    )
    bare = build_card(early, parse_iso("2026-01-15"), CATALOGUE, COMPANIES)["fleet"]
    assert bare["missing"] == ["power_price_usd_kwh", "hashprice_usd_ph_day"]
    assert [item["name"] for item in bare["machines"]] == ["S19", "S21"]
    assert bare["machines"][0]["shutdown_hashprice_usd_ph_day"] is None
    assert card_of("KEEL")["fleet"] is None


def test_sites_carry_power_contract_and_cooling() -> None:
    """Each site has its use; a mine that does not tell its cooling has null, not a word (C17)."""
    boden, montreal = card_of("HIVE")["sites"]
    assert (boden["use"], boden["cooling"], boden["power_contracted_mw"]) == ("mining", None, 24)
    assert (montreal["cooling"], montreal["pue"], montreal["mw"]) == ("liquid", 1.2, 8)


def test_riots_sites_are_in_the_default_book() -> None:
    """Three sites; Rockdale is a mine until AMD's lease, then both, its cooling undisclosed."""
    then = {item["name"]: item for item in card_of("RIOT", "2025-12-31")["sites"]}
    assert {name: item["mw"] for name, item in then.items()} == {
        "Corsicana": 400,
        "Kentucky": 95,
        "Rockdale": 700,
    }
    assert then["Rockdale"]["use"] == "mining"
    now = {item["name"]: item for item in card_of("RIOT", "2026-02-01")["sites"]}
    assert (now["Rockdale"]["use"], now["Rockdale"]["cooling"]) == ("both", "undisclosed")


def test_a_figure_given_live_is_marked_as_an_override() -> None:
    """What somebody sent in place of the book's is named with its end; a judged level is not."""
    riot = COMPANIES["RIOT"]
    known = riot.figures["btc_held"]
    live = replace(
        known[-1], value=52_000, basis=GIVEN_LIVE, source="manual-ann", expires=NOW + DAY
    )
    held = replace(riot, figures={**riot.figures, "btc_held": (*known, live)})
    card = build_card(held, NOW, CATALOGUE, COMPANIES, {"btc_usd": 1.0})
    treasury = entry(card["treasury"], "btc_treasury_usd")
    assert treasury["value"] == 52_000
    assert treasury["flags"] == ["override: btc_held by ann until 2026-11-02"]
    assert card["figures"]["btc_held"][0]["expires"] == "2026-11-02"


def test_hashrates_name_their_basis_and_the_one_used() -> None:
    """Installed only: the margin uses it, with the flag (A16)."""
    card = card_of("HIVE", market={"hashprice_usd_ph_day": 52.5})
    (only,) = card["hashrates"]
    assert (only["basis"], only["value"], only["used"]) == ("installed", 6.2, True)
    margin = entry(card["mining"], "mining_margin_ratio")
    assert margin["value"] is not None
    assert "basis=installed" in margin["flags"]
    riot = card_of("RIOT", "2025-07-17")["hashrates"]
    assert len(riot) > 1
    assert sum(item["used"] for item in riot) == 1


def test_an_entity_on_no_exchange_has_no_stock_fields() -> None:
    """Bitmain loads; nothing on its card rests on a share (B32)."""
    share = Metric(
        name="share_usd",
        unit="USD",
        scope=Scope.COMPANY,
        inputs=("stock_usd",),
        description="The share.",
        formula="stock_usd",
        source="test",
        compute=np.positive,
    )
    catalogue = Catalogue.of({"valuation": (share,), "mining": tuple(CATALOGUE)})
    now = parse_iso("2026-01-15")
    maker = build_card(COMPANIES["BITMAIN"], now, catalogue, COMPANIES)
    assert (maker["listed"], maker["listings"], maker["valuation"]) == (False, [], [])
    assert "stock" not in json.dumps(maker)
    keel = build_card(COMPANIES["KEEL"], now, catalogue, COMPANIES, {"stock_usd": 3.0})
    assert keel["valuation"][0]["value"] == 3
    missing = build_card(COMPANIES["KEEL"], now, catalogue, COMPANIES)["valuation"][0]
    assert missing["reason"] == "missing:stock_usd"


def test_sections_follow_the_files_of_the_metrics() -> None:
    """Each file is a section; one called like a part of the card gives way; refusals are named."""

    def metric(name: str, **more: Any) -> Metric:
        return Metric(
            name=name,
            unit="MW",
            scope=Scope.COMPANY,
            inputs=("contracted_mw",),
            description="d",
            formula="f",
            source="s",
            compute=np.positive,
            **more,
        )

    barred = metric("c_mw", applies_to=frozenset({CompanyType.TREASURY}), refusal="no miner has it")
    catalogue = Catalogue.of(
        {"power_use": (metric("a_mw"),), "fleet": (metric("b_mw"),), "valuation": (barred,)}
    )
    card = build_card(COMPANIES["RIOT"], NOW, catalogue, COMPANIES)
    assert card["metric_sections"] == [
        "hedge_ratios",
        "treasury",
        "mining",
        "fleet_metrics",
        "power_use",
        "valuation",
    ]
    assert [item["name"] for item in card["fleet_metrics"]] == ["b_mw"]
    assert card["fleet"] is None
    assert card["valuation"] == []
    assert card["not_applicable"] == {"c_mw": "no miner has it"}


def test_core_scientific_hangs_on_one_tenant() -> None:
    """One tenant has 100 % of the contracts, and the risk card says so (C10)."""
    card = card_of("CORZ")
    assert card["tenants"]["largest_share_ratio"] == 1
    assert card["tenants"]["shares"] == [{"tenant": "CoreWeave", "share_ratio": 1.0}]
    names = {"largest_tenant_share_ratio", "tenant_concentration_ratio"}
    found = [item for item in risk(card, "client_stability")["indicators"] if item["name"] in names]
    assert [item["value"] for item in found] == [1]
    assert card["tenants"]["remaining_term_years"] is not None


def test_power_in_force_leaves_evaluations_out() -> None:
    """Riot's 600 MW under evaluation are on the ladder and not in force; the ratio is 0 (C04)."""
    card = card_of("RIOT", "2025-07-17")
    assert card["ai_mw_by_stage"]["evaluating"]["mw"] == 600
    assert card["ai_mw_in_force"] == {"mw": None, "entries": 0, "undisclosed": 0}
    signed = card_of("RIOT", "2026-02-01")
    assert signed["ai_mw_in_force"]["mw"] == 25


def test_a_contract_without_power_says_null() -> None:
    """CORZ: 291.7 M USD a year; what is not disclosed is null, never 0 (C05)."""
    contracts = card_of("CORZ")["contracts"]
    assert contracts[0]["run_rate_usd_year"] == pytest.approx(291.67e6, abs=5e4)
    assert [item["mw"] for item in contracts].count(0) == 0
    assert None in [item["mw"] for item in contracts]


def test_iren_graphics_processors_have_a_history() -> None:
    """248 to 4,300, each with its date and basis: 17.3 times (C12)."""
    history = card_of("IREN", "2025-07-17")["gpu_history"]
    points = [(item["as_of"], item["value"]) for item in history["points"]]
    assert points[0][1] == 248
    assert points[-1] == ("2025-07-03", 4_300)
    assert history["growth_ratio"] == pytest.approx(17.3, abs=0.05)
    assert card_of("BITMAIN")["gpu_history"] == {"points": [], "growth_ratio": None}


def test_all_seven_risks_are_on_every_card_and_no_level_is_made_up() -> None:
    """Without a judgement the level is null; each indicator has a value or a reason (C14 to C20)."""
    for ticker in COMPANIES:
        card = card_of(ticker)
        assert [item["risk"] for item in card["risks"]] == list(RiskKind)
        for item in card["risks"]:
            assert item["suggested_alert"]
            assert (item["level"] is None) == (item["state"] != "judged")
            for found in item["indicators"]:
                assert found["unit"]
                assert (found["value"] is None) == bool(found["reason"])
        if not COMPANIES[ticker].risks:
            assert {item["state"] for item in card["risks"]} == {"not_assessed"}


def test_a_judged_risk_has_level_reason_date_author_and_expiry() -> None:
    """What a person judged stands with all that belongs to it (C15, C20)."""
    card = card_of("HIVE")
    client = risk(card, "client_stability")
    assert (client["level"], client["reason"]) == ("medium", "many small tenants")
    assert (client["date"], client["expires"]) == ("2025-04-01", "2027-04-01")
    allocation = risk(card, "allocation")
    assert allocation["level"] == "two businesses, one treasury"
    assert allocation["author"] == "A. Desk"


def test_an_expired_level_is_not_shown_as_present() -> None:
    """The day before its expiry it stands, on the day it does not; only that it did is said."""
    assert risk(card_of("HIVE", "2025-09-30"), "power")["level"] == "high"
    gone = risk(card_of("HIVE", "2025-10-01"), "power")
    assert (gone["level"], gone["reason"], gone["date"]) == (None, None, None)
    assert (gone["state"], gone["expired_on"]) == ("expired", "2025-10-01")
    assert risk(card_of("HIVE", "2025-03-31"), "power")["state"] == "not_assessed"


def test_compliance_has_four_sub_flags_with_their_dates() -> None:
    """Each part is there with its date; one that nobody looked at is null (C18)."""
    flags = risk(card_of("HIVE"), "compliance")["sub_flags"]
    assert {name: flag["date"] for name, flag in flags.items()} == {
        "privacy": "2025-03-01",
        "intellectual_property": "2025-03-02",
        "cross_border_data": "2025-03-03",
        "emissions": "2025-03-04",
    }
    assert flags["cross_border_data"]["raised"] is True
    assert set(risk(card_of("RIOT"), "compliance")["sub_flags"].values()) == {None}
    assert indicator(card_of("HIVE"), "compliance", "raised_sub_flags_count")["value"] == 1


def test_the_share_of_contracted_power_is_shown() -> None:
    """32 of 40 MW have a supply contract (C16); the PUE of the AI site stands by cooling (C17)."""
    card = card_of("HIVE")
    names = {"power_contracted_ratio", "power_under_contract_ratio"}
    found = [item for item in risk(card, "power")["indicators"] if item["name"] in names]
    assert [item["value"] for item in found] == [0.8]
    assert indicator(card, "cooling", "ai_site_overhead_ratio")["value"] == 1.2
    assert indicator(card, "cooling", "ai_liquid_cooled_mw_ratio")["value"] == 1


def test_competition_counts_entrants_and_takes_the_market() -> None:
    """Who began with AI within a year is counted; a market number is there when it is given (C19)."""
    card = card_of("HIVE", "2026-02-01", {"hashprice_usd_ph_day": 40.0})
    entrants = indicator(card, "competition", "ai_entrants_count")
    assert entrants["value"] >= 1
    assert "RIOT" in entrants["note"]
    assert indicator(card, "competition", "hashprice_usd_ph_day")["value"] == 40
    bare = indicator(card_of("HIVE"), "competition", "hashprice_usd_ph_day")
    assert bare["reason"].startswith("missing:")


def test_a_repeated_fact_is_shown_once() -> None:
    """A metric that only repeats a fact for the rules stands for it."""
    repeating = Metric(
        name="tenant_concentration_ratio",
        unit="ratio",
        scope=Scope.COMPANY,
        inputs=("largest_tenant_share_ratio",),
        description="d",
        formula="largest_tenant_share_ratio",
        source="s",
        compute=np.positive,
    )
    catalogue = Catalogue.of({"risk": (repeating,)})
    card = build_card(COMPANIES["CORZ"], NOW, catalogue, COMPANIES)
    names = [item["name"] for item in risk(card, "client_stability")["indicators"]]
    assert "tenant_concentration_ratio" in names
    assert "largest_tenant_share_ratio" not in names


def test_a_former_ticker_is_noted_with_its_dates() -> None:
    """KEEL's card of 2025 says that it was BITF then."""
    then, now = card_of("KEEL", "2025-07-17"), card_of("KEEL", "2026-06-01")
    assert (then["ticker_then"], now["ticker_then"]) == ("BITF", "KEEL")
    assert then["aliases"][0] == {"ticker": "BITF", "since": None, "until": "2026-04-06"}


def test_doubts_stand_on_the_card_once_they_are_known() -> None:
    """An implied price that BTC never had is a warning of the card, not before the figure is (B06)."""
    row = "    - {{value: {0}, unit: {1}, period_from: 2025-01-01, as_of: 2025-03-31, published: 2025-05-01, source: s}}\n"
    text = (
        'ticker: AAA\nname: A\ntype: miner\nfiscal_year_end: "12-31"\nsources: {s: {title: t}}\n'
        "figures:\n  btc_produced:\n" + row.format(1530, "BTC")
    ) + ("  mining_revenue_usd:\n" + row.format("1.429", "BUSD"))
    firm: Company = parse_company(text, "AAA.yaml", NOW)

    def warnings(day: str) -> list[dict[str, Any]]:
        card = build_card(firm, parse_iso(day), CATALOGUE, Companies({"AAA": firm}))
        found: list[dict[str, Any]] = card["warnings"]
        return found

    assert warnings("2025-04-30") == []
    (doubt,) = warnings("2025-05-01")
    assert "implied price 933,987 outside BTC range" in doubt["message"]
    assert doubt["where"] == "AAA.yaml:10"


@pytest.mark.parametrize("ticker", COMPANIES)
def test_a_card_with_every_section_is_plain(ticker: str) -> None:
    """Cards with fleets, sites and risks are JSON without nan, and twice the same."""
    card = card_of(ticker, market={"hashprice_usd_ph_day": 52.5})
    assert json.loads(json.dumps(card, allow_nan=False)) == card
    assert card == card_of(ticker, market={"hashprice_usd_ph_day": 52.5})
