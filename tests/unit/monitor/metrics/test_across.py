"""Metrics that set companies side by side: who takes part, and what the others are told."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.domain.events import Quality
from monitor.metrics.across import AcrossMetric
from monitor.metrics.base import Floats, Metric, Scope
from monitor.metrics.catalogue import Catalogue
from monitor.metrics.vector import Column, ReasonTable, leaf_column


def _share(values: Floats) -> Floats:
    total = np.nansum(values)
    few = np.count_nonzero(np.isfinite(values)) < 2
    return np.full(values.shape, np.nan) if few else values / total


def _mean(values: Floats) -> Floats:
    few = np.count_nonzero(np.isfinite(values)) < 2
    return np.array([np.nan if few else np.nanmean(values)])


def metric(scope: Scope = Scope.COMPANY) -> Metric:
    """Declare a share of the sum, or the mean of all."""
    return Metric(
        name="share_ratio" if scope is Scope.COMPANY else "mean_usd",
        unit="ratio",
        scope=scope,
        inputs=("price_usd",),
        description="",
        formula="",
        source="",
        compute=_share if scope is Scope.COMPANY else _mean,
        across=True,
    )


def computed(
    values: list[float | None], qualities: list[int], scope: Scope = Scope.COMPANY
) -> tuple[Column, list[str]]:
    """Return the column of some prices, and its reasons."""
    reasons = ReasonTable()
    prices = leaf_column("price_usd", values, reasons, qualities)
    found = AcrossMetric(metric(scope), reasons)([prices])
    return found, [reasons.word(int(code)) for code in found.reason]


def test_who_has_no_usable_value_takes_no_part() -> None:
    """A stale price does not count among fresh ones, and its company is told why."""
    found, reasons = computed([1.0, 3.0, 100.0, None], [0, 1, Quality.STALE, 0])
    assert found.values == pytest.approx([0.25, 0.75, np.nan, np.nan], nan_ok=True)
    assert found.quality.tolist() == [0, 1, Quality.MISSING, Quality.MISSING]
    assert reasons == ["", "", "unusable:price_usd", "missing:price_usd"]


def test_too_few_companies_have_no_rank() -> None:
    """One company alone cannot be compared, which is no zero."""
    found, reasons = computed([1.0, None], [0, 0])
    assert np.isnan(found.values).all()
    assert reasons == ["too_few_companies", "missing:price_usd"]


def test_one_value_for_all() -> None:
    """A sector metric is as good as the worst value that entered."""
    found, reasons = computed([1.0, 3.0, 100.0], [0, 2, Quality.STALE], Scope.SECTOR)
    assert (found.values.tolist(), found.quality.tolist(), reasons) == ([2.0], [2], [""])
    found, reasons = computed([1.0, None], [0, 0], Scope.SECTOR)
    assert np.isnan(found.values).all()
    assert (found.quality.tolist(), reasons) == ([Quality.MISSING], ["too_few_companies"])


def test_the_same_quality_is_the_same_array() -> None:
    """What compares qualities by identity finds no change where there is none."""
    reasons = ReasonTable()
    evaluate = AcrossMetric(metric(), reasons)
    one = evaluate([leaf_column("price_usd", [1.0, 3.0], reasons)])
    other = evaluate([leaf_column("price_usd", [1.0, 4.0], reasons)])
    assert other.quality is one.quality
    assert other.reason is one.reason


def test_a_single_company_given_by_hand_cannot_be_compared() -> None:
    """`calc` of such a metric says what it would need."""
    found = Catalogue([metric()]).evaluate("share_ratio", {"price_usd": 1.0})
    assert (found.value, found.reason) == (None, "too_few_companies")
