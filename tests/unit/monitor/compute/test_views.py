"""What people see: a value with unit and quality, or the reason why there is none."""

from __future__ import annotations

import json

from monitor.compute.views import company_view, market_view, shown
from monitor.domain.events import Quality, Reading
from tests.worlds import CATALOGUE, NOON, make_step, network, quote, tick

METRICS = list(CATALOGUE)


def test_unknown_is_null_with_a_reason() -> None:
    """There is no zero for unknown, and no field that says nothing."""
    assert shown(Reading(None, Quality.MISSING, "missing:difficulty"), "USD") == {
        "value": None,
        "unit": "USD",
        "quality": "missing",
        "reason": "missing:difficulty",
    }
    assert shown(Reading(1.5, Quality.SINGLE, "", NOON), "USD") == {
        "value": 1.5,
        "unit": "USD",
        "quality": "single",
        "observed_at": NOON,
    }


def test_the_markets_view_has_inputs_metrics_and_shares() -> None:
    """All market inputs are there from the start; a share appears once it has been quoted."""
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("HIVE", "3.35", NOON)))
    view = market_view(step, METRICS)
    assert view["BTC-USD"]["value"] is None
    assert view["network.difficulty"]["value"] == 126_980_000_000_000
    assert view["HIVE"]["value"] == 3.35
    assert "RIOT" not in view
    assert view["hashprice_btc_ph_day"]["quality"] == "ok"
    assert view["hashprice_usd_ph_day"]["reason"] == "missing:btc_usd"


def test_what_does_not_apply_is_absent() -> None:
    """An AI host has no mining fields at all; a miner has them, known or not (row B30)."""
    step = make_step()
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    host, miner = (company_view(step, row, METRICS) for row in (0, 1))
    assert "mining_margin_ratio" not in host
    assert miner["mining_margin_ratio"]["quality"] == "single"
    assert miner["mining_margin_ratio"]["unit"] == "ratio"
    assert json.loads(json.dumps([host, miner], allow_nan=False)) == [host, miner]
