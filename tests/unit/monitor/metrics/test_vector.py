"""Columns: qualities, reasons, defaults, and the vector equal to the scalar."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.events import Quality
from monitor.metrics import hedge, mining, network
from monitor.metrics.base import Metric
from monitor.metrics.catalogue import Catalogue
from monitor.metrics.vector import Column, ReasonTable, VectorMetric, leaf_column

CATALOGUE = Catalogue(network.METRICS + mining.METRICS + hedge.METRICS)
METRICS = CATALOGUE.metrics


def words(column: Column, reasons: ReasonTable) -> list[str]:
    """Return the reasons of a column as text."""
    return [reasons.word(int(code)) for code in column.reason]


def hashcost(
    efficiency: list[float | None],
    price: list[float | None],
    overhead: list[float | None],
    hashrate: list[float | None],
    qualities: list[Quality] | None = None,
) -> tuple[Column, list[str]]:
    """Return the power hashcost of some fleets, and its reasons."""
    reasons = ReasonTable()
    metric = VectorMetric(CATALOGUE["power_hashcost_usd_ph_day"], reasons)
    result = metric(
        [
            leaf_column("efficiency_j_th", efficiency, reasons, qualities),
            leaf_column("site_overhead_ratio", overhead, reasons),
            leaf_column("power_price_usd_kwh", price, reasons),
            leaf_column("hashrate_eh_s", hashrate, reasons),
        ]
    )
    return result, words(result, reasons)


def test_clean_columns() -> None:
    """Known inputs give known outputs without a reason."""
    result, reasons = hashcost([20, 10], [0.06, 0.05], [1, 1.5], [30, 5])
    assert result.values == pytest.approx([28.8, 18.0])
    assert result.quality.tolist() == [Quality.OK, Quality.OK]
    assert reasons == ["", ""]


def test_null_element_is_missing_by_name() -> None:
    """A missing input makes its element missing, with the first missing name; others stand."""
    result, reasons = hashcost([None, 10, None], [0.06, None, None], [1, 1, 1], [30, 5, 5])
    assert np.isnan(result.values).all()
    assert result.quality.tolist() == [Quality.MISSING] * 3
    assert reasons == [
        "missing:efficiency_j_th",
        "missing:power_price_usd_kwh",
        "missing:efficiency_j_th",
    ]


def test_null_optional_input_takes_its_default() -> None:
    """An unknown overhead or hashrate stands for its default and leaves the quality alone."""
    result, reasons = hashcost([20, 20], [0.06, 0.06], [None, 2], [None, None])
    assert result.values == pytest.approx([28.8, 57.6])
    assert result.quality.tolist() == [Quality.OK, Quality.OK]
    assert reasons == ["", ""]


def test_guard_beats_missing() -> None:
    """A company without a mine has no hashcost, also when its power price is unknown."""
    result, reasons = hashcost([20, 20], [0.06, None], [1, 1], [0, 0])
    assert result.quality.tolist() == [Quality.NOT_APPLICABLE] * 2
    assert np.isnan(result.values).all()
    assert reasons == ["no_mining", "no_mining"]


def test_quality_is_the_worst_of_the_inputs() -> None:
    """Stale in, stale out; the value is still there to be shown."""
    result, _ = hashcost([20, 20], [0.06, 0.06], [1, 1], [1, 1], [Quality.OK, Quality.STALE])
    assert result.values == pytest.approx([28.8, 28.8])
    assert result.quality.tolist() == [Quality.OK, Quality.STALE]


def test_network_column_serves_all_companies() -> None:
    """A column of one element is spread over the companies, value and quality."""
    reasons = ReasonTable()
    metric = VectorMetric(CATALOGUE["net_hashprice_usd_ph_day"], reasons)
    price = leaf_column("hashprice_usd_ph_day", [50.0], reasons, [Quality.SINGLE])
    fee = leaf_column("pool_fee_ratio", [0.0, 0.1, None], reasons)
    result = metric([price, fee])
    assert result.values.tolist() == [50.0, 45.0, 50.0]
    assert result.quality.tolist() == [Quality.SINGLE] * 3
    nothing = metric([leaf_column("hashprice_usd_ph_day", [None], reasons), fee])
    assert words(nothing, reasons) == ["missing:hashprice_usd_ph_day"] * 3


def test_no_company_at_all() -> None:
    """An empty book is no error."""
    result, reasons = hashcost([], [], [], [])
    assert result.values.shape == (0,)
    assert reasons == []


def test_overflow_is_missing() -> None:
    """A result that is not finite is missing with its own reason, the neighbour stands."""
    reasons = ReasonTable()
    metric = VectorMetric(CATALOGUE["btc_treasury_usd"], reasons)
    held = leaf_column("btc_held", [1e308, 2.0], reasons)
    result = metric([held, leaf_column("btc_usd", [1e5], reasons)])
    assert result.quality.tolist() == [Quality.MISSING, Quality.OK]
    assert words(result, reasons) == ["not_finite", ""]
    assert result.values[1] == 2e5


def test_infinite_leaf_is_missing() -> None:
    """An infinite input is no value, and says so."""
    reasons = ReasonTable()
    column = leaf_column("btc_usd", [float("inf"), 1.0], reasons)
    assert words(column, reasons) == ["not_finite", ""]
    assert column.quality.tolist() == [Quality.MISSING, Quality.OK]


def test_leaf_of_a_null_quality_is_null() -> None:
    """A value that came with a null quality is not used."""
    reasons = ReasonTable()
    column = leaf_column("x", [5.0], reasons, [Quality.NOT_APPLICABLE])
    assert np.isnan(column.values[0])
    assert column.quality[0] == Quality.NOT_APPLICABLE


def test_reason_table_is_bounded() -> None:
    """Reasons are a closed set: codes are stable, and more than fit is an error."""
    reasons = ReasonTable()
    assert reasons.code("") == 0
    assert reasons.code("a") == reasons.code("a") == 1
    assert reasons.word(1) == "a"
    for number in range(65_534):
        reasons.code(f"r{number}")
    with pytest.raises(ValueError, match="no room"):
        reasons.code("one more")


elements = st.one_of(
    st.none(), st.sampled_from([0.0, 1.0, -1.0, 0.5, 1e308]), st.floats(-1e6, 1e6), st.floats(0, 2)
)
qualities = st.sampled_from([Quality.OK, Quality.DEGRADED, Quality.SINGLE, Quality.STALE])


@given(st.sampled_from(METRICS), st.integers(1, 5), st.data())
def test_vector_equals_scalar(metric: Metric, companies: int, data: st.DataObject) -> None:
    """Each element of the vector is what the same company gives alone, in value and reason."""
    reasons = ReasonTable()
    names = [item.name for item in metric.arguments]
    row = st.lists(elements, min_size=companies, max_size=companies)
    values = [data.draw(row) for _ in names]
    marks = [data.draw(st.lists(qualities, min_size=companies, max_size=companies)) for _ in names]
    vector = VectorMetric(metric, reasons)(
        [leaf_column(n, v, reasons, q) for n, v, q in zip(names, values, marks, strict=True)]
    )
    assert np.isnan(vector.values).tolist() == (vector.quality >= Quality.MISSING).tolist()
    assert not np.isinf(vector.values).any()
    for place in range(companies):
        numbers = {
            name: value[place]
            for name, value in zip(names, values, strict=True)
            if value[place] is not None
        }
        alone = CATALOGUE.evaluate(metric.name, numbers)  # type: ignore[arg-type]  # None is filtered
        value = float(vector.values[place])
        assert (None if np.isnan(value) else value) == alone.value
        if not set(names) & {m.name for m in METRICS}:
            # a missing derived input is named by its own leaves when evaluated alone
            assert reasons.word(int(vector.reason[place])) == alone.reason
        else:
            assert bool(vector.reason[place]) == bool(alone.reason)


@given(st.sampled_from(METRICS), st.data())
def test_null_propagates(metric: Metric, data: st.DataObject) -> None:
    """Without any one required input there is no value, and the reason names it."""
    required = [item.name for item in metric.arguments if item.default is None]
    lost = data.draw(st.sampled_from(required))
    reasons = ReasonTable()
    known = {item.name: 1.0 if item.default is None else item.default for item in metric.arguments}
    columns = [
        leaf_column(name, [None if name == lost else value], reasons)
        for name, value in known.items()
    ]
    result = VectorMetric(metric, reasons)(columns)
    assert result.quality[0] >= Quality.MISSING
    assert np.isnan(result.values[0])
    assert words(result, reasons) == [f"missing:{lost}"]


@given(st.sampled_from(METRICS), st.data())
def test_what_was_seen_before_changes_nothing(metric: Metric, data: st.DataObject) -> None:
    """A metric called many times, with new values or new qualities, answers as a new one does."""
    reasons = ReasonTable()
    used = VectorMetric(metric, reasons)
    row = st.lists(elements, min_size=3, max_size=3)
    columns = [leaf_column(item.name, data.draw(row), reasons) for item in metric.arguments]
    for _ in range(4):
        place = data.draw(st.integers(0, len(columns) - 1))
        if data.draw(st.booleans()):
            known = columns[place].quality < Quality.MISSING
            fresh = np.array(data.draw(st.lists(st.floats(-2, 1e308), min_size=3, max_size=3)))
            columns[place] = columns[place].revalued(np.where(known, fresh, np.nan))
        else:
            columns[place] = leaf_column("other", data.draw(row), reasons)
        result, expected = used(columns), VectorMetric(metric, reasons)(columns)
        assert np.array_equal(result.values, expected.values, equal_nan=True)
        assert result.quality.tolist() == expected.quality.tolist()
        assert result.reason.tolist() == expected.reason.tolist()


def test_unchanged_quality_is_the_same_array() -> None:
    """While qualities stand, the result carries the same arrays, so that what follows is cheap."""
    reasons = ReasonTable()
    metric = VectorMetric(CATALOGUE["btc_treasury_usd"], reasons)
    held, price = (leaf_column(name, [2.0], reasons) for name in ("btc_held", "btc_usd"))
    first = metric([held, price])
    second = metric([held, price.revalued(np.array([3.0]))])
    assert second.values.tolist() == [6.0]
    assert second.quality is first.quality
    assert second.reason is first.reason


def test_the_age_of_a_witness_does_not_age_the_result() -> None:
    """A hashrate too old to rely on still says that the company mines; the margin stays usable."""
    reasons = ReasonTable()
    hashcost = next(m for m in mining.METRICS if m.name == "power_hashcost_usd_ph_day")
    columns = [
        leaf_column("efficiency_j_th", [20.0], reasons),
        leaf_column("site_overhead_ratio", [1.0], reasons),
        leaf_column("power_price_usd_kwh", [0.06], reasons),
        leaf_column("hashrate_eh_s", [10.0], reasons, [Quality.STALE]),
    ]
    assert VectorMetric(hashcost, reasons)(columns).quality.tolist() == [Quality.OK]
