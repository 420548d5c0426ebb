"""Every provider, whoever wrote it, against every way its answers go wrong.

The providers are found by their place; a new file is held to this without an edit here, except
that the simulator must know its shape.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from monitor.core.clock import ManualClock
from monitor.core.discovery import declared
from monitor.core.errors import BadQuote, FeedError, FeedRejected, FeedUnavailable
from monitor.domain.events import Quote
from monitor.domain.notices import notice_fault
from monitor.domain.plausibility import judge
from monitor.feeds.base import Feed, FeedSpec, Fetched, faults_of, notices_of, quotes_of
from monitor.feeds.declaration import spec_faults
from monitor.feeds.http import HttpClient
from monitor.feeds.lanes import lanes_of
from tests.quotes import newest
from tests.simulator.catalogue import ENVIRON, PROVIDERS
from tests.simulator.provider import VALUE, Outcome
from tests.simulator.scenarios import FUTURE_BY, STALE_BY, Scenario
from tests.simulator.server import Simulator

NOW = 1_768_229_760_000
FILES = Path(__file__).resolve().parents[2] / "monitor" / "feeds"
FEEDS = dict(declared("monitor.feeds", "FEED", Feed))
LANES = [
    # shares of one feed differ in nothing but the ticker: two of them stand for all
    (name, list(lane.spec.instruments))
    for name, feed in FEEDS.items()
    for lane in lanes_of(feed.spec)[: 2 if feed.spec.shares else None]
]
FIGURES = ("shares_count",)  # quoted of a company in the place of a share
# What each scenario must lead to; where a provider differs, its file in the simulator says so.
OUTCOMES: dict[Scenario, Outcome] = {
    Scenario.NORMAL: VALUE,
    Scenario.STALE: VALUE,
    Scenario.FUTURE: VALUE,
    Scenario.SLOW: (FeedUnavailable, "timeout"),
    Scenario.THROTTLED: (FeedUnavailable, "throttled"),
    Scenario.SERVER_ERROR: (FeedUnavailable, "server_error"),
    Scenario.DROPPED: (FeedUnavailable, "connection"),
    Scenario.UNAUTHORIZED: (FeedRejected, "unauthorized"),
    Scenario.FORBIDDEN: (FeedRejected, "forbidden"),
    Scenario.NOT_FOUND: (FeedRejected, "not_found"),
    Scenario.GEO_BLOCKED: (FeedRejected, "geo_blocked"),
    Scenario.REDIRECT: (FeedRejected, "redirected"),
    Scenario.ZEROS: (BadQuote, "zero_price"),
    Scenario.TRUNCATED: (BadQuote, "not_json"),
    Scenario.WRONG_TYPE: (BadQuote, "wrong_type"),
    Scenario.HTML: (BadQuote, "not_json"),
    Scenario.NAN: (BadQuote, "not_a_number"),
    Scenario.NULL: (BadQuote, "missing_field"),
    Scenario.TEXT: VALUE,
    Scenario.CROSSED: VALUE,  # the gate behind the adapter refuses it
    Scenario.MS_FOR_S: VALUE,
    Scenario.RENAMED_KEY: (BadQuote, "missing_field"),
    Scenario.GZIP_BOMB: (BadQuote, "too_large"),
    Scenario.HUGE: (BadQuote, "too_large"),
    Scenario.NOT_TEXT: (BadQuote, "not_text"),
}


@pytest.fixture
async def simulator() -> AsyncIterator[tuple[Simulator, str]]:
    """Serve every provider on a free port, under a clock that stands still."""
    simulator = Simulator(clock=ManualClock(NOW))
    server = TestServer(simulator.app(), handler_cancellation=True, shutdown_timeout=0.1)
    async with server:
        yield simulator, str(server.make_url("/")).rstrip("/")


async def fetch(name: str, instruments: Sequence[str], base: str) -> Sequence[Quote]:
    """Ask one lane of one provider through the live client for its quotes."""
    found = quotes_of(await ask(name, instruments, base))
    wanted = {*instruments, *(f"{name}.{figure}" for name in instruments for figure in FIGURES)}
    order = {instrument: place for place, instrument in enumerate(instruments)}
    kept = newest(quote for quote in found if quote.instrument in wanted)
    return sorted(kept, key=lambda quote: order.get(_owner(quote, order), 0))


def _owner(quote: Quote, order: Mapping[str, int]) -> str:
    """Return what was asked for that brought a quote: a figure comes along with its company."""
    name = quote.instrument
    return name if name in order else name.partition(".")[0]


async def ask_all(name: str, instruments: Sequence[str], base: str) -> None:
    """Ask one lane of one provider; what it could not read of its answer is raised."""
    for fault in faults_of(await ask(name, instruments, base)):
        raise fault.error


async def ask(name: str, instruments: Sequence[str], base: str) -> Sequence[Fetched]:
    """Ask one lane of one provider through the live client."""
    spec = FEEDS[name].overridden(base_url=f"{base}/{name}").spec
    wanted = set(instruments)
    lane = next(lane for lane in lanes_of(spec) if set(lane.instruments) == wanted)
    async with HttpClient(ManualClock(NOW), ENVIRON) as client:
        return await FEEDS[name].fetch(client.bind(lane.spec), lane.spec)


@pytest.mark.parametrize("scenario", [item for item in Scenario if item is not Scenario.SLOW])
@pytest.mark.parametrize(("name", "instruments"), LANES)
async def test_right_value_or_right_error(
    name: str, instruments: list[str], scenario: Scenario, simulator: tuple[Simulator, str]
) -> None:
    """Whatever the provider sends: the right value, or the error that names what was wrong."""
    served, base = simulator
    served.set_scenario(name, scenario)
    keys = [(scenario, name), *((scenario, instrument) for instrument in instruments)]
    own = PROVIDERS[name].outcomes
    outcome = next((own[key] for key in keys if key in own), OUTCOMES[scenario])
    if not isinstance(outcome, str):
        kind, reason = outcome
        with pytest.raises(kind) as caught:
            await ask_all(name, instruments, base)
        assert caught.value.reason == reason
        assert name in str(caught.value)
        return
    if FEEDS[name].spec.notices:
        notices = notices_of(await ask(name, instruments, base))
        assert notices
        assert {notice.source for notice in notices} == {name}
        assert {notice.subject for notice in notices} <= {*instruments, ""}
        assert {notice_fault(notice, NOW) for notice in notices} <= {"", "future"}
        return
    quotes = await fetch(name, instruments, base)
    order = {instrument: place for place, instrument in enumerate(instruments)}
    assert [_owner(quote, order) for quote in quotes] == instruments
    if scenario is Scenario.ZEROS:
        assert any(quote.value == 0 for quote in quotes)
    for quote in quotes:
        zero = scenario is Scenario.ZEROS and quote.value == 0
        assert zero or quote.value == served.market.value(quote.instrument, name)
        assert (quote.source, quote.received_at) == (name, NOW)
        assert quote.fresh_ms == FEEDS[name].spec.fresh_s * 1_000


@pytest.mark.parametrize("name", FEEDS)
async def test_a_slow_answer_is_given_up_in_time(
    name: str, simulator: tuple[Simulator, str]
) -> None:
    """The declared time-out ends the wait, and says so."""
    served, base = simulator
    served.set_scenario(name, Scenario.SLOW)
    feed = FEEDS[name].overridden(base_url=f"{base}/{name}")
    lane = lanes_of(feed.spec)[0]
    spec = replace(lane.spec, timeout_s=0.1)
    async with HttpClient(ManualClock(NOW), ENVIRON) as client, asyncio.timeout(5):
        with pytest.raises(FeedUnavailable) as caught:
            await feed.fetch(client.bind(spec), spec)
    assert caught.value.reason == OUTCOMES[Scenario.SLOW][1]


@pytest.mark.parametrize("name", FEEDS)
async def test_the_source_s_own_time_is_kept(name: str, simulator: tuple[Simulator, str]) -> None:
    """An old answer is given with its own time; only a source without one takes ours, marked."""
    served, base = simulator
    timed = PROVIDERS[name].is_timed
    if PROVIDERS[name].stated:
        lane = lanes_of(FEEDS[name].spec)[0]
        assert all(
            not quote.local_time for quote in await fetch(name, list(lane.instruments), base)
        )
        return
    for scenario, moved_ms in ((Scenario.STALE, STALE_BY), (Scenario.FUTURE, FUTURE_BY)):
        served.set_scenario(name, scenario)
        lane = lanes_of(FEEDS[name].spec)[0]
        for quote in await fetch(name, sorted(lane.instruments), base):
            assert quote.local_time is not timed
            assert quote.observed_at == (NOW + moved_ms if timed else NOW)
            refused = "future" if timed and scenario is Scenario.FUTURE else None
            assert judge(quote, None, NOW) == refused


VENUES = [name for name in FEEDS if any(shape.book for shape in PROVIDERS[name].shapes)]


@pytest.mark.parametrize("name", VENUES)
async def test_a_crossed_book_gets_no_further(name: str, simulator: tuple[Simulator, str]) -> None:
    """A bid above the ask is passed on as it came, and refused at the gate."""
    served, base = simulator
    served.set_scenario(name, Scenario.CROSSED)
    lane = lanes_of(FEEDS[name].spec)[0]
    quotes = await fetch(name, sorted(lane.instruments), base)
    assert "crossed" in {judge(quote, None, NOW) for quote in quotes}


@pytest.mark.parametrize("name", ["coinbase", "kraken", "bitstamp"])
async def test_a_venue_gives_its_book(name: str, simulator: tuple[Simulator, str]) -> None:
    """Bid, ask and 24 h volume come with the price of a venue."""
    served, base = simulator
    (quote,) = await fetch(name, ["BTC-USD"], base)
    price = served.market.value("BTC-USD", name)
    assert (quote.bid, quote.ask) == (price - 1, price + 1)
    volumes = {"coinbase": "8123.45678901", "kraken": "2500", "bitstamp": "1800"}
    assert quote.volume == Decimal(volumes[name])


async def test_a_key_goes_out_as_a_header(simulator: tuple[Simulator, str]) -> None:
    """The simulated Finnhub refuses a request without the header; ours is answered."""
    _, base = simulator
    (quote,) = await fetch("finnhub", ["CRWV"], base)
    assert quote.instrument == "CRWV"


@pytest.mark.parametrize("name", ["yahoo", "finnhub"])
async def test_an_unknown_symbol_is_no_price(name: str, simulator: tuple[Simulator, str]) -> None:
    """Each provider's own way of saying "never heard of it" ends in an error."""
    _, base = simulator
    spec = replace(FEEDS[name].spec, base_url=f"{base}/{name}", instruments={"GONE": "GONE"})
    async with HttpClient(ManualClock(NOW), ENVIRON) as client:
        with pytest.raises(FeedError) as caught:
            await FEEDS[name].fetch(client.bind(spec), spec)
    assert caught.value.reason == {"yahoo": "not_found", "finnhub": "zero_price"}[name]


@pytest.mark.parametrize("name", FEEDS)
def test_declarations_hold(name: str) -> None:
    """Each declaration is complete, fits its own rate limit, and is named like its file."""
    spec = FEEDS[name].spec
    assert spec_faults(spec) == []
    assert spec.name == name


def test_feeds_of_one_account_fit_its_limit() -> None:
    """They declare one limit, and what they need together at their own pace is inside it."""
    accounts: dict[str, list[FeedSpec]] = {}
    for feed in FEEDS.values():
        accounts.setdefault(feed.spec.account or feed.spec.name, []).append(feed.spec)
    for account, specs in accounts.items():
        assert len({spec.requests_per_minute for spec in specs}) == 1, account
        needed = sum(len(lanes_of(spec)) * 60 / spec.interval_s for spec in specs if spec.enabled)
        assert needed <= specs[0].requests_per_minute, account


def test_every_provider_is_simulated() -> None:
    """A provider without a shape in the simulator would be tested by nothing here."""
    assert set(FEEDS) == set(PROVIDERS)


SEAM = {
    "__future__",
    "collections.abc",
    "decimal",
    "json",
    "monitor.core.errors",
    "datetime",
    "email.utils",
    "re",
    "statistics",
    "xml.etree",
    "zoneinfo",
    "monitor.core.clock",
    "monitor.domain.events",
    "monitor.domain.figures",
    "monitor.domain.flows",
    "monitor.domain.funding",
    "monitor.domain.notices",
    "monitor.domain.options",
    "monitor.domain.series",
    "monitor.domain.sessions",
    "monitor.feeds.answers",
    "monitor.feeds.binance_spot",
    "monitor.feeds.binance_stream",
    "monitor.feeds.base",
    "monitor.feeds.coinglass",
    "monitor.feeds.envelope",
    "monitor.feeds.liquidations",
    "monitor.feeds.okx",
    "monitor.feeds.reasons",
    "monitor.feeds.sequence",
    "monitor.feeds.streams",
    "monitor.nyse",
}


@pytest.mark.parametrize("name", FEEDS)
def test_a_provider_imports_the_seam_only(name: str) -> None:
    """A provider knows domain, calendar, core errors and the seam: no client, store or log."""
    imported = set()
    for node in ast.walk(ast.parse((FILES / f"{name}.py").read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert imported <= SEAM
