"""A rule that stayed quiet is told from one that could never be judged."""

from __future__ import annotations

from monitor.compute.unjudged import APART, NEVER_QUOTED, NOT_HERE, judged_and_not
from tests.worlds import NOON, commit, make_step, network, quote, restarted, threshold, tick

DAY = 86_400_000
MARGIN = threshold(id="margin", on="mining_margin_ratio", below=-9.0)


def test_a_value_that_grew_stale_was_judged_all_the_same() -> None:
    """A day after the only tick nothing is fresh; the rule was judged, for who has a margin."""
    step = make_step([MARGIN])
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    step.advance(NOON + DAY)
    assert step.reading("mining_margin_ratio", "HIVE").value is None
    quiet, unjudged = judged_and_not(step, ())
    assert "HIVE" in quiet[0].subjects
    assert not any("HIVE" in item.subjects for item in unjudged)


def test_what_was_heard_outlives_a_restart() -> None:
    """A step that begins anew from the store knows what rules were judged before."""
    cells: dict[str, bytes] = {}
    step = make_step([MARGIN])
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    step.advance(NOON + DAY)
    commit(step, cells)
    again = restarted(step, [MARGIN], cells)
    assert judged_and_not(again, ()) == judged_and_not(step, ())
    assert judged_and_not(step, ())[0]


def test_the_inputs_that_never_came_are_named() -> None:
    """Without difficulty and fees no margin; the price, which came and grew stale, is not named."""
    step = make_step([MARGIN])
    step.process(tick(NOON, quote("BTC-USD", 105_000, NOON)))
    step.advance(NOON + DAY)
    quiet, unjudged = judged_and_not(step, ())
    assert not quiet
    hive = next(item for item in unjudged if "HIVE" in item.subjects)
    assert (hive.rule, hive.target, hive.reason) == ("margin", "mining_margin_ratio", "missing")
    assert {"difficulty", "height"} <= set(hive.missing)
    assert "btc_usd" not in hive.missing


def test_an_instrument_that_nobody_quoted() -> None:
    """Its own name is all that is missing."""
    step = make_step([threshold(id="gold", on="XAU-USD", above=5000)])
    step.process(tick(NOON, quote("BTC-USD", 105_000, NOON)))
    (item,) = judged_and_not(step, ())[1]
    assert (item.reason, item.missing, item.subjects) == (NEVER_QUOTED, ("XAU-USD",), ("XAU-USD",))


def test_prices_without_volumes_give_no_volume() -> None:
    """What a metric of volumes lacks is named, though BTC itself was quoted."""
    step = make_step([threshold(id="thin", on="venue_volume_change_ratio", below=-0.5)])
    step.process(tick(NOON, quote("BTC-USD", 105_000, NOON)))
    (item,) = judged_and_not(step, ())[1]
    assert item.reason != APART
    assert "venue_volume_btc" in item.missing


def test_who_fired_is_neither() -> None:
    """A rule that fired for one is listed for the others only."""
    step = make_step([MARGIN])
    step.process(tick(NOON, *network(NOON), quote("BTC-USD", 105_000, NOON)))
    quiet, _ = judged_and_not(step, {("margin", "HIVE")})
    assert quiet
    assert "HIVE" not in quiet[0].subjects


def test_a_rule_that_is_for_nobody_says_so() -> None:
    """An mNAV is refused for miners: a rule on it for one watches nothing."""
    rule = threshold(id="nav", on="mnav_cap_to_nav_ratio", above=2, companies=("HIVE",))
    step = make_step([rule])
    step.process(tick(NOON, quote("BTC-USD", 105_000, NOON)))
    assert [(it.reason, it.subjects) for it in judged_and_not(step, ())[1]] == [
        (NOT_HERE, ("HIVE",))
    ]
