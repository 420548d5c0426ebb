"""What a company's pairs come to: the moments that the market metrics are made of. Hop 5, pure.

Variances and covariances and not betas are handed over, so that `calc` and `explain` can take a
beta apart. Three samples: all pairs with fading weights, the last `WINDOW` of them and the
`WINDOW` that ended `EARLIER` pairs ago, both equally weighted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from monitor.domain.estimators.change import slope_break
from monitor.domain.estimators.moments import Moments
from monitor.domain.estimators.robust import winsorised
from monitor.domain.events import Quality, Reading
from monitor.domain.pairs import EARLIER, RECENT, WINDOW, Habits, Pairing, Row, column

ALERT_PAIRS = 60
"""With fewer pairs no rule may fire on what they say."""
MAX_SILENT_SESSIONS = 5
"""After so many sessions without a pair they describe another time."""

_VARIANCE = "log return^2"

PAIR_INPUTS: Mapping[str, str] = {
    "pairs_count": "count",
    "pairs_weight": "count",
    "var_stock": _VARIANCE,
    "var_btc": _VARIANCE,
    "cov_stock_btc": _VARIANCE,
    "joint_count": "count",
    "joint_weight": "count",
    "joint_var_stock": _VARIANCE,
    "joint_var_btc": _VARIANCE,
    "joint_var_ai": _VARIANCE,
    "joint_cov_stock_btc": _VARIANCE,
    "joint_cov_stock_ai": _VARIANCE,
    "joint_cov_btc_ai": _VARIANCE,
    "rolling_count": "count",
    "rolling_var_stock": _VARIANCE,
    "rolling_var_btc": _VARIANCE,
    "rolling_var_ai": _VARIANCE,
    "rolling_cov_stock_btc": _VARIANCE,
    "rolling_cov_stock_ai": _VARIANCE,
    "earlier_count": "count",
    "earlier_var_btc": _VARIANCE,
    "earlier_cov_stock_btc": _VARIANCE,
    "break_statistic": "squared t",
    "break_age_sessions": "sessions",
    "break_beta_before_ratio": "ratio",
    "break_beta_after_ratio": "ratio",
}
"""What `statistics` gives per company, with its unit."""

_NAMES = ("stock", "btc", "ai")
_Values: TypeAlias = dict[str, float]


def statistics(pairing: Pairing, session: int, habits: Habits) -> dict[str, Reading]:
    """Return the inputs of the market metrics, by name, after the session of that number.

    From a sample of fewer than `ALERT_PAIRS` pairs they are given as DISPUTED: they are shown and
    no rule fires on them, for the sample is too small to be believed. Below the least count the
    metrics refuse them. After `MAX_SILENT_SESSIONS` without a pair they are STALE. While a pair
    whose Bitcoin is not of the close is among the last `RECENT` sessions they are DEGRADED.
    """
    mark = pairing.mark
    at = None if mark is None else mark.at
    silent = mark is not None and session - mark.session > MAX_SILENT_SESSIONS
    found = {name: Reading(value, Quality.OK, "", at) for name, value in _counts(pairing).items()}
    off = pairing.off_close is not None and session - pairing.off_close < RECENT
    for count, stale, values in _samples(pairing, habits):
        trust = Quality.DEGRADED if off else Quality.OK
        trust = trust if count >= ALERT_PAIRS else Quality.DISPUTED
        trust = Quality.STALE if stale or silent else trust
        found |= {name: Reading(value, trust, "", at) for name, value in values.items()}
    few = len(pairing.recent) < ALERT_PAIRS
    return {name: found.get(name) or _absent(name, few=few) for name in PAIR_INPUTS}


def _absent(name: str, *, few: bool) -> Reading:
    """Return that a moment is not there, and why: the sample is young, or a number is unknown."""
    if few or name.startswith(("joint_", "earlier_")):  # theirs exist from the second pair on
        return Reading(None, Quality.MISSING, "too_few_pairs")
    return Reading(None, Quality.MISSING, f"missing:{name}")


def _counts(pairing: Pairing) -> _Values:
    """Return the sizes of the samples, which are known even where there is no pair."""
    return {
        "pairs_count": float(pairing.pair.count),
        "pairs_weight": pairing.pair.effective_count,
        "joint_count": float(pairing.joint.count),
        "joint_weight": pairing.joint.effective_count,
        "rolling_count": float(min(len(pairing.recent), WINDOW)),
        "earlier_count": float(max(len(pairing.recent) - EARLIER, 0)),
    }


def _samples(pairing: Pairing, habits: Habits) -> Iterator[tuple[int, bool, _Values]]:
    """Yield each sample's number of pairs, whether it stands still, and what it comes to."""
    recent, sigmas = pairing.recent, habits.winsor_sigmas
    last = recent[-MAX_SILENT_SESSIONS - 1 :]
    without_ai = len(last) > MAX_SILENT_SESSIONS and all(row[2] is None for row in last)
    yield pairing.pair.count, False, _weighted(pairing.pair, "", _NAMES[:2])
    yield pairing.joint.count, without_ai, _weighted(pairing.joint, "joint_", _NAMES)
    for word, rows in (("rolling", recent[-WINDOW:]), ("earlier", recent[-RECENT:-EARLIER])):
        if len(rows) > 1:
            yield len(rows), False, _unweighted(word, rows, sigmas)
    if len(recent) >= ALERT_PAIRS:
        yield len(recent), False, _broken(recent, sigmas)


def _weighted(moments: Moments, prefix: str, names: Sequence[str]) -> _Values:
    found: _Values = {}
    for j, second in enumerate(names):
        for i, first in enumerate(names[: j + 1]):
            word = f"var_{first}" if i == j else f"cov_{first}_{second}"
            value = moments.covariance(i, j)
            if value is not None:
                found[prefix + word] = value
    return found


def _unweighted(word: str, rows: Sequence[Row], sigmas: float) -> _Values:
    columns = {name: winsorised(column(rows, n), sigmas) for n, name in enumerate(_NAMES)}
    if len(columns["ai"]) < len(rows):
        del columns["ai"]
    matrix = np.cov(list(columns.values())).tolist()
    found: _Values = {f"{word}_var_{name}": matrix[n][n] for n, name in enumerate(columns)}
    others = list(columns)[1:]
    found |= {f"{word}_cov_stock_{name}": matrix[0][n + 1] for n, name in enumerate(others)}
    return found


def _broken(rows: Sequence[Row], sigmas: float) -> _Values:
    stock, btc = (winsorised(column(rows, place), sigmas) for place in (0, 1))
    found = slope_break(btc, stock)
    if found is None:
        return {}
    return {
        "break_statistic": found.statistic,
        "break_age_sessions": float(len(rows) - found.start),
        "break_beta_before_ratio": found.before,
        "break_beta_after_ratio": found.after,
    }
