"""What may ring next: every threshold rule by how far its value is from its level (row J15)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import AlertState
from alerts.reasons import Reason
from alerts.rules.base import Rule, Verdict
from alerts.rules.written import rule_of
from monitor.app.world import find_rule_types
from monitor.compute.nearness import near
from monitor.compute.step import Step
from tests.worlds import NOON, make_step, network, quote, threshold, tick

HOUR = 3_600_000


def standing(*rules: Any, btc: float = 105_000) -> Step:
    """Return a step of the small world with a market, judged by `rules`."""
    step = make_step(rules)
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", btc, NOON, fresh_ms=HOUR)))
    return step


def test_nearest_first_in_percent_of_the_level() -> None:
    """BTC 105,000 is 5 % from 100,000 and half of 210,000; a margin of 54.3 % is 117 % from 25 %."""
    rules = [
        threshold(id="margin", on="mining_margin_ratio", companies=("HIVE",), below=0.25),
        threshold(id="btc", on="BTC-USD", below=100_000.0),
        threshold(id="high", on="BTC-USD", above=210_000.0),
    ]
    rows = near(standing(*rules))
    assert [row["rule"] for row in rows] == ["btc", "high", "margin"]
    assert [row["distance_percent"] for row in rows] == [
        pytest.approx(5),
        pytest.approx(50),
        pytest.approx(100 * (0.543 - 0.25) / 0.25, abs=0.2),
    ]
    assert rows[0]["distance"] == pytest.approx(5_000)
    assert (rows[0]["value"], rows[0]["level"], rows[0]["fires"]) == (105_000, 100_000, "below")
    assert (rows[1]["fires"], rows[1]["subject"]) == ("above", "BTC-USD")


def test_one_that_waits_is_the_nearest() -> None:
    """A condition that holds and has to hold on is at distance 0, before all others."""
    rules = [
        threshold(id="far", on="BTC-USD", below=104_999.0),
        threshold(id="waits", on="BTC-USD", below=110_000.0, **{"for": "5m"}),
    ]
    rows = near(standing(*rules))
    assert [(row["rule"], row["state"], row["distance_percent"]) for row in rows] == [
        ("waits", "pending", 0),
        ("far", "inactive", pytest.approx(0, abs=0.001)),
    ]


def test_what_rings_already_comes_after_what_may() -> None:
    """A firing alert has no distance: it cannot ring next; it is not forgotten either."""
    rules = [
        threshold(id="fires", on="BTC-USD", below=110_000.0),
        threshold(id="far", on="BTC-USD", below=1_000.0),
    ]
    rows = near(standing(*rules))
    assert [(row["rule"], row["state"]) for row in rows] == [
        ("far", "inactive"),
        ("fires", "firing"),
    ]
    assert (rows[1]["distance"], rows[1]["distance_percent"]) == (None, None)


def test_what_cannot_be_judged_is_last_with_the_reason() -> None:
    """Unknown, stale and never heard of: each with its word; what cannot apply is left out.

    RIOT has no tenant and CRWV no mine: for them these rules never ring.
    """
    rules = [
        threshold(id="treasury", on="btc_treasury_usd", companies=("HIVE",), below=1.0),
        threshold(id="x", on="X", above=1.0),
        threshold(id="btc", on="BTC-USD", below=100_000.0),
        threshold(id="tenant", on="tenant_stock_change_day_ratio", below=-0.1),
        threshold(id="margin", on="mining_margin_ratio", companies=("CRWV",), below=0.1),
    ]
    step = standing(*rules)
    step.advance(NOON + 2 * HOUR)
    rows = {(row["rule"], row["subject"]): row for row in near(step)}
    assert list(rows) == [
        ("btc", "BTC-USD"),
        ("tenant", "HIVE"),
        ("treasury", "HIVE"),
        ("x", "X"),
    ]
    assert rows["treasury", "HIVE"]["reason"] == "missing:btc_held"
    assert rows["x", "X"]["reason"] == "no_quote"
    assert rows["btc", "BTC-USD"]["reason"]
    assert all(row["distance"] is None for row in rows.values())


def test_a_level_of_nothing_has_no_percent() -> None:
    """Of 0 there is no share: the distance stays, the nearest first, behind what has a percent."""
    rules = [
        threshold(id="loss", on="mining_margin_ratio", companies=("HIVE",), below=0.0),
        threshold(id="worse", on="mining_margin_ratio", companies=("HIVE",), below=-0.1),
        threshold(id="btc", on="BTC-USD", above=0.0, recover=-1.0),
        threshold(id="coins", on="btc_treasury_usd", companies=("HIVE",), above=1e6),
    ]
    step = standing(*rules)
    step.process(tick(NOON, quote("HIVE.btc_held", 0, NOON, fresh_ms=HOUR)))
    coins, worse, loss, btc = near(step)
    assert (coins["rule"], coins["value"], coins["distance_percent"]) == ("coins", 0, 100)
    assert (worse["rule"], worse["distance_percent"] > 100) == ("worse", True)
    assert (loss["rule"], loss["distance_percent"]) == ("loss", None)
    assert loss["distance"] == pytest.approx(0.543, abs=0.001)
    assert (btc["rule"], btc["state"]) == ("btc", "firing")


class Everywhere(Rule, frozen=True, kw_only=True, tag="everywhere", tag_field="type"):
    """A rule of another type: it has no level."""

    def edges(self) -> Sequence[float]:
        """Return none."""
        return ()

    def judge(self, value: float, state: AlertState) -> Verdict:
        """Never hold."""
        del value, state
        return Verdict(breached=False, bound=0.0, reason=Reason.WITHIN_BOUND)


def test_a_rule_without_a_level_is_named() -> None:
    """A type that is no threshold is not passed over in silence: it has its reason."""
    other = Everywhere(id="other", on="BTC-USD")
    near_one, without = near(standing(threshold(id="btc", on="BTC-USD", below=1e5), other))
    assert near_one["rule"] == "btc"
    assert (without["rule"], without["reason"], without["level"]) == ("other", "no_level", None)


@given(st.lists(st.floats(1_000, 1_000_000), min_size=1, max_size=8), st.booleans())
def test_the_order_is_that_of_the_distances(levels: list[float], above: bool) -> None:
    """Ascending by percent whatever the levels; none is negative."""
    side = "above" if above else "below"
    rules = [
        threshold(id=f"r{place}", on="BTC-USD", **{side: level})
        for place, level in enumerate(levels)
    ]
    rows = near(standing(*rules))
    assert len(rows) == len(rules)
    percents = [row["distance_percent"] for row in rows if row["state"] != "firing"]
    assert percents == sorted(percents)
    assert all(percent >= 0 for percent in percents)


def test_a_beta_that_is_too_young_is_listed_with_its_reason() -> None:
    """It applies and cannot be judged yet; left out, its rule would look as if it were not there."""
    rows = near(standing(threshold(id="beta", on="btc_beta_ratio", above=2.0)))
    shares = [(row["subject"], row["state"], row["reason"]) for row in rows]
    assert shares == [(name, "no_data", "too_few_pairs") for name in ("CRWV", "HIVE", "RIOT")]


def made(kind: str, **fields: object) -> Rule:
    """Return a rule of any type on bitcoin."""
    types = {it.__struct_config__.tag: it for it in find_rule_types()}
    return rule_of({"type": kind, "id": kind, "on": "BTC-USD"} | fields, types[kind])


@pytest.mark.parametrize(
    ("rule", "side", "level", "percent"),
    [
        (made("band", outside=[100_000, 120_000]), "below", 100_000, 5),
        (made("band", outside=[80_000, 110_000]), "above", 110_000, 100 * 5 / 110),
        (made("band", inside=[120_000, 130_000]), "above", 120_000, 12.5),
        (made("band", inside=[80_000, 100_000]), "below", 100_000, 5),
        (made("crossing", up=150_000), "above", 150_000, 30),
        (made("crossing", up=100_000), "above", 100_000, 5),
        (made("crossing", down=100_000), "below", 100_000, 5),
        (made("threshold", beyond=210_000), "above", 210_000, 50),
        (made("move", by=0.2, measure="percent"), "below", 84_000, 20),
        (made("move", up=21_000, measure="points"), "above", 126_000, 20),
        (made("close", bar="1h", below=100_000), "below", 100_000, None),
        (made("rank", on="mining_margin_ratio", top=1), None, None, None),
        (made("absence", **{"for": "1m"}), None, None, None),
    ],
    ids=lambda it: it.id if isinstance(it, Rule) else "",
)
def test_each_type_with_a_level_has_a_distance(
    rule: Rule, side: str | None, level: float | None, percent: float | None
) -> None:
    """The nearest value at which it would fire; bitcoin stands at 105,000 (row J15)."""
    row = near(standing(rule))[0]
    assert (row["fires"], row["level"]) == (side, level)
    assert row["distance_percent"] == (None if percent is None else pytest.approx(percent))
    assert (row["reason"] is None) == (percent is not None)


def test_below_zero_a_level_on_either_side_is_the_lower_one() -> None:
    """A change of -2 % is 1 point from -3 %, and 5 from 3 %."""
    goal = made("change", over="1h", beyond=0.03).goal(-0.02, None)
    assert goal is not None
    assert (goal.side, goal.level) == ("below", -0.03)
    assert goal.distance == pytest.approx(0.01)


def test_the_ends_of_a_move_are_measured_by_one_measure() -> None:
    """At 9.8 of 10, with half of it as the stride, 5 is 4.8 away and 15 is 5.2: 48 and 52 %.

    By the level, 5 would be 96 % away and stand behind a level that is farther.
    """
    half, rise = made("move", on="X", by=0.5), made("move", id="rise", on="X", up=0.5)
    step = make_step([half, rise, threshold(id="t", on="X", above=20.0)])
    for value in (10.0, 9.8):
        step.process(tick(NOON, quote("X", value, NOON, fresh_ms=HOUR)))
    rows = near(step)
    assert [(row["rule"], row["fires"], row["level"]) for row in rows] == [
        ("move", "below", 5),
        ("t", "above", 20),
        ("rise", "above", 15),
    ]
    assert [row["distance_percent"] for row in rows] == pytest.approx([48, 51, 52])
    assert rows[0]["distance"] == pytest.approx(4.8)


def test_of_an_anchor_of_nothing_there_is_no_percent() -> None:
    """A stride in points from 0 has a distance and no share."""
    goal = made("move", by=3, measure="points").goal(1.0, 0.0)
    assert goal is not None
    assert (goal.level, goal.distance, goal.percent) == (3, 2, None)
