"""What a fall of BTC does to a mine, and whether its AI business pays for it: the stress table.

Formulas and the worked table: docs/formulas.md 5 rows 3 to 5. Sums are USD of one year and positive
in their own direction (revenue earns, cost is paid; a cost below 0 is a credit); a fall is a
fraction of the present price, so 0.2 means BTC at 80 % of it. Hashprice falls one for one with BTC
while difficulty stands still. A loss on coins held is shown beside the mine's result, never in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from monitor.domain.units import Values

DAYS_PER_YEAR = 365
FALLS = (0.0, 0.2, 0.4, 0.5, 0.6)
"""The falls that the table shows unless others are asked for."""

_HALVINGS = 200  # of the bracket: more than float64 can tell apart


def mining_result(
    revenue: Values, power_cost: Values, fixed_cost: Values, fall_ratio: float = 0.0
) -> Values:
    """Return what mining leaves, in the unit of its arguments, after BTC fell by `fall_ratio`.

    `revenue` is that of the present price, after the pool's fee. Machines run on at a loss.
    """
    return revenue * (1 - fall_ratio) - power_cost - fixed_cost


def break_even_drawdown(revenue: Values, cost: Values) -> Values:
    """Return the fall of BTC, a fraction, at which `revenue` just pays `cost`.

    Not clamped: 0 or less is under water already, 1 or more survives a price of zero.
    """
    return 1 - cost / revenue


@dataclass(frozen=True, slots=True)
class Answer:
    """A number, or the name of the reason why there is none."""

    value: float | None
    reason: str = ""


_NO_AI = Answer(None, "missing:ai_gross_profit_usd_year")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """A miner as the table needs it.

    Attributes:
        revenue_usd_year: mining revenue at the present price, after the pool's fee
            (`expected_mining_revenue_usd_day` x 365).
        power_cost_usd_year: what running the machines costs (`power_cost_usd_day` x 365); below 0
            with credits.
        fixed_cost_usd_year: cash cost that stays when the machines stand still.
        ai_gross_profit_usd_year: None where it is not known; 0 is a company without AI.
        btc_usd: the present price; None leaves prices and the loss on coins out.
        btc_held: coins of its own; None where it is not known.

    Raises:
        ValueError: a number is not finite, or one that cannot be negative is; names it.

    """

    revenue_usd_year: float
    power_cost_usd_year: float
    fixed_cost_usd_year: float
    ai_gross_profit_usd_year: float | None = None
    btc_usd: float | None = None
    btc_held: float | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            signed = item.name in {"power_cost_usd_year", "ai_gross_profit_usd_year"}
            if value is not None and not (math.isfinite(value) and (signed or value >= 0)):
                raise ValueError(f"{item.name} cannot be {value:g}")


@dataclass(frozen=True, slots=True)
class Response:
    """How difficulty answers a fall of BTC.

    Attributes:
        elasticity_ratio: share of the fall that difficulty follows, in logarithms: at 0.5 a price
            of a quarter halves it. 0 to below 1.
        lag_days: days of the year before it does, all at once.

    Raises:
        ValueError: outside 0 to 1, or a lag that is no part of a year.

    """

    elasticity_ratio: float = 0.0
    lag_days: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.elasticity_ratio < 1:
            raise ValueError(f"elasticity_ratio cannot be {self.elasticity_ratio:g}: 0 to below 1")
        if not 0 <= self.lag_days <= DAYS_PER_YEAR:
            raise ValueError(f"lag_days cannot be {self.lag_days}: 0 to {DAYS_PER_YEAR}")

    def phases(self, price_ratio: float) -> tuple[tuple[float, float], ...]:
        """Return (share of the year, hashprice as a share of the present one) of each phase."""
        before = self.lag_days / DAYS_PER_YEAR
        followed = price_ratio ** (1 - self.elasticity_ratio)
        return ((before, price_ratio), (1 - before, followed))


FIXED = Response()
"""The base case: difficulty stands still."""
FOLLOWING = Response(elasticity_ratio=0.5, lag_days=60)
"""The second case: rivals switch off, and difficulty follows by half after two months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StressRow:
    """The mine after one fall of BTC.

    Attributes:
        fall_ratio: how far BTC fell.
        btc_usd: the price then; None where the present one is not known.
        running_usd_year: mining result if the machines always run.
        curtailed_usd_year: mining result if they stand still while power costs more than it earns.
        coverage: AI gross profit over the running mine's loss, a ratio; `no_loss` where it earns.
        curtailed_coverage: the same over the loss with the right to curtail.
        hodl_loss_usd: what the coins held lose; None where they or the price are not known.

    """

    fall_ratio: float
    btc_usd: float | None
    running_usd_year: float
    curtailed_usd_year: float
    coverage: Answer
    curtailed_coverage: Answer
    hodl_loss_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One assumption on difficulty and what follows from it.

    Attributes:
        response: the assumption.
        rows: one for each fall.
        mining_alone: break-even drawdown of the mine by itself, a fraction of the present price.
            `no_mining` without revenue; `survives_zero_price` where difficulty follows and no
            price is low enough (with difficulty fixed such a drawdown is published: 1 or more).
        with_ai: break-even drawdown of mine and AI gross profit together.
        with_ai_btc_usd: the price at which that is reached, USD.
        curtailed: the same drawdown with the right to curtail; `covered` once AI gross profit
            pays the fixed cost, for then no price is low enough.

    """

    response: Response
    rows: tuple[StressRow, ...]
    mining_alone: Answer
    with_ai: Answer
    with_ai_btc_usd: Answer
    curtailed: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class StressTable:
    """Everything that `hashhedge stress` shows of one miner.

    Attributes:
        mine: the numbers it was made of.
        fixed_cost_coverage: AI gross profit over fixed cost, a ratio.
        power_break_even: fall of BTC at which running pays its power only; from there on whoever
            may curtail does.
        base: difficulty stands still.
        following: difficulty follows.

    """

    mine: Mine
    fixed_cost_coverage: Answer
    power_break_even: Answer
    base: Case
    following: Case


def stress_table(
    mine: Mine, falls: Sequence[float] = FALLS, following: Response = FOLLOWING
) -> StressTable:
    """Return the stress table of a mine for BTC falls of `falls` (0 to 1).

    Raises:
        ValueError: a fall is outside 0 to 1.

    """
    for fall in falls:
        if not 0 <= fall <= 1:
            raise ValueError(f"a fall cannot be {fall:g}: 0 to 1")
    revenue = mine.revenue_usd_year
    power = break_even_drawdown(revenue, mine.power_cost_usd_year) if revenue > 0 else None
    return StressTable(
        mine=mine,
        fixed_cost_coverage=_over(mine.ai_gross_profit_usd_year, mine.fixed_cost_usd_year),
        power_break_even=Answer(power, "" if revenue > 0 else "no_mining"),
        base=_case(mine, falls, FIXED),
        following=_case(mine, falls, following),
    )


def _case(mine: Mine, falls: Sequence[float], response: Response) -> Case:
    ai = mine.ai_gross_profit_usd_year
    with_ai = _drawdown(mine, ai, response)
    price = Answer(None, with_ai.reason or "missing:btc_usd")
    if with_ai.value is not None and mine.btc_usd is not None:
        price = Answer(mine.btc_usd * (1 - with_ai.value))
    return Case(
        response=response,
        rows=tuple(_row(mine, fall, response) for fall in falls),
        mining_alone=_drawdown(mine, 0.0, response),
        with_ai=with_ai,
        with_ai_btc_usd=price,
        curtailed=_drawdown(mine, ai, response, may_curtail=True),
    )


def _row(mine: Mine, fall: float, response: Response) -> StressRow:
    price_ratio = 1 - fall
    running = _result(mine, price_ratio, response)
    curtailed = _result(mine, price_ratio, response, may_curtail=True)
    price = mine.btc_usd
    loss = None if mine.btc_held is None or price is None else mine.btc_held * price * fall
    return StressRow(
        fall_ratio=fall,
        btc_usd=None if price is None else price * price_ratio,
        running_usd_year=running,
        curtailed_usd_year=curtailed,
        coverage=_coverage(mine, running),
        curtailed_coverage=_coverage(mine, curtailed),
        hodl_loss_usd=loss,
    )


def _result(
    mine: Mine, price_ratio: float, response: Response, *, may_curtail: bool = False
) -> float:
    """Return the year's mining result at `price_ratio` of the present price."""
    earned = 0.0
    for share, hashprice_ratio in response.phases(price_ratio):
        left = mine.revenue_usd_year * hashprice_ratio - mine.power_cost_usd_year
        earned += share * (max(left, 0.0) if may_curtail else left)
    return earned - mine.fixed_cost_usd_year


def _coverage(mine: Mine, result: float) -> Answer:
    if result >= 0:
        return Answer(None, "no_loss")
    return _over(mine.ai_gross_profit_usd_year, -result)


def _over(ai_gross_profit: float | None, cost: float) -> Answer:
    if ai_gross_profit is None:
        return _NO_AI
    return Answer(ai_gross_profit / cost) if cost > 0 else Answer(None, "no_fixed_cost")


def _drawdown(
    mine: Mine, ai: float | None, response: Response, *, may_curtail: bool = False
) -> Answer:
    """Return the fall at which the mine and the gross profit `ai` together earn nothing."""
    if ai is None:
        return _NO_AI
    if may_curtail and ai >= mine.fixed_cost_usd_year:
        return Answer(None, "covered")
    if mine.revenue_usd_year <= 0:
        return Answer(None, "no_mining")
    if response.elasticity_ratio == 0:
        # With the right to curtail too: below `covered` something is left to pay, so that the
        # machines still run at the price that just pays it.
        cost = mine.power_cost_usd_year + mine.fixed_cost_usd_year - ai
        return Answer(break_even_drawdown(mine.revenue_usd_year, cost))
    return _solved(lambda ratio: _result(mine, ratio, response, may_curtail=may_curtail) + ai)


def _solved(left: Callable[[float], float]) -> Answer:
    """Return the fall at which `left`, which rises with the price ratio, is 0."""
    low, high = 0.0, 1.0
    if left(low) >= 0:
        return Answer(None, "survives_zero_price")
    while left(high) < 0:
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if left(middle) < 0 else (low, middle)
    return Answer(1 - high)
