"""A real Prometheus scrapes a running service, and every panel of both boards gets its answer."""

from __future__ import annotations

import asyncio
import contextlib
import re
from pathlib import Path

import pytest

from grafana.build import families
from monitor.compute.gauges import gauge_name
from monitor.domain.events import Quality
from monitor.embedded.process import free_port
from tests.e2e.living import POLLED, answers, feeds_book, simulator
from tests.e2e.playing import START_S, Room
from tests.prometheus.panels import Ask, assert_panels, metrics_of
from tests.prometheus.server import prometheus, wait_until
from tests.waiting import wait_here

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

QUALITY = re.compile(
    r'^hashhedge_reading_quality{company="[^"]*",metric="(?P<metric>[^"]+)"} (?P<grade>\d)',
    re.MULTILINE,
)


def not_to_be_shown(page: str) -> set[str]:
    """Return the metrics that no company has a usable reading of now: a gap is the right answer.

    What companies state once a quarter is too old between two reports, and some of it nobody states.
    What needs weeks of closes or midnights has no reading at all in a service that just began.
    """
    best: dict[str, int] = {}
    for found in QUALITY.finditer(page):
        name, grade = f"hashhedge_{found['metric']}", int(found["grade"])
        best[name] = min(grade, best.get(name, grade))
    shown = {name for name, grade in best.items() if grade <= Quality.SINGLE}
    declared = {gauge_name(it.name, it.scope)[0] for family in families().values() for it in family}
    return declared - shown


BEGUN = (
    "hashhedge_company_margin_ratio{",
    'hashhedge_feed_stream_up{stream="kraken"} 1.0',
    'figure="funding_8h_ratio"',
)
"""What the page of the service holds once all that the boards show has begun."""


async def test_every_panel_of_every_board_answers_on_a_running_service(
    room: Room, tmp_path: Path
) -> None:
    """Each query parses; what stays silent has no reading that may be shown."""
    users = tmp_path / "users.yaml"
    users.write_text("users:\n  - name: ana\n")
    port = free_port()
    providers = simulator(room, port)
    await asyncio.to_thread(
        wait_here, lambda: answers(port) or providers.ended, "the simulator", START_S
    )
    run = room.start(
        "run",
        *("--redis-url", room.redis.url, "--mqtt-url", room.broker.url),
        *("--feeds", str(streaming_book(tmp_path, port)), "--web-port", "0"),
        *("--users", str(users)),
    )
    pages = await asyncio.to_thread(lambda: run.pages)
    await asyncio.to_thread(
        wait_here,
        lambda: all(sign in run.page("/metrics") for sign in BEGUN) or run.ended,
        "the first margins, a stream and a rate of funding",
        START_S,
    )
    async with prometheus(pages.removeprefix("http://"), tmp_path) as url:
        silent = await answered(url)
    gaps = not_to_be_shown(run.page("/metrics"))
    assert [ask for ask in silent if not metrics_of(ask.expr) & gaps] == []


async def answered(url: str) -> list[Ask]:
    """Ask every panel until all answer: on a busy machine a price may be too old for a moment."""
    found: list[list[Ask]] = []
    unanswered = ""

    async def all_answer() -> bool:
        nonlocal unanswered
        try:
            found.append(await asyncio.to_thread(assert_panels, url))
        except AssertionError as error:
            unanswered = str(error)
        return bool(found)

    with contextlib.suppress(AssertionError):  # what is still silent says more than that it is
        await wait_until(all_answer, "every panel answers")
    assert found, unanswered
    return found[0]


def streaming_book(folder: Path, port: int) -> Path:
    """Write a feeds book with a stream and the funding of one venue among what is polled."""
    book = feeds_book(folder, port, {**POLLED, "okx_swap": 2.0})
    polled = f"    base_url: http://127.0.0.1:{port}/kraken\n"
    stream = f"    stream_url: ws://127.0.0.1:{port}/ws/kraken\n"
    book.write_text(book.read_text().replace(polled, polled + stream))
    return book
