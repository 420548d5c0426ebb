"""The configurations for Home Assistant: valid, with ids that never change, nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.home_assistant.devices import AlertSeat, Device, Shown, Style
from alerts.home_assistant.discovery import EXPIRE_AFTER_S, Discovery
from alerts.topics import STATE_LIFETIME_MS
from monitor.app.state_board import STATES_AGAIN_MS
from tests.home.schema import device_faults

IDS = Path(__file__).parents[2] / "fixtures" / "homeassistant-ids.txt"
RIOT = Device(
    ticker="RIOT",
    title="Riot Platforms",
    readings=[
        Shown("mining_margin_ratio", "Mining margin ratio", "ratio"),
        Shown("contracted_coverage_ratio", "Contracted coverage", "x"),
        Shown("break_even_btc_usd", "Break-even BTC", "USD/BTC"),
    ],
    priced=True,
    alerts=[AlertSeat("mining-margin-thin", "RIOT"), AlertSeat("share_low", "RIOT-USD")],
)
OURS = Device(
    readings=[Shown("hashprice_usd_ph_day", "Hashprice", "USD/PH/day")],
    alerts=[AlertSeat("btc-under-100k", "BTC-USD")],
    feeds=["coinbase"],
)
TOPIC = "homeassistant/device/hashhedge_main_RIOT/config"
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)


def config(device: Device, **more: Any) -> dict[str, Any]:
    """Return the one configuration of a device."""
    ((_, found),) = Discovery("main", "1.2", **more).configs(device).items()
    return found


def test_each_is_what_home_assistant_takes() -> None:
    """Origin, device, unique ids, availability, an expiry beyond two repeats (row F15)."""
    for device in (RIOT, OURS):
        assert device_faults(config(device)) == []
    parts = config(RIOT)["components"]
    assert parts["mining_margin_ratio"]["expire_after"] == EXPIRE_AFTER_S == 180
    assert EXPIRE_AFTER_S * 1_000 == STATE_LIFETIME_MS > 2 * STATES_AGAIN_MS
    assert "device_class" not in parts["price_usd"]
    assert parts["price_usd"]["state_class"] == "measurement"
    assert parts["mining_margin_ratio"]["unit_of_measurement"] == "%"
    assert parts["contracted_coverage_ratio"]["unit_of_measurement"] == "x"
    assert parts["alert_mining-margin-thin"]["state_topic"].endswith("thin/RIOT/state")


def test_the_schema_finds_what_it_is_there_for() -> None:
    """A monetary price, an entity without an id, an expiry that blinks and a second id are refused."""
    for change in (
        {"device_class": "monetary"},
        {"unique_id": None},
        {"expire_after": 60},
        {"unique_id": "hashhedge_main_RIOT_alerts"},
    ):
        wrong = config(RIOT)
        wrong["components"]["price_usd"] |= change
        assert device_faults(wrong), change


def test_unique_ids_are_those_of_the_first_release() -> None:
    """They hold the history, names and dashboards of users: an id that is gone is a broken house."""
    found = {
        part["unique_id"]
        for device in (RIOT, OURS)
        for part in config(device)["components"].values()
    }
    assert sorted(found) == IDS.read_text().split()
    devices = {config(device)["device"]["identifiers"][0] for device in (RIOT, OURS)}
    assert devices == {"hashhedge_main_RIOT", "hashhedge_main"}


def test_one_message_an_entity_says_the_same() -> None:
    """For older versions: device, origin and availability stand in each, the ids are the same."""
    discovery = Discovery("main", "1.2", style=Style.COMPONENT)
    found = discovery.configs(RIOT)
    whole = config(RIOT)
    assert len(found) == len(whole["components"])
    margin = found["homeassistant/sensor/hashhedge_main_RIOT/mining_margin_ratio/config"]
    shared = {name: whole[name] for name in ("device", "origin", "availability", "qos")}
    part = whole["components"]["mining_margin_ratio"]
    assert margin == shared | {name: part[name] for name in part if name != "platform"}
    ids = {it["unique_id"] for it in found.values()}
    assert ids == {it["unique_id"] for it in whole["components"].values()}


def test_what_is_gone_is_named_until_it_is_back() -> None:
    """A component that is only left out would stay in Home Assistant for ever."""
    discovery = Discovery("main")
    left = {TOPIC: {"alert_old": "binary_sensor", "price_usd": "sensor"}}
    parts = discovery.configs(RIOT, left)[TOPIC]["components"]
    assert parts["alert_old"] == {"platform": "binary_sensor"}
    assert parts["price_usd"]["unique_id"] == "hashhedge_main_RIOT_price_usd"
    assert device_faults(discovery.configs(RIOT, left)[TOPIC]) == []


def test_instances_and_prefixes_stand_beside_each_other() -> None:
    """Two installations on one broker share neither topic nor id nor name."""
    first, second = Discovery("main"), Discovery("desk-2", prefix="ha/test")
    ours, theirs = first.configs(RIOT), second.configs(RIOT)
    assert set(theirs) == {"ha/test/device/hashhedge_desk-2_RIOT/config"}
    assert second.birth_topic == "ha/test/status"
    (one,), (two,) = ours.values(), theirs.values()
    assert one["device"]["name"] != two["device"]["name"]
    ids = [{it["unique_id"] for it in found["components"].values()} for found in (one, two)]
    assert not ids[0] & ids[1]
    assert "hashhedge/v1/desk-2/status" in json.dumps(two)


@given(st.lists(st.tuples(WORDS, WORDS), unique=True, max_size=6), WORDS)
def test_any_names_make_ids_that_are_allowed_and_differ(
    seats: list[tuple[str, str]], ticker: str
) -> None:
    """No two alerts share an entity, whatever their rules and subjects are called."""
    alerts = [AlertSeat(rule, key) for rule, key in seats]
    found = config(Device(ticker=ticker, title="x", alerts=alerts))
    assert len(found["components"]) == len(seats) + 1
    assert [fault for fault in device_faults(found) if "twice" not in fault] == []
    ids = [part["unique_id"] for part in found["components"].values()]
    assert len(set(ids)) == len(ids)
