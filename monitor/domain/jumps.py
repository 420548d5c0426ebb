"""Figures far from the company's own history: each alone is plausible, the step between them is not.

TH in place of EH, coins of a month in a quarter's place, a revenue with a nought too many: all lie
within what some company has. What a mine does moves by less than five times in a year, so there such
a step is refused; cash, debt and what begins small may leap, so there it is doubted. A book that
means it says `jump: true` at the figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from monitor.domain.facts import FACTS
from monitor.domain.figures import DAY, Figure, iso_day, standing
from monitor.domain.parts import Slip
from monitor.domain.units import units_of

STEP_DAYS = 400
"""Figures further apart are not set side by side: a year and the month that a paper may be late."""
STEADY_FACTOR = 5.0
"""So many times more or less within a step is refused; the books' own greatest is 4.7."""
LEAP_FACTOR = 10.0
"""So many times more or less of what may leap is doubted."""

_HASHRATES = FACTS["hashrate_eh_s"].best_of
_STEADY = frozenset(
    {
        *_HASHRATES,
        "btc_produced",
        "contracted_mw",
        "efficiency_j_th",
        "energised_mw",
        "energy_used_mwh",
        "mining_revenue_usd",
        "total_revenue_usd",
        "uptime_ratio",
    }
)
# what is left of two large sums may be anything; a yearly rate is a figure of its period already
_FREE = frozenset(
    {
        "adjusted_ebitda_usd",
        "ai_gross_profit_usd",
        "cash_burn_usd",
        "entered_ai_count",
        "mining_gross_profit_usd",
        "net_income_usd",
        "operating_income_usd",
        "shares_count",
        "diluted_shares_count",
        "spot_power_price_usd_mwh",
    }
)
"""A count of shares moves with its splits, which have a section and doubts of their own."""
_PER_DAY = frozenset({"USD", "BTC", "MWh"})


def jumps(figures: Mapping[str, Sequence[Figure]]) -> Iterator[Slip]:
    """Yield the figures that are far from what the company stated before, the oldest first."""
    for name, history in _series(figures).items():
        steady = name in _STEADY
        factor = STEADY_FACTOR if steady else LEAP_FACTOR
        for figure, other in _strays(history, factor):
            yield _slip(other, figure, factor, certain=steady)


def _strays(history: Sequence[Figure], factor: float) -> Iterator[tuple[Figure, Figure]]:
    """Yield each figure that is far from another one, and that one: of the two the stray first."""
    before: Figure | None = None
    for place, figure in enumerate(history):
        if before is None or figure.jump or not _far(before, figure, factor):
            before = figure
            continue
        after = history[place + 1] if place + 1 < len(history) else None
        stays = after is None or _far(before, after, factor)
        if place == 1 and after is not None and stays and not _far(figure, after, factor):
            if not before.jump:
                yield before, figure  # the others agree against the first
        else:
            yield figure, before
        if stays:
            before = figure  # what comes next is measured by it


def _series(figures: Mapping[str, Sequence[Figure]]) -> dict[str, list[Figure]]:
    """Return the stated figures above zero that are set side by side, in the order of their days.

    The hashrates are one series: what runs and what stands there differ by less than a factor.
    """
    found: dict[str, list[Figure]] = {}
    for fact, history in figures.items():
        if fact in _FREE or fact.endswith("_usd_year") or fact not in FACTS:
            continue  # what is no fact is refused by the loader
        name = _HASHRATES[0] if fact in _HASHRATES else fact
        stated = (it for it in history if it.value > 0 and not it.is_derived and it.expires is None)
        found.setdefault(name, []).extend(stated)
    return {name: sorted(items, key=standing) for name, items in found.items()}


def _far(before: Figure, figure: Figure, factor: float) -> bool:
    if figure.as_of - before.as_of > STEP_DAYS * DAY or figure.as_of == before.as_of:
        return False
    ratio = _size(figure) / _size(before)
    return not 1 / factor < ratio < factor


def _size(figure: Figure) -> float:
    """Return what is compared: of a sum its mean day, so that a month stands beside a quarter."""
    days = figure.period_days if figure.unit in _PER_DAY else None
    return figure.value / (days or 1)


def _slip(before: Figure, figure: Figure, factor: float, *, certain: bool) -> Slip:
    unit = figure.unit
    ratio = _size(figure) / _size(before)
    times = f"{_plain(ratio)} times" if ratio > 1 else f"1/{_plain(1 / ratio)} of"
    own = figure.value / ratio  # what the figure would be if nothing had moved
    daily = ", by the day" if before.period_days != figure.period_days and unit in _PER_DAY else ""
    problem = (
        f"{figure.fact} of {figure.value:,.10g} {unit} to {iso_day(figure.as_of)} is {times}"
        f" {before.fact} of {before.value:,.10g} {unit} to {iso_day(before.as_of)}{daily};"
        f" expected {_plain(own / factor)} to {_plain(own * factor)} {unit}"
    )
    units = " or ".join(units_of(unit))
    hint = (
        f"look at the unit ({units}), for a factor of ten or another period, here and at"
        f" {before.where or 'the one before'}; if it is meant, add `jump: true`"
    )
    return Slip(figure, problem, hint, certain)


def _plain(value: float) -> str:
    """Return a number to three digits, never with an exponent from 0.001 on."""
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"  # noqa: PLR2004  # all its digits
