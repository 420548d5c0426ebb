"""Manners against a real server: budgets, bans, and asking only for what has changed."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from monitor.core.errors import FeedRejected, FeedUnavailable
from monitor.feeds.accounts import Accounts
from monitor.feeds.answers import decode, quoted
from monitor.feeds.http import HttpClient
from monitor.feeds.validators import MAX_AGE
from tests.unit.monitor.feeds.doubles import NOW, spec, wait_until
from tests.unit.monitor.feeds.sites import Client, Site

MINUTE_S = 60.0


async def test_a_nearly_used_budget_slows_us_before_a_429(site: Site, client: Client) -> None:
    """At 97 % nothing more goes out until the provider's minute is over, and no 429 was needed."""
    site.says(text="ok", headers={"X-MBX-USED-WEIGHT-1M": "5820"})
    http = client.bind(site, requests_per_minute=6_000)
    await http.get(f"{site.base}/a")
    with pytest.raises(FeedUnavailable) as caught:
        await http.get(f"{site.base}/a")
    assert caught.value.reason == "held_back"
    left_s = MINUTE_S - NOW / 1_000 % MINUTE_S
    assert caught.value.retry_after_s == pytest.approx(left_s)
    assert len(site.requests) == 1
    client.clock.advance(left_s)
    await http.get(f"{site.base}/a")
    assert len(site.requests) == 2


async def test_a_short_gap_is_waited_for_inside_the_request(site: Site, client: Client) -> None:
    """Where the pace is under a second nobody need fail."""
    reset = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "100", "X-RateLimit-Reset": "50"}
    site.says(text="ok", headers=reset)
    http = client.bind(site)
    await http.get(f"{site.base}/a")
    second = asyncio.create_task(http.get(f"{site.base}/a"))
    await wait_until(lambda: bool(client.clock._sleepers), "the second request waits")
    assert len(site.requests) == 1
    client.clock.advance(0.5)
    await second
    assert len(site.requests) == 2


@pytest.mark.parametrize(
    ("status", "headers", "pause_s"),
    [
        (429, {"Retry-After": "30"}, 30),
        (429, {"Retry-After": "Mon, 12 Jan 2026 14:56:45 GMT"}, 45),
        (429, {}, 60),
        (418, {"Retry-After": "7200"}, 7_200),
        (418, {}, 900),
    ],
)
async def test_one_feed_s_429_silences_the_whole_account(
    status: int, headers: dict[str, str], pause_s: float, site: Site, client: Client
) -> None:
    """The other feed of the key asks nobody until the time is over; a stranger goes on."""
    site.says(status=status, headers=headers)
    first = client.bind(site, account="key")
    sister, stranger = client.bind(site, name="b", account="key"), client.bind(site, name="c")
    with pytest.raises(FeedUnavailable, match=str(status)) as caught:
        await first.get(f"{site.base}/a")
    assert caught.value.reason == "throttled"
    site.says(text="ok")
    client.clock.advance(pause_s - 2)
    with pytest.raises(FeedUnavailable, match="not asked") as held:
        await sister.get(f"{site.base}/b")
    assert held.value.retry_after_s == pytest.approx(2)
    assert len(site.requests) == 1
    await stranger.get(f"{site.base}/c")
    client.clock.advance(2)
    await sister.get(f"{site.base}/b")
    assert [request.path for request in site.requests] == ["/a", "/c", "/b"]


async def test_a_hold_outlives_the_client(site: Site, client: Client) -> None:
    """The books read anew make a new client, and no request within the thirty seconds."""
    accounts = Accounts()
    site.says(status=429, headers={"Retry-After": "30"})
    for reason in ("throttled", "held_back"):
        async with HttpClient(client.clock, {}, accounts=accounts) as http:
            with pytest.raises(FeedUnavailable) as caught:
                await http.bind(spec(base_url=site.base)).get(f"{site.base}/a")
            assert caught.value.reason == reason
    assert len(site.requests) == 1


async def test_two_feeds_of_one_account_share_its_tokens(site: Site, client: Client) -> None:
    """Together they send what one may: the third request waits, whoever asks."""
    site.says(text="ok")
    one = client.bind(site, account="key", requests_per_minute=8)
    two = client.bind(site, name="b", account="key", requests_per_minute=8)
    await one.get(f"{site.base}/1")
    await two.get(f"{site.base}/2")
    third = asyncio.create_task(one.get(f"{site.base}/3"))
    await wait_until(lambda: bool(client.clock._sleepers), "the third request waits")
    assert len(site.requests) == 2
    client.clock.advance(10)
    await third


async def test_a_heavy_request_takes_its_weight(site: Site, client: Client) -> None:
    """One of weight 20 uses what twenty light ones would."""
    site.says(text="ok")
    http = client.bind(site, requests_per_minute=80)
    await http.get(f"{site.base}/heavy", weight=20)
    light = asyncio.create_task(http.get(f"{site.base}/light"))
    await wait_until(lambda: bool(client.clock._sleepers), "the light one waits")
    client.clock.advance(1)
    await light
    assert http._account.used_ratio(client.clock.now()) == pytest.approx(21 / 80)


async def test_a_page_that_has_not_changed_is_not_sent_again(site: Site, client: Client) -> None:
    """The mark goes along; a 304 stands for the kept body, received now, observed when it was."""
    body = '{"price": "97000", "time": "2026-01-12T14:55:00Z"}'

    async def tagged(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304, headers={"Date": "Mon, 12 Jan 2026 15:00:00 GMT"})
        return web.Response(text=body, headers={"ETag": '"v1"'})

    site.handler = tagged
    http, declared = client.bind(site), spec(base_url=site.base)
    quotes = []
    for _ in range(2):
        answer = await http.get(f"{site.base}/ticker", params={"pair": "X"})
        root = decode("venue", answer)
        price, at = root.at("price").price(), root.at("time").iso_time()
        quotes.append(quoted(declared, answer, "BTC-USD", price, observed_at=at))
        client.clock.advance(30)
    assert [quote.observed_at for quote in quotes] == [1_768_229_700_000] * 2
    assert [quote.received_at for quote in quotes] == [NOW, NOW + 30_000]
    assert "If-None-Match" not in site.requests[0].headers
    assert site.requests[1].headers["If-None-Match"] == '"v1"'
    await http.get(f"{site.base}/ticker", params={"pair": "Y"})
    assert "If-None-Match" not in site.requests[2].headers


async def test_last_modified_works_like_an_etag(site: Site, client: Client) -> None:
    """And after an hour the page is asked for whole again."""
    stamp = "Mon, 12 Jan 2026 14:00:00 GMT"
    site.says(text="ok", headers={"Last-Modified": stamp})
    http = client.bind(site)
    await http.get(f"{site.base}/a")
    site.says(status=304)
    assert (await http.get(f"{site.base}/a")).body == "ok"
    assert site.requests[1].headers["If-Modified-Since"] == stamp
    client.clock.advance(MAX_AGE / 1_000)
    with pytest.raises(FeedRejected):
        await http.get(f"{site.base}/a")
    assert "If-Modified-Since" not in site.requests[2].headers


async def test_a_new_answer_takes_the_kept_one_s_place(site: Site, client: Client) -> None:
    """Changed content comes with its own mark, and the old one is gone."""
    http = client.bind(site)
    for version in ("1", "2"):
        site.says(text=version, headers={"ETag": f'"{version}"'})
        assert (await http.get(f"{site.base}/a")).body == version
    site.says(status=304)
    assert (await http.get(f"{site.base}/a")).body == "2"
    assert site.requests[2].headers["If-None-Match"] == '"2"'


async def test_a_question_by_post_is_never_conditional(site: Site, client: Client) -> None:
    """Its answer depends on its body, which no mark covers."""
    site.says(text="ok", headers={"ETag": '"1"'})
    http = client.bind(site)
    for _ in range(2):
        await http.post_json(f"{site.base}/info", {})
    assert all("If-None-Match" not in request.headers for request in site.requests)
