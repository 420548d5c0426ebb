"""What a company is made of: former tickers, listings, machines, sites, and how it is judged."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.books.entries import (
    AliasEntry,
    ListingEntry,
    MachineEntry,
    RiskEntry,
    SiteEntry,
    Ticker,
)
from monitor.books.reading import Paper, Reading, midnight
from monitor.core.clock import Millis
from monitor.core.mends import Step, nearest
from monitor.domain.facts import FACTS
from monitor.domain.fleet import Fleet, Machine
from monitor.domain.risk_levels import Level, RiskKind, RiskLevel, SubFlag
from monitor.domain.sites import Cooling, Site
from monitor.domain.tickers import Alias, Listing

_SHARES_SLACK = 0.01
_Row = tuple[MachineEntry, Paper, tuple[Step, ...]]


def read_aliases(reading: Reading) -> tuple[Alias, ...]:
    """Return the former tickers; a plain one has no dates."""
    aliases: list[Alias] = []
    for index, raw in enumerate(reading.document.data.get("aliases") or ()):
        place = ("aliases", index)
        if not isinstance(raw, dict):
            ticker = reading.entry(Ticker, *place)
            aliases += [] if ticker is None else [Alias(ticker)]
            continue
        entry = reading.entry(AliasEntry, *place)
        if entry is None:
            continue
        since = None if entry.since is None else reading.moment(entry.since, *place, "since")
        until = None if entry.until is None else reading.moment(entry.until, *place, "until")
        if since is not None and until is not None and since >= until:
            reading.refuse("it ends before it begins", "mend since or until", *place)
        aliases.append(Alias(entry.ticker, since, until))
    return tuple(aliases)


def read_listings(reading: Reading) -> tuple[Listing, ...]:
    """Return where the share is traded; plain text names exchange and symbol."""
    listings: list[Listing] = []
    for index, raw in enumerate(reading.document.data.get("listings") or ()):
        if not isinstance(raw, dict):
            text = reading.entry(str, "listings", index)
            listings += [] if text is None else [Listing.parsed(text)]
            continue
        entry = reading.entry(ListingEntry, "listings", index)
        if entry is not None:
            listings.append(Listing(entry.exchange, entry.symbol, entry.currency))
    return tuple(listings)


def read_fleets(reading: Reading) -> tuple[Fleet, ...]:
    """Return the fleets: the machines of one day, told by one publication, are one fleet."""
    days: dict[tuple[Millis, Millis | None], list[_Row]] = {}
    for entry, place in reading.entries(MachineEntry, "fleet"):
        as_of = reading.moment(entry.as_of, *place, "as_of")
        paper = reading.paper(entry.source, *place, "source")
        if _fits(reading, entry, *place):
            days.setdefault((as_of, paper.published), []).append((entry, paper, place))
    fleets = (
        Fleet(as_of, published, _machines(reading, rows))
        for (as_of, published), rows in sorted(days.items(), key=lambda item: item[0][0])
    )
    return tuple(fleet for fleet in fleets if fleet.machines)


def _fits(reading: Reading, entry: MachineEntry, *place: Step) -> bool:
    """Tell whether a machine's numbers can be true; note what cannot."""
    fine = True
    checks = (
        ("efficiency_j_th", entry.efficiency_j_th, FACTS["efficiency_j_th"]),
        ("hashrate_eh_s", entry.hashrate_eh_s, FACTS["hashrate_installed_eh_s"]),
    )
    for name, value, spec in checks:
        if value is not None and not spec.plausible(value):
            problem = f"{name} of {value:,g} is not plausible, expected {spec.expected}"
            reading.refuse(problem, f"give it in {spec.unit}", *place, name)
            fine = False
    share = entry.share_ratio
    if share is not None and not 0 < share <= 1:
        problem = f"share_ratio of {share:,g} is not plausible, expected above 0 to 1"
        reading.refuse(problem, "give a fraction, 0.5 for 50 %", *place, "share_ratio")
        fine = False
    if (share is None) == (entry.hashrate_eh_s is None):
        problem = f"`{entry.name}` needs its share or its hashrate, and not both"
        reading.refuse(problem, "give share_ratio or hashrate_eh_s", *place)
        fine = False
    return fine


def _machines(reading: Reading, rows: Sequence[_Row]) -> tuple[Machine, ...]:
    """Return the machines of one day with their shares; they must tell the same kind of thing."""
    day = rows[0][0].as_of
    sizes = [entry.hashrate_eh_s for entry, _, _ in rows if entry.hashrate_eh_s is not None]
    shares = [entry.share_ratio for entry, _, _ in rows if entry.share_ratio is not None]
    place = rows[0][2]
    if sizes and shares:
        problem = f"the fleet of {day} has shares and hashrates"
        reading.refuse(problem, "give one of them for all its machines", *place)
        return ()
    if shares and abs(sum(shares) - 1) > _SHARES_SLACK:
        problem = f"the shares of the fleet of {day} add up to {sum(shares):.4g}, expected 1"
        reading.refuse(problem, "add the machines that are missing", *place)
        return ()
    if sizes and not sum(sizes):
        problem = f"the fleet of {day} has no hashrate"
        reading.refuse(problem, "remove it, or mend its hashrates", *place)
        return ()
    return tuple(
        Machine(
            name=entry.name,
            efficiency_j_th=entry.efficiency_j_th,
            share_ratio=part / sum(sizes or shares),
            source=paper.source,
            title=paper.title,
            confidence=entry.confidence,
            hashrate_eh_s=entry.hashrate_eh_s,
            note=entry.note,
        )
        for (entry, paper, _), part in zip(rows, sizes or shares, strict=True)
    )


def read_sites(reading: Reading) -> tuple[Site, ...]:
    """Return the sites; one that is used for AI must say how it is cooled."""
    sites: list[Site] = []
    for entry, place in reading.entries(SiteEntry, "sites"):
        paper = reading.paper(entry.source, *place, "source")
        if entry.use.has_ai and entry.cooling is None:
            problem = f"`{entry.name}` is used for AI and does not say how it is cooled"
            words = ", ".join(Cooling)
            reading.refuse(problem, f"add `cooling:`, one of {words}", *place)
        spec = FACTS["energised_mw"]
        if entry.mw is not None and not spec.plausible(entry.mw):
            problem = f"mw of {entry.mw:,g} is not plausible, expected {spec.expected}"
            reading.refuse(problem, "give it in MW", *place, "mw")
        if entry.mw is not None and (entry.power_contracted_mw or 0) > entry.mw:
            problem = f"{entry.power_contracted_mw:,g} MW contracted for {entry.mw:,g} MW"
            reading.refuse(problem, "give the part that this site uses", *place)
        sites.append(
            Site(
                name=entry.name,
                as_of=reading.moment(entry.as_of, *place, "as_of"),
                use=entry.use,
                source=paper.source,
                title=paper.title,
                confidence=entry.confidence,
                published=paper.published,
                mw=entry.mw,
                mw_basis=entry.mw_basis,
                power_contracted_mw=entry.power_contracted_mw,
                cooling=entry.cooling,
                pue=entry.pue,
                ramp=None if entry.ramp is None else midnight(entry.ramp),
                note=entry.note,
            )
        )
    return tuple(sites)


def read_risks(reading: Reading) -> tuple[RiskLevel, ...]:
    """Return the judged risks; each needs an author and an end."""
    risks: list[RiskLevel] = []
    for entry, place in reading.entries(RiskEntry, "risks"):
        paper = reading.paper(entry.source, *place, "source")
        since, expires = reading.moment(entry.date, *place, "date"), midnight(entry.expires)
        if expires <= since:
            reading.refuse("it expires before it begins", "mend date or expires", *place)
        if entry.risk is not RiskKind.ALLOCATION and entry.level not in set(Level):
            problem = f"`{entry.level}` is no level of {entry.risk}"
            reading.refuse(problem, nearest(entry.level, list(Level)), *place, "level")
        if entry.sub_flags and entry.risk is not RiskKind.COMPLIANCE:
            problem = f"{entry.risk} has no sub-flags"
            reading.refuse(problem, "keep them with compliance", *place, "sub_flags")
        risks.append(
            RiskLevel(
                risk=entry.risk,
                level=entry.level,
                reason=entry.reason,
                date=since,
                author=entry.author,
                expires=expires,
                source=paper.source,
                title=paper.title,
                sub_flags=_sub_flags(reading, entry, *place),
                where=reading.document.where(*place),
            )
        )
    return tuple(sorted(risks, key=lambda item: item.date))


def _sub_flags(reading: Reading, entry: RiskEntry, *place: Step) -> tuple[SubFlag, ...]:
    flags: list[SubFlag] = []
    for kind, flag in entry.sub_flags.items():
        here = (*place, "sub_flags", kind.value)
        paper = reading.paper(flag.source, *here, "source")
        since = reading.moment(flag.date, *here, "date")
        flags.append(SubFlag(kind, flag.raised, since, flag.text, paper.source, paper.title))
    return tuple(flags)
