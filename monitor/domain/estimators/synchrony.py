"""Beta when the two prices are not of the same moment: lead, lag and raw ticks.

The live road samples Bitcoin at the stock's own close and needs none of this. Where only a
00:00 UTC close of Bitcoin exists, 3 to 4 hours after New York's, a plain daily beta is biased
towards 0, and within a session finer bars are (the Epps effect). Definitions: docs/formulas.md 5,
market hours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.domain.estimators import Floats
from monitor.domain.estimators.inference import least_squares


@dataclass(frozen=True, slots=True)
class LeadLag:
    """The rows of Dimson's regression, one session at a time.

    A session's row needs the market's return of the session after it, so it is complete one
    session later.

    Attributes:
        market: the last two returns of the market, oldest first.
        stock: the stock's last return, which still waits for its lead.

    """

    market: tuple[float, ...] = ()
    stock: float | None = None

    def updated(
        self, stock: float, market: float
    ) -> tuple[LeadLag, tuple[float, float, float, float] | None]:
        """Take in a session; return the row of the session before it if that is complete.

        The row is the stock's return and the market's returns of the session before, of the same
        and of the next session.
        """
        row = None
        if len(self.market) == 2 and self.stock is not None:  # noqa: PLR2004 - lag and same day
            row = (self.stock, *self.market, market)
        return LeadLag((*self.market[-1:], market), stock), row


def dimson_rows(stock: Floats, market: Floats) -> tuple[Floats, Floats]:
    """Return the regressors (lag, same day, lead) and the target of Dimson's regression."""
    return np.column_stack([market[:-2], market[1:-1], market[2:]]), stock[1:-1]


def dimson_beta(stock: Floats, market: Floats) -> float:
    """Return the sum of the betas on the market's lag, same-day and lead return (Dimson 1979)."""
    return float(least_squares(*dimson_rows(stock, market))[1:].sum())


def scholes_williams_beta(stock: Floats, market: Floats) -> float:
    """Return (b_lag + b_same + b_lead) / (1 + 2 rho), each b alone (Scholes and Williams 1977).

    rho is the market's correlation with its own return of the session before.
    """
    betas = [
        least_squares(market[:-1], stock[1:])[1],
        least_squares(market, stock)[1],
        least_squares(market[1:], stock[:-1])[1],
    ]
    rho = np.corrcoef(market[:-1], market[1:])[0, 1]
    return float(sum(betas) / (1 + 2 * rho))


def hayashi_yoshida_covariance(
    times: Floats, log_prices: Floats, other_times: Floats, other_log_prices: Floats
) -> float:
    """Return the covariance of two prices over the time they share, from their raw ticks.

    The sum of the products of all pairs of returns whose intervals overlap (Hayashi and Yoshida
    2005): nothing is carried forward, so it is not pulled to 0 as bars are. Times rise strictly.
    """
    last = len(other_times) - 1
    # the other's returns that overlap an interval add up to one difference of its log price
    first_known = np.searchsorted(other_times, times[:-1], side="right") - 1
    first_after = np.searchsorted(other_times, times[1:], side="left")
    begins = np.clip(first_known, 0, last)
    ends = np.clip(first_after, 0, last)
    return float(np.diff(log_prices) @ (other_log_prices[ends] - other_log_prices[begins]))


def hayashi_yoshida_beta(
    times: Floats, log_prices: Floats, market_times: Floats, market_log_prices: Floats
) -> float:
    """Return that covariance over the market's realised variance, from the ticks of both."""
    shared = hayashi_yoshida_covariance(times, log_prices, market_times, market_log_prices)
    return shared / float(np.sum(np.diff(market_log_prices) ** 2))
