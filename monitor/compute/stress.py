"""The stress table of one company, from its inputs as they stand. Pure.

The arithmetic is `monitor.domain.stress`; here its numbers are found, each with where it comes from,
and what lacks is named. docs/formulas.md 5 rows 3 to 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from monitor.compute.recompute import NOT_APPLICABLE
from monitor.compute.situation import Record, Situation, unit_of
from monitor.domain.events import Quality
from monitor.domain.facts import FACTS
from monitor.domain.stress import (
    DAYS_PER_YEAR,
    FALLS,
    Answer,
    Case,
    Mine,
    StressRow,
    StressTable,
    stress_table,
)

_DAILY = ("expected_mining_revenue_usd_day", "power_cost_usd_day")
_NEEDED = (*_DAILY, "mining_fixed_cost_usd_year")
_AI = "ai_gross_profit_usd_year"
_OPTIONAL = (_AI, "btc_usd", "btc_held")
_SAID = ("hashrate_eh_s",)
"""In no cell of the table, and what it means: on which hashrate the revenue rests."""


def stress(situation: Situation, ticker: str, falls: Sequence[float] = FALLS) -> Record:
    """Return what falls of BTC do to the mine of `ticker`, and whether its AI pays for it.

    Without one of the numbers that a mining result is made of there is no table, without the AI's
    profit no cover; `missing` names all of them, down to what the books or the market lack.

    Raises:
        ValueError: a fall is outside 0 to 1, or a number that a mine cannot have.

    """
    company = situation.companies[ticker]
    inputs = {name: _input(situation, ticker, name) for name in (*_NEEDED, *_OPTIONAL, *_SAID)}
    answer: Record = {
        "company": ticker,
        "type": company.type.value,
        "inputs": list(inputs.values()),
        "reason": None,
        "missing": [],
        "quality": Quality.MISSING.word,
        "fixed_cost_coverage": None,
        "power_break_even_fall": None,
        "cases": [],
    }
    if company.type not in situation.catalogue[_DAILY[0]].applies_to:
        return answer | {"reason": NOT_APPLICABLE, "quality": Quality.NOT_APPLICABLE.word}
    lacking = [name for name in _NEEDED if inputs[name]["value"] is None]
    unpaid = [_AI] if inputs[_AI]["value"] is None else []
    answer |= {"missing": _wanting(situation, ticker, [*lacking, *unpaid])}
    if lacking:
        return answer | {"reason": next(inputs[name]["reason"] for name in lacking)}
    worst = max(situation.reading(name, ticker).quality for name in _NEEDED)
    table = stress_table(_mine(inputs), falls)
    return answer | {"quality": worst.word} | _table(table)


def _input(situation: Situation, ticker: str, name: str) -> Record:
    """Return one number of the mine; one that is computed has no source of its own."""
    reading = situation.reading(name, ticker)
    computed = name in situation.catalogue
    unit = situation.catalogue[name].unit if computed else unit_of(name)
    found = situation.origin(name, ticker) | {"unit": unit, "reason": reading.reason or None}
    figure = situation.figure(name, ticker)
    if figure is not None:  # of several measurements the fact says which one it is
        found["basis"] = FACTS[figure.fact].basis or figure.basis
    return found | ({"source": "computed"} if computed and found["source"] is None else {})


def _wanting(situation: Situation, ticker: str, names: Sequence[str]) -> list[str]:
    """Return the inputs at the end of the road that `names` lack."""
    found: dict[str, None] = {}
    for name in names:
        if name not in situation.catalogue:
            found[name] = None
            continue
        for leaf in situation.plan.leaves_of(name):
            required = any(
                item.default is None
                for step in situation.catalogue.road_to(name)
                for item in step.arguments
                if item.name == leaf
            )
            if required and situation.reading(leaf, ticker).value is None:
                found[leaf] = None
    return list(found)


def _mine(inputs: dict[str, Record]) -> Mine:
    value = {name: item["value"] for name, item in inputs.items()}
    revenue_day, power_day = (value[name] for name in _DAILY)
    return Mine(
        revenue_usd_year=revenue_day * DAYS_PER_YEAR,
        power_cost_usd_year=power_day * DAYS_PER_YEAR,
        fixed_cost_usd_year=value["mining_fixed_cost_usd_year"],
        ai_gross_profit_usd_year=value["ai_gross_profit_usd_year"],
        btc_usd=value["btc_usd"],
        btc_held=value["btc_held"],
    )


def _table(table: StressTable) -> Record:
    return {
        "fixed_cost_coverage": _answer(table.fixed_cost_coverage),
        "power_break_even_fall": _answer(table.power_break_even),
        "cases": [
            _case("difficulty_fixed", table.base),
            _case("difficulty_follows", table.following),
        ],
    }


def _case(name: str, case: Case) -> Record:
    return {
        "case": name,
        "elasticity_ratio": case.response.elasticity_ratio,
        "lag_days": case.response.lag_days,
        "break_even_fall_mining_alone": _answer(case.mining_alone),
        "break_even_fall_with_ai": _answer(case.with_ai),
        "break_even_btc_usd_with_ai": _answer(case.with_ai_btc_usd),
        "break_even_fall_curtailing": _answer(case.curtailed),
        "rows": [_row(row) for row in case.rows],
    }


def _row(row: StressRow) -> Record:
    return asdict(row) | {
        "coverage": _answer(row.coverage),
        "curtailed_coverage": _answer(row.curtailed_coverage),
    }


def _answer(answer: Answer) -> Record:
    return {"value": answer.value, "reason": answer.reason or None}
