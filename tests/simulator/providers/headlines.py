"""A publisher's RSS: headlines about companies, and about bees."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate

from monitor.core.clock import HOUR, SECOND
from monitor.core.errors import BadQuote
from tests.simulator.market import Market
from tests.simulator.provider import VALUE, Outcome, Provider
from tests.simulator.scenarios import Scenario
from tests.simulator.shapes import Document, Shape

TITLES = (
    "HIVE Digital signs for another 20 MW",
    "How a hive of bees keeps warm",
    "Riot Platforms and Core Scientific report October output",
)


def rss(market: Market, _: str, __: Mapping[str, str]) -> Document:
    """Return three items, an hour old at the start of the simulator."""
    at = formatdate((market.began - HOUR) / SECOND, usegmt=True)
    items = "".join(
        f"<item><title>{title}</title><link>https://news.example/{place}</link>"
        f"<pubDate>{at}</pubDate></item>"
        for place, title in enumerate(TITLES)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'


# nothing in a text is changed: these leave it as it is
_LEFT = (
    Scenario.ZEROS,
    Scenario.WRONG_TYPE,
    Scenario.NAN,
    Scenario.NULL,
    Scenario.RENAMED_KEY,
)
_OUTCOMES: dict[tuple[Scenario, str], Outcome] = {
    (scenario, "headlines"): VALUE for scenario in _LEFT
}
PROVIDER = Provider(
    shapes=(Shape("", rss, (), content_type="application/rss+xml"),),
    outcomes={**_OUTCOMES, (Scenario.HTML, "headlines"): (BadQuote, "wrong_type")},
)
