"""Reading an answer: exact numbers, strict types, errors that say where."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from monitor.core.errors import BadQuote
from monitor.feeds.answers import Book, Node, decode, quoted
from monitor.feeds.base import Answer
from tests.unit.monitor.feeds.doubles import NOW, spec


def root(body: str) -> Node:
    """Return the root of a JSON text."""
    return decode("venue", Answer(200, body, {}, NOW))


def test_numbers_stay_exact() -> None:
    """Text, float and integer numbers come out as written, digit by digit."""
    node = root('{"a": "0.1", "b": 0.1, "c": 236499762108771800001, "d": 1e3}')
    values = [node.at(key).number() for key in "abcd"]
    assert values == [Decimal("0.1"), Decimal("0.1"), Decimal(236499762108771800001), Decimal(1000)]


@pytest.mark.parametrize(
    ("body", "read", "reason", "words"),
    [
        ("{", lambda node: node, "not_json", "no JSON"),
        ("", lambda node: node, "not_json", "no JSON"),
        ("[" * 100_000, lambda node: node, "not_json", "no JSON"),
        ('{"a": NaN}', lambda node: node, "not_a_number", "NaN"),
        ('{"a": -Infinity}', lambda node: node, "not_a_number", "Infinity"),
        ('{"a": 1e99999999999999999999}', lambda node: node, "out_of_bounds", "too large"),
        ('{"b": 1}', lambda node: node.at("a"), "missing_field", "a is missing; there is 'b'"),
        ('{"a": null}', lambda node: node.at("a"), "missing_field", "a is missing"),
        ("[1]", lambda node: node.at("a"), "wrong_type", "the answer is a list"),
        ("{}", lambda node: node.item(0), "wrong_type", "expected a list"),
        ("[[1]]", lambda node: node.item(0).item(2), "missing_field", "[0][2] is missing"),
        ('{"a": {}}', lambda node: node.at("a").only(), "wrong_type", "exactly one"),
        ('{"a": true}', lambda node: node.at("a").number(), "wrong_type", "a is True"),
        ('{"a": "NaN"}', lambda node: node.at("a").number(), "not_a_number", "a is 'NaN'"),
        ('{"a": "1_000"}', lambda node: node.at("a").number(), "not_a_number", "1_000"),
        ('{"a": "1e999"}', lambda node: node.at("a").number(), "out_of_bounds", "this world"),
        ('{"a": 0}', lambda node: node.at("a").price(), "zero_price", "a is 0"),
        ('{"a": "-1"}', lambda node: node.at("a").price(), "negative", "a is '-1'"),
        ('{"a": 1.5}', lambda node: node.at("a").count(), "wrong_type", "whole number"),
        ('{"a": 5}', lambda node: node.at("a").unix_time(), "out_of_bounds", "since 2009"),
        ('{"a": "soon"}', lambda node: node.at("a").iso_time(), "wrong_type", "ISO 8601"),
        ('{"a": "-1"}', lambda node: node.optional("a"), "negative", "less than zero"),
    ],
)
def test_each_fault_is_named(
    body: str, read: Callable[[Node], Any], reason: str, words: str
) -> None:
    """The error carries its reason, and its text names provider, place and what came."""
    with pytest.raises(BadQuote) as caught:
        read(root(body))
    assert caught.value.reason == reason
    assert str(caught.value).startswith("venue: ")
    assert words in str(caught.value)


def test_a_long_answer_is_not_quoted_whole() -> None:
    """A web page of any size gives a short error."""
    with pytest.raises(BadQuote) as caught:
        root("<html>" * 10_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("body", ["{}", '{"a": null}', '{"a": ""}', '{"a": 0}', '{"a": "0.00"}'])
def test_no_side_of_the_book(body: str) -> None:
    """Absent, null, empty and zero all mean that nobody quotes."""
    assert root(body).optional("a") is None


@pytest.mark.parametrize("scale", [1, 1_000, 1_000_000])
def test_unix_times_by_magnitude(scale: int) -> None:
    """Seconds, milliseconds and microseconds give the same moment."""
    assert root(str(NOW // 1_000 * scale)).unix_time() == NOW


def test_iso_time_with_nanoseconds() -> None:
    """More digits than a microsecond are cut, not refused."""
    assert root('"2026-01-12T14:56:00.123456789Z"').iso_time() == NOW + 123


def test_a_quote_without_a_time_takes_ours_and_says_so() -> None:
    """It carries source, budget and our time; `local_time` marks the borrowed one."""
    answer = Answer(200, "", {}, NOW)
    book = Book(Decimal(1), Decimal(2), Decimal(3))
    quote = quoted(spec(), answer, "BTC-USD", Decimal(5), book=book)
    assert (quote.source, quote.fresh_ms, quote.received_at) == ("venue", 60_000, NOW)
    assert (quote.observed_at, quote.local_time) == (NOW, True)
    assert (quote.bid, quote.ask, quote.volume) == book
    timed = quoted(spec(), answer, "BTC-USD", Decimal(5), observed_at=NOW - 1)
    assert (timed.observed_at, timed.local_time, timed.bid) == (NOW - 1, False, None)
