"""Which alerts there are for those beside the engine, and which told ones are no more."""

from __future__ import annotations

import pytest

from monitor.compute.alert_list import MAX_LISTED, alert_list
from tests.desks import HOUR, MINUTE, Room
from tests.worlds import NOON, make_step, threshold


def test_each_alert_of_the_rulebook_is_listed() -> None:
    """One a company and rule, one of what is one for all; a rule in the shadow tells nobody."""
    step = make_step(
        [
            threshold(id="margin", on="mining_margin_ratio", companies=("HIVE", "RIOT"), below=0.2),
            threshold(id="btc", on="BTC-USD", below=1.0),
            threshold(id="tried", on="BTC-USD", below=2.0, mode="shadow"),
        ]
    )
    found = [(it.rule, it.key, it.company, it.on) for it in alert_list(step, ()).alerts]
    assert sorted(found, key=str) == [
        ("btc", "BTC-USD", None, "BTC-USD"),
        ("margin", "HIVE", "HIVE", "mining_margin_ratio"),
        ("margin", "RIOT", "RIOT", "mining_margin_ratio"),
    ]


def test_a_told_alert_without_its_rule_or_subject_is_gone() -> None:
    """What no rule made is there by itself; a dead input only while something rests on it."""
    step = make_step([threshold(id="btc", on="BTC-USD", below=1.0)])
    told = ["btc|BTC-USD", "btc|HIVE", "old|BTC-USD", "digest|x", "feed-dead|BTC-USD"]
    assert alert_list(step, told).gone == ("btc|HIVE", "old|BTC-USD")
    assert alert_list(step, ["feed-dead|GONE"]).gone == ("feed-dead|GONE",)


def test_a_book_beyond_people_is_cut() -> None:
    """A million rules of a program make no million entities."""
    step = make_step([threshold(id=f"r{n}", on="BTC-USD", below=n + 1.0) for n in range(2_100)])
    assert len(alert_list(step, ()).alerts) == MAX_LISTED
    assert alert_list(step, ["r2099|BTC-USD"]).gone == ()


@pytest.mark.parametrize(("price", "fresh_ms"), [(11.0, HOUR), (5.0, MINUTE), (11.0, MINUTE)])
def test_the_state_of_a_rule_goes_with_it_into_the_shadow(price: float, fresh_ms: int) -> None:
    """Pending, or without data, it would stand there for ever; who was told of a fire hears its end first."""
    slow = {"id": "slow", "on": "X", "above": 10.0, "for": "5m"}
    told = {"id": "told", "on": "X", "above": 10.0}
    room = Room([threshold(**slow), threshold(**told)])
    room.price(NOON, price, fresh_ms=fresh_ms)
    room.pass_to(NOON + 2 * MINUTE)
    names = ["slow|X", "told|X"]
    assert alert_list(room.step, names).gone == ()
    room.reload([threshold(**slow, mode="shadow"), threshold(**told, mode="shadow")])
    stays = {"told|X"} if price > 10 else set()
    assert set(names) - set(alert_list(room.step, names).gone) == stays
    room.price(NOON + 3 * MINUTE, 5.0)
    assert alert_list(room.step, names).gone == ("slow|X", "told|X")
