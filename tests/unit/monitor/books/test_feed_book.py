"""The feeds book: known feeds and fields only, and no credentials in an address."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.books import Declared, FeedOverride, load_feeds, load_flags
from monitor.core.errors import ConfigError, ConfigErrors

KNOWN = {
    "coinbase": Declared({"BTC-USD": "BTC-USD"}),
    "finnhub": Declared({"RIOT": "RIOT"}, has_key=True),
    "mempool": Declared({"network.height": "/tip"}),
}


def test_the_default_book_changes_nothing() -> None:
    """Without a file every feed stays as the code declares it."""
    assert load_feeds(KNOWN) == {}


def test_an_override_is_read(tmp_path: Path) -> None:
    """Each field given replaces the declaration, the others stay None."""
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds:\n  mempool: {enabled: false, base_url: 'http://127.0.0.1:8999'}\n")
    expected = FeedOverride(enabled=False, base_url="http://127.0.0.1:8999")
    assert load_feeds(KNOWN, path) == {"mempool": expected}


def test_a_symbol_of_ones_own_is_taken(tmp_path: Path) -> None:
    """A feed may be asked under another symbol, and for more than it declares."""
    path = tmp_path / "feeds.yaml"
    path.write_text("feeds:\n  coinbase: {instruments: {BTC-USDT: BTC-USDT}, delay_s: 900}\n")
    found = load_feeds(KNOWN, path)["coinbase"]
    assert (found.instruments, found.delay_s) == ({"BTC-USDT": "BTC-USDT"}, 900)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("mempol: {}", "feeds.yaml:2: no feed `mempol`\n  to fix: did you mean `mempool`?"),
        ("mempool: {intervall_s: 5}", "did you mean `interval_s`?"),
        ("mempool: {interval_s: 0}", ">= 0.1"),
        ("mempool: {base_url: 'ftp://x'}", "feeds.yaml:2: base_url is no web address"),
        ("mempool: {base_url: 'http://['}", "base_url is no web address"),
        ("mempool: {base_url: 'https://user:hunter2@x'}", "base_url carries credentials"),
        ("mempool: {base_url: 'https://x?key=hunter2'}", "base_url carries credentials"),
        ("mempool: {stream_url: 'https://x'}", "stream_url is no web address"),
        ("mempool: {stream_url: 'wss://x?key=hunter2'}", "stream_url carries credentials"),
        (
            "finnhub: {base_url: 'http://proxy.lan/finnhub'}",
            "feeds.yaml:2: base_url has no TLS, and finnhub sends a key",
        ),
        (
            "finnhub: {base_url: 'http://proxy.lan/finnhub'}",
            "could read it\n  to fix: write https://; http:// is for 127.0.0.1",
        ),
        ("finnhub: {base_url: 'http://localhost.example.org'}", "base_url has no TLS"),
        ("finnhub: {stream_url: 'ws://192.168.1.9:80'}", "to fix: write wss://; ws:// is for"),
        ("coinbase: {delay_s: -1}", ">= 0"),
        ("coinbase: {instruments: {BTC-USD: ''}}", "length >= 1"),
        (
            "coinbase: {instruments: {BTC-USD: BTC-PERP-INTX}}",
            "`BTC-PERP-INTX` is a perpetual and `BTC-USD` is spot\n  to fix: write `BTC-USD: BTC-USD`",
        ),
        ("mempool: 5", "expected `object`, got `int`"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, body: str, expected: str) -> None:
    """Unknown feeds and fields, wrong values and secrets are refused; secrets are not repeated."""
    path = tmp_path / "feeds.yaml"
    path.write_text(f"feeds:\n  {body}\n")
    with pytest.raises(ConfigErrors) as caught:
        load_feeds(KNOWN, path)
    assert expected in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        "finnhub: {base_url: 'https://proxy.lan', stream_url: 'wss://proxy.lan'}",
        "finnhub: {base_url: 'http://127.0.0.1:1', stream_url: 'ws://localhost:1'}",
        "finnhub: {base_url: 'http://[::1]:1'}",
        # nothing to hide goes there
        "mempool: {base_url: 'http://mempool.lan', stream_url: 'ws://mempool.lan'}",
    ],
)
def test_a_key_goes_where_nobody_reads_it(tmp_path: Path, body: str) -> None:
    """With TLS, or to this machine; a feed without a key may be asked in the clear."""
    path = tmp_path / "feeds.yaml"
    path.write_text(f"feeds:\n  {body}\n")
    assert list(load_feeds(KNOWN, path)) == [body.partition(":")[0]]


def test_an_excluded_venue_has_a_reason(tmp_path: Path) -> None:
    """Who leaves a venue out says why; the default book leaves out none."""
    path = tmp_path / "feeds.yaml"
    path.write_text("venues:\n  shady: {excluded: no proof of reserves}\n")
    assert load_flags(path) == {"shady": "no proof of reserves"}
    assert load_flags() == {}
    path.write_text("venues:\n  shady: {excluded: ''}\n")
    with pytest.raises(ConfigError, match="excluded"):
        load_flags(path)
