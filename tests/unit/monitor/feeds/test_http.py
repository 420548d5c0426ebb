"""The client against a real server: time, size, reach, keys, and every status."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from monitor.core.clock import ManualClock
from monitor.core.errors import (
    BadQuote,
    FeedError,
    FeedRejected,
    FeedUnavailable,
)
from monitor.feeds.base import Credential
from monitor.feeds.http import MAX_REDIRECTS, HttpClient
from tests.unit.monitor.feeds.doubles import NOW, spec, wait_until
from tests.unit.monitor.feeds.sites import KEY, Client, Site

HEADER = "X-Venue-Token"
CREDENTIAL = Credential(env="VENUE_KEY", header=HEADER)


async def test_an_answer_comes_with_our_time(site: Site, client: Client) -> None:
    """Status, text, lower-case headers, our clock; the request says who asks."""
    site.says(text="ünï", headers={"X-Total-Count": "3"})
    answer = await client.get(site)
    assert (answer.status, answer.body, answer.received_at) == (200, "ünï", NOW)
    assert answer.headers["x-total-count"] == "3"
    (request,) = site.requests
    assert request.query == {"pair": "X"}
    assert request.headers["User-Agent"].startswith("hashhedge/")
    assert HEADER not in request.headers


async def test_the_feed_s_own_headers_win(site: Site, client: Client) -> None:
    """A provider that wants another User-Agent gets the declared one."""
    site.says(text="ok")
    await client.get(site, headers={"User-Agent": "Mozilla/5.0 test"})
    assert site.requests[0].headers["User-Agent"] == "Mozilla/5.0 test"


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (400, FeedRejected, "client_error"),
        (401, FeedRejected, "unauthorized"),
        (403, FeedRejected, "forbidden"),
        (404, FeedRejected, "not_found"),
        (408, FeedUnavailable, "timeout"),
        (410, FeedRejected, "not_found"),
        (422, FeedRejected, "client_error"),
        (429, FeedUnavailable, "throttled"),
        (451, FeedRejected, "geo_blocked"),
        (500, FeedUnavailable, "server_error"),
        (503, FeedUnavailable, "server_error"),
        (520, FeedUnavailable, "server_error"),
    ],
)
async def test_each_status_has_its_error(
    status: int, kind: type[FeedError], reason: str, site: Site, client: Client
) -> None:
    """A status that is no answer becomes the error that says what to do about it."""
    site.says(status=status, text="whatever")
    with pytest.raises(kind) as caught:
        await client.get(site)
    assert caught.value.reason == reason
    assert str(status) in str(caught.value)
    assert "pair" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("30", 30.0),
        ("Mon, 12 Jan 2026 14:56:45 GMT", 45.0),
        ("Mon, 12 Jan 2026 14:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("inf", None),
    ],
)
async def test_retry_after_is_read_as_seconds_or_date(
    header: str, wait_s: float | None, site: Site, client: Client
) -> None:
    """The provider's wish comes along, whichever way it is written; nonsense is no wish."""
    site.says(status=429, headers={"Retry-After": header})
    with pytest.raises(FeedUnavailable) as caught:
        await client.get(site)
    assert caught.value.retry_after_s == wait_s


async def test_a_silent_server_is_given_up(site: Site, client: Client) -> None:
    """The limit spans the whole answer, also one that drips for ever."""

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.01)

    site.handler = drip
    with pytest.raises(FeedUnavailable) as caught:
        await client.get(site, timeout_s=0.2)
    assert caught.value.reason == "timeout"


async def test_nobody_there_is_a_connection_error(client: Client) -> None:
    """A refused connection is told apart from a slow one."""
    with pytest.raises(FeedUnavailable) as caught:
        await client.get(Site(base=f"http://127.0.0.1:{unused_port()}"))
    assert caught.value.reason == "connection"


@pytest.mark.parametrize("size", [1_000, 1_001])
async def test_max_bytes_is_the_largest_body_taken(size: int, site: Site, client: Client) -> None:
    """A body of exactly the limit passes; one byte more does not."""
    site.says(body=b"x" * size)
    if size == 1_000:
        assert len((await client.get(site, max_bytes=1_000)).body) == size
        return
    with pytest.raises(BadQuote) as caught:
        await client.get(site, max_bytes=1_000)
    assert caught.value.reason == "too_large"


async def test_an_endless_body_is_dropped(site: Site, client: Client) -> None:
    """Without a stated length the body is counted while it comes."""
    sent = []

    async def pour(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 4_096)
            sent.append(4_096)

    site.handler = pour
    with pytest.raises(BadQuote) as caught:
        await client.get(site, max_bytes=10_000)
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize("size", [1_000, 1_001])
async def test_packed_bodies_are_counted_unpacked(size: int, site: Site, client: Client) -> None:
    """Gzip is unpacked, and its limit is the same to the byte."""
    site.says(body=gzip.compress(b"x" * size, mtime=0), headers={"Content-Encoding": "gzip"})
    if size == 1_000:
        assert (await client.get(site, max_bytes=1_000)).body == "x" * size
        return
    with pytest.raises(BadQuote) as caught:
        await client.get(site, max_bytes=1_000)
    assert caught.value.reason == "too_large"


async def test_a_gzip_bomb_is_never_unpacked(site: Site, client: Client) -> None:
    """64 MB of blanks in 64 KB cost less than a megabyte of memory before they are dropped."""
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    site.says(body=bomb, headers={"Content-Encoding": "gzip"})
    http = client.bind(site, max_bytes=200_000)
    tracemalloc.start()
    try:
        with pytest.raises(BadQuote) as caught:
            await http.get(f"{site.base}/ticker")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.reason == "too_large"
    assert peak < 1_500_000


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"\xff\xfe", "identity"),
        (b"no gzip at all", "gzip"),
        (gzip.compress(b"x" * 5_000, mtime=0)[:-20], "gzip"),
        (b"whatever", "br"),
    ],
)
async def test_what_is_no_text_is_refused(
    body: bytes, encoding: str, site: Site, client: Client
) -> None:
    """Bad UTF-8, damaged or cut packing, and a packing nobody asked for are one kind of fault."""
    site.says(body=body, headers={"Content-Encoding": encoding})
    with pytest.raises(BadQuote) as caught:
        await client.get(site)
    assert caught.value.reason == "not_text"


async def test_deflate_is_understood(site: Site, client: Client) -> None:
    """Some servers send deflate whatever one asks for."""
    site.says(body=zlib.compress(b"12"), headers={"Content-Encoding": "deflate"})
    assert (await client.get(site)).body == "12"


async def test_a_redirect_to_a_stranger_is_refused(
    site: Site, elsewhere: Site, client: Client
) -> None:
    """A host that the feed does not declare is never asked."""
    elsewhere.says(text="not me")
    site.says(status=302, headers={"Location": f"{elsewhere.base}/ticker"})
    with pytest.raises(FeedRejected) as caught:
        await client.get(site)
    assert caught.value.reason == "redirected"
    assert elsewhere.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("way", ["{url}", "//{host}/x", "http://{own}@{host}/x", "{own_url}/again"])
async def test_no_request_leaves_the_declared_hosts(
    way: str, status: int, site: Site, elsewhere: Site, client: Client
) -> None:
    """However a redirect is written, at once or by way of the own host, by GET or POST."""
    elsewhere.says(text="not me")
    own, host = (each.base.removeprefix("http://") for each in (site, elsewhere))
    target = way.format(url=f"{elsewhere.base}/x", host=host, own=own, own_url=site.base)

    async def lead(request: web.Request) -> web.Response:
        away = request.path == "/again"
        return web.Response(
            status=status, headers={"Location": f"{elsewhere.base}/x" if away else target}
        )

    site.handler = lead
    http = client.bind(site, credentials=(CREDENTIAL,))
    for ask in (http.get(f"{site.base}/a"), http.post_json(f"{site.base}/a", {})):
        with pytest.raises(FeedRejected) as caught:
            await ask
        assert caught.value.reason == "redirected"
        assert KEY not in str(caught.value)
    assert elsewhere.requests == []


async def test_a_declared_redirect_is_followed_without_the_key(
    site: Site, elsewhere: Site, client: Client
) -> None:
    """A declared host gets the request, but the key stays with the feed's own origin."""
    elsewhere.says(text="moved here")
    site.says(status=307, headers={"Location": f"{elsewhere.base}/new?x=1"})
    host = elsewhere.base.removeprefix("http://")
    answer = await client.get(site, hosts=(host,), credentials=(CREDENTIAL,))
    assert answer.body == "moved here"
    assert site.requests[0].headers[HEADER] == KEY
    assert HEADER not in elsewhere.requests[0].headers
    assert elsewhere.requests[0].query == {"x": "1"}


@pytest.mark.parametrize("location", ["/ticker", "", "http://[broken"])
async def test_redirects_end(location: str, site: Site, client: Client) -> None:
    """A circle, a missing and a broken target end in an error after a bounded number of hops."""
    site.says(status=302, headers={"Location": location})
    with pytest.raises(FeedRejected) as caught:
        await client.get(site)
    assert caught.value.reason == "redirected"
    assert len(site.requests) <= MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1@evil.example/x", "https://evil.example", "file:///etc/passwd", "x"]
)
async def test_an_adapter_cannot_leave_its_host(url: str, site: Site, client: Client) -> None:
    """Whatever an adapter builds, only its own origin is asked."""
    with pytest.raises(FeedRejected):
        await client.bind(site).get(url)


async def test_the_declared_rate_is_kept(site: Site, client: Client) -> None:
    """The request over the limit waits on the clock until it may go."""
    site.says(text="ok")
    http = client.bind(site, requests_per_minute=2)
    await http.get(f"{site.base}/a")
    second = asyncio.create_task(http.get(f"{site.base}/b"))
    await wait_until(lambda: bool(client.clock._sleepers), "the second request waits")
    assert len(site.requests) == 1
    client.clock.advance(60)
    await second
    assert len(site.requests) == 2


async def test_binding_needs_an_open_client() -> None:
    """A client that was not entered says so, instead of failing at the first poll."""
    with pytest.raises(RuntimeError, match="async with"):
        HttpClient(ManualClock()).bind(spec())
