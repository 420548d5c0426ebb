"""`POST /ingest/<name>` on a real server with a real Redis behind it."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from monitor.app.receiving import MAX_INSTRUMENTS, MAX_SENDERS, PER_MINUTE
from monitor.app.service import WEB, Job, Service, opened
from monitor.core.clock import DAY, HOUR, SECOND, SystemClock
from monitor.core.signature import SIGNATURE, TIMESTAMP, signature_of
from monitor.settings import Settings
from monitor.store.client import connected
from monitor.store.codec import MAX_BYTES, decode_tick
from monitor.store.keys import Keys
from monitor.store.ticks import TickReader
from monitor.telemetry.logs import redact
from monitor.web.ingest import Ingest
from tests.command import hashhedge
from tests.servers import TestRedis

pytestmark = pytest.mark.integration

SECRET = "correct-horse-battery"  # noqa: S105  # made up
BURST = round(PER_MINUTE / 4)


@dataclass
class Desk:
    """Somebody who posts to one service."""

    session: aiohttp.ClientSession
    service: Service
    redis_url: str

    async def post(
        self,
        body: object,
        *,
        name: str = "desk",
        secret: str = SECRET,
        at_s: int | None = None,
        headers: Mapping[str, str] | None = None,
        sent: bytes | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Post a signed body; `sent` goes out in its place under its signature."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        timestamp = str(round(time.time()) if at_s is None else at_s)
        signed = {TIMESTAMP: timestamp, SIGNATURE: signature_of(secret, timestamp, raw)}
        more = {**signed, **(headers or {})}
        data = raw if sent is None else sent
        async with self.session.post(f"/ingest/{name}", data=data, headers=more) as answer:
            return answer.status, await answer.json()

    async def told(self) -> list[Any]:
        """Return what came into the stream."""
        async with connected(self.redis_url) as client:
            entries = await TickReader(client, Keys()).read("", block_ms=1)
        ticks = [decode_tick(*entry) for entry in entries]
        return [item for tick in ticks for item in (*tick.quotes, *tick.notices)]

    async def ask(self, *words: str) -> Any:
        """Return what the command line says of this service."""
        arguments = ("feeds", *words, "--redis-url", self.redis_url, "-o", "json")
        return (await asyncio.to_thread(hashhedge, *arguments)).json


@asynccontextmanager
async def posting(redis_url: str, folder: Path, **settings: Any) -> AsyncIterator[Desk]:
    """Serve the pages of a process with the role web alone."""
    found = Settings(redis_url=redis_url, web_port=0, state_dir=folder, **settings)
    async with (
        opened(Job(settings=found, roles=frozenset({WEB}))) as service,
        aiohttp.ClientSession(service.url) as session,
    ):
        yield Desk(session, service, redis_url)


@pytest.fixture
async def desk(own_redis: TestRedis, tmp_path: Path) -> AsyncIterator[Desk]:
    """Give somebody who may post."""
    async with posting(own_redis.url, tmp_path, ingest_secret=SECRET) as found:
        yield found


def gpu(value: object = "1.89", age_ms: int = 0) -> dict[str, Any]:
    """Return a quote."""
    at = SystemClock().now() - age_ms
    return {"instrument": "GPU-H100-HOUR", "value": value, "observed_at": at, "fresh_ms": HOUR}


async def test_a_bad_signature_is_refused_and_a_good_one_is_a_feed(desk: Desk) -> None:
    """Bad: 401 and no value. Good: `external/desk` in status and quotes, with its age (row A28)."""
    with capture_logs() as logs:
        status, answer = await desk.post({"quotes": [gpu()]}, secret="another-secret-of-16")  # noqa: S106  # likewise
    assert (status, answer["error"]) == (401, "unauthorized")
    (said,) = [redact(None, "", it) for it in logs if it["event"] == "ingest.unauthorized"]
    assert (said["name"], said["why"]) == ("desk", answer["message"]), "nothing of it is blanked"
    assert "is not that of" in answer["message"]
    assert await desk.told() == []
    assert await desk.ask("quotes") == []

    status, answer = await desk.post({"quotes": [gpu(age_ms=90 * SECOND)]})
    assert (status, answer) == (
        200,
        {
            "source": "external/desk",
            "quotes": 1,
            "refused": {},
            "notices": 0,
            "dropped_transfers": 0,
        },
    )
    (quote,) = await desk.told()
    assert (quote.source, str(quote.value)) == ("external/desk", "1.89")
    rows = {row["feed"]: row for row in await desk.ask("status")}
    row = rows["external/desk"]
    assert (row["state"], row["instruments"]) == ("fresh", ["GPU-H100-HOUR"])
    assert 90 <= row["age_s"] < 90 + 60
    assert 0 <= row["last_success_s"] < 60
    (shown,) = await desk.ask("quotes")
    assert (shown["source"], shown["value"], shown["fresh"]) == ("external/desk", 1.89, True)
    assert shown["age_s"] >= 90


async def test_what_was_signed_is_what_counts(desk: Desk) -> None:
    """A changed body, a request of yesterday, headers that are missing or strange: all 401."""
    body = {"quotes": [gpu()]}
    yesterday = round(time.time()) - DAY // SECOND
    tries = [
        await desk.post(body, sent=json.dumps({"quotes": [gpu("0.01")]}).encode()),
        await desk.post(body, at_s=yesterday),
        await desk.post(body, headers={TIMESTAMP: str(round(time.time()) + 1)}),
        await desk.post(body, headers={SIGNATURE: ""}),
        await desk.post(body, headers={SIGNATURE: "sha256=é"}),
        await desk.post(body, headers={TIMESTAMP: ""}),
    ]
    assert [status for status, _ in tries] == [401] * len(tries)
    assert all(SECRET not in json.dumps(answer) for _, answer in tries)
    assert await desk.told() == []


async def test_a_request_is_taken_once(desk: Desk, tmp_path: Path) -> None:
    """Sent again as it is: 409, under another name and in another process too."""
    body, now_s = {"quotes": [gpu()]}, round(time.time())
    assert (await desk.post(body, at_s=now_s))[0] == 200
    assert (await desk.post(body, at_s=now_s))[0] == 409
    assert (await desk.post(body, at_s=now_s, name="other"))[0] == 409
    async with posting(desk.redis_url, tmp_path, ingest_secret=SECRET) as second:
        assert (await second.post(body, at_s=now_s))[0] == 409
    assert len(await desk.told()) == 1


async def test_what_cannot_be_true_is_refused_by_name(desk: Desk) -> None:
    """The judge of the feeds judges here: the good quote counts, the bad ones are named."""
    now = SystemClock().now()
    body = {
        "quotes": [
            gpu(),
            {"instrument": "RIOT", "value": 0, "observed_at": now},
            {"instrument": "BTC-USD", "value": "1e999999999", "observed_at": now},
            {"instrument": "network.height", "value": 1.5, "observed_at": now},
            {"instrument": "MARA", "value": 11, "observed_at": now + HOUR},
        ]
    }
    status, answer = await desk.post(body)
    assert (status, answer["quotes"]) == (200, 1)
    assert answer["refused"] == {"zero_price": 1, "out_of_bounds": 1, "not_whole": 1, "future": 1}
    assert [quote.instrument for quote in await desk.told()] == ["GPU-H100-HOUR"]
    async with desk.session.get("/metrics") as page:
        text = await page.text()
    assert 'hashhedge_quotes_rejected_total{feed="other",reason="zero_price"} 1.0' in text
    assert 'hashhedge_ingest_requests_total{outcome="accepted"} 1.0' in text
    older = await desk.post({"quotes": [gpu("1.88", age_ms=HOUR)]})
    assert older[1]["refused"] == {"older_than_last": 1}


async def test_transfers_are_judged(desk: Desk) -> None:
    """5,000 BTC within one exchange: dropped; 500 from a miner to an exchange: told (row L27)."""
    binance = {"name": "Binance", "kind": "exchange"}
    miner = {"name": "RIOT", "kind": "miner"}
    at = SystemClock().now()
    transfers = [
        {"txid": "aa", "btc": 5_000, "from": binance, "to": binance, "observed_at": at},
        {"txid": "bb", "btc": "500", "from": miner, "to": binance, "observed_at": at},
    ]
    _, answer = await desk.post({"transfers": transfers})
    assert (answer["notices"], answer["dropped_transfers"]) == (1, 1)
    _, again = await desk.post({"transfers": transfers}, at_s=round(time.time()) + 1)
    assert again["notices"] == 0
    (notice,) = await desk.told()
    assert (notice.id, notice.subject, notice.source) == ("bb", "RIOT", "external/desk")
    rows = {row["feed"]: row["state"] for row in await desk.ask("status")}
    assert rows["external/desk"] == "fresh"


async def test_hostile_requests_are_answered_in_words(desk: Desk) -> None:
    """Size, encoding, nesting, names and methods: a status, a reason, and nothing stored."""
    bomb = gzip.compress(b"0" * 50_000_000)
    large = b" " * (MAX_BYTES + 1)
    cases: list[tuple[int, str, Mapping[str, Any]]] = [
        (413, "too_large", {"body": large}),
        (415, "malformed", {"body": bomb, "headers": {"Content-Encoding": "gzip"}}),
        (400, "malformed", {"body": b"[" * 200_000}),
        (400, "malformed", {"body": b"\x00\xff"}),
        (400, "malformed", {"body": b""}),
        (400, "malformed", {"body": {"quotes": [{**gpu(), "backfilled": True}]}}),
        (404, "malformed", {"body": {}, "name": "UPPER"}),
        (404, "malformed", {"body": {}, "name": "a" * 33}),
        (404, "malformed", {"body": {}, "name": "a%2Fb"}),
        (404, "malformed", {"body": {}, "name": "a%7Cb"}),
    ]
    for status, error, request in cases:
        found, answer = await desk.post(**request)
        assert (found, answer["error"]) == (status, error), answer
        assert answer["message"]
    async with desk.session.get("/ingest/desk") as page:
        assert page.status == 405
    assert await desk.told() == []
    ancient = {"instrument": "RIOT", "value": 15, "observed_at": 1}
    assert (await desk.post({"quotes": [ancient]}))[0] == 200


async def test_a_body_without_a_length_is_bounded_too(desk: Desk) -> None:
    """Chunks are counted as they come; an endless one ends at the bound."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 65_536

    timestamp = str(round(time.time()))
    signed = {TIMESTAMP: timestamp, SIGNATURE: signature_of(SECRET, timestamp, b"")}
    try:
        async with desk.session.post("/ingest/desk", data=endless(), headers=signed) as answer:
            assert answer.status == 413
    except aiohttp.ClientConnectionError:
        pass  # it hung up while we still sent: as good
    async with desk.session.get("/livez") as page:
        assert page.status == 200


async def test_one_sender_s_haste_stops_that_one_alone(desk: Desk) -> None:
    """Over the burst: 429 with Retry-After; another name goes on; so many names and no more."""
    now_s = round(time.time())
    statuses = [(await desk.post({"n": n}, at_s=now_s))[0] for n in range(BURST)]
    assert statuses == [400] * BURST
    assert (await desk.post({"n": -1}, at_s=now_s))[0] == 429
    assert (await desk.post({"quotes": [gpu()]}, name="other"))[0] == 200
    names = [f"n{number}" for number in range(MAX_SENDERS - 2)]
    assert {(await desk.post({}, name=name))[0] for name in names} == {400}
    assert (await desk.post({}, name="one-too-many"))[0] == 429


async def test_a_sender_has_room_for_so_many_instruments(desk: Desk) -> None:
    """Memory is bounded: what goes beyond is refused as too_many, what is known goes on."""
    at = SystemClock().now()
    quotes = [
        {"instrument": f"X{n}", "value": 1, "observed_at": at} for n in range(MAX_INSTRUMENTS)
    ]
    _, first = await desk.post({"quotes": quotes})
    assert first["quotes"] == MAX_INSTRUMENTS
    _, more = await desk.post({"quotes": [{**quotes[0], "value": 2}, gpu()]})
    assert (more["quotes"], more["refused"]) == (1, {"too_many": 1})


async def test_without_a_store_nothing_is_lost_silently(desk: Desk, own_redis: TestRedis) -> None:
    """Redis down: 503 with Retry-After and no address of it."""
    own_redis.stop()
    status, answer = await desk.post({"quotes": [gpu()]})
    assert (status, answer["error"]) == (503, "store_unavailable")
    assert "127.0.0.1" not in json.dumps(answer)


async def test_without_a_secret_there_is_no_such_page(own_redis: TestRedis, tmp_path: Path) -> None:
    """Off unless a secret is configured."""
    async with posting(own_redis.url, tmp_path) as desk:
        async with desk.session.post("/ingest/desk", data=b"{}") as answer:
            assert answer.status == 404
        assert not any(isinstance(page, Ingest) for page in desk.service.pages())
