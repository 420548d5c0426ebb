"""What a card takes from a running service: the market, and the price of its own share."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.app.world import find_catalogue
from monitor.cli.live import market_inputs
from monitor.compute.card_metrics import metric_entry
from tests.situations import FLEET, company
from tests.worlds import NOON

BTC: dict[str, Any] = {"value": 91_132.0, "quality": "ok"}


def view(quality: str) -> dict[str, dict[str, Any]]:
    """Return the market's view with two shares in it."""
    riot = {"value": 12.5, "quality": quality}
    return {"BTC-USD": BTC, "RIOT": riot, "MARA": {"value": 9.0, "quality": "ok"}}


def test_a_card_knows_the_price_of_its_share() -> None:
    """So a market capitalisation is not unknown for want of a market that is there."""
    given = market_inputs(view("ok"), "RIOT")
    assert given == {"btc_usd": 91_132.0, "stock_usd": 12.5}
    catalogue = find_catalogue()
    riot = company("RIOT", FLEET | {"shares_count": 100e6})
    entry = metric_entry(riot, catalogue["market_cap_usd"], NOON, catalogue, given)
    assert entry["value"] == pytest.approx(1.25e9)


@pytest.mark.parametrize("quality", ["stale", "disputed"])
def test_a_price_that_no_rule_fires_on_is_left_out(quality: str) -> None:
    """The card could not say that it is old; and no company is given another's price."""
    assert "stock_usd" not in market_inputs(view(quality), "RIOT")
    assert "stock_usd" not in market_inputs(view("ok"), "HIVE")
