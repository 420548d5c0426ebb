"""What a figure may be and still be wrong: the doubts that a person should look at.

The loader refuses what cannot be true. What could be true and most likely is not becomes a doubt,
which `hashhedge config check` prints as a warning and the card carries. docs/formulas.md 0 and 3.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from monitor.domain.companies import Companies, Company
from monitor.domain.facts import FACTS, QUARTERLY_DAYS, FactSpec
from monitor.domain.figures import DAY, Figure, iso_day, known_of
from monitor.domain.fiscal import ends_fiscal_year, misnamed
from monitor.domain.jumps import jumps
from monitor.domain.parts import Slip, mixed_sums, parts_above_wholes
from monitor.domain.price_history import btc_range_usd
from monitor.domain.risk_levels import newest_level
from monitor.domain.units import convert, units_of

SHORTEST_YEAR_DAYS, LONGEST_YEAR_DAYS = 364, 372
# words in a figure's basis or note by which it says that its year is not the fiscal one
_OTHER_YEARS = ("calendar year", "twelve months", "trailing")
OUTSIDERS = ("AMD", "AMZN", "GOOG", "GOOGL", "META", "MSFT", "ORCL")
"""Payers so large that their stock says little of one contract; they need no book."""

# beyond this no unit helps, and a conversion may be beyond all floats
_NO_SLIP = 1e100
# words in a figure's basis by which it says that another sum of the period covers more
_PART = "part of the company"
HELD = frozenset({"USD", "BTC"})
"""Balances: what a company has or owes on a day."""
FLOW_UNITS = frozenset({"USD", "USD/year", "BTC", "MWh", "count"})
"""Sums over a period, that a ratio may only set beside sums over the same period."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that loads and is most likely wrong: where, what, and how to mend it."""

    company: str
    where: str
    problem: str
    hint: str


def doubts(company: Company, now: int) -> tuple[Doubt, ...]:
    """Return what is doubtful in a company's book as known at `now` (ms UTC)."""
    known = {fact: known_of(history, now) for fact, history in company.figures.items()}
    then = replace(company, figures={fact: tuple(items) for fact, items in known.items()})
    return (
        *_pairs(then),
        *_odd_years(then),
        *_without_period(then),
        *_small(then),
        *_own_customers(company),
        *_expired(company, now),
    )


def likely_units(spec: FactSpec, value: float) -> tuple[str, ...]:
    """Return the units in which `value` would be plausible for the fact: the usual slip."""
    if abs(value) > _NO_SLIP:
        return ()
    units = units_of(spec.unit)
    return tuple(unit for unit in units if spec.plausible(convert(value, unit, spec.unit)))


def mixed_period(used: Mapping[str, Figure]) -> str:
    """Return a flag that names the periods where sums of several stand in one metric, or ''.

    A hashrate beside a sum is of its period too: coins of one quarter over the machines of another
    say nothing.
    """
    sums = sums_of(used)
    if len({(item.period_start, item.as_of) for item in sums.values()}) < 2:  # noqa: PLR2004  # one period is not mixed
        return ""
    ends = {item.as_of for item in sums.values()}
    # periods that end together differ by where they begin
    words = (
        f"{name} to {iso_day(item.as_of)}"
        if len(ends) > 1 or item.period_start is None
        else f"{name} {iso_day(item.period_start or 0)} to {iso_day(item.as_of)}"
        for name, item in sums.items()
    )
    return f"mixed_period: {', '.join(words)}"


def mixed_dates(used: Mapping[str, Figure]) -> str:
    """Return a flag that names the days where balances of days far apart stand in one metric, or ''.

    Debt of after an issue less cash of before it is no net debt. Within a quarter papers differ as
    a matter of course: shares on the cover of a report are weeks younger than its balance sheet.
    """
    held = {name: it for name, it in used.items() if it.period_start is None and it.unit in HELD}
    days = [item.as_of for item in held.values()]
    if len(days) < 2 or max(days) - min(days) <= QUARTERLY_DAYS * DAY:  # noqa: PLR2004  # one has no other
        return ""
    words = (f"{name} of {iso_day(item.as_of)}" for name, item in held.items())
    return f"mixed_period: {', '.join(words)}"


def sums_of(used: Mapping[str, Figure]) -> dict[str, Figure]:
    """Return the figures whose periods have to agree: sums, and hashrates of no time within them."""
    flows = [item for item in used.values() if item.period_start is not None]
    flows = [item for item in flows if item.unit in FLOW_UNITS]
    return {
        name: item
        for name, item in used.items()
        if item in flows or (item.unit == "EH/s" and not _within_all(item, flows))
    }


def _within_all(state: Figure, flows: Sequence[Figure]) -> bool:
    """Tell whether a figure describes a time within each of the sums' periods."""
    begins = state.as_of if state.period_start is None else state.period_start
    return all((flow.period_start or 0) <= begins and state.as_of <= flow.as_of for flow in flows)


def mixed_basis(used: Mapping[str, Figure]) -> str:
    """Return a flag that names the bases where power on several stands in one metric, or ''."""
    power = {name: item for name, item in used.items() if item.unit == "MW" and item.value}
    if len({item.basis for item in power.values()}) < 2:  # noqa: PLR2004  # one basis is not mixed
        return ""
    words = (f"{name} {item.basis or 'unstated'}" for name, item in power.items())
    return f"mixed_basis: {', '.join(words)}"


def implied_price_usd(revenue: Figure, coins: Figure) -> float | None:
    """Return mining revenue over coins of one period in USD; None where that says nothing."""
    same = (revenue.period_start, revenue.as_of) == (coins.period_start, coins.as_of)
    if (
        not same
        or _PART in coins.basis
        or _PART in revenue.basis
        or revenue.period_start is None
        or coins.value <= 0
    ):
        return None
    return revenue.value / coins.value


def _without_period(company: Company) -> Iterator[Doubt]:
    """Yield the sums that name no period: a month or a year, they would stand beside any other.

    A figure given live is somebody's word for the period that its program thinks of.
    """
    for fact, history in company.figures.items():
        for figure in history:
            given = figure.is_derived or figure.expires is not None
            if FACTS[fact].of_period and figure.period_start is None and not given:
                yield Doubt(
                    company.ticker,
                    figure.where,
                    f"{fact} to {iso_day(figure.as_of)} is a sum over a period and does not say"
                    " since when",
                    "add `period_from`, the first day that it counts",
                )


def _small(company: Company) -> Iterator[Doubt]:
    """Yield the figures so small that they are most likely in another unit."""
    for fact, history in company.figures.items():
        spec = FACTS[fact]
        for figure in history:
            if 0 < figure.value < spec.doubtful_below:
                yield Doubt(
                    company.ticker,
                    figure.where,
                    f"{fact} of {figure.value:g} {spec.unit} is very little; expected"
                    f" {spec.doubtful_below:g} to {spec.high:g} {spec.unit}",
                    f"is it in another unit ({', '.join(units_of(spec.unit))})?",
                )


def _own_customers(company: Company) -> Iterator[Doubt]:
    """Yield the contracts that a company would have with itself."""
    for contract in company.contracts:
        if contract.counterparty_ticker == company.ticker:
            yield Doubt(
                company.ticker,
                contract.where,
                f"contract `{contract.name}` is with {company.ticker} itself",
                "give the ticker of who pays, or leave `counterparty_ticker` out",
            )


def _pairs(company: Company) -> Iterator[Doubt]:
    """Yield the pairs that most likely cannot be; the loader refuses those that surely cannot."""
    own = company.figures
    for slip in (
        *implied_prices(own),
        *parts_above_wholes(own),
        *mixed_sums(own),
        *jumps(own),
    ):
        yield Doubt(company.ticker, slip.figure.where, slip.problem, slip.hint)


def strangers(companies: Companies) -> Iterator[Doubt]:
    """Yield the contracts whose payer's stock nothing watches: no company of the books has it."""
    for company in companies.values():
        for contract in company.contracts:
            ticker = contract.counterparty_ticker
            if not ticker or ticker in companies or ticker in OUTSIDERS:
                continue
            holder = companies.find(ticker)
            close = difflib.get_close_matches(ticker, list(companies), n=1, cutoff=0.5)
            mend = f"did you mean {close[0]}? " if close else ""
            if holder is not None:
                mend = f"its name is {holder.ticker} now. "
            yield Doubt(
                company.ticker,
                contract.where,
                f"contract `{contract.name}` is paid by {ticker}, and no company of the books has"
                " that ticker: no alert will tell of its stock",
                f"{mend}expected one of {', '.join(companies)}, or of {', '.join(OUTSIDERS)};"
                f" add {ticker}.yaml, or leave `counterparty_ticker` out",
            )


def implied_prices(figures: Mapping[str, Sequence[Figure]]) -> Iterator[Slip]:
    """Yield the periods whose mining revenue over coins is no price that BTC had then."""
    for revenue in figures.get("mining_revenue_usd", ()):
        for coins in _holding(figures.get("btc_produced", ()), revenue):
            price = implied_price_usd(revenue, coins)
            limits = btc_range_usd(revenue.period_start or revenue.as_of, revenue.as_of)
            if price is None or limits is None or limits.low <= price <= limits.high:
                continue
            period = f"{iso_day(revenue.period_start or 0)} to {iso_day(revenue.as_of)}"
            yield Slip(
                figure=revenue if revenue.where else coins,
                problem=f"implied price {price:,.0f} outside BTC range {limits.low:,.0f} to"
                f" {limits.high:,.0f} USD, {period}: mining_revenue_usd {revenue.value:,.0f}"
                f" over btc_produced {coins.value:,g}",
                hint="look for a factor of ten, hosting in the revenue, or another period; if one of"
                f" them covers less than the other, put `{_PART}` into its basis",
                certain=False,
            )


def _holding(history: Sequence[Figure], revenue: Figure) -> Iterator[Figure]:
    """Yield the figure of the revenue's period that holds."""
    period = (revenue.period_start, revenue.as_of)
    same = [item for item in history if (item.period_start, item.as_of) == period]
    yield from same[-1:]


def _odd_years(company: Company) -> Iterator[Doubt]:
    """Yield the figures whose period is a year, or is called by a fiscal name, and ends elsewhere."""
    for history in company.figures.values():
        for figure in history:
            if figure.period_start is None or figure.is_derived:
                continue
            words = f"{figure.basis} {figure.note}"
            problem = misnamed(words, figure.as_of, company.fiscal_year_end)
            if not problem and _is_odd_year(figure, company.fiscal_year_end):
                problem = "a year"
            if problem:
                yield Doubt(
                    company.ticker,
                    figure.where,
                    f"{figure.fact} from {iso_day(figure.period_start)} to"
                    f" {iso_day(figure.as_of)}: {problem}, and the fiscal year of"
                    f" {company.ticker} ends on {company.fiscal_year_end}",
                    "mend the dates, or put `calendar year` into its basis if it is meant",
                )


def _is_odd_year(figure: Figure, fiscal_year_end: str) -> bool:
    """Tell whether the figure is of a year that is not the fiscal one and does not say so."""
    return (
        SHORTEST_YEAR_DAYS <= (figure.period_days or 0) <= LONGEST_YEAR_DAYS
        and not ends_fiscal_year(figure.as_of, fiscal_year_end)
        and not any(words in f"{figure.basis} {figure.note}".casefold() for words in _OTHER_YEARS)
    )


def _expired(company: Company, now: int) -> Iterator[Doubt]:
    """Yield the judged risks whose newest level has expired."""
    for risk in dict.fromkeys(item.risk for item in company.risks):
        level = newest_level(company.risks, risk, now)
        if level is not None and not level.present_at(now):
            yield Doubt(
                company.ticker,
                level.where,
                f"the level of {risk} by {level.author} expired on {iso_day(level.expires)}",
                "judge it anew, with a new date and expiry",
            )
