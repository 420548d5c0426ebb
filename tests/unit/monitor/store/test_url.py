"""The address of Redis: what is accepted, what is shown, and that no secret is ever repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio.connection import parse_url

from monitor.core.errors import ConfigError
from monitor.store.client import connect
from monitor.store.url import RedisUrl


@pytest.mark.parametrize(
    ("text", "shown", "database"),
    [
        ("redis://r", "redis://r:6379", 0),
        (" redis://r:7000/\n", "redis://r:7000", 0),
        ("redis://me:se%23cret@my_redis.svc.local:6380/3", "redis://my_redis.svc.local:6380/3", 3),
        ("redis://:se@cret@10.0.0.7/0", "redis://10.0.0.7:6379", 0),
        ("redis://[::1]:1/2", "redis://[::1]:1/2", 2),
        ("redis://r?db=4", "redis://r:6379/4", 4),
        ("rediss://me@r/1?ssl_ca_certs=/etc/ca.pem", "rediss://r:6379/1", 1),
        ("unix:///run/redis%20x.sock", "unix:///run/redis%20x.sock", 0),
        ("unix://me:secret@/run/r@1.sock?db=2", "unix:///run/r@1.sock", 2),
    ],
)
def test_addresses_that_work(text: str, shown: str, database: int) -> None:
    """Each usual way to write an address is understood as redis-py does, and shown without secrets."""
    url = RedisUrl.parse(text)
    assert (str(url), url.database) == (shown, database)
    assert int(parse_url(url.text).get("db", 0)) == database
    assert "cret" not in repr(url)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "must begin with redis://"),
        ("secret@r:6379", "must begin with redis://"),
        ("http://u:secret@r", "must begin with redis://"),
        ("redis://", "no host"),
        ("redis://u:secret@:6379", "no host"),
        ("redis://se cret@r", "space or a control"),
        ("redis://u:secret\x1b[0m@r", "space or a control"),
        ("redis://-secret", "no host's name"),
        ("redis://r:secret/0", "port is no number"),
        ("redis://r:0", "port is no number"),
        ("redis://r:70000", "port is no number"),
        ("redis://u:Topsecret#1@127.0.0.1:7801", "write `/` as %2F"),
        ("redis://u:Topsecret/1@127.0.0.1:7801", "write `/` as %2F"),
        ("redis://u:1234?secret@127.0.0.1:7801", "write `/` as %2F"),
        ("redis://u:se[cret@r", r"`\[` as %5B"),
        ("redis://r/0#secret", "no `#`"),
        ("redis://r/secret", "database"),
        ("redis://r/-1", "database"),
        ("redis://r/1/2", "database"),
        ("redis://r?db=secret", "database"),
        ("redis://r/1?db=2", "given twice"),
        ("redis://127.0.0.1:7000/0?password=secret", "knows db only"),
        ("redis://127.0.0.1:abc/0?password=secret", "port is no number"),
        ("redis://r/0?secret=x", "knows db only"),
        ("redis://r/0?socket_timeout=abc", "knows db only"),
        ("rediss://r/0?ssl_cert_reqs=none", "ssl_ca_certs"),
        ("unix://secret/run/r.sock", "three slashes"),
        ("unix://", "no path"),
    ],
)
def test_addresses_that_do_not(text: str, why: str) -> None:
    """What cannot be used is refused with place, cause and an example, and is not repeated."""
    with pytest.raises(ConfigError, match=why) as caught:
        RedisUrl.parse(text, where="--redis-url")
    assert caught.value.where == "--redis-url"
    assert "redis://[user:password@]host" in caught.value.hint
    assert "secret" not in str(caught.value).lower()


@given(st.text(alphabet="ab1@:/?#[]%=&. \n"), st.sampled_from(["redis", "rediss", "unix"]))
def test_what_passes_makes_a_client(text: str, scheme: str) -> None:
    """Whatever is accepted, redis-py takes too: no other error than ours comes out."""
    try:
        RedisUrl.parse(f"{scheme}://{text}")
    except ConfigError:
        return
    connect(f"{scheme}://{text}")


def test_no_client_is_made_of_an_address_that_was_not_read() -> None:
    """Nobody can go round the parser."""
    with pytest.raises(ConfigError, match="knows db only"):
        connect("redis://r/0?foo=x")
