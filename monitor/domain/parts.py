"""Pairs of figures that cannot both be true: a part above its whole, sums of different periods.

Each alone is plausible, so only the pair gives the slip away: a figure in the wrong line, a month
in a quarter's place, a factor of ten. docs/formulas.md 0, 3 and 5: a share of revenue is within
0 to 1, operating hashrate is the smallest of its kinds, inputs of one company are of one period.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitor.domain.facts import FACTS
from monitor.domain.figures import Figure, current, iso_day

Figures = Mapping[str, Sequence[Figure]]

ROUNDING_RATIO = 1.01
"""Two papers round one number differently; a part this far above its whole is another matter."""


ONE_KIND_DAYS = 4
"""Months differ by 3 days and quarters by 4 at most: more apart, and they are not of one kind."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A fact that is a part of another, and words on what the part may be instead."""

    part: str
    whole: str
    hint: str


_REVENUE = "look for a factor of ten, a longer period, or revenue of another business in it"
_POWER = "give both on one basis (gross or critical IT) and of the same day"
_MACHINES = "what runs is among what is installed: look for swapped figures, TH or PH for EH"

PAIRS = (
    Pair("ai_revenue_usd", "total_revenue_usd", _REVENUE),
    Pair("mining_revenue_usd", "total_revenue_usd", _REVENUE),
    Pair("ai_gross_profit_usd", "ai_revenue_usd", _REVENUE),
    Pair("hashrate_operating_at_period_end_eh_s", "hashrate_installed_eh_s", _MACHINES),
    Pair("hashrate_average_operating_eh_s", "hashrate_installed_eh_s", _MACHINES),
    Pair("hashrate_energised_eh_s", "hashrate_installed_eh_s", _MACHINES),
    Pair("ai_energised_mw", "energised_mw", _POWER),
    Pair("ai_contracted_mw", "contracted_mw", _POWER),
)
"""What can be no more than the other, of one day and period."""

# A mean over a month may exceed what was left of the machines on its last day. Mining revenue has the
# implied price beside it, which tells more of the slip: refused, the book would not come that far.
_DOUBTED = frozenset({"hashrate_average_operating_eh_s", "mining_revenue_usd"})


@dataclass(frozen=True, slots=True)
class Slip:
    """A pair that cannot be, or most likely is not: the figure to look at, and how to mend it.

    Attributes:
        figure: the part.
        problem: both figures and the range that the part is expected in.
        hint: how to mend it.
        certain: both are sourced and of one basis, so that one of them is wrong.

    """

    figure: Figure
    problem: str
    hint: str
    certain: bool


def parts_above_wholes(figures: Figures) -> Iterator[Slip]:
    """Yield the parts that exceed their wholes of the same day and period, where both hold."""
    for pair in PAIRS:
        wholes = _by_period(figures.get(pair.whole, ()))
        for period, part in _by_period(figures.get(pair.part, ())).items():
            whole = wholes.get(period)
            if whole is None or part.value <= whole.value * ROUNDING_RATIO:
                continue
            unit = FACTS[pair.part].unit
            problem = (
                f"{pair.part} of {part.value:,.10g} {unit} is above {pair.whole} of"
                f" {whole.value:,.10g} {unit}, {_period(part)}; expected 0 to {whole.value:,.10g}"
                f" {unit}"
            )
            yield Slip(part, problem, pair.hint, _certain(part, whole))


def _by_period(history: Sequence[Figure]) -> dict[tuple[int | None, int], Figure]:
    """Return the figure that holds of each day and period, of those that somebody stated."""
    return {(it.period_start, it.as_of): it for it in history if not it.is_derived}


def _certain(part: Figure, whole: Figure) -> bool:
    if part.fact in _DOUBTED or part.expires is not None or whole.expires is not None:
        return False
    same_basis = FACTS[part.fact].unit != "MW" or part.basis == whole.basis
    return same_basis and part.confidence.sourced and whole.confidence.sourced


def mixed_sums(figures: Figures) -> Iterator[Slip]:
    """Yield the newest mining revenue where the coins that count end with it and begin elsewhere."""
    revenue = current(figures.get("mining_revenue_usd", ()))
    coins = current(figures.get("btc_produced", ()))
    if revenue is None or coins is None:
        return
    if revenue.period_days is None or coins.period_days is None:
        return
    apart = abs(revenue.period_days - coins.period_days)
    if apart <= ONE_KIND_DAYS:  # two quarters or two months: a metric that takes them flags that
        return
    problem = (
        f"mixed_period: mining_revenue_usd {_period(revenue)} stands beside btc_produced"
        f" {_period(coins)}; expected one period"
    )
    days = sorted({revenue.period_days or 0, coins.period_days or 0})
    hint = f"give both of {days[0]} or both of {days[1]} days, or mend `period_from`"
    yield Slip(coins, problem, hint, certain=False)


def _period(figure: Figure) -> str:
    if figure.period_start is None:
        return f"on {iso_day(figure.as_of)}"
    return f"{iso_day(figure.period_start)} to {iso_day(figure.as_of)}"
