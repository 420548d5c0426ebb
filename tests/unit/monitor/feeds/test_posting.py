"""Questions sent as JSON: the same bounds as any other request."""

from __future__ import annotations

import json

import pytest

from monitor.core.errors import BadQuote, FeedRejected, FeedUnavailable
from monitor.feeds.question import MAX_BODY_BYTES
from tests.unit.monitor.feeds.doubles import NOW
from tests.unit.monitor.feeds.sites import Client, Site

QUESTION = {"type": "metaAndAssetCtxs", "dex": ""}


async def test_the_question_arrives_as_json(site: Site, client: Client) -> None:
    """Method, type and body are as the provider wants them; the answer is as with GET."""
    site.says(text="[1]", headers={"X-Total-Count": "3"})
    answer = await client.bind(site).post_json(f"{site.base}/info", QUESTION)
    (request,) = site.requests
    assert (request.method, request.path) == ("POST", "/info")
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(site.bodies[0]) == QUESTION
    assert (answer.body, answer.headers["x-total-count"], answer.received_at) == ("[1]", "3", NOW)


@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_that_keeps_the_body_is_followed(
    status: int, site: Site, elsewhere: Site, client: Client
) -> None:
    """The declared host gets the same question."""
    elsewhere.says(text="ok")
    site.says(status=status, headers={"Location": f"{elsewhere.base}/new"})
    http = client.bind(site, hosts=(elsewhere.base.removeprefix("http://"),))
    assert (await http.post_json(f"{site.base}/info", QUESTION)).body == "ok"
    assert elsewhere.requests[0].method == "POST"
    assert elsewhere.bodies == site.bodies


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_drops_the_body_is_refused(
    status: int, site: Site, client: Client
) -> None:
    """It would ask another question than the adapter did."""
    site.says(status=status, headers={"Location": "/new"})
    with pytest.raises(FeedRejected, match=f"POST .*/info is redirected by {status}"):
        await client.bind(site).post_json(f"{site.base}/info", QUESTION)
    assert len(site.requests) == 1


async def test_the_bounds_are_those_of_get(site: Site, client: Client) -> None:
    """Size, status and reach are judged alike, and the error says POST."""
    http = client.bind(site, max_bytes=10)
    site.says(body=b"x" * 11)
    with pytest.raises(BadQuote, match="larger than 10 bytes"):
        await http.post_json(f"{site.base}/info", QUESTION)
    site.says(status=503)
    with pytest.raises(FeedUnavailable, match=r"POST .*/info answered 503"):
        await http.post_json(f"{site.base}/info", QUESTION)
    with pytest.raises(FeedRejected, match="no declared host"):
        await http.post_json("https://evil.example/info", QUESTION)


@pytest.mark.parametrize("body", [{1, 2}, float("nan"), "x" * (MAX_BODY_BYTES - 1)])
async def test_what_is_no_question_is_never_sent(body: object, site: Site, client: Client) -> None:
    """No JSON value, or a body nobody would ask with: an adapter's mistake, told as one."""
    with pytest.raises(ValueError, match=r"JSON|bytes to POST"):
        await client.bind(site).post_json(f"{site.base}/info", body)
    assert site.requests == []
