"""Who stands where: rank and robust z-score of the headline ratios over the companies.

Rank 1 has the greatest value and equals share a rank, so that neither the order of the companies
nor rounding in a name decides. The z-score counts robust standard deviations from the median, and
median and spread are metrics of their own: a pair trader sees what a distance is made of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.domain.peers import middle, ranks, robust_spread
from monitor.metrics.base import MULTIPLE, CompanyType, Example, Floats, Guard, Metric, Scope, above

_SOURCE = "docs/formulas.md 8, robust z"
_MINERS = frozenset({CompanyType.MINER})
_POWERED = _MINERS | {CompanyType.AI_HOST}


@dataclass(frozen=True, slots=True)
class _Compared:
    """A metric that companies are compared by, and the words around it."""

    metric: str
    stem: str
    ending: str
    unit: str
    label: str
    applies_to: frozenset[CompanyType]

    @property
    def median(self) -> str:
        return f"{self.stem}_median_{self.ending}"

    @property
    def spread(self) -> str:
        return f"{self.stem}_spread_{self.ending}"

    @property
    def alone(self) -> tuple[Example, ...]:
        """Return what one company by itself comes to."""
        return (Example({self.metric: 0.5}, None, reason="too_few_companies"),)


_COMPARED = (
    _Compared("mining_margin_ratio", "mining_margin", "ratio", "ratio", "Margin", _MINERS),
    _Compared("ai_revenue_mix_ratio", "ai_revenue_mix", "ratio", "ratio", "AI mix", _POWERED),
    _Compared(
        "contracted_coverage_ratio",
        "contracted_coverage",
        "ratio",
        MULTIPLE,
        "Contracted coverage",
        _POWERED,
    ),
    _Compared(
        "operating_ev_per_contracted_usd_mw",
        "ev_per_contracted",
        "usd_mw",
        "USD/MW",
        "EV per contracted MW",
        _POWERED,
    ),
)


def _median(values: Floats) -> Floats:
    return np.array([middle(values)])


def _spread(values: Floats) -> Floats:
    return np.array([robust_spread(values)])


def _z_score(value: Floats, median: Floats, spread: Floats) -> Floats:
    return (value - median) / spread


def _rank(of: _Compared) -> Metric:
    return Metric(
        name=f"{of.stem}_rank",
        unit="rank",
        scope=Scope.COMPANY,
        inputs=(of.metric,),
        description=f"Rank by {of.metric}: 1 has the greatest, equals share a rank.",
        formula=f"1 + number of companies with a greater {of.metric}",
        source=_SOURCE,
        compute=ranks,
        applies_to=of.applies_to,
        across=True,
        examples=of.alone,
        label=f"{of.label}, rank",
    )


def _middle_of(of: _Compared) -> Metric:
    return Metric(
        name=of.median,
        unit=of.unit,
        scope=Scope.SECTOR,
        inputs=(of.metric,),
        description=f"Median of {of.metric} over the companies that have one; three at least.",
        formula=f"median of {of.metric}",
        source=_SOURCE,
        compute=_median,
        across=True,
        examples=of.alone,
        label=f"{of.label}, median",
    )


def _spread_of(of: _Compared) -> Metric:
    return Metric(
        name=of.spread,
        unit=of.unit,
        scope=Scope.SECTOR,
        inputs=(of.metric,),
        description=f"One robust standard deviation of {of.metric} over the companies.",
        formula=f"median of |{of.metric} - {of.median}| / 0.6745;"
        " where that is 0, the mean x 1.2533",
        source=_SOURCE,
        compute=_spread,
        across=True,
        examples=of.alone,
        label=f"{of.label}, spread",
    )


def _z_score_of(of: _Compared) -> Metric:
    return Metric(
        name=f"{of.stem}_z_score",
        unit="score",
        scope=Scope.COMPANY,
        inputs=(of.metric, of.median, of.spread),
        description=f"Robust standard deviations that {of.metric} stands above the median.",
        formula=f"({of.metric} - {of.median}) / {of.spread}",
        source=_SOURCE,
        compute=_z_score,
        guards=(Guard(of.spread, above(0.0), "no_spread"),),
        applies_to=of.applies_to,
        examples=(
            Example({of.metric: 0.6, of.median: 0.45, of.spread: 0.1}, 1.5, 2, "own arithmetic"),
            Example({of.metric: 0.6, of.median: 0.6, of.spread: 0.0}, None, reason="no_spread"),
        ),
        label=f"{of.label}, z-score",
    )


METRICS: tuple[Metric, ...] = tuple(
    declare(compared)
    for compared in _COMPARED
    for declare in (_rank, _middle_of, _spread_of, _z_score_of)
)
