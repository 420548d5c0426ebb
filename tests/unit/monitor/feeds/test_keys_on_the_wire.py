"""Keys go where they belong, in the form the provider wants, and are shown nowhere."""

from __future__ import annotations

import traceback
from base64 import b64encode
from pathlib import Path

import pytest
from aiohttp import web

from monitor.core.errors import ConfigError, FeedError, FeedRejected, FeedUnavailable
from monitor.feeds.base import Credential
from tests.unit.monitor.feeds.sites import KEY, Client, Site

HEADER = "X-Venue-Token"
IN_HEADER = Credential(env="VENUE_KEY", header=HEADER)
IN_QUERY = Credential(env="VENUE_KEY", query="apikey")


async def test_a_key_is_sent_and_shown_nowhere(site: Site, client: Client) -> None:
    """It goes out as a header; no URL, repr or error holds it, not even if printed back."""
    site.says(text=f'{{"error": "invalid key {KEY}"}}')
    http = client.bind(site, credentials=(IN_HEADER,))
    answer = await http.get(f"{site.base}/ticker")
    (request,) = site.requests
    assert request.headers[HEADER] == KEY
    assert KEY not in str(request.url)
    assert KEY not in answer.body
    assert KEY not in repr(http)
    site.says(status=401, text=KEY)
    with pytest.raises(FeedRejected) as caught:
        await http.get(f"{site.base}/ticker")
    assert KEY not in str(caught.value)


async def test_a_missing_key_is_a_matter_for_a_person(site: Site, client: Client) -> None:
    """Binding a feed whose key is nowhere says which variable to set."""
    with pytest.raises(ConfigError, match="OTHER_KEY"):
        client.bind(site, credentials=(Credential(env="OTHER_KEY", header=HEADER),))


async def test_two_keys_go_out_together(site: Site, client: Client) -> None:
    """A provider that wants an id and a secret gets both, each with its own prefix."""
    client.environ["VENUE_ID"] = "id-42"
    two = (
        Credential(env="VENUE_ID", header="X-Id"),
        Credential(env="VENUE_KEY", header="Authorization", prefix="Bearer "),
    )
    site.says(text="ok")
    await client.get(site, credentials=two)
    sent = site.requests[0].headers
    assert (sent["X-Id"], sent["Authorization"]) == ("id-42", f"Bearer {KEY}")


async def test_a_key_in_the_query_is_sent_beside_the_parameters(site: Site, client: Client) -> None:
    """The provider sees its parameter; the other ones stay."""
    site.says(text="ok")
    await client.get(site, credentials=(IN_QUERY,))
    assert dict(site.requests[0].query) == {"pair": "X", "apikey": KEY}


@pytest.mark.parametrize("secret", [KEY, "a+b/c=&d%25"])
@pytest.mark.parametrize("status", [200, 401, 404, 429, 500])
async def test_a_key_in_the_query_is_shown_nowhere(
    status: int, secret: str, site: Site, client: Client
) -> None:
    """No answer, error or traceback holds it, as it is or as a URL writes it."""
    client.environ["VENUE_KEY"] = secret

    async def echo(request: web.Request) -> web.Response:
        said = f"bad request {request.raw_path} {request.query['apikey']}"
        headers = {
            "Link": request.raw_path,
            "Location": f"http://elsewhere.example{request.raw_path}",
        }
        return web.Response(status=status, text=said, headers=headers)

    site.handler = echo
    try:
        shown = repr(await client.get(site, credentials=(IN_QUERY,)))
    except FeedError as error:
        shown = "".join(traceback.format_exception(error))
    (request,) = site.requests
    assert request.query["apikey"] == secret
    assert secret not in shown
    assert request.raw_path.partition("apikey=")[2] not in shown
    assert "ticker" in shown


async def test_a_broken_answer_does_not_show_the_url_it_was_sent_to(client: Client) -> None:
    """The library's own words for a URL it cannot use are left out where they quote the key."""
    http = client.bind(Site(base="http://127.0.0.1:0"), credentials=(IN_QUERY,))
    with pytest.raises(FeedUnavailable) as caught:
        await http.get("http://127.0.0.1:0/ticker")
    assert KEY not in "".join(traceback.format_exception(caught.value))


async def test_a_redirect_carries_no_key_in_its_address(
    site: Site, elsewhere: Site, client: Client
) -> None:
    """Another host gets the address without the key; the own host gets the key once."""

    async def bounce(request: web.Request) -> web.Response:
        if request.path == "/new":
            return web.Response(
                status=307, headers={"Location": f"{elsewhere.base}{request.raw_path}"}
            )
        return web.Response(
            status=301, headers={"Location": request.raw_path.replace("ticker", "new")}
        )

    site.handler = bounce
    elsewhere.says(text="moved here")
    host = elsewhere.base.removeprefix("http://")
    answer = await client.get(site, hosts=(host,), credentials=(IN_QUERY,))
    assert answer.body == "moved here"
    assert [request.query.getall("apikey") for request in site.requests] == [[KEY], [KEY]]
    assert dict(elsewhere.requests[0].query) == {"pair": "X"}


async def test_basic_authorization_from_a_cookie_file(
    site: Site, client: Client, tmp_path: Path
) -> None:
    """A node writes a new cookie at each start: the file is read anew, its last good state kept."""
    cookie = tmp_path / ".cookie"
    cookie.write_text("__cookie__:first-0123456789")
    client.environ["RPC_FILE"] = str(cookie)
    site.says(text="ok")
    http = client.bind(site, credentials=(Credential(env="RPC", basic=True),))

    async def sent() -> str:
        await http.get(f"{site.base}/")
        return site.requests[-1].headers["Authorization"]

    assert await sent() == f"Basic {b64encode(b'__cookie__:first-0123456789').decode()}"
    cookie.write_text("__cookie__:second-0123456789")
    second = f"Basic {b64encode(b'__cookie__:second-0123456789').decode()}"
    assert await sent() == second
    cookie.unlink()
    assert await sent() == second
    site.says(text=f"you sent {second} for __cookie__:second-0123456789")
    assert (await http.get(f"{site.base}/")).body == "you sent Basic [redacted] for [redacted]"


async def test_an_optional_key_is_left_out_where_it_is_not_set(site: Site, client: Client) -> None:
    """The feed works without it, and uses it once it is there."""
    key = Credential(env="EXTRA_KEY", header=HEADER, optional=True)
    site.says(text="ok")
    await client.get(site, credentials=(key,))
    client.environ["EXTRA_KEY"] = "extra"
    await client.get(site, credentials=(key,))
    assert [request.headers.get(HEADER) for request in site.requests] == [None, "extra"]
