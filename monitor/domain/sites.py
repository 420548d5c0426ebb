"""The sites of a company: power, what it is used for, how it is cooled, when more comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.domain.figures import Confidence, Figure


class Use(StrEnum):
    """What a site's power is used for."""

    MINING = "mining"
    AI = "ai"
    BOTH = "both"

    @property
    def has_ai(self) -> bool:
        """Tell whether AI machines run there, or are to run there."""
        return self is not Use.MINING


class Cooling(StrEnum):
    """How the machines of a site are cooled. `undisclosed` says that the paper does not tell."""

    AIR = "air"
    HYDRO = "hydro"
    IMMERSION = "immersion"
    LIQUID = "liquid"
    MIXED = "mixed"
    UNDISCLOSED = "undisclosed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One site as one paper describes it.

    Attributes:
        name: unique within the company; a later entry of the same name replaces it.
        as_of: the day it describes (ms UTC).
        use: mining, AI or both.
        source: address of the paper, or words.
        title: name of the paper.
        confidence: how well it is sourced.
        published: when it became known; None: not recorded, as_of stands in.
        mw: power built or being built; None is not disclosed, never 0.
        mw_basis: `critical IT` or `gross`.
        power_contracted_mw: power with a supply contract; None is not disclosed.
        cooling: None for a mining site whose paper does not tell; always there for AI.
        pue: energy of the site over that of its machines.
        ramp: day on which the power is due (ms UTC); None: it is in use.
        note: what limits it.

    """

    name: str
    as_of: int
    use: Use
    source: str
    title: str
    confidence: Confidence
    published: int | None = None
    mw: float | None = None
    mw_basis: str = ""
    power_contracted_mw: float | None = None
    cooling: Cooling | None = None
    pue: float | None = None
    ramp: int | None = None
    note: str = ""

    @property
    def known_at(self) -> int:
        """Return the moment from which it may be used."""
        return self.as_of if self.published is None else max(self.as_of, self.published)


def sites_at(sites: Sequence[Site], moment: int) -> tuple[Site, ...]:
    """Return the newest entry of each site that was known at `moment` (ms UTC), by name."""
    found: dict[str, Site] = {}
    for site in sorted(sites, key=lambda item: (item.as_of, item.known_at)):
        if site.known_at <= moment:
            found[site.name] = site
    return tuple(found[name] for name in sorted(found))


def site_figures(sites: Sequence[Site]) -> list[Figure]:
    """Return the facts that follow from the sites in use, at each day on which one became known.

    `power_contracted_ratio`: contracted over all power; `ai_site_overhead_ratio`: the PUE of the
    AI sites weighted by their power. A day on which a site in use does not disclose what is needed
    gives none: it would be too small or too good.
    """
    figures: list[Figure] = []
    for day in sorted({site.known_at for site in sites}):
        running = [item for item in sites_at(sites, day) if item.ramp is None or item.ramp <= day]
        figures += _figures(running, day)
    return figures


def _figures(running: Sequence[Site], day: int) -> list[Figure]:
    ai = [site for site in running if site.use.has_ai]
    parts: tuple[tuple[str, Sequence[Site], Callable[[Site], float | None]], ...] = (
        ("power_contracted_ratio", running, lambda site: site.power_contracted_mw),
        ("ai_site_overhead_ratio", ai, _overhead_mw),
    )
    found: list[Figure] = []
    for fact, sites, part in parts:
        above = [part(site) for site in sites]
        below = [site.mw for site in sites]
        if not sites or None in above or None in below or len({s.mw_basis for s in sites}) > 1:
            continue
        newest = max(sites, key=lambda site: (site.as_of, site.known_at))
        found.append(
            Figure(
                fact=fact,
                value=sum(filter(None, above)) / sum(filter(None, below)),
                as_of=newest.as_of,
                published=day,
                source=newest.source,
                title=newest.title,
                confidence=min((s.confidence for s in sites), key=lambda word: word.rank),
                basis="sites in use, weighted by MW",
                note="sites: " + ", ".join(site.name for site in sites),
                is_derived=True,
            )
        )
    return found


def _overhead_mw(site: Site) -> float | None:
    return None if site.pue is None or site.mw is None else site.pue * site.mw
