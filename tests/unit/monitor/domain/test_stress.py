"""The stress table: the worked one to its last printed digit, and what must hold for any mine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.network import hashprice_btc_ph_day
from monitor.domain.stress import (
    DAYS_PER_YEAR,
    FIXED,
    FOLLOWING,
    Answer,
    Case,
    Mine,
    Response,
    StressTable,
    stress_table,
)

MILLION = 1e6
PRICE = 91_132.0
_HASHPRICE = hashprice_btc_ph_day(3.125, 233_828_005 / 144 / 1e8, 146_472_570_620_000.0)

WORKED = Mine(
    revenue_usd_year=_HASHPRICE * 18_600 * (1 - 0.005) * PRICE * DAYS_PER_YEAR,
    power_cost_usd_year=24 * 17.5 * 0.045 * 18_600 * DAYS_PER_YEAR,
    fixed_cost_usd_year=70 * MILLION,
    ai_gross_profit_usd_year=60 * MILLION,
    btc_usd=PRICE,
    btc_held=10_000,
)
"""docs/formulas.md 5: the fleet of section 4 over a year, with AI beside it."""

TABLE = stress_table(WORKED)


def rounded(answer: Answer, digits: int) -> float | str:
    """Return a number as it is printed, or the reason why there is none."""
    return answer.reason if answer.value is None else round(answer.value, digits)


def test_the_worked_year() -> None:
    """Revenue 265.58 M after the fee, power 128.31 M, and coverage of the fixed cost 0.857."""
    assert round(WORKED.revenue_usd_year / MILLION, 2) == 265.58
    assert round(WORKED.power_cost_usd_year / MILLION, 2) == 128.31
    assert rounded(TABLE.fixed_cost_coverage, 3) == 0.857


@pytest.mark.parametrize(
    ("row", "fall", "running", "curtailed", "coverage", "with_curtailment"),
    [
        (0, 0.0, 67.27, 67.27, "no_loss", "no_loss"),
        (1, 0.2, 14.15, 14.15, "no_loss", "no_loss"),
        (2, 0.4, -38.96, -38.96, 1.54, 1.54),
        (3, 0.5, -65.52, -65.52, 0.92, 0.92),
        (4, 0.6, -92.08, -70.00, 0.65, 0.86),
    ],
)
def test_the_worked_table(
    row: int,
    fall: float,
    running: float,
    curtailed: float,
    coverage: float | str,
    with_curtailment: float | str,
) -> None:
    """Each line of docs/formulas.md 5, stress example, in M USD and as a ratio."""
    found = TABLE.base.rows[row]
    assert found.fall_ratio == fall
    assert round(found.running_usd_year / MILLION, 2) == running
    assert round(found.curtailed_usd_year / MILLION, 2) == curtailed
    assert rounded(found.coverage, 2) == coverage
    assert rounded(found.curtailed_coverage, 2) == with_curtailment


def test_the_worked_break_evens() -> None:
    """The mine alone survives 25.3 %, with AI 47.9 % (price 47,461); power pays to 51.7 %."""
    assert rounded(TABLE.base.mining_alone, 3) == 0.253
    assert rounded(TABLE.base.with_ai, 3) == 0.479
    assert rounded(TABLE.base.with_ai_btc_usd, 0) == 47_461
    assert rounded(TABLE.power_break_even, 3) == 0.517
    assert rounded(TABLE.base.rows[-1].curtailed_coverage, 3) == 0.857


def test_coins_lose_beside_the_mine_and_not_in_it() -> None:
    """10,000 BTC lose 546.8 M USD at -60 %; without coins every other number is the same."""
    assert TABLE.base.rows[4].hodl_loss_usd == pytest.approx(546.792 * MILLION)
    bare = stress_table(replace(WORKED, btc_held=None))
    for row, other in zip(TABLE.base.rows, bare.base.rows, strict=True):
        assert other.hodl_loss_usd is None
        assert replace(row, hodl_loss_usd=None) == other


def test_once_ai_pays_the_fixed_cost_no_fall_is_too_deep() -> None:
    """With the right to curtail the drawdown is unbounded from a coverage of 1 on, not before."""
    covered = stress_table(replace(WORKED, ai_gross_profit_usd_year=70 * MILLION))
    assert (covered.base.curtailed, covered.following.curtailed) == (Answer(None, "covered"),) * 2
    assert covered.base.with_ai.value is not None
    nearly = stress_table(replace(WORKED, ai_gross_profit_usd_year=69.9 * MILLION))
    assert nearly.base.curtailed == nearly.base.with_ai


def test_drawdowns_are_not_clamped() -> None:
    """Under water already is below 0; whoever survives a price of zero is above 1."""
    under_water = stress_table(replace(WORKED, fixed_cost_usd_year=140 * MILLION))
    assert rounded(under_water.base.mining_alone, 3) == -0.010
    rich = stress_table(replace(WORKED, ai_gross_profit_usd_year=200 * MILLION))
    assert rounded(rich.base.with_ai, 3) == 1.006
    assert rich.following.with_ai == Answer(None, "survives_zero_price")


def test_difficulty_that_follows_softens_the_year() -> None:
    """At -60 %: 60 days at 0.4 of the hashprice, then 305 days at its square root."""
    row = TABLE.following.rows[4]
    hashprice = (60 * 0.4 + 305 * 0.4**0.5) / 365
    expected = WORKED.revenue_usd_year * hashprice - WORKED.power_cost_usd_year - 70 * MILLION
    assert row.running_usd_year == pytest.approx(expected)
    # for 60 days the machines stand still, after them they run
    after = (WORKED.revenue_usd_year * 0.4**0.5 - WORKED.power_cost_usd_year) * 305 / 365
    assert row.curtailed_usd_year == pytest.approx(after - 70 * MILLION)
    assert rounded(row.coverage, 2) == 1.48
    assert rounded(TABLE.following.with_ai, 3) == 0.685


def test_what_is_not_known_is_named() -> None:
    """Without AI's profit, the price or a mine, the answers say so and the rest stands."""
    bare = stress_table(replace(WORKED, ai_gross_profit_usd_year=None, btc_usd=None))
    lack = Answer(None, "missing:ai_gross_profit_usd_year")
    assert (bare.fixed_cost_coverage, bare.base.with_ai, bare.base.curtailed) == (lack,) * 3
    assert bare.base.rows[4].coverage == lack
    assert bare.base.rows[1].coverage == Answer(None, "no_loss")
    assert bare.base.mining_alone == TABLE.base.mining_alone
    assert bare.base.rows[1].btc_usd is None
    priceless = stress_table(replace(WORKED, btc_usd=None))
    assert priceless.base.with_ai_btc_usd == Answer(None, "missing:btc_usd")
    still = stress_table(replace(WORKED, revenue_usd_year=0, power_cost_usd_year=0))
    assert still.base.mining_alone == still.power_break_even == Answer(None, "no_mining")
    assert rounded(still.base.rows[0].coverage, 3) == 0.857


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("revenue_usd_year", -1.0),
        ("fixed_cost_usd_year", -1.0),
        ("btc_held", -1.0),
        ("btc_usd", float("nan")),
        ("ai_gross_profit_usd_year", float("inf")),
    ],
)
def test_a_number_that_cannot_be_is_refused_by_name(field: str, value: float) -> None:
    """Negative revenue, cost, coins or price, and what is not finite, are errors of the caller."""
    with pytest.raises(ValueError, match=field):
        replace(WORKED, **{field: value})


def test_a_fall_and_a_response_have_bounds() -> None:
    """BTC cannot fall by more than all of it, nor difficulty by as much as the price."""
    with pytest.raises(ValueError, match=r"a fall cannot be 1\.2"):
        stress_table(WORKED, (0.2, 1.2))
    with pytest.raises(ValueError, match="elasticity_ratio cannot be 1"):
        Response(elasticity_ratio=1.0)
    with pytest.raises(ValueError, match="lag_days cannot be 400"):
        Response(elasticity_ratio=0.5, lag_days=400)


sums = st.floats(1.0, 1e10)
mines = st.builds(
    Mine,
    revenue_usd_year=sums,
    power_cost_usd_year=sums,
    fixed_cost_usd_year=sums,
    ai_gross_profit_usd_year=sums,
    btc_usd=st.floats(1_000, 1e6),
    btc_held=st.floats(0, 1e5),
)
falls = st.floats(0, 1)


def case_of(table: StressTable, response: Response) -> Case:
    """Return the case of a response."""
    return table.base if response == FIXED else table.following


@pytest.mark.parametrize("response", [FIXED, FOLLOWING], ids=["fixed", "following"])
@given(mine=mines, fall=falls)
def test_coverage_and_loss_say_the_same(response: Response, mine: Mine, fall: float) -> None:
    """AI covers the loss exactly where mine and AI together do not lose."""
    (row,) = case_of(stress_table(mine, (fall,)), response).rows
    ai = mine.ai_gross_profit_usd_year
    assert ai is not None
    for result, coverage in (
        (row.running_usd_year, row.coverage),
        (row.curtailed_usd_year, row.curtailed_coverage),
    ):
        if coverage.value is None:
            assert (coverage.reason, result >= 0) == ("no_loss", True)
        else:
            assert coverage.value * -result == pytest.approx(ai)
    # standing still never loses more than running on, nor more than the fixed cost
    assert row.curtailed_usd_year >= row.running_usd_year - 1e-6 * mine.power_cost_usd_year
    assert row.curtailed_usd_year >= -mine.fixed_cost_usd_year


@pytest.mark.parametrize("response", [FIXED, FOLLOWING], ids=["fixed", "following"])
@given(mine=mines)
def test_at_the_break_even_nothing_is_left(response: Response, mine: Mine) -> None:
    """The mine, and the mine with AI, earn 0 after a fall of their break-even drawdown."""
    case = case_of(stress_table(mine), response)
    ai = mine.ai_gross_profit_usd_year
    assert ai is not None
    for drawdown, beside in ((case.mining_alone, 0.0), (case.with_ai, ai)):
        # at a price of nearly zero the last digit of the fall moves its root by much
        if drawdown.value is None or not 0 <= drawdown.value <= 0.999:
            continue
        (row,) = case_of(stress_table(mine, (drawdown.value,)), response).rows
        scale = mine.revenue_usd_year + mine.power_cost_usd_year + mine.fixed_cost_usd_year + ai
        assert abs(row.running_usd_year + beside) <= 1e-9 * scale


@given(mine=mines, pair=st.tuples(falls, falls))
def test_a_deeper_fall_is_never_better(mine: Mine, pair: tuple[float, float]) -> None:
    """Results fall and losses on coins rise with the fall, in both cases."""
    table = stress_table(mine, sorted(pair))
    for case in (table.base, table.following):
        mild, deep = case.rows
        assert deep.running_usd_year <= mild.running_usd_year
        assert deep.curtailed_usd_year <= mild.curtailed_usd_year
        assert mild.hodl_loss_usd is not None
        assert deep.hodl_loss_usd is not None
        assert deep.hodl_loss_usd >= mild.hodl_loss_usd


@given(mine=mines)
def test_ai_difficulty_and_curtailing_help(mine: Mine) -> None:
    """AI deepens the fall that is survived; so do rivals who switch off, once BTC falls at all."""
    table = stress_table(mine)
    alone, with_ai = table.base.mining_alone.value, table.base.with_ai.value
    assert alone is not None
    assert with_ai is not None
    assert with_ai >= alone
    followed = table.following.with_ai.value
    if followed is not None and with_ai > 0:
        assert followed >= with_ai - 1e-9
        curtailed = table.following.curtailed.value
        assert curtailed is None or curtailed >= followed - 1e-9


@given(mine=mines, factor=st.floats(0.01, 100))
def test_ratios_do_not_depend_on_the_size(mine: Mine, factor: float) -> None:
    """A mine with everything times k has k times the money and the same ratios."""
    assert mine.ai_gross_profit_usd_year is not None
    larger = replace(
        mine,
        revenue_usd_year=mine.revenue_usd_year * factor,
        power_cost_usd_year=mine.power_cost_usd_year * factor,
        fixed_cost_usd_year=mine.fixed_cost_usd_year * factor,
        ai_gross_profit_usd_year=mine.ai_gross_profit_usd_year * factor,
    )
    one, other = stress_table(mine), stress_table(larger)
    assert other.fixed_cost_coverage.value == pytest.approx(one.fixed_cost_coverage.value)
    assert other.base.with_ai.value == pytest.approx(one.base.with_ai.value, rel=1e-6, abs=1e-6)
    for row, big in zip(one.base.rows, other.base.rows, strict=True):
        scale = mine.revenue_usd_year + mine.power_cost_usd_year + mine.fixed_cost_usd_year
        assert big.running_usd_year == pytest.approx(
            row.running_usd_year * factor, rel=1e-9, abs=1e-9 * scale * factor
        )
