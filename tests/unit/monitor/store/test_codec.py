"""The ingest contract: what an entry may hold, and the words for what it may not."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.events import Quote
from monitor.domain.feed_reports import FeedReport
from monitor.domain.symbols import MAX_NAME
from monitor.store.codec import (
    AHEAD_MS,
    MAX_BYTES,
    MAX_NOTE,
    MAX_QUOTES,
    MalformedTickError,
    decode_quote,
    decode_tick,
    encode_quote,
    encode_reports,
    encode_tick,
)
from tests.quotes import any_quote
from tests.worlds import NOON, quote

ID = f"{NOON}-0".encode()
SMALLEST = {"instrument": "X", "value": "1.5", "observed_at": NOON, "source": "mine"}


def fields(body: object, **more: bytes) -> Mapping[bytes, bytes]:
    """Return an entry's fields."""
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {b"v": b"1", b"q": encoded} | {name.encode(): word for name, word in more.items()}


def entry(quotes: list[Quote], at: int | None = None) -> Mapping[bytes, bytes]:
    """Return the fields as they come back from Redis."""
    return {name.encode(): body for name, body in encode_tick(quotes, at).items()}


@given(st.lists(any_quote(), min_size=1, max_size=4), st.integers(0, NOON))
def test_what_is_written_is_read(quotes: list[Quote], at: int) -> None:
    """Quotes survive the wire to the last digit, together and one by one."""
    tick = decode_tick(ID, entry(quotes, at))
    assert (tick.id, tick.at, list(tick.quotes)) == (ID.decode(), at, quotes)
    assert [decode_quote(encode_quote(item)) for item in quotes] == quotes


def test_a_report_on_a_feed_is_an_entry_of_its_own() -> None:
    """It needs no quote beside it."""
    report = FeedReport(feed="venue", silent=True, since=NOON, why="timeout", instruments=("X",))
    written = encode_reports([report], NOON)
    tick = decode_tick(ID, {name.encode(): body for name, body in written.items()})
    assert (tick.at, tick.quotes, tick.feeds) == (NOON, (), (report,))


def test_an_entry_without_a_moment_has_that_of_its_id() -> None:
    """A stranger need not tell the time: Redis stamped the entry."""
    assert decode_tick(b"1752753600123-4", fields([SMALLEST])).at == 1_752_753_600_123


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({b"q": b"[]"}, "field v"),
        ({b"v": b"2", b"q": b"[]"}, "field v is `2`; this version reads schema 1"),
        ({b"q": b"[]"}, "field v is missing; this version reads schema 1"),
        ({b"v": b"1"}, "field q"),
        (fields(b"[" * 9), "field q"),
        (fields([]), "0 quotes"),
        (fields([SMALLEST] * (MAX_QUOTES + 1)), str(MAX_QUOTES)),
        (fields(b" " * (MAX_BYTES + 1)), str(MAX_BYTES)),
        (fields([SMALLEST | {"value": "much"}]), "value"),
        *[
            (fields([SMALLEST | {name: number}]), f"{name} is no plain number")
            for name in ("value", "bid", "ask", "volume")
            for number in ("1_5", " 15", "15 ", "\u0661\u0665")
        ],
        (fields([SMALLEST | {"observed_at": 1.5}]), "observed_at"),
        (fields([{"instrument": "X"}]), "missing"),
        (fields(b'[{"instrument": "\xff"}]'), "field q"),
        (fields([SMALLEST | {"instrument": ""}]), "instrument"),
        (fields([SMALLEST | {"instrument": "X" * (MAX_NAME + 1)}]), "instrument"),
        (fields([SMALLEST | {"instrument": "X|mine"}]), "instrument"),
        (fields([SMALLEST | {"instrument": "#"}]), "instrument '#': .* such as GPU-H100-HOUR"),
        (fields([SMALLEST | {"instrument": "GPU/+"}]), "instrument 'GPU/"),
        (fields([SMALLEST | {"instrument": "GPU\0"}]), "instrument"),
        (fields([SMALLEST | {"instrument": "X" + "%" * 67}]), "instrument"),
        (fields([SMALLEST | {"source": ""}]), "source"),
        (fields([SMALLEST | {"source": "s" * (MAX_NAME + 1)}]), "source"),
        (fields([SMALLEST | {"note": "x" * (MAX_NOTE + 1)}]), "note"),
        (fields([], f=b'[{"feed": "a|b", "silent": true, "since": 0}]'), "name has 1 to"),
        (fields([], f=b'[{"feed": "", "silent": true, "since": 0}]'), "name has 1 to"),
        (fields([], f=b'[{"feed": "a", "silent": true, "since": -1}]'), "before 1970"),
        (fields([], f=b'[{"feed": "a"}]'), "field f"),
        (fields([], f=b" " * (MAX_BYTES + 1)), str(MAX_BYTES)),
        (fields([SMALLEST], at=b"noon"), "at"),
        (fields([SMALLEST], at=b"-1"), "field at"),
        (fields([SMALLEST], at=str(NOON + AHEAD_MS + 1).encode()), "field at"),
        (fields([SMALLEST], at=str(NOON * 1_000).encode()), "field at"),
        (fields([SMALLEST], at=b"9" * 5_000), "at"),
        (fields([SMALLEST], at=b"1_5"), "field at"),
    ],
)
def test_what_cannot_be_read_is_named(found: Mapping[bytes, bytes], words: str) -> None:
    """Whatever is wrong, the error is ours and says in which field."""
    with pytest.raises(MalformedTickError, match=words):
        decode_tick(ID, found)


@given(st.binary(max_size=60), st.binary(max_size=8))
def test_no_bytes_break_the_reader(body: bytes, at: bytes) -> None:
    """Anything at all is either a tick or a MalformedTickError."""
    for found in (fields(body), fields(body, at=at), fields([SMALLEST], at=at)):
        with contextlib.suppress(MalformedTickError):
            assert decode_tick(ID, found).quotes


def test_a_writers_clock_that_is_ahead_does_not_move_ours() -> None:
    """Its quotes count, at the moment at which Redis got them: the engine's time never goes back."""
    assert decode_tick(ID, entry([quote("X", 1, NOON)], NOON + AHEAD_MS)).at == NOON


def test_an_id_of_a_writers_own_does_not_move_the_time() -> None:
    """Far in the future it is refused, a little ahead the server's time counts; `at` overrules it."""
    ahead = f"{99_999_999_999_999}-0".encode()
    with pytest.raises(MalformedTickError, match="ahead of Redis"):
        decode_tick(ahead, fields([SMALLEST]), NOON)
    with pytest.raises(MalformedTickError, match="field at"):
        decode_tick(ahead, fields([SMALLEST], at=str(NOON + AHEAD_MS + 1).encode()), NOON)
    assert decode_tick(f"{NOON + AHEAD_MS}-0".encode(), fields([SMALLEST]), NOON).at == NOON
    assert decode_tick(ahead, fields([SMALLEST], at=str(NOON - 7).encode()), NOON).at == NOON - 7


def test_words_that_look_like_a_number_are_words() -> None:
    """What stands in a note is no number, however it is written there."""
    note = '"value": "1_5"'
    assert decode_tick(ID, fields([SMALLEST | {"note": note}])).quotes[0].note == note
