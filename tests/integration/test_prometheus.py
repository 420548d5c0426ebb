"""A real Prometheus scrapes a real page, loads our rules, and answers every panel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from grafana.build import boards
from monitor.compute.gauges import ReadingGauges, SeriesRow
from monitor.telemetry.heartbeat import Heartbeat
from monitor.telemetry.instruments import Instruments
from monitor.telemetry.series import Known
from monitor.web.health import Health
from monitor.web.server import Face, build, serve
from tests.prometheus.examples import COMPANIES, FAMILIES, rows
from tests.prometheus.panels import assert_panels
from tests.prometheus.server import holds, prometheus, wait_until

pytestmark = pytest.mark.integration


def busy(instruments: Instruments) -> None:
    """Let everything happen once, so that every series has a sample."""
    at = time.time_ns() // 1_000_000
    instruments.feeds.observed("kraken", "BTC-USD", at)
    instruments.feeds.succeeded("kraken", at)
    instruments.feeds.polled("kraken", 0.2)
    instruments.ticks_taken(3)
    instruments.ticks_trimmed(2)
    instruments.recomputed("RIOT")
    instruments.step_took(0.002)
    instruments.delivered_after(0.2)
    instruments.transitioned("firing", "held_for", "live")
    instruments.outbox_holds(depth=1, oldest_at=at, dead_letters=0)
    instruments.mqtt_connected(connected=True)
    instruments.books_reloaded(at=at, successful=True)
    instruments.loop_beat(at)


@pytest.fixture
async def target() -> AsyncIterator[str]:
    """Serve a page with all instruments and example readings; yield host:port."""
    instruments = Instruments(
        Known(
            feeds=("kraken",),
            streams=("kraken",),
            companies=("RIOT", "HIVE"),
            metrics=("x",),
            rule_types=("threshold",),
            sinks=("mqtt",),
            channels=("ntfy",),
        ),
        version="1.0.0",
    )
    busy(instruments)
    readings = rows(time.time_ns() // 1_000_000)
    funding = SeriesRow("perp", "okx", "funding_8h_ratio", 0.0001)
    instruments.registry.register(
        ReadingGauges(lambda: readings, companies=lambda: COMPANIES, series=lambda: (funding,))
    )
    face = Face(registry=instruments.registry, heartbeat=Heartbeat(), health=Health())
    async with serve(build(face), port=0) as url:
        yield url.removeprefix("http://")


async def test_every_panel_of_every_board_answers(target: str, tmp_path: Path) -> None:
    """Each query parses and returns data, on the committed boards and on the examples'."""
    examples = {tmp_path / name: text for name, text in boards(FAMILIES).items()}
    for path, text in examples.items():
        path.write_text(text, encoding="utf-8")
    async with prometheus(target, tmp_path) as url:
        await asyncio.to_thread(assert_panels, url)
        silent = await asyncio.to_thread(assert_panels, url, examples)

        assert silent == []


async def test_the_rules_are_evaluated(target: str, tmp_path: Path) -> None:
    """With a healthy page only the watchdog fires."""
    async with prometheus(target, tmp_path) as url:
        await wait_until(
            lambda: holds(url, 'ALERTS{alertname="HashhedgeWatchdog",alertstate="firing"}'),
            "the watchdog fires",
        )
        others = 'ALERTS{alertname!="HashhedgeWatchdog",alertstate="firing"}'
        assert not await holds(url, others)


async def test_a_panel_without_data_is_found(target: str, tmp_path: Path) -> None:
    """The check fails where a panel asks an existing metric for a label it never has."""
    asked, wrong = "hashhedge_feed_up{", 'hashhedge_feed_up{feed=\\"nobody\\",'
    path = tmp_path / "broken.json"
    path.write_text(boards({})["pipeline.json"].replace(asked, wrong), encoding="utf-8")
    async with prometheus(target, tmp_path) as url:
        with pytest.raises(AssertionError, match="Feeds up: no data"):
            await asyncio.to_thread(assert_panels, url, [path])
