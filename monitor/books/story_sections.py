"""What happened to a company and what it agreed: statuses, contracts, events, flags, claims."""

from __future__ import annotations

from monitor.books.entries import (
    ClaimEntry,
    ContractEntry,
    CorporateActionEntry,
    EventEntry,
    FlagEntry,
    StatusEntry,
)
from monitor.books.reading import Reading, midnight
from monitor.core.mends import nearest
from monitor.domain.claims import NUMBERS, Claim
from monitor.domain.companies import Event, Flag, StatusStep
from monitor.domain.contracts import Contract, StageStep
from monitor.domain.corporate_actions import ActionKind, CorporateAction


def read_statuses(reading: Reading) -> tuple[StatusStep, ...]:
    """Return the AI statuses, oldest first."""
    entries = [entry for entry, _ in reading.entries(StatusEntry, "ai_status")]
    return tuple(
        StatusStep(entry.status, since, paper.source, paper.title, entry.note)
        for entry, since, paper in reading.steps(entries, "ai_status")
    )


def read_contracts(reading: Reading) -> tuple[Contract, ...]:
    """Return the AI contracts and plans."""
    contracts: list[Contract] = []
    for entry, place in reading.entries(ContractEntry, "contracts"):
        steps = tuple(
            StageStep(step.stage, since, paper.source, paper.title, step.note)
            for step, since, paper in reading.steps(entry.stages, *place, "stages")
        )
        if any(step.stage.in_force for step in steps) and not entry.counterparty:
            problem = f"`{entry.name}` is signed by nobody"
            reading.refuse(problem, "name its counterparty", *place)
        if any(entry.name == other.name for other in contracts):
            reading.refuse(f"`{entry.name}` twice", "give each its own name", *place, "name")
        contracts.append(_contract(entry, steps, reading.document.where(*place)))
    return tuple(contracts)


def read_events(reading: Reading) -> tuple[Event, ...]:
    """Return the events, oldest first."""
    events: list[Event] = []
    for entry, place in reading.entries(EventEntry, "events"):
        paper = reading.paper(entry.source, *place, "source")
        at = reading.moment(entry.at, *place, "at")
        events.append(Event(entry.kind, at, entry.text, paper.source, paper.title))
    return tuple(sorted(events, key=lambda event: event.at))


def read_corporate_actions(reading: Reading) -> tuple[CorporateAction, ...]:
    """Return the splits, oldest first; one that is announced may lie ahead."""
    actions: list[CorporateAction] = []
    for entry, place in reading.entries(CorporateActionEntry, "corporate_actions"):
        paper = reading.paper(entry.source, *place, "source")
        new, old = (int(part) for part in entry.ratio.split(":"))
        if (new < old) is not (entry.kind is ActionKind.REVERSE_SPLIT) or new == old:
            problem = f"{new} new shares for {old} old ones are no {entry.kind.words}"
            mend = "write new:old, 1:10 for a reverse split and 4:1 for a split"
            reading.refuse(problem, mend, *place, "ratio")
        day = midnight(entry.effective)
        if any(day == other.date for other in actions):
            reading.refuse(f"two on {entry.effective}", "give one ratio for both", *place)
        action = CorporateAction(entry.kind, new, old, day, paper.source, paper.title, entry.note)
        actions.append(action)
    return tuple(sorted(actions, key=lambda action: action.date))


def read_flags(reading: Reading) -> tuple[Flag, ...]:
    """Return the standing flags."""
    flags: list[Flag] = []
    for entry, place in reading.entries(FlagEntry, "flags"):
        paper = reading.paper(entry.source, *place, "source")
        since = reading.moment(entry.since, *place, "since")
        until = None if entry.until is None else midnight(entry.until)
        flags.append(Flag(entry.kind, since, entry.text, paper.source, paper.title, until))
    return tuple(flags)


def read_claims(reading: Reading) -> tuple[Claim, ...]:
    """Return what the article claims."""
    claims: list[Claim] = []
    for entry, place in reading.entries(ClaimEntry, "claims"):
        for name in entry.numbers:
            if name not in NUMBERS:
                mend = nearest(name, list(NUMBERS))
                reading.refuse(f"no number `{name}`", mend, *place, "numbers", name)
        source = reading.paper(entry.source, *place, "source").source if entry.source else ""
        claims.append(
            Claim(
                claim=entry.claim,
                says=entry.says,
                verdict=entry.verdict,
                found=entry.found,
                source=source,
                numbers=entry.numbers,
            )
        )
    return tuple(claims)


def _contract(entry: ContractEntry, steps: tuple[StageStep, ...], where: str) -> Contract:
    return Contract(
        name=entry.name,
        stages=steps,
        counterparty=entry.counterparty,
        counterparty_ticker=entry.counterparty_ticker or "",
        mw=entry.mw,
        mw_basis=entry.mw_basis,
        value_usd=entry.value_usd,
        term_years=entry.term_years,
        has_fixed_fee=entry.fixed_fee is not None,
        fixed_fee_usd_year=entry.fixed_fee.usd_year if entry.fixed_fee else None,
        has_revenue_share=entry.revenue_share is not None,
        revenue_share_ratio=entry.revenue_share.ratio if entry.revenue_share else None,
        guarantor=entry.guarantor,
        note=entry.note,
        where=where,
    )
