"""Fundamentals against the market's beta: one alert when they part, with both numbers (C09)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from alerts.model import AlertState
from monitor.compute.history import EARLIER_FACTS, EARLIER_MS, HISTORY_INPUTS, History
from monitor.compute.recompute import Table
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality, Reading
from monitor.nyse import nyse_calendar
from tests.histories import Past, closes, tell_session
from tests.worlds import CATALOGUE, threshold

START = 1_717_416_000_000
"""2024-06-03 12:00 UTC, a Monday before the open."""
NAME = "beta_divergence_ratio"


class Market:
    """RIOT against Bitcoin, session by session, with the filings as they were known then."""

    def __init__(
        self, beta_at: Callable[[int], float], ai_share_at: Callable[[int], float]
    ) -> None:
        """`ai_share_at` is AI's part of 100 M USD of revenue, as it was known at a session."""
        self.beta_at, self.ai_share_at = beta_at, ai_share_at
        self.rng, self.past = np.random.default_rng(9), Past()
        self.history = History(nyse_calendar(), ("RIOT",))
        self.history.begin(START)
        self.table = Table(CATALOGUE, ["RIOT"], [CompanyType.MINER], HISTORY_INPUTS)
        self.btc, self.stock = 100_000.0, 10.0

    def trade(self, place: int, close_at: int) -> None:
        """Let a session pass and its pairs settle."""
        move = float(self.rng.normal(0, 0.03))
        before, self.btc = self.stock, self.btc * math.exp(move)
        noise = float(self.rng.normal(0, 0.004))
        self.stock *= math.exp(self.beta_at(place) * move + noise)
        tell_session(self.past, close_at, self.btc, {"RIOT": self.stock})
        self.past.tell("RIOT.previous_close_usd", close_at, before)
        for item in self.past.run(self.history, close_at + 3_600_000):
            self.table.set(item.column, 0, item.reading)

    def file(self, place: int, earlier: int) -> None:
        """Put the filings known at a session, and those known `EARLIER_MS` before, in the table."""
        for name, fact in EARLIER_FACTS.items():
            for column, session in ((fact, place), (name, earlier)):
                share = self.ai_share_at(session)
                revenue = 100e6 * (share if fact.startswith("ai_") else 1 - share)
                self.table.set(column, 0, Reading(revenue, Quality.OK))
        self.table.recompute(list(CATALOGUE))

    def inputs(self) -> dict[str, float | None]:
        """Return what an alert on the divergence shows: its inputs by name."""
        names = [item.name for item in CATALOGUE[NAME].arguments]
        return {name: self.table.reading(name, 0).value for name in names}


def fired(
    market: Market, level: dict[str, float], sessions: int = 420
) -> list[tuple[int, dict[str, float | None]]]:
    """Return the sessions at which a rule begins to fire, with the inputs it fired on."""
    rule, state = threshold(on=NAME, **level), AlertState.INACTIVE
    ends, found = closes(START, sessions), []
    for place, close_at in enumerate(ends):
        market.trade(place, close_at)
        market.file(place, sum(end <= close_at - EARLIER_MS for end in ends))
        reading = market.table.reading(NAME, 0)
        if reading.value is None or not reading.quality.usable:
            continue
        verdict = rule.judge(reading.value, state)
        if verdict.breached and state is AlertState.INACTIVE:
            found.append((place, market.inputs()))
        state = AlertState.FIRING if verdict.breached else AlertState.INACTIVE
    return found


def test_the_mix_rises_and_the_beta_does_not_follow() -> None:
    """AI goes from 10 to 30 % of revenue at session 250, the beta stays at 1.4: one alert there.

    Its inputs are the numbers of both sides, and their names say the windows.
    """
    market = Market(lambda _: 1.4, lambda place: 0.1 if place < 250 else 0.3)
    ((session, numbers),) = fired(market, {"above": 0.15, "recover": 0.1})
    assert session == 250
    assert numbers == {
        "btc_beta_60_sessions_ratio": pytest.approx(1.4, abs=0.05),
        "btc_beta_120_sessions_ago_ratio": pytest.approx(1.4, abs=0.05),
        "ai_revenue_mix_ratio": pytest.approx(0.3),
        "ai_revenue_mix_two_quarters_ago_ratio": pytest.approx(0.1),
    }


def test_the_beta_falls_and_the_mix_has_not_moved() -> None:
    """The reverse: from session 250 on the beta is 0.5 at an unchanged mix: one alert soon after."""
    market = Market(lambda place: 1.4 if place < 250 else 0.5, lambda _: 0.1)
    ((session, numbers),) = fired(market, {"below": -0.3, "recover": -0.2})
    assert 250 < session < 310
    beta, earlier = (
        numbers[f"btc_beta_{ago}_ratio"] for ago in ("60_sessions", "120_sessions_ago")
    )
    assert beta is not None
    assert earlier is not None
    assert beta < 0.75 * earlier
    assert numbers["ai_revenue_mix_ratio"] == numbers["ai_revenue_mix_two_quarters_ago_ratio"]


def test_what_moves_together_does_not_diverge() -> None:
    """The mix goes from 10 to 30 % and the beta from 1.4 to 1.4 x 0.7 / 0.9: nothing to say."""
    market = Market(
        lambda place: 1.4 if place < 250 else 1.4 * 0.7 / 0.9,
        lambda place: 0.1 if place < 310 else 0.3,
    )
    assert fired(market, {"above": 0.15, "recover": 0.1}, sessions=330) == []
