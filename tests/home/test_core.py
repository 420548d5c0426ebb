"""What a real Home Assistant makes of us: its own entities, states and units.

Needs `make homeassistant`, which lays it into a cache; without it these tests are skipped.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from alerts.home_assistant.devices import Style
from alerts.home_assistant.discovery import Discovery
from alerts.model import AlertState
from alerts.reasons import Reason
from alerts.sinks.mqtt import MqttSettings, MqttSink, MqttUrl, open_mqtt
from monitor.app.boards import Boards
from monitor.app.world import load_world
from monitor.compute.alert_list import AlertList, AlertPlace
from monitor.core.clock import SystemClock
from monitor.settings import Settings
from monitor.store.alert_states import AlertStates
from monitor.store.client import RedisClient
from monitor.store.feeds import FeedStore
from monitor.store.keys import Keys
from monitor.store.views import ViewStore
from tests.home.core import SEEN, hass, running
from tests.listeners import Listener, listening
from tests.servers import TestBroker, start_broker
from tests.sinks import note
from tests.transitions import transition
from tests.waiting import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]

STARTS_S = 90.0
MARGIN = "sensor/riot_mining_margin_ratio"
THIN = "binary_sensor/riot_mining_margin_thin"
NEWS = "event/riot_alerts"
PRICE = "sensor/riot_price"
ALERT = "hashhedge_main_RIOT_alert_mining-margin-thin"


def reading(value: float | None, unit: str = "ratio", **more: Any) -> dict[str, Any]:
    """Return a reading of a view."""
    quality = "ok" if value is not None else "missing"
    return {"value": value, "unit": unit, "quality": quality, **more}


def near(wanted: float) -> Callable[[str], bool]:
    """Return whether a word is a number, and this one."""

    def is_near(word: str) -> bool:
        return word not in {"unknown", "unavailable"} and float(word) == pytest.approx(wanted)

    return is_near


class House:
    """Home Assistant on a broker, and all that the relay role publishes beside the news."""

    def __init__(
        self, redis: RedisClient, tag: str, sink: MqttSink, seen: Listener, style: Style
    ) -> None:
        keys, clock, world = Keys(tag), SystemClock(), load_world(Settings(), SystemClock().now())
        self.sink, self.seen = sink, seen
        self._views, self._feeds = ViewStore(redis, keys), FeedStore(redis, keys)
        self.states = AlertStates(redis, keys)
        discovery = Discovery("main", "0", style=style)
        self.boards = Boards(sink, redis, keys, clock, lambda: world, discovery)

    async def tell(self, margin: float | None, price: float | None = 14.2) -> None:
        """Publish a company, its share and an alert that may fire."""
        market = {"BTC-USD": reading(97_250.0, "USD", observed_at=1_768_229_760_000)}
        if price is not None:
            market["RIOT"] = reading(price, "USD", session="regular")
        lost = {} if margin is not None else {"reason": "missing:power_price_usd_kwh"}
        views = {"RIOT": {"mining_margin_ratio": reading(margin, **lost)}}
        await self._views.write(market, views)
        thin = AlertPlace(
            rule="mining-margin-thin", key="RIOT", company="RIOT", on="mining_margin_ratio"
        )
        await self.states.write_list(json.dumps(_plain(AlertList(alerts=(thin,)))).encode())
        await self.boards.turn(bool)

    async def shows(self, entity: str, what: str, wanted: Callable[[str], bool]) -> str:
        """Wait until Home Assistant says of an entity's state or attribute what is wanted."""
        end = f"{SEEN}/{entity}/{what}"

        def last() -> str:
            words = self.seen.words(end)
            return words[-1] if words and wanted(words[-1]) else ""

        return await wait_until(last, f"{end}; there is {self.seen.words(end)[-3:]}", STARTS_S)


def _plain(listed: AlertList) -> dict[str, Any]:
    alerts = [{name: getattr(it, name) for name in it.__struct_fields__} for it in listed.alerts]
    return {"alerts": alerts, "gone": list(listed.gone)}


@asynccontextmanager
async def house(
    redis: RedisClient, tag: str, broker: TestBroker, folder: Path, style: Style
) -> AsyncIterator[House]:
    """Run Home Assistant and our publisher for the block; we are there first."""
    program = hass()
    if program is None:
        pytest.skip("Home Assistant is not installed: make homeassistant")
    port = urlsplit(broker.url).port or 0
    # an envelope around the news is opened by the same template
    wrapped = style is Style.COMPONENT
    url = MqttUrl.parse(broker.url)
    settings = MqttSettings(url=url, instance="main", cloud_events=wrapped)
    async with (
        listening(broker.url, f"{SEEN}/#") as seen,
        open_mqtt(settings) as sink,
    ):
        found = House(redis, tag, sink, seen, style)
        await found.tell(0.237)
        with running(program, folder / "home", port):
            yield found


@pytest.mark.parametrize("style", [Style.DEVICE, Style.COMPONENT])
async def test_home_assistant_shows_what_we_say(
    redis: RedisClient, tag: str, tmp_path: Path, style: Style
) -> None:
    """Value, unit, unknown, an alert, its event, unavailable at offline (rows F15 and F16)."""
    broker = start_broker("mosquitto", tmp_path)
    try:
        async with house(redis, tag, broker, tmp_path, style) as home:
            await home.shows(MARGIN, "state", near(23.7))
            await home.shows(MARGIN, "unit_of_measurement", lambda it: json.loads(it) == "%")
            await home.shows(MARGIN, "state_class", lambda it: json.loads(it) == "measurement")
            await home.shows(MARGIN, "quality", lambda it: json.loads(it) == "ok")
            await home.shows(PRICE, "state", near(14.2))
            assert not home.seen.on(f"{PRICE}/device_class")
            await home.shows(THIN, "state", lambda it: it == "unknown")
            await _an_alert(home)
            await home.tell(None, price=None)
            await home.shows(MARGIN, "state", lambda it: it == "unknown")
            await home.shows(PRICE, "state", lambda it: it == "unknown")
            await home.shows(MARGIN, "reason", lambda it: "power_price" in it)
            await home.sink.close()
            for entity in (MARGIN, PRICE, THIN, NEWS):
                await home.shows(entity, "state", lambda it: it == "unavailable")
        log = (tmp_path / "home" / "home.log").read_text()
        wrong = [it for it in log.splitlines() if "mqtt" in it and ("ERROR" in it or "WARN" in it)]
        assert wrong == []
    finally:
        broker.stop()


async def _an_alert(home: House) -> None:
    """Let an alert fire and end, and see it as a state and as an event."""
    now = SystemClock().now()
    about = {"rule": "mining-margin-thin", "key": "RIOT", "since": now}
    thin = transition(**about, at=now)
    await home.sink.publish(note(thin))
    await home.shows(THIN, "state", lambda it: it == "on")
    await home.shows(NEWS, "event_type", lambda it: json.loads(it) == "firing")
    await home.shows(NEWS, "id", lambda it: json.loads(it) == thin.id)
    await home.shows("event/hashhedge_alerts", "id", lambda it: json.loads(it) == thin.id)
    ended = {"to_state": AlertState.RESOLVED, "reason": Reason.RECOVERED, "number": 2}
    await home.sink.publish(note(transition(**about, at=now + 1, **ended)))
    await home.shows(THIN, "state", lambda it: it == "off")
    await home.shows(NEWS, "event_type", lambda it: json.loads(it) == "resolved")


async def test_what_left_is_removed_and_a_restart_finds_all_again(
    redis: RedisClient, tag: str, tmp_path: Path
) -> None:
    """A rule's entity goes without its device; a core that starts anew has every state again."""
    broker = start_broker("mosquitto", tmp_path)
    try:
        async with house(redis, tag, broker, tmp_path, Style.DEVICE) as home:
            await home.shows(THIN, "state", lambda it: it == "unknown")
            await wait_until(lambda: ALERT in _ids(tmp_path), "the entity", STARTS_S)
            await home.states.write_list(b'{"alerts": [], "gone": []}')
            await home.boards.turn(bool)
            await wait_until(lambda: ALERT not in _ids(tmp_path), "it to go", STARTS_S)
            assert "hashhedge_main_RIOT_mining_margin_ratio" in _ids(tmp_path)
    finally:
        broker.stop()


async def test_a_core_that_starts_anew_has_every_state_again(
    redis: RedisClient, tag: str, tmp_path: Path
) -> None:
    """Its birth brings configurations and states, though the broker had lost them all."""
    broker = start_broker("mosquitto", tmp_path)
    try:
        async with house(redis, tag, broker, tmp_path, Style.DEVICE) as home:
            await home.shows(MARGIN, "state", near(23.7))
        port, program = urlsplit(broker.url).port or 0, hass()
        assert program is not None
        broker.stop()
        broker.start()
        settings = MqttSettings(url=MqttUrl.parse(broker.url), instance="main")
        async with listening(broker.url, f"{SEEN}/#") as seen, open_mqtt(settings) as sink:
            home = House(redis, tag, sink, seen, Style.DEVICE)
            with running(program, tmp_path / "home", port):
                await wait_until(lambda: seen.on("/state"), "the core to speak", STARTS_S)
                await home.tell(0.25)
                await home.shows(MARGIN, "state", near(25.0))
                born = len(seen.on(f"{MARGIN}/state"))
            with running(program, tmp_path / "home", port):

                def back() -> bool:
                    return any(map(near(25.0), seen.words(f"{MARGIN}/state")[born:]))

                await wait_until(back, "the state after a restart", STARTS_S)
    finally:
        broker.stop()


def _ids(folder: Path) -> set[str]:
    """Return the unique ids that Home Assistant has in its registry."""
    registry = folder / "home" / ".storage" / "core.entity_registry"
    if not registry.exists():
        return set()
    return {it["unique_id"] for it in json.loads(registry.read_text())["data"]["entities"]}
