"""The channel to Alertmanager against a real one: it groups, resolves and ends as its users expect."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from alerts.channels.base import Message, Stage
from alerts.channels.catalogue import open_channel
from alerts.model import Severity
from monitor.core.clock import DAY, MINUTE, SystemClock, iso, parse_iso
from monitor.core.errors import DeliveryError
from monitor.web.outbound import outbound
from tests.channels import context, far, message
from tests.prometheus.server import wait_until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]
QUIET = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


def binary() -> str:
    """Return the path of Alertmanager, under Debian's name or its own; skip or fail without."""
    found = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if found is not None:
        return found
    why = "alertmanager is not installed: apt-get install prometheus-alertmanager"
    if os.environ.get("HASHHEDGE_REQUIRE_SERVERS") == "1":
        pytest.fail(why)
    pytest.skip(why)


async def said(process: asyncio.subprocess.Process) -> str:
    """Return where it listens, as its own log says."""
    assert process.stderr is not None
    while line := (await process.stderr.readline()).decode():
        if found := re.search(r"Listening on.*address=127\.0\.0\.1:(\d+)", line):
            return f"http://127.0.0.1:{found[1]}"
    raise AssertionError("Alertmanager ended")


@pytest.fixture
async def alertmanager(tmp_path: Path) -> AsyncIterator[str]:
    """Run a real Alertmanager that tells nobody; give its URL."""
    config = tmp_path / "alertmanager.yml"
    config.write_text(QUIET, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        binary(),
        f"--config.file={config}",
        f"--storage.path={tmp_path / 'data'}",
        "--web.listen-address=127.0.0.1:0",
        "--cluster.listen-address=",
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        url = await said(process)
        assert process.stderr is not None
        drain = asyncio.create_task(process.stderr.read())
        yield url
        process.terminate()
        await drain
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def sent(url: str, *what: Message, **more: Any) -> None:
    """Send messages through the channel, by the clock of this machine."""
    async with outbound() as post:
        opened = open_channel(context(post, SystemClock()), "alertmanager", {"url": url, **more})
        async with opened as channel:
            for it in what:
                assert await channel.send(it) == ""


async def standing(url: str, done: Callable[[list[Any]], bool]) -> list[Any]:
    """Return the alerts that it lists, when they are as wanted."""
    found: list[Any] = []
    async with aiohttp.ClientSession() as session:

        async def holds() -> bool:
            async with session.get(f"{url}/api/v2/alerts") as answer:
                found[:] = await answer.json()
            return done(found)

        await wait_until(holds, "the alerts are as wanted")
    return found


def story(stage: Stage, severity: Severity = Severity.WARNING, **changes: Any) -> Message:
    """Return a message of an alert that began a minute ago."""
    now = SystemClock().now()
    over = {"ended_at": now - 1_000} if stage is Stage.RESOLVED else {}
    fields = {"at": now, "started_at": now - MINUTE, **over, **changes}
    return message(stage, severity=severity, **fields)


async def test_it_receives_beginning_end_and_link(alertmanager: str) -> None:
    """`startsAt`, `endsAt`, `generatorURL`, labels for its routes (row F27)."""
    fired = story(Stage.FIRING)
    await sent(alertmanager, fired, labels={"team": "desk"})
    (alert,) = await standing(alertmanager, bool)
    assert alert["labels"] == {
        "alertname": "margin-low",
        "key": "RIOT",
        "severity": "warning",
        "team": "desk",
    }
    assert alert["annotations"]["summary"] == "RIOT mining margin 8 % is below 10 %"
    assert alert["annotations"]["description"].startswith("8.0 %")
    assert alert["generatorURL"] == "https://alerts.example.org/d/riot"
    assert parse_iso(alert["startsAt"].replace("Z", "+00:00")) == fired.started_at
    ends = parse_iso(alert["endsAt"].replace("Z", "+00:00"))
    assert 0 <= ends - fired.at - DAY < MINUTE  # and not the five minutes of who says nothing
    await sent(alertmanager, story(Stage.RESOLVED), labels={"team": "desk"})
    assert await standing(alertmanager, lambda found: not found) == []


async def test_what_becomes_worse_is_one_alert(alertmanager: str) -> None:
    """The warning ends in the request that brings the critical one, and the end ends that."""
    await sent(alertmanager, story(Stage.FIRING))
    await standing(alertmanager, lambda found: len(found) == 1)
    await sent(alertmanager, story(Stage.WORSENED, Severity.CRITICAL))
    found = await standing(
        alertmanager, lambda it: [a["labels"]["severity"] for a in it] == ["critical"]
    )
    assert len(found) == 1
    await sent(alertmanager, story(Stage.RESOLVED, Severity.CRITICAL))
    await standing(alertmanager, lambda it: not it)


async def test_whoever_repeats_holds_it_and_whoever_falls_silent_lets_go(
    alertmanager: str,
) -> None:
    """`hold` ends an alert that nobody speaks of any more; a drill is marked."""
    await sent(alertmanager, story(Stage.FIRING, test=True), hold="1s")
    await sent(alertmanager, story(Stage.REPEATED, test=True), hold="1s")
    (alert,) = await standing(alertmanager, bool)
    assert alert["labels"]["test"] == "true"
    await standing(alertmanager, lambda found: not found)


async def test_every_stage_is_taken(alertmanager: str) -> None:
    """A digest has neither rule nor key; what is noted stands for a while, however late it comes."""
    old = SystemClock().now() - DAY
    await sent(
        alertmanager,
        story(Stage.NOTED, Severity.INFO, at=old, started_at=old),
        story(Stage.DIGEST, Severity.INFO, rule="", key="", link="", text=""),
        story(Stage.RESOLVED, ended_at=old, started_at=old + MINUTE),
    )
    found = await standing(alertmanager, lambda it: len(it) == 2)
    assert {it["labels"]["alertname"] for it in found} == {"margin-low", "hashhedge-digest"}


async def test_it_says_what_it_does_not_take(alertmanager: str) -> None:
    """Another path is another program: refused, not lost."""
    with pytest.raises(DeliveryError) as raised:
        await sent(f"{alertmanager}/nowhere", story(Stage.FIRING))
    assert (raised.value.reason, raised.value.retriable) == ("refused", False)


async def test_the_request_is_the_one_of_the_documents() -> None:
    """An array to `/api/v2/alerts`, moments in RFC 3339."""
    async with far() as there:
        await sent(f"{there.url}/am/", story(Stage.FIRING, at=0, started_at=0))
    (got,) = there.received
    assert got.path == "/am/api/v2/alerts"
    assert got.headers["Content-Type"] == "application/json"
    (alert,) = json.loads(got.body)
    assert alert["startsAt"] == iso(0)
