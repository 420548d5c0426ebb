"""Every metric of every company can be taken apart, and its page gives the number again (row B19)."""

from __future__ import annotations

import pytest

from monitor.app.world import find_catalogue
from monitor.cli.situation import Wanted, find_situation
from monitor.compute.explanation import explain
from monitor.compute.situation import MarketOrigin, Situation
from monitor.metrics.base import Metric, Scope

METRICS = list(find_catalogue())


@pytest.fixture(scope="module")
def scene() -> Situation:
    """Give the default books on the invented market."""
    return find_situation(Wanted(companies=None, live=None, market=["synthetic"]))


def test_the_invented_market_is_marked(scene: Situation) -> None:
    """Each of its numbers says by its source that nobody ever traded at it."""
    assert scene.market is MarketOrigin.SYNTHETIC
    assert scene.step.refused == {}
    for name in ("btc_usd", "difficulty", "height", "fees_btc_per_block"):
        item = scene.origin(name, None)
        assert item["value"] is not None
        assert all(source.endswith("-synthetic") for source in item["source"].split(", "))
    assert scene.origin("stock_usd", "RIOT")["source"] == "yahoo-synthetic"


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_its_page_gives_the_number_again(metric: Metric, scene: Situation) -> None:
    """Value or reason for each company, and the value follows from what the page lists."""
    owners = list(scene.companies.values()) if metric.scope is Scope.COMPANY else [None]
    for owner in owners:
        found = explain(scene, metric, owner, {})
        if found["value"] is None:
            assert found["reason"]
            assert found["recomputed"] is None
        else:
            assert found["recomputed"] == pytest.approx(found["value"], rel=1e-12)
        for item in found["inputs"]:
            known = item["value"] is not None
            assert known == bool(item["source"]), item["name"]
