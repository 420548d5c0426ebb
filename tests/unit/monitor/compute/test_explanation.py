"""A number taken apart: whoever has only the page gets the same number from it (row B19)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.compute.explanation import explain
from monitor.compute.situation import Situation
from monitor.core.clock import DAY
from monitor.domain.companies import Company, CompanyType
from monitor.domain.risk_levels import RiskKind, RiskLevel
from monitor.metrics.base import Floats, Metric, Scope
from monitor.metrics.catalogue import Catalogue
from tests.situations import FLEET, MARKET, company, figure, situation
from tests.worlds import CATALOGUE, NOON, quote

MINERS = frozenset({CompanyType.MINER})


def _rank(values: Floats) -> Floats:
    known = values[np.isfinite(values)]
    return np.array([np.nan if np.isnan(v) else 1.0 + np.sum(known > v) for v in values])


def _middle(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else np.nan


def _invented(name: str, scope: Scope, inputs: tuple[str, ...], **fields: Any) -> Metric:
    base = {
        "unit": "ratio",
        "description": "Invented.",
        "formula": "of the tests",
        "source": "tests",
        "label": name,
    }
    return Metric(name=name, scope=scope, inputs=inputs, **(base | fields))


RANK = _invented(
    "margin_rank", Scope.COMPANY, ("mining_margin_ratio",), compute=_rank, across=True,
    applies_to=MINERS,
)  # fmt: skip
MIDDLE = _invented(
    "margin_middle", Scope.SECTOR, ("mining_margin_ratio",),
    compute=lambda values: np.array([_middle(values)]), across=True,
)  # fmt: skip
ABOVE = _invented(
    "margin_above_middle", Scope.COMPANY, ("mining_margin_ratio", "margin_middle"),
    compute=np.subtract, applies_to=MINERS,
)  # fmt: skip
YARDSTICK = _invented(
    "coin_yardstick", Scope.COMPANY, ("btc_held",), compute=np.positive,
    applies_to=frozenset({CompanyType.TREASURY}),
    refusal="It says nothing of a company whose machines are most of its value.",
)  # fmt: skip
INVENTED = Catalogue([*CATALOGUE, RANK, MIDDLE, ABOVE, YARDSTICK])


def page(
    scene: Situation, name: str, ticker: str | None = "RIOT", given: dict[str, float] | None = None
) -> dict[str, Any]:
    """Return the page of one metric."""
    owner: Company | None = None if ticker is None else scene.companies[ticker]
    return explain(scene, scene.catalogue[name], owner, given or {})


def three() -> tuple[Company, ...]:
    """Return three miners, one of which does not say what it pays for power, and a host."""
    return (
        company("CRWV", {}, CompanyType.AI_HOST),
        company("HIVE", FLEET | {"power_price_usd_kwh": 0.05}),
        company("MARA", {"efficiency_j_th": 19}),
        company("RIOT", FLEET),
    )


def test_the_reference_fleet_step_by_step() -> None:
    """20 J/TH at 0.06 USD/kWh: 28.80 of 52.50 USD/PH/day, and a margin of 45.1 %."""
    found = page(situation(*three()), "mining_margin_ratio")
    steps = {step["metric"]: step["value"] for step in found["steps"]}
    assert steps["hashprice_usd_ph_day"] == pytest.approx(52.50, abs=0.005)
    assert steps["power_hashcost_usd_ph_day"] == pytest.approx(28.80)
    assert found["value"] == pytest.approx(0.451, abs=0.0005)
    assert found["steps"][-1]["metric"] == "mining_margin_ratio"
    assert found["formula"] == found["steps"][-1]["formula"]


@given(
    price=st.floats(0.01, 0.2),
    efficiency=st.floats(9, 60),
    btc=st.floats(1_000, 1e6),
    fees=st.floats(0, 5),
)
def test_the_page_gives_the_same_number(
    price: float, efficiency: float, btc: float, fees: float
) -> None:
    """What the inputs of the page come to is the value at its head, to the last bit."""
    facts = FLEET | {"power_price_usd_kwh": price, "efficiency_j_th": efficiency}
    market = MARKET | {"btc_usd": btc, "fees_btc_per_block": fees}
    scene = situation(company("RIOT", facts), market=market)
    for name in ("mining_margin_ratio", "break_even_btc_usd", "expected_mining_revenue_usd_day"):
        found = page(scene, name)
        known = {i["name"]: i.get("assumed", i)["value"] for i in found["inputs"]}
        assert found["value"] == found["recomputed"]
        assert CATALOGUE.evaluate(name, known).value == found["value"]


def test_what_does_not_apply_is_refused_with_its_words() -> None:
    """A metric of treasuries for a miner: no value, the reason, and why nobody should ask (B12)."""
    found = page(situation(*three(), catalogue=INVENTED), "coin_yardstick")
    assert (found["value"], found["reason"]) == (None, "not_applicable")
    assert found["refusal"] == YARDSTICK.refusal
    assert found["applies_to"] == ["treasury"]
    assert (found["steps"], found["inputs"]) == ([], [])
    host = page(situation(*three()), "mining_margin_ratio", "CRWV")
    assert (host["value"], host["reason"], host["refusal"]) == (None, "not_applicable", None)


def test_a_rank_says_whom_it_compares() -> None:
    """Every company with the value that entered, who is left out and why; the page ranks the same."""
    found = page(situation(*three(), catalogue=INVENTED), "margin_rank")
    (compared,) = found["compared"]
    rows = {row["company"]: row for row in compared["companies"]}
    assert set(rows) == {"HIVE", "MARA", "RIOT"}
    assert rows["MARA"]["reason"] == "missing:power_price_usd_kwh"
    assert not rows["MARA"]["counted"]
    assert (
        rows["HIVE"]["inputs"]["mining_margin_ratio"]
        > rows["RIOT"]["inputs"]["mining_margin_ratio"]
    )
    assert (rows["HIVE"]["value"], rows["RIOT"]["value"], rows["MARA"]["value"]) == (1, 2, None)
    assert found["value"] == found["recomputed"] == 2
    assert "power_price_usd_kwh" in {item["name"] for item in found["inputs"]}


def test_a_number_of_all_companies_lists_them_and_no_single_ones_inputs() -> None:
    """A median over the sector: the companies are its inputs, below stands nothing."""
    found = page(situation(*three(), catalogue=INVENTED), "margin_middle", None)
    (compared,) = found["compared"]
    counted = [row for row in compared["companies"] if row["counted"]]
    assert [row["company"] for row in counted] == ["HIVE", "RIOT"]
    assert found["value"] == found["recomputed"]
    assert found["value"] == pytest.approx((0.451 + 0.543) / 2, abs=0.001)
    assert (found["company"], found["inputs"], len(found["steps"])) == (None, [], 1)


def test_a_number_that_rests_on_all_companies_shows_both() -> None:
    """A margin against the sector's: its own road, and whom the sector's number is made of."""
    found = page(situation(*three(), catalogue=INVENTED), "margin_above_middle", "HIVE")
    assert [part["metric"] for part in found["compared"]] == ["margin_middle"]
    assert found["value"] == found["recomputed"]
    assert found["value"] == pytest.approx((0.543 - 0.451) / 2, abs=0.001)


def test_a_given_value_enters_the_comparison() -> None:
    """Whoever gives a margin sees the rank it would have, from the page too."""
    scene = situation(*three(), catalogue=INVENTED)
    found = page(scene, "margin_rank", given={"mining_margin_ratio": 0.9})
    assert found["value"] == found["recomputed"] == 1


def test_what_is_missing_is_named_all_at_once() -> None:
    """Without a market every number of it is listed as missing; nothing is taken for 0."""
    found = page(situation(company("RIOT", FLEET), market={}), "mining_margin_ratio")
    assert (found["value"], found["quality"]) == (None, "missing")
    assert set(found["missing"]) == set(MARKET)
    assert found["recomputed"] is None


def test_an_assumption_stands_with_its_number_and_words() -> None:
    """An unknown pool fee is 0 by assumption; an efficiency is nobody's to assume."""
    inputs = {i["name"]: i for i in page(situation(*three()), "mining_margin_ratio")["inputs"]}
    assert inputs["pool_fee_ratio"]["assumed"]["value"] == 0
    assert "pool fee" in inputs["pool_fee_ratio"]["assumed"]["why"]
    assert "assumed" not in inputs["efficiency_j_th"]


def test_an_assumption_further_down_the_road_is_flagged() -> None:
    """EV that knows no net debt is market cap only, and its page says so (row C09)."""
    book = company("RIOT", FLEET | {"shares_diluted": 4e8})
    scene = situation(book, quotes=[quote("RIOT.share_price_usd", 20, NOON)])
    for name in ("enterprise_value_usd", "operating_ev_usd"):
        found = page(scene, name)
        said = [*found["flags"], *(i.get("assumed", {}).get("why", "") for i in found["inputs"])]
        assert any("market cap only" in words for words in said), name


def test_limits_and_marks_stand_on_the_page() -> None:
    """Periods that differ, the hashrate's basis and a figure given live are flagged."""
    book = company(
        "RIOT",
        [
            figure(
                "ai_revenue_usd", 1e7, NOON - 40 * 86_400_000, period_start=NOON - 130 * 86_400_000
            ),
            figure("mining_revenue_usd", 9e7, period_start=NOON - 120 * 86_400_000),
        ],
    )
    live = quote("RIOT.hashrate_eh_s", 12, NOON, source="manual-bob", fresh_ms=86_400_000)
    scene = situation(book, quotes=[live])
    assert page(scene, "ai_revenue_mix_ratio")["flags"][0].startswith("mixed_period: ")
    flags = page(scene, "expected_btc_day")["flags"]
    assert flags == ["basis=given live", "override: hashrate_eh_s by bob until 2025-07-18"]


def test_what_stands_on_record_is_told_with_author_and_end() -> None:
    """A judged risk of capital allocation goes with every number until it expires (row C20)."""
    level = RiskLevel(
        risk=RiskKind.ALLOCATION,
        level="two businesses at once",
        reason="capital goes to AI, revenue comes from mining",
        date=NOON - 10 * 86_400_000,
        author="anna",
        expires=NOON + 80 * 86_400_000,
        source="https://example.com/note",
    )
    book = company("RIOT", FLEET, risks=(level,))
    (note,) = page(situation(book), "mining_margin_ratio")["notes"]
    assert "two businesses at once" in note
    assert "judged by anna" in note
    assert "expires 2025-10-05" in note
    later = situation(book, now=NOON + 81 * 86_400_000)
    assert page(later, "mining_margin_ratio")["notes"] == []


def test_every_page_has_the_same_keys() -> None:
    """A refusal, an unknown and a value answer programs in one form."""
    scene = situation(*three(), catalogue=INVENTED)
    pages = [
        page(scene, name) for name in ("coin_yardstick", "btc_treasury_usd", "mining_margin_ratio")
    ]
    assert all(set(each) == set(pages[0]) for each in pages)


def test_an_earlier_day_names_what_nobody_may_have_known() -> None:
    """A figure without a day of publication counts since the day it describes: it is named (B22)."""
    dated = [figure(name, value, published=NOON - 20 * DAY) for name, value in FLEET.items()]
    silent = [figure(name, value) for name, value in FLEET.items()]
    scene = situation(company("HIVE", silent), company("RIOT", [*dated[:1], *silent[1:]]))
    metric = INVENTED["power_hashcost_usd_ph_day"]
    back = explain(scene, metric, scene.companies["RIOT"], {}, looks_back=True)
    (note,) = back["notes"]
    assert note.startswith("look-ahead: hashrate_eh_s, power_price_usd_kwh: no day of publication")
    published = {item["name"]: item["published"] for item in back["inputs"]}
    assert published["efficiency_j_th"] is not None
    assert explain(scene, metric, scene.companies["RIOT"], {})["notes"] == []
    held = {"power_price_usd_kwh": 0.05, "hashrate_eh_s": 10.0}
    assert explain(scene, metric, scene.companies["RIOT"], held, looks_back=True)["notes"] == []


def test_an_earlier_day_names_whose_figures_a_rank_rests_on() -> None:
    """A number of all companies has no inputs of its own, so the companies are named."""
    silent = company("HIVE", FLEET)
    dated = company(
        "RIOT",
        [figure(name, value, published=NOON - 20 * DAY) for name, value in FLEET.items()],
    )
    scene = situation(silent, dated, catalogue=INVENTED)
    back = explain(scene, RANK, scene.companies["RIOT"], {}, looks_back=True)
    (note,) = back["notes"]
    assert note.startswith("look-ahead: figures of HIVE: ")
