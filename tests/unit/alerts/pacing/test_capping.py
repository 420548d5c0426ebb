"""Enough for now: so many pass, the rest is one summary, critical passes (row E30)."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.model import Severity, Transition
from alerts.pacing import capping
from alerts.pacing.capping import Cap, CapRecord, Overflow, Per
from alerts.pacing.digest import digest_of
from tests.transitions import transition

MINUTE = 60_000
TEN = Cap(name="phone")


class Flood:
    """Notices under one cap: what passed, and the summaries, with their moments."""

    def __init__(self, cap: Cap) -> None:
        self.cap = cap
        self.record: CapRecord | None = None
        self.passed: list[tuple[int, Severity]] = []
        self.summaries: list[tuple[int, Overflow]] = []

    def run_until(self, now: int) -> None:
        """Run every timer that is due."""
        while self.record is not None and (due := capping.due(self.cap, self.record)) <= now:
            self.record, overflow = capping.on_timer(self.cap, self.record, due)
            if overflow is not None:
                self.summaries.append((due, overflow))

    def take(self, notice: Transition, now: int) -> None:
        """Let one notice pass, or hold it."""
        self.run_until(now)
        if self.record is not None and capping.holds(self.cap, self.record, notice.severity, now):
            self.record = capping.on_held(self.cap, self.record, digest_of(notice), now)
        else:
            self.record = capping.on_passed(self.cap, self.record, notice.severity, now)
            self.passed.append((now, notice.severity))


def test_a_hundred_alerts_in_a_minute() -> None:
    """At cap 10: 10 sent, 1 summary "90 held", criticals all sent (row E30)."""
    flood = Flood(TEN)
    for number in range(100):
        flood.take(transition(key=f"C{number}", severity=Severity.WARNING), number * 600)
        if number % 5 == 0:
            flood.take(transition(severity=Severity.CRITICAL), number * 600)
    flood.run_until(24 * 60 * MINUTE)
    assert [s for _, s in flood.passed].count(Severity.WARNING) == 10
    assert [s for _, s in flood.passed].count(Severity.CRITICAL) == 20
    ((at, overflow),) = flood.summaries
    assert (at, overflow.held, len(overflow.digest)) == (MINUTE, 90, 90)
    assert [line.key for line in overflow.digest.lines] == [f"C{n}" for n in range(10, 100)]
    assert flood.record is None


def test_several_notices_of_one_alert_are_one_line() -> None:
    """The summary counts notices and shows alerts."""
    flood = Flood(Cap(name="one", limit=1))
    for at in range(4):
        flood.take(transition(severity=Severity.INFO), at)
    flood.run_until(MINUTE)
    ((_, overflow),) = flood.summaries
    assert (overflow.held, len(overflow.digest.lines)) == (3, 1)


def test_each_has_a_count_of_its_own() -> None:
    """A symbol is the company it is about, else the instrument; a user is the user."""
    share = transition(labels={"instrument": "RIOT"}, key="RIOT", company="RIOT")
    bitcoin = transition(labels={"instrument": "BTC-USD"}, key="BTC-USD")
    by_symbol = Cap(name="symbol", per=Per.SYMBOL)
    assert capping.scope_of(by_symbol, "ana", share) == "RIOT"
    assert capping.scope_of(by_symbol, "ana", transition(key="HUT")) == "HUT"
    assert capping.scope_of(by_symbol, "ana", bitcoin) == "BTC-USD"
    assert capping.scope_of(TEN, "ana", bitcoin) == "ana"


def test_of_several_caps_the_first_that_holds_is_named() -> None:
    """The reason in the audit names the cap; a critical notice is held by none."""
    full = CapRecord(passed=(0,))
    caps = {"a": (Cap(name="a", limit=2), full), "b": (Cap(name="b", limit=1), full)}
    assert capping.held_by(caps, Severity.WARNING, 1) == "b"
    assert capping.held_by(caps, Severity.CRITICAL, 1) is None
    assert capping.held_by(caps, Severity.WARNING, MINUTE) is None


@given(
    st.integers(1, 5),
    st.lists(st.tuples(st.integers(0, 30_000), st.sampled_from([*Severity])), max_size=120),
)
def test_what_holds_for_every_flood(limit: int, notices: list[tuple[int, Severity]]) -> None:
    """Never over the limit in any window, one summary a window, nothing lost, critical passes."""
    flood = Flood(Cap(name="c", limit=limit))
    now = 0
    for gap, severity in notices:
        now += gap
        flood.take(transition(severity=severity), now)
    flood.run_until(now + 10 * MINUTE)
    calm = [at for at, severity in flood.passed if severity is not Severity.CRITICAL]
    for first, last in zip(calm, calm[limit:], strict=False):
        assert last - first >= MINUTE
    moments = [at for at, _ in flood.summaries]
    assert all(b - a >= MINUTE for a, b in pairwise(moments))
    held = sum(overflow.held for _, overflow in flood.summaries)
    assert len(flood.passed) + held == len(notices)
    passed = sum(severity is Severity.CRITICAL for _, severity in flood.passed)
    assert passed == sum(severity is Severity.CRITICAL for _, severity in notices)
    assert flood.record is None, "what is over is forgotten"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"limit": 0}, ">= 1"),
        ({"limit": 1001}, "<= 1000"),
        ({"window": "1ms"}, "under a second"),
        ({"per": "phone"}, "phone"),
    ],
)
def test_a_wrong_cap_says_what_is_right(fields: dict[str, object], said: str) -> None:
    """Limits without sense, a window of no length and a strange count are refused."""
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert({"name": "c"} | fields, Cap)
