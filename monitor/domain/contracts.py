"""AI contracts and plans: how far each one is, what it pays, and who depends on whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

_DAY_MS = 86_400_000
_YEAR_DAYS = 365.25


class Stage(StrEnum):
    """How far a contract or plan is. A plan is no contract: that is the common error."""

    IDEA = "idea"
    EVALUATING = "evaluating"
    SIGNED = "signed"
    BUILDING = "building"
    ENERGISED = "energised"
    BILLING = "billing"
    EXITED = "exited"

    @property
    def in_force(self) -> bool:
        """Tell whether somebody is bound to pay at this stage."""
        return self in {Stage.SIGNED, Stage.BUILDING, Stage.ENERGISED, Stage.BILLING}


@dataclass(frozen=True, slots=True)
class StageStep:
    """A stage and the moment (ms UTC) from which it holds, with its source."""

    stage: Stage
    since: int
    source: str
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One AI contract, or one plan that has no tenant yet.

    Attributes:
        name: unique within the company.
        stages: the way so far, oldest first; at least one.
        counterparty: who pays, in words; empty for a plan.
        counterparty_ticker: its stock, where it is listed.
        mw: None is not disclosed, never 0.
        mw_basis: `critical IT` or `gross`.
        value_usd: of the whole term.
        term_years: length.
        has_fixed_fee: part of the pay is a fixed fee.
        fixed_fee_usd_year: that fee, where disclosed.
        has_revenue_share: part of the pay is a share of the tenant's revenue.
        revenue_share_ratio: that share, where disclosed.
        guarantor: who stands in for the tenant.
        note: anything that limits the above.
        where: place in the book, `file:line`; no part of what the contract is.

    """

    name: str
    stages: tuple[StageStep, ...]
    counterparty: str = ""
    counterparty_ticker: str = ""
    mw: float | None = None
    mw_basis: str = ""
    value_usd: float | None = None
    term_years: float | None = None
    has_fixed_fee: bool = False
    fixed_fee_usd_year: float | None = None
    has_revenue_share: bool = False
    revenue_share_ratio: float | None = None
    guarantor: str = ""
    note: str = ""
    where: str = field(default="", compare=False)

    @property
    def run_rate_usd_year(self) -> float | None:
        """Return value / term in USD a year; None where either is not disclosed."""
        if self.value_usd is None or self.term_years is None:
            return None
        return self.value_usd / self.term_years

    @property
    def run_rate_usd_mw_year(self) -> float | None:
        """Return value / term / power in USD per MW and year, on the basis of `mw_basis`.

        None where one of the three is not disclosed.
        """
        run_rate = self.run_rate_usd_year
        return None if run_rate is None or not self.mw else run_rate / self.mw

    def step_at(self, moment: int) -> StageStep | None:
        """Return the step that holds at `moment` (ms UTC); None before the first."""
        known = [step for step in self.stages if step.since <= moment]
        return known[-1] if known else None

    def in_force_at(self, moment: int) -> bool:
        """Tell whether the contract binds at `moment`."""
        step = self.step_at(moment)
        return step is not None and step.stage.in_force

    @property
    def tenant(self) -> str:
        """Return by what two contracts are seen to have the same tenant: its ticker, else name."""
        return self.counterparty_ticker or self.counterparty.casefold()


@dataclass(frozen=True, slots=True)
class StageSum:
    """Power at one stage: what is disclosed, and how many entries disclose none."""

    mw: float | None
    entries: int
    undisclosed: int


def mw_by_stage(contracts: Iterable[Contract], moment: int) -> dict[Stage, StageSum]:
    """Return the power at each stage that has an entry at `moment`, in the ladder's order."""
    found: dict[Stage, list[float | None]] = {}
    for contract in contracts:
        step = contract.step_at(moment)
        if step is not None:
            found.setdefault(step.stage, []).append(contract.mw)
    return {stage: _sum(found[stage]) for stage in Stage if stage in found}


def mw_in_force(contracts: Iterable[Contract], moment: int) -> StageSum:
    """Return the power under contracts in force at `moment`: ideas and evaluations are not in it."""
    return _sum([item.mw for item in contracts if item.in_force_at(moment)])


def _sum(powers: Sequence[float | None]) -> StageSum:
    disclosed = [mw for mw in powers if mw is not None]
    total = sum(disclosed) if disclosed else None
    return StageSum(total, len(powers), len(powers) - len(disclosed))


def tenant_shares(running: Sequence[Contract]) -> dict[str, float] | None:
    """Return each tenant's share of the run-rate of the `running` contracts, the largest first.

    A single tenant has all of it, whatever is disclosed. With several, None where one contract
    discloses no run-rate: any share would be too large. Empty without contracts.
    """
    tenants = {item.tenant: item.counterparty for item in running}
    if len(tenants) == 1:
        return dict.fromkeys(tenants.values(), 1.0)
    rates = [item.run_rate_usd_year for item in running]
    known = [rate for rate in rates if rate is not None]
    if len(known) < len(rates):
        return None
    paid = dict.fromkeys(tenants, 0.0)
    for item, rate in zip(running, known, strict=True):
        paid[item.tenant] += rate
    ranked = sorted(paid, key=lambda tenant: -paid[tenant])
    return {tenants[tenant]: paid[tenant] / sum(known) for tenant in ranked}


@dataclass(frozen=True, slots=True)
class RemainingTerm:
    """How long the contracts in force still run.

    Attributes:
        years: mean weighted by run-rate; None where no contract discloses both.
        contracts: how many are in it.
        undisclosed: how many in force are not, for want of a term or a value.

    """

    years: float | None
    contracts: int
    undisclosed: int


def remaining_term(contracts: Iterable[Contract], moment: int) -> RemainingTerm:
    """Return the remaining term of the contracts in force at `moment` (ms UTC).

    A term runs from the first day of billing, in whole days; a contract that does not bill yet has
    all of it.
    """
    weighed: list[tuple[float, float]] = []
    undisclosed = 0
    for contract in contracts:
        if not contract.in_force_at(moment):
            continue
        rate, term = contract.run_rate_usd_year, contract.term_years
        if rate is None or term is None:
            undisclosed += 1
            continue
        billed = [step.since for step in contract.stages if step.stage is Stage.BILLING]
        days = max(0, (moment - billed[0]) // _DAY_MS) if billed else 0
        weighed.append((rate, max(0.0, term - days / _YEAR_DAYS)))
    total = sum(rate for rate, _ in weighed)
    years = sum(rate * left for rate, left in weighed) / total if weighed else None
    return RemainingTerm(years, len(weighed), undisclosed)
