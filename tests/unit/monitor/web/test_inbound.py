"""What a posted body tells, and what is said of one that tells nothing usable."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.inbound import MalformedBodyError, read_inbound
from tests.worlds import NOON

COMPANIES = {"RIOT": "Riot Platforms"}
QUOTE: dict[str, Any] = {"instrument": "X", "value": 1, "observed_at": NOON}
NOTICE: dict[str, Any] = {
    "kind": "news",
    "id": "1",
    "subject": "RIOT",
    "title": "A title",
    "observed_at": NOON,
}
TRANSFER: dict[str, Any] = {
    "txid": "ab",
    "btc": 500,
    "from": {"name": "RIOT", "kind": "miner"},
    "to": {"name": "Binance", "kind": "exchange"},
    "observed_at": NOON,
}


def body_of(**lists: object) -> bytes:
    """Return a body."""
    return json.dumps(lists).encode()


def test_each_list_is_read_under_the_sender_s_name() -> None:
    """Whoever signs as desk cannot speak as coinbase, whatever the body says."""
    stranger = {**QUOTE, "source": "coinbase", "received_at": 5}
    within = {**TRANSFER, "txid": "cd", "from": TRANSFER["to"]}
    body = body_of(
        quotes=[stranger],
        notices=[{**NOTICE, "source": "edgar"}],
        transfers=[TRANSFER, within],
    )
    told = read_inbound(body, "external/desk", COMPANIES, NOON)
    (quote,) = told.quotes
    assert (quote.source, quote.received_at, quote.fresh_ms) == ("external/desk", None, 60_000)
    assert [(each.source, each.kind, each.subject) for each in told.notices] == [
        ("external/desk", "news", "RIOT"),
        ("external/desk", "large-transfer", "RIOT"),
    ]
    assert told.dropped_transfers == 1


def test_digits_are_kept() -> None:
    """A number keeps every digit, as text or not."""
    body = b'{"quotes": [%s, %s]}' % (
        b'{"instrument": "X", "value": 0.12345678901234567890, "observed_at": 1}',
        b'{"instrument": "Y", "value": "0.12345678901234567890", "observed_at": 1}',
    )
    told = read_inbound(body, "external/desk", COMPANIES, NOON)
    assert [quote.value for quote in told.quotes] == [Decimal("0.12345678901234567890")] * 2


def test_a_share_is_fresh_for_as_long_as_a_share_is() -> None:
    """Without a word of the sender the kind of the instrument decides."""
    told = read_inbound(
        body_of(quotes=[{**QUOTE, "instrument": "RIOT"}]), "external/x", COMPANIES, NOON
    )
    assert told.quotes[0].fresh_ms == 15 * 60_000


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"{", "no JSON"),
        (b"null", "no object"),
        (b"[]", "no object"),
        (b"{}", "0 items"),
        (b'{"quotes": [NaN]}', "no JSON"),
        (b'{"quotes": ["\\ud800"]}', "no JSON"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"quotes": ' + b'[{"a":' * 30_000, "nested too deep"),
        (b'{"quote": []}', "unknown field 'quote'"),
        (b'{"quotes": {}}', "quotes: expected a list"),
        (b'{"quotes": [1]}', r"quotes\[0\]: expected an object"),
        (body_of(quotes=[QUOTE] * 1_001), "1001 items"),
        (body_of(quotes=[QUOTE] * 600, notices=[NOTICE] * 401), "1001 items"),
        (body_of(quotes=[QUOTE, {"value": 1}]), r"quotes\[1\]"),
        (body_of(quotes=[{**QUOTE, "value": None}]), r"quotes\[0\].value"),
        (body_of(quotes=[{**QUOTE, "value": True}]), r"quotes\[0\].value"),
        (body_of(quotes=[{**QUOTE, "value": []}]), r"quotes\[0\].value"),
        (body_of(quotes=[{**QUOTE, "value": "1_0"}]), "no plain number"),
        (body_of(quotes=[{**QUOTE, "value": "ten"}]), "no plain number"),
        (b'{"quotes": [{"instrument": "X", "value": 1%s}]}' % (b"0" * 5_000), "no JSON|observed"),
        (body_of(quotes=[{**QUOTE, "instrument": ""}]), "instrument"),
        (body_of(quotes=[{**QUOTE, "instrument": "a|b"}]), "instrument"),
        (body_of(quotes=[{**QUOTE, "instrument": "a\nb"}]), "instrument"),
        (body_of(quotes=[{**QUOTE, "instrument": "#"}]), "such as GPU-H100-HOUR"),
        (body_of(quotes=[{**QUOTE, "instrument": "GPU/+"}]), "GPU/"),
        (body_of(quotes=[{**QUOTE, "instrument": "X" * 101}]), "instrument"),
        (body_of(quotes=[{**QUOTE, "note": "x" * 501}]), "note"),
        (body_of(quotes=[{**QUOTE, "observed_at": -1}]), r"quotes\[0\].observed_at"),
        (body_of(quotes=[{**QUOTE, "observed_at": 2**70}]), "observed_at"),
        (body_of(quotes=[{**QUOTE, "observed_at": 1.5}]), "observed_at"),
        (body_of(quotes=[{**QUOTE, "fresh_ms": 2**62}]), r"quotes\[0\].fresh_ms"),
        (body_of(quotes=[{**QUOTE, "fresh_ms": 0}]), r"quotes\[0\].fresh_ms"),
        (body_of(quotes=[{**QUOTE, "backfilled": True}]), r"quotes\[0\].backfilled"),
        (body_of(notices=[{**NOTICE, "kind": "gossip"}]), r"notices\[0\].kind"),
        (body_of(notices=[{**NOTICE, "subject": "+/#"}]), r"notices\[0\].subject"),
        (body_of(notices=[{**NOTICE, "title": " "}]), "no title"),
        (body_of(notices=[{**NOTICE, "url": "javascript:alert(1)"}]), "bad url"),
        (body_of(notices=[{**NOTICE, "observed_at": NOON + 3_600_000}]), "future"),
        (body_of(transfers=[{**TRANSFER, "btc": "NaN"}]), r"transfers\[0\].btc"),
        (body_of(transfers=[{**TRANSFER, "from": {"kind": "miner"}}]), r"transfers\[0\].from.name"),
        (body_of(transfers=[{**TRANSFER, "to": {"kind": "bank"}}]), r"transfers\[0\].to.kind"),
        (body_of(transfers=[{**TRANSFER, "from": None}]), r"transfers\[0\].from"),
    ],
)
def test_a_fault_is_told_with_its_place(body: bytes, words: str) -> None:
    """The whole body is refused, and the message says which item and which field."""
    with pytest.raises(MalformedBodyError, match=words):
        read_inbound(body, "external/desk", COMPANIES, NOON)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
FIELDS = st.sampled_from(sorted({*QUOTE, *NOTICE, *TRANSFER, "fresh_ms", "bid", "figures"}))


@given(
    kind=st.sampled_from([("quotes", QUOTE), ("notices", NOTICE), ("transfers", TRANSFER)]),
    field=FIELDS,
    value=JSON,
)
def test_no_value_of_any_field_does_harm(
    kind: tuple[str, dict[str, Any]], field: str, value: object
) -> None:
    """Any field may hold anything: it is read, or refused in words."""
    name, item = kind
    body = body_of(**{name: [{**item, field: value}]})
    with contextlib.suppress(MalformedBodyError):
        read_inbound(body, "external/desk", COMPANIES, NOON)


@given(st.binary(max_size=200))
def test_no_bytes_do_harm(body: bytes) -> None:
    """Whatever is sent, the answer is words or what it tells."""
    with pytest.raises(MalformedBodyError):
        read_inbound(body, "external/desk", COMPANIES, NOON)
