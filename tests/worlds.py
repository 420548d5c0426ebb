"""Small worlds for tests: a step with two miners and an AI host under a calendar without nights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from alerts.desk.book import NOTHING_SAID, DeskBook
from alerts.forms import owned_id
from alerts.rules.base import Rule
from alerts.rules.threshold import ThresholdRule
from alerts.rules.written import rule_of
from monitor.compute.encoding import encode_changes
from monitor.compute.firms import Firm
from monitor.compute.saved import read_cells
from monitor.compute.step import Step
from monitor.core.discovery import declared
from monitor.domain.commands import Command
from monitor.domain.companies import CompanyType
from monitor.domain.events import Quality, Quote, Reading, Tick
from monitor.domain.feed_reports import FeedReport
from monitor.domain.sessions import NEW_YORK, Session, TradingDay
from monitor.metrics.catalogue import Catalogue
from monitor.nyse import nyse_calendar

NOON = 1_752_753_600_000
"""2025-07-17 12:00 UTC."""

FIGURES: Mapping[str, Mapping[str, float]] = {
    "HIVE": {"efficiency_j_th": 20.0, "power_price_usd_kwh": 0.05, "hashrate_eh_s": 10.0},
    "RIOT": {"efficiency_j_th": 22.0, "power_price_usd_kwh": 0.08, "hashrate_eh_s": 30.0},
}


class OpenCalendar:
    """A market that never closes."""

    def fresh_until(self, observed_at: int, budget_ms: int) -> int:
        """Return the plain end of the budget."""
        return observed_at + budget_ms

    def session_at(self, moment: int) -> Session:
        """Know no session: nothing ever closes."""
        raise ValueError(f"no session at {moment}")

    def on(self, day: date) -> TradingDay | None:
        """Know no trading day either."""
        raise ValueError(f"no session on {day}")


def catalogue() -> Catalogue:
    """Return all metrics there are."""
    found: list[Any] = []
    for _, metrics in declared("monitor.metrics", "METRICS", tuple):
        found += metrics
    return Catalogue(found)


CATALOGUE = catalogue()


def value_of(name: str, numbers: Mapping[str, float]) -> float:
    """Return the value of a metric that must have one."""
    found = CATALOGUE.evaluate(name, numbers)
    assert found.value is not None, found.reason
    return found.value


def threshold(**fields: object) -> ThresholdRule:
    """Make a rule as the rulebook would."""
    base = {"type": "threshold", "id": "r", "on": "BTC-USD"}
    return rule_of(base | fields, ThresholdRule)


def owned(rule: ThresholdRule, owner: str = "ana") -> ThresholdRule:
    """Return a rule as a user's own: under an id that no file could write."""
    return replace(rule, id=owned_id(owner, rule.id))


def firms() -> list[Firm]:
    """Return the companies of the small world; CRWV is HIVE's tenant."""

    def firm(ticker: str, kind: CompanyType, tenants: tuple[str, ...] = ()) -> Firm:
        def fact(name: str, _moment: int) -> Reading:
            value = FIGURES.get(ticker, {}).get(name)
            if value is None:
                return Reading(None, Quality.MISSING, f"missing:{name}")
            return Reading(value, Quality.OK)

        return Firm(ticker, kind, fact, lambda _moment: tenants)

    return [
        firm("CRWV", CompanyType.AI_HOST),
        firm("HIVE", CompanyType.MINER, ("CRWV",)),
        firm("RIOT", CompanyType.MINER),
    ]


def make_step(rules: Sequence[Rule] = (), book: DeskBook = NOTHING_SAID) -> Step:
    """Return a fresh step of the small world."""
    return Step(firms(), CATALOGUE, rules, OpenCalendar(), book=book)


def at_new_york(text: str) -> int:
    """Return the moment of a New York wall time, ms UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp() * 1_000)


def market_step(rules: Sequence[Rule] = (), **more: Any) -> Step:
    """Return a fresh step of the small world under the calendar of New York."""
    return Step(firms(), CATALOGUE, rules, nyse_calendar(), **more)


def quote(
    instrument: str, value: float | str, at: int, **fields: Any
) -> Quote:  # any field of a quote
    """Return a quote observed at `at`."""
    return Quote(
        instrument=instrument,
        value=Decimal(str(value)),
        observed_at=at,
        source=fields.pop("source", "test"),
        **fields,
    )


def tick(
    at: int,
    *quotes: Quote,
    commands: tuple[Command, ...] = (),
    feeds: tuple[FeedReport, ...] = (),
) -> Tick:
    """Return a tick that arrived at `at`."""
    return Tick(f"{at}-0", at, quotes, commands=commands, feeds=feeds)


def network(at: int) -> tuple[Quote, ...]:
    """Return a network that stands still: difficulty 126.98 T, fees 1 % of the subsidy."""
    long = 10**10
    return (
        quote("network.difficulty", "126980000000000", at, fresh_ms=long),
        quote("network.height", "906000", at, fresh_ms=long),
        quote("network.fees_btc_per_block", "0.03125", at, fresh_ms=long),
    )


def restarted(
    step: Step, rules: Sequence[Rule], cells: dict[str, bytes], book: DeskBook = NOTHING_SAID
) -> Step:
    """Return the step as another process would find it: through bytes and back."""
    commit(step, cells)
    fresh = make_step(rules, book)
    fresh.restore(read_cells(cells))
    return fresh


def commit(step: Step, cells: dict[str, bytes]) -> list[Any]:
    """Write what changed into `cells` as the store would; return the transitions."""
    changes = step.take()
    for name, body in encode_changes(changes).items():
        if body is None:
            cells.pop(name, None)
        else:
            cells[name] = body
    return changes.transitions


def states(transitions: Iterable[Any]) -> list[tuple[str, str, str]]:
    """Return (rule, key, new state) of each transition."""
    return [(t.rule, t.key, t.to_state.value) for t in transitions]
