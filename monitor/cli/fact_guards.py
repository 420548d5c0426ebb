"""What `hashhedge fact set` refuses, slips that would move every number at once, and what moves none."""

from __future__ import annotations

from rich.text import Text

from monitor.app.world import find_catalogue
from monitor.cli.fact_names import WHERE
from monitor.cli.output import talk
from monitor.compute.quantities import QuantityError, parse_quantity
from monitor.core.clock import Millis
from monitor.core.errors import ConfigError
from monitor.domain.companies import Company, fact_at, iso_day
from monitor.domain.facts import FACTS, FactSpec
from monitor.domain.mines import belongs_to_a_mine, mines

FAR_OFF = 10
"""A value this many times the book's, or less than one such part of it, is most likely a slip."""
_ALMOST = 1e-9


def stated(spec: FactSpec, text: str, unit: str | None) -> float:
    """Return a number that a person states, in the fact's unit, as a book's figure is read.

    Raises:
        ConfigError: no number, a unit that does not fit, a value outside the plausible range.

    """
    try:
        value = parse_quantity(text, spec.unit, unit or "")
    except QuantityError as error:
        message = f"{spec.name}: {error}; expected {spec.expected}"
        raise ConfigError(message, where="VALUE", hint=error.hint) from error
    if not spec.plausible(value):
        raise ConfigError(
            f"{spec.name} of {text} {unit or ''}".rstrip()
            + f" is not plausible, expected {spec.expected}",
            where="VALUE",
            hint="mend the value or its unit",
        )
    return value


def refuse_a_part(spec: FactSpec) -> None:
    """Refuse a measurement that metrics read under another name: it would not reach them."""
    whole = next((item.name for item in FACTS.values() if spec.name in item.best_of), None)
    if whole is not None:
        raise ConfigError(
            f"the metrics read `{whole}`, the best of several measurements",
            where=WHERE,
            hint=f"set {whole}",
        )


def refuse_what_does_not_apply(company: Company, fact: str) -> None:
    """Refuse a mine's figure of a company that has none, unless its own book states that figure.

    Raises:
        ConfigError: the fact does not apply to the company's type.

    """
    if mines(company.type) or not belongs_to_a_mine(fact) or company.figures.get(fact):
        return
    kind = company.type.value
    raise ConfigError(
        f"{fact} is a mine's, and {company.ticker} is of type {kind}: not applicable",
        where=WHERE,
        hint=f"set it for a miner; if {company.ticker} mines now, say `type: miner` in its book",
    )


def refuse_far_off(company: Company, spec: FactSpec, value: float, now: Millis) -> None:
    """Refuse a value that is ten times the book's, or a tenth: a digit, or the unit, is wrong.

    A value of the other sign, and none at all (0), are no slip of that kind.

    Raises:
        ConfigError: it is, with the book's value and the range that passes.

    """
    figure = fact_at(company, spec.name, now)
    if figure is None or not figure.value or value * figure.value <= 0:
        return
    ratio = value / figure.value
    if FAR_OFF * (1 - _ALMOST) > ratio > (1 + _ALMOST) / FAR_OFF:
        return
    low, high = sorted((figure.value / FAR_OFF, figure.value * FAR_OFF))
    times = f"{ratio:,.4g} times" if ratio > 1 else f"1/{1 / ratio:,.4g} of"
    raise ConfigError(
        f"{value:,.10g} {spec.unit} is {times} the book's {figure.value:,.10g} {spec.unit}"
        f" ({iso_day(figure.as_of)}); expected between {low:,.7g} and {high:,.7g}",
        where="VALUE",
        hint="mend the digits or the unit; --force if it is meant",
    )


def say_what_it_moves(company: Company, fact: str) -> None:
    """Say so where the figure moves nothing: nobody reads it, or not for such a company."""
    readers = [
        metric for metric in find_catalogue() if fact in {it.name for it in metric.arguments}
    ]
    if not any(company.type in metric.applies_to for metric in readers):
        whose = f" of a company of type {company.type.value}" if readers else ""
        words = f"no metric{whose} reads {fact}"
        talk.print(Text.assemble((words, "yellow"), ": it is shown, and moves only rules on it"))
