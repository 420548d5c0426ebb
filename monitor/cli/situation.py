"""The situation that a command asks about: the running service's, the books', or an invented one.

The market comes from the running service if there is one, else from `--market`, else, where the
command says so, from the invented history that ships with hashhedge; that is never done silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import structs
from rich.text import Text

from alerts.rulebook import Rulebook
from monitor.app.world import World, build_step, find_catalogue
from monitor.books import load_companies
from monitor.cli.company import day_known
from monitor.cli.inputs import parse_numbers, refuse_implausible
from monitor.cli.live import committed, redis_url, settings_with
from monitor.cli.output import talk
from monitor.compute.overrides import overridden
from monitor.compute.plan import MARKET_INPUTS, STOCK_INPUTS, TENANT_INPUTS, Plan
from monitor.compute.saved import Saved
from monitor.compute.situation import MarketOrigin, Situation
from monitor.core.clock import SystemClock
from monitor.core.errors import StoreUnavailable
from monitor.domain.companies import Companies
from monitor.domain.events import Quality, Quote, Reading, Tick
from monitor.nyse import nyse_calendar
from monitor.replay.synthesis import synthetic_moments

MarketOption = Annotated[
    list[str] | None,
    typer.Option(
        "--market",
        metavar="NAME=VALUE",
        help="A number of the market, as btc_usd=60000; repeat it for more. "
        "`synthetic` takes the demo's invented ones.",
    ),
]

WORDS = {
    MarketOrigin.SERVICE: "market: as the running service has it",
    MarketOrigin.GIVEN: "market: as given with --market",
    MarketOrigin.SYNTHETIC: "market: SYNTHETIC, invented numbers of the demo, not today's",
    MarketOrigin.NONE: "market: unknown, no service runs; give --market btc_usd=…, or --market synthetic",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command needs to know.

    Attributes:
        companies: folder of company files over the default ones.
        live: the option that names the Redis of a running service.
        market: the options that give numbers of the market.
        as_of: the day whose knowledge counts; no running service is asked then.
        invent: take the invented market where there is no other.

    """

    companies: Path | None
    live: str | None
    market: list[str] | None = None
    as_of: str | None = None
    invent: bool = False


def find_situation(wanted: Wanted) -> Situation:
    """Return the situation that `wanted` asks about.

    Raises:
        ConfigError: a book, an option or a URL that cannot be used.
        StoreUnavailable: the running service's Redis did not answer.

    """
    words = [word for item in wanted.market or [] for word in item.replace(",", " ").split()]
    invented = MarketOrigin.SYNTHETIC.value in words
    numbers = [word for word in words if word != MarketOrigin.SYNTHETIC.value]
    given = parse_numbers(numbers, MARKET_INPUTS, "--market")
    refuse_implausible(given, "--market")
    alone = wanted.as_of is not None or invented
    saved = None if alone else _memory(wanted.live)
    if saved is not None:
        origin = MarketOrigin.SERVICE
    elif invented or (wanted.invent and not given):
        origin = MarketOrigin.SYNTHETIC
    else:
        origin = MarketOrigin.GIVEN if given else MarketOrigin.NONE
    situation = _standing(wanted, saved or Saved(), origin)
    if origin is MarketOrigin.SYNTHETIC:
        _invent(situation)
    readings = {name: Reading(value, Quality.OK) for name, value in given.items()}
    situation.change(readings, None, MarketOrigin.GIVEN.value)
    return situation


def _memory(option: str | None) -> Saved | None:
    """Return what the running service committed last, None if none runs.

    A private one that was killed leaves its address behind: it does not run, which is said.
    """
    url = redis_url(option)
    if url is None:
        return None
    try:
        return committed(url)
    except StoreUnavailable:
        if settings_with(redis_url=option).redis_url is not None:
            raise  # somebody says that it is there
        talk.print("the service of this directory does not answer, so it is taken as not running")
        return None


def _standing(wanted: Wanted, saved: Saved, origin: MarketOrigin) -> Situation:
    """Return what the books say, and what a service has committed."""
    now = day_known(wanted.as_of)
    books = load_companies(SystemClock().now(), wanted.companies)
    world = World(books, Rulebook(()), (), find_catalogue(), nyse_calendar())
    step = build_step(world)
    step.restore(saved)
    step.advance(now)  # what has grown old since the last commit is old
    companies = {ticker: overridden(books[ticker], saved.quotes, now) for ticker in books}
    return Situation(step, Companies(companies), Plan(world.catalogue), now, origin)


def _invent(situation: Situation) -> None:
    """Let the step take the last numbers of the invented history, and mark all that it feeds."""
    newest: dict[tuple[str, str], Quote] = {}
    for moment in synthetic_moments():
        newest |= {(quote.instrument, quote.source): quote for quote in moment.quotes}
    now, step = situation.now, situation.step
    step.process(
        Tick("0-0", now, tuple(structs.replace(q, observed_at=now) for q in newest.values()))
    )
    own = [*STOCK_INPUTS, *TENANT_INPUTS]
    places: list[tuple[str, str | None, int]] = [(name, None, 0) for name in MARKET_INPUTS]
    places += [(name, firm.ticker, row) for row, firm in enumerate(step.firms) for name in own]
    for name, ticker, row in places:
        quotes = step.instruments.quotes(step.instrument_of(name, row) or "")
        if quotes:
            situation.put[name, ticker] = ", ".join(quote.source for quote in quotes)


def market_data(situation: Situation) -> dict[str, Any]:
    """Return the market's inputs and where they come from, as an answer holds them."""
    return {
        "origin": situation.market.value,
        "inputs": [situation.origin(name, None) for name in MARKET_INPUTS],
    }


def market_line(market: dict[str, Any]) -> Text:
    """Return the line that says where the market of an answer comes from; loud if invented."""
    origin = MarketOrigin(market["origin"])
    given = [item["name"] for item in market["inputs"] if item["source"] == MarketOrigin.GIVEN]
    mixed = given and origin is not MarketOrigin.GIVEN
    words = f"{WORDS[origin]}; given: {', '.join(given)}" if mixed else WORDS[origin]
    return Text(words, style="" if origin is MarketOrigin.SERVICE else "bold yellow")
