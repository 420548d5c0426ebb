"""How far each share goes with bitcoin and with AI: the market table of docs/formulas.md 5. Pure.

Daily closes go through the live road, a session at a time: the history's timers pair them and its
statistics go into the declared metrics. All pairs weigh alike and none is cut, as in the
published table. A file of bitcoin has the close of 00:00 UTC, three to four hours after New York's:
it stands for that of the session.

Two windows, as the table has them: the beta alone takes the returns between closes within the days,
the joint columns the returns that are dated within them, the first of which begins at the close
before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from monitor.compute.history import SETTLE_MS, History
from monitor.domain.estimators import Floats
from monitor.domain.estimators.inference import block_bootstrap
from monitor.domain.events import BTC_USD, Quality, Reading
from monitor.domain.pairs import BASKET, Habits
from monitor.domain.sessions import SessionCalendar
from monitor.metrics.catalogue import Catalogue

Closes = Mapping[str, Mapping[date, float]]
"""Closes by instrument and day: shares, and bitcoin as BTC-USD."""

ALONE = ("btc_beta_ratio", "btc_beta_low_ratio", "btc_beta_high_ratio", "btc_r2_ratio")
JOINT = (
    "joint_btc_beta_ratio",
    "joint_btc_beta_error_ratio",
    "joint_ai_beta_ratio",
    "joint_ai_beta_error_ratio",
    "joint_r2_ratio",
    "ai_explained_share_ratio",
)
SEED = 7
"""The same draws each time, so that the same files give the same interval."""
INTERVAL = (0.025, 0.975)
LEAST_PAIRS = 120
"""Below this the joint model is refused, and so is an interval of its share."""

_PLAIN = Habits(half_life=float("inf"), winsor_sigmas=float("inf"))
_MISSING = Reading(None, Quality.MISSING, "no_quote")


@dataclass(frozen=True, slots=True)
class MarketRow:
    """One share against bitcoin and the AI basket.

    Attributes:
        ticker: the share.
        pairs: returns of the beta alone.
        joint_pairs: returns of the joint model.
        values: metrics of `ALONE` and `JOINT`; None where refused.
        reasons: why a value is None, by metric.
        ai_share_low_ratio: lower end of the 95 % interval of AI's share, by bootstrap in blocks of
            five days.
        ai_share_high_ratio: upper end.

    """

    ticker: str
    pairs: int
    joint_pairs: int
    values: Mapping[str, float | None]
    reasons: Mapping[str, str]
    ai_share_low_ratio: float | None
    ai_share_high_ratio: float | None


def market_table(
    closes: Closes,
    tickers: Sequence[str],
    days: Sequence[date],
    calendar: SessionCalendar,
    catalogue: Catalogue,
) -> list[MarketRow]:
    """Return a row for each ticker; `days` are the sessions, the first of them before the window."""
    alone = _moments(closes, tickers, days[1:], calendar)
    joint = _moments(closes, tickers, days, calendar)
    return [
        _row(ticker, alone[ticker], joint[ticker], closes, days, catalogue) for ticker in tickers
    ]


def _row(
    ticker: str,
    alone: Mapping[str, float],
    joint: Mapping[str, float],
    closes: Closes,
    days: Sequence[date],
    catalogue: Catalogue,
) -> MarketRow:
    found = {name: catalogue.evaluate(name, alone) for name in ALONE}
    found |= {name: catalogue.evaluate(name, joint) for name in JOINT}
    ends: tuple[float | None, float | None] = (None, None)
    if found["ai_explained_share_ratio"].value is not None:
        ends = _interval(_returns(closes, ticker, days))
    return MarketRow(
        ticker=ticker,
        pairs=int(alone.get("pairs_count", 0)),
        joint_pairs=int(joint.get("joint_count", 0)),
        values={name: item.value for name, item in found.items()},
        reasons={name: item.reason for name, item in found.items() if item.value is None},
        ai_share_low_ratio=ends[0],
        ai_share_high_ratio=ends[1],
    )


def _moments(
    closes: Closes, tickers: Sequence[str], days: Sequence[date], calendar: SessionCalendar
) -> dict[str, dict[str, float]]:
    """Return what each ticker's pairs come to after the sessions of `days`, taken one by one."""
    fed = dict.fromkeys((*tickers, *BASKET, BTC_USD))
    history = History(calendar, tickers, _PLAIN)
    told: dict[str, Reading] = {}
    found: dict[str, dict[str, float]] = {ticker: {} for ticker in tickers}

    def run(until: int) -> None:
        while history.next_timer is not None and history.next_timer <= until:
            for column, ticker, reading in history.run_timer(lambda name: told.get(name, _MISSING)):
                if ticker in found and reading.value is not None:
                    found[ticker][column] = reading.value

    before: dict[str, float] = {}
    for day in days:
        session = calendar.on(day)
        if session is None:
            continue
        if not before:
            history.begin(session.close_at - 1)
        run(session.close_at - 1)
        today = {name: closes[name][day] for name in fed if day in closes.get(name, {})}
        for name, value in today.items():
            told[name] = Reading(value, Quality.OK, "", session.close_at)
            if name in before:
                previous = Reading(before[name], Quality.OK, "", session.close_at)
                told[f"{name}.previous_close_usd"] = previous
        run(session.close_at + SETTLE_MS)
        before = today
    return found


def _returns(closes: Closes, ticker: str, days: Sequence[date]) -> Floats:
    """Return log returns of share, bitcoin and basket, a row a session in which all were traded."""
    basket = tuple(name for name in BASKET if name != ticker)
    names = (ticker, BTC_USD, *basket)
    both = [day for day in days if all(day in closes.get(name, {}) for name in names)]
    steps = np.diff(np.log([[closes[name][day] for name in names] for day in both]), axis=0)
    return np.column_stack([steps[:, 0], steps[:, 1], steps[:, 2:].mean(axis=1)])


def _interval(rows: Floats) -> tuple[float | None, float | None]:
    if len(rows) < LEAST_PAIRS:
        return None, None
    low, high = np.quantile(block_bootstrap(rows, _ai_share, SEED), INTERVAL).tolist()
    return low, high


def _ai_share(rows: Floats) -> float:
    """Return AI's Shapley share (LMG) of the joint R2 from rows of (share, bitcoin, AI)."""
    among = np.asarray(np.corrcoef(rows.T))
    btc, ai, both = float(among[0, 1]), float(among[0, 2]), float(among[1, 2])
    r2 = (btc**2 + ai**2 - 2 * btc * ai * both) / (1 - both**2)
    return (ai**2 + r2 - btc**2) / 2 / r2
