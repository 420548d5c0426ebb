"""The company card: what the article's companies must show, from figures, claims and metrics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from monitor.app.world import find_catalogue
from monitor.books import load_companies, parse_company
from monitor.compute.card import build_card
from monitor.compute.history import EARLIER_FACTS, HISTORY_INPUTS, PAIR_INPUTS
from monitor.compute.plan import MARKET_INPUTS, STOCK_INPUTS, TENANT_INPUTS
from monitor.core.clock import DAY, parse_iso
from monitor.domain.companies import Companies, CompanyType, EventKind
from monitor.domain.facts import FACTS

NOW = parse_iso("2026-11-01")
THEN = parse_iso("2025-07-17")
COMPANIES = load_companies(NOW)
CATALOGUE = find_catalogue()
# the project's reference point: block 931,995 on 2026-01-12
MARKET = {
    "btc_usd": 91_132.0,
    "difficulty": 146_472_570_620_000.0,
    "height": 931_995.0,
    "fees_btc_per_block": 0.016238,
}


def card_of(
    ticker: str, now: int = NOW, market: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Return the card of one of the default companies."""
    return build_card(COMPANIES[ticker], now, CATALOGUE, COMPANIES, market)


def entry(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the one entry called `name`."""
    (found,) = [item for item in entries if item["name"] == name]
    return found


def derived(ticker: str, name: str) -> float:
    """Return a number that the article section derives, in the default card."""
    value: float = card_of(ticker)["article"]["derived"][name]["value"]
    return value


def test_every_company_input_of_the_metrics_is_a_fact_of_the_books() -> None:
    """What a metric asks for is quoted, remembered, or a fact that a company file can give."""
    market = set(MARKET_INPUTS) | set(STOCK_INPUTS) | set(TENANT_INPUTS)
    remembered = {*HISTORY_INPUTS, *PAIR_INPUTS, *EARLIER_FACTS}
    assert set(CATALOGUE.leaves) - set(FACTS) - remembered == market - remembered


@pytest.mark.parametrize("ticker", COMPANIES)
def test_a_card_is_plain_and_stable(ticker: str) -> None:
    """Each card is JSON as it stands, twice the same, and names a source for every figure."""
    card = card_of(ticker, market=MARKET)
    assert json.loads(json.dumps(card, allow_nan=False)) == card
    assert card == card_of(ticker, market=MARKET)
    for history in card["figures"].values():
        for figure in history:
            assert figure["as_of"] <= "2026-11-01"
            assert figure["source"]
            assert figure["unit"]


@pytest.mark.parametrize("ticker", COMPANIES)
def test_no_field_is_called_just_hedge(ticker: str) -> None:
    """One number called hedge would hide which question it answers."""

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {name for child in value.values() for name in keys(child)}
        if isinstance(value, list):
            return {name for child in value for name in keys(child)}
        return set()

    card = card_of(ticker)
    assert "hedge" not in keys(card)
    assert "hedge" not in {item["name"] for item in card["hedge_ratios"]}


def test_a_miner_shows_the_hedge_ratios_under_their_formula_names() -> None:
    """By revenue, by contracts, by contracted and energised power, by cover of fixed cost."""
    ratios = {item["name"]: item["formula"] for item in card_of("CORZ")["hedge_ratios"]}
    assert set(ratios) >= {
        "ai_revenue_mix_ratio",
        "contracted_coverage_ratio",
        "ai_live_mix_ratio",
        "ai_contracted_mw_ratio",
        "ai_mw_share_ratio",
        "fixed_cost_coverage_ratio",
    }
    assert all(ratios.values())


def test_core_scientific_shows_run_rate_and_revenue_change() -> None:
    """3.5e9 over 12 years is 291.7 M USD a year; 79.5 against 179.3 M is 55.7 % less."""
    card = card_of("CORZ")
    assert derived("CORZ", "contract_run_rate_usd_year") == pytest.approx(3.5e9 / 12)
    assert derived("CORZ", "revenue_change_ratio") == pytest.approx(-0.5566, abs=5e-5)
    first = card["contracts"][0]
    assert first["run_rate_usd_year"] == pytest.approx(291.7e6, abs=5e4)
    papers = card["article"]["changes"][0]
    assert (papers["fact"], papers["as_of"]) == ("total_revenue_usd", "2025-03-31")
    assert papers["change_ratio"] == pytest.approx(-0.5566, abs=5e-5)


def test_takeover_talks_are_an_event_type() -> None:
    """Core Scientific's card carries the talks of mid-2025."""
    assert EventKind.TAKEOVER_TALKS.value == "takeover_talks"
    assert "takeover_talks" in {event["kind"] for event in card_of("CORZ")["events"]}


def test_the_dependency_on_coreweave_is_named_on_both_cards() -> None:
    """Core Scientific depends on CRWV, and CRWV's card names Core Scientific."""
    assert [edge["counterparty"] for edge in card_of("CORZ")["depends_on"]] == ["CRWV"]
    assert [edge["company"] for edge in card_of("CRWV")["dependents"]] == [
        "APLD",
        "CORZ",
        "GLXY",
    ]


def test_hut_shows_production_treasury_and_both_fee_parts() -> None:
    """167 against 716 BTC is 76.7 % less; its own papers say 135 against 592."""
    card = card_of("HUT")
    assert derived("HUT", "btc_produced_change_ratio") == pytest.approx(-0.767, abs=5e-4)
    assert derived("HUT", "btc_treasury_usd") == 10_273 * 105_000
    verdicts = {claim["claim"]: claim["verdict"] for claim in card["article"]["claims"]}
    assert verdicts["BTC made Q1 2025"].startswith("disagrees")
    papers = {item["fact"]: item for item in card["article"]["changes"]}["btc_produced"]
    assert (papers["value"], papers["year_ago"]) == (135, 592)
    highrise = card["contracts"][0]
    assert highrise["fixed_fee"] == {"agreed": True, "usd_year": None}
    assert highrise["revenue_share"] == {"agreed": True, "ratio": None}
    assert highrise["mw"] is None


def test_hive_derives_total_share_and_progress() -> None:
    """10.1 M at 9 % make 112.2 M in all; of the 100 M goal it is 10.1 %."""
    assert derived("HIVE", "implied_total_revenue_usd") == pytest.approx(112.2e6, rel=1e-3)
    assert derived("HIVE", "ai_revenue_mix_ratio") == pytest.approx(0.09)
    assert derived("HIVE", "ai_goal_progress_ratio") == pytest.approx(0.101)
    mix = entry(card_of("HIVE", THEN)["hedge_ratios"], "ai_revenue_mix_ratio")
    assert mix["value"] == pytest.approx(10.0 / 115.2)


def test_iren_shows_ai_share_and_litigation() -> None:
    """3.6 M beside 1,514 BTC at 93,399 USD is 2.5 %; the class action stands as a flag."""
    share = derived("IREN", "ai_revenue_mix_ratio")
    assert share == pytest.approx(3.6e6 / (3.6e6 + 1_514 * 93_399))
    assert share == pytest.approx(0.0248, abs=5e-5)
    assert [flag["kind"] for flag in card_of("IREN")["flags"]] == ["litigation"]
    assert card_of("IREN", parse_iso("2024-10-01"))["flags"] == []


def test_riot_counted_power_only_as_evaluating() -> None:
    """At the article's date 600 MW were under review and nothing was contracted."""
    card = card_of("RIOT")
    assert card["article"]["ai_mw_by_stage"] == {
        "evaluating": {"mw": 600, "entries": 1, "undisclosed": 0}
    }
    then = entry(card["article"]["hedge_ratios"], "contracted_coverage_ratio")
    assert then["value"] == 0
    assert card["article"]["ai_status"]["status"] == "evaluating"
    now = entry(card["hedge_ratios"], "contracted_coverage_ratio")
    assert now["value"] == pytest.approx(31.1e6 / (4 * 167.2e6))
    assert card["ai_mw_by_stage"]["signed"]["mw"] == 25


def test_mara_is_prepared_with_nothing_contracted() -> None:
    """Contracted ratio 0, status prepared, 50,000 BTC at 105,000 USD are 5.25e9."""
    card = card_of("MARA")
    for ratios in (card["hedge_ratios"], card["article"]["hedge_ratios"]):
        assert entry(ratios, "contracted_coverage_ratio")["value"] == 0
    assert card["ai_status"]["status"] == "prepared"
    assert derived("MARA", "btc_treasury_usd") == 5.25e9


def test_the_treasury_follows_the_price_it_is_given() -> None:
    """Without a price the value is unknown and says so; with one it is coins times price."""
    bare = entry(card_of("MARA")["treasury"], "btc_treasury_usd")
    assert (bare["value"], bare["reason"]) == (None, "missing:btc_usd")
    priced = entry(card_of("MARA", market={"btc_usd": 100_000.0})["treasury"], "btc_treasury_usd")
    assert priced["value"] == 38_689 * 100_000


def test_canaan_has_no_margin_fields_and_has_left_ai() -> None:
    """A maker of machines has no mining margin: absent, not zero; AI ended on 2025-06-23."""
    card = card_of("CAN", market=MARKET)
    assert card["type"] == "asic_maker"
    assert card["mining"] == []
    assert "margin" not in json.dumps(card)
    assert card["ai_status"]["status"] == "exited"
    assert card["ai_status"]["since"] == "2025-06-23"


def test_a_company_with_installed_hashrate_only_says_so() -> None:
    """The margin is computed, and its flag names the basis of the hashrate behind it."""
    hut = card_of("HUT", parse_iso("2025-06-01"), MARKET)
    margin = entry(hut["mining"], "mining_margin_usd_ph_day")
    assert margin["value"] is not None
    assert "basis=installed" in margin["flags"]


def test_a_ratio_of_figures_120_days_old_is_stale() -> None:
    """Ninety days after the quarter a ratio is fresh, after 120 days it is stale."""
    quarter_end = parse_iso("2026-03-31")
    fresh = card_of("CORZ", quarter_end + 90 * DAY)
    old = card_of("CORZ", quarter_end + 120 * DAY)
    name = "ai_revenue_mix_ratio"
    assert entry(fresh["hedge_ratios"], name)["quality"] == "ok"
    assert entry(old["hedge_ratios"], name)["quality"] == "stale"
    assert entry(old["hedge_ratios"], name)["value"] == pytest.approx(77.5 / (77.5 + 30.1))


def test_mixed_periods_and_bases_are_flagged() -> None:
    """Riot's AI revenue of Q1 2026 beside mining revenue of Q3 2025 is no mix; MW on two bases."""
    ratios = card_of("RIOT")["hedge_ratios"]
    mix = entry(ratios, "ai_revenue_mix_ratio")
    assert (mix["value"], mix["reason"]) == (None, "mixed_period")
    assert mix["flags"] == [
        "mixed_period: ai_revenue_usd to 2026-03-31, mining_revenue_usd to 2025-09-30"
    ]
    assert entry(ratios, "ai_contracted_mw_ratio")["flags"] == [
        "mixed_basis: ai_contracted_mw critical IT, contracted_mw gross"
    ]
    assert entry(card_of("CORZ")["hedge_ratios"], "ai_revenue_mix_ratio")["flags"] == []


def test_balances_of_days_far_apart_are_flagged() -> None:
    """Core Scientific's debt of after its bonds less the cash of before them is no net debt."""
    valuation = card_of("CORZ")["valuation"]
    assert entry(valuation, "net_debt_usd")["flags"] == [
        "mixed_period: cash_usd of 2025-09-30, debt_usd of 2026-03-31"
    ]
    assert entry(card_of("WULF")["valuation"], "net_debt_usd")["flags"] == []


def test_a_mix_over_a_sum_rests_on_one_quarter() -> None:
    """TeraWulf's newest AI revenue has no mining beside it: 9.7 of 35.8 M of the quarter before."""
    mix = entry(card_of("WULF")["hedge_ratios"], "ai_revenue_mix_ratio")
    assert mix["value"] == pytest.approx(9.7 / 35.8)
    assert (mix["as_of"], mix["flags"]) == ("2025-12-31", [])


def test_an_earlier_date_shows_what_was_known_then() -> None:
    """Results published on 7 May 2025 are not on the card of 1 May 2025."""
    before = card_of("CORZ", parse_iso("2025-05-01"))
    after = card_of("CORZ", parse_iso("2025-05-07"))
    assert before["figures"]["total_revenue_usd"][0]["as_of"] == "2024-12-31"
    assert after["figures"]["total_revenue_usd"][0]["as_of"] == "2025-03-31"
    assert card_of("CORZ", 0)["contracts"] == []
    assert card_of("CORZ", 0)["figures"] == {}


def test_an_ai_host_has_no_mining_section() -> None:
    """A type without mining has no mining entries and still its AI ratios."""
    host = replace(COMPANIES["CORZ"], type=CompanyType.AI_HOST)
    card = build_card(host, NOW, CATALOGUE, Companies({"CORZ": host}))
    assert card["mining"] == []
    assert entry(card["hedge_ratios"], "ai_revenue_mix_ratio")["value"] is not None


def test_a_company_without_claims_has_no_article() -> None:
    """A company of one's own has nothing to do with the article."""
    text = 'ticker: WULF\nname: TeraWulf\ntype: miner\nfiscal_year_end: "12-31"\n'
    company = parse_company(text, "WULF.yaml", NOW)
    card = build_card(company, NOW, CATALOGUE, Companies({"WULF": company}))
    assert card["article"] is None
    assert entry(card["hedge_ratios"], "ai_revenue_mix_ratio")["reason"].startswith("missing:")
