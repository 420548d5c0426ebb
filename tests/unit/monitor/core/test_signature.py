"""A signature holds for one body at one time, and for nobody without the secret."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.signature import WINDOW_S, header_fault, is_signed, signature_of
from tests.worlds import NOON

SECRET = "correct-horse-battery"  # noqa: S105  # made up
NOON_S = NOON // 1_000
HEX = "sha256=" + "0" * 64


def test_it_is_plain_hmac() -> None:
    """Any language can make it: HMAC-SHA256 of the time, a point and the body."""
    expected = hmac.new(SECRET.encode(), b"1752753600.{}", "sha256").hexdigest()
    assert signature_of(SECRET, "1752753600", b"{}") == f"sha256={expected}"


@given(st.binary(max_size=50), st.binary(max_size=50), st.integers(0, 10**10))
def test_it_holds_for_one_body_at_one_time(body: bytes, other: bytes, at: int) -> None:
    """Another body, another time or another secret has another signature."""
    signature = signature_of(SECRET, str(at), body)
    assert is_signed(SECRET, str(at), signature, body)
    assert is_signed(SECRET, str(at), signature, other) is (body == other)
    assert not is_signed(SECRET, str(at + 1), signature, body)
    assert not is_signed(SECRET + "x", str(at), signature, body)


@pytest.mark.parametrize("away_s", [-WINDOW_S, 0, WINDOW_S])
def test_the_window_is_open_on_both_sides(away_s: int) -> None:
    """A clock may go wrong by five minutes, before or after."""
    assert header_fault(str(NOON_S + away_s), HEX, NOON) == ""


@pytest.mark.parametrize(
    ("timestamp", "signature", "part"),
    [
        (str(NOON_S - WINDOW_S - 1), HEX, "Timestamp"),
        (str(NOON_S + WINDOW_S + 1), HEX, "Timestamp"),
        ("", HEX, "Timestamp"),
        (str(NOON), HEX, "Timestamp"),
        ("-1", HEX, "Timestamp"),
        ("١٧٥٢٧٥٣٦٠٠", HEX, "Timestamp"),
        ("9" * 5_000, HEX, "Timestamp"),
        (str(NOON_S), "", "Signature"),
        (str(NOON_S), HEX.upper(), "Signature"),
        (str(NOON_S), HEX + "0", "Signature"),
        (str(NOON_S), "sha256=" + "é" * 64, "Signature"),
    ],
)
def test_a_fault_names_the_header(timestamp: str, signature: str, part: str) -> None:
    """What cannot be a good request is told before anything is read."""
    assert header_fault(timestamp, signature, NOON).startswith(f"X-Hashhedge-{part} ")
