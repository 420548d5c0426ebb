"""The feed seam: what a provider declares, and the one call it answers. Hop 2.

A provider file binds `FEED` to a `Feed`. It builds the request, parses the answer with Decimal
from the text, and takes the source's own time. It does not retry, wait, log or touch Redis.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

from monitor.core.errors import FeedError
from monitor.domain.events import Quote
from monitor.domain.notices import Notice


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, already bounded in size and time.

    Attributes:
        status: the HTTP status.
        body: the text as received, decoded as UTF-8.
        headers: lower-case names.
        received_at: our clock when the last byte was there.

    """

    status: int
    body: str
    headers: Mapping[str, str]
    received_at: int


class Http(Protocol):
    """What a provider may ask of the network. The implementation is `feeds/http.py`."""

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        weight: float = 1.0,
    ) -> Answer:
        """Fetch `url`; only the feed's declared hosts are reachable.

        `weight` is what the request costs of `requests_per_minute`, where the provider counts
        some requests as several.

        Raises:
            FeedUnavailable: time-out, refused connection, 429 (with retry_after_s) or 5xx.
            FeedRejected: 401, 403, 404, 451 or another answer that trying again cannot mend.
            BadQuote: the body is larger than the limit or no UTF-8.

        """
        ...

    async def post_json(
        self,
        url: str,
        body: object,
        *,
        headers: Mapping[str, str] | None = None,
        weight: float = 1.0,
    ) -> Answer:
        """Send `body` as JSON to `url`, for a provider that takes its questions that way.

        Everything else is as with `get`, errors included. A redirect is followed where it keeps
        method and body (307, 308) and refused otherwise.

        Raises:
            ValueError: `body` is no JSON value, or a larger one than a question can be.

        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """One secret that a feed needs, and where in a request it goes: exactly one place.

    Attributes:
        env: the environment variable that holds it, or whose `_FILE` twin names a file that does.
            A file is read anew when it changes.
        header: the request header that carries it.
        query: the query parameter that carries it, for a provider that takes it nowhere else. It
            is added when the request goes out; no URL of ours holds it before or after.
        basic: it is `user:password`, sent as HTTP Basic authorization.
        prefix: what stands before it in the header, such as `Bearer ` with its blank.
        optional: the feed works without it, with less.

    """

    env: str
    header: str = ""
    query: str = ""
    basic: bool = False
    prefix: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """What a provider declares about itself.

    Attributes:
        name: lower case; the `source` of its quotes and the label of its metrics.
        base_url: scheme, host and any path prefix; the book may replace it (a self-hosted
            mempool, the simulator).
        instruments: our names of what it can quote, with its own symbol for each.
        interval_s: seconds between polls.
        timeout_s: seconds that one request may take.
        fresh_s: seconds after which a value is no longer fresh.
        requests_per_minute: its published or assumed limit, in the provider's weights where it
            counts some requests as several.
        max_bytes: a larger body is refused unread.
        credentials: the keys it needs; empty where none is. All are sent to the feed's own
            origin with each request, and to nobody else.
        account: what the provider counts requests by, where several feeds share a key or a
            host: feeds of one account share one budget. Empty: the feed's own name.
        licence: what its terms allow, in one line.
        enabled: whether the default book polls it.
        headers: sent with each request; a User-Agent here replaces ours.
        hosts: further hosts (`host` or `host:port`) that a redirect may lead to.
        delay_s: how late it tells by contract, such as 900 for free quotes of many exchanges; its
            values are marked with it, and their age counts from there.
        shares: it quotes US shares by their tickers; the book of companies adds its own to
            `instruments`.
        filings: it follows companies by their CIK, which is the symbol of a ticker; the book of
            companies adds its own to `instruments`.
        notices: it tells what happened; an answer in which nothing did is a good one.
        batch: instruments per call of `fetch`; None asks for all at once. 1 where the provider
            answers one symbol per request, so that one bad symbol costs only itself.
        page_of: the page of the provider that a figure stands on, by its instrument, where one page
            holds several: those of one page are asked for in one call, in place of `batch`.

    """

    name: str
    base_url: str
    instruments: Mapping[str, str]
    interval_s: float
    timeout_s: float
    fresh_s: float
    requests_per_minute: float
    licence: str
    max_bytes: int = 262_144
    credentials: tuple[Credential, ...] = ()
    account: str = ""
    enabled: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    batch: int | None = None
    page_of: Callable[[str], str] | None = None
    shares: bool = False
    filings: bool = False
    notices: bool = False
    delay_s: float = 0


DEFAULT_SHARES: Mapping[str, str] = {
    ticker: ticker for ticker in ("CORZ", "HUT", "HIVE", "IREN", "RIOT", "MARA", "CAN", "CRWV")
}
"""What a feed of shares asks for by itself; the book of companies adds its own."""


def previous_close(ticker: str) -> str:
    """Return the instrument of a share's close before today, which comes along with its price."""
    return f"{ticker}.previous_close_usd"


@dataclass(frozen=True, slots=True)
class Fault:
    """One instrument of an answer about several that could not be read; the others stand.

    Without it one delisted share would cost all that are asked for together.
    """

    instrument: str
    error: FeedError


Fetched: TypeAlias = Quote | Notice | Fault
Fetch = Callable[[Http, FeedSpec], Awaitable[Sequence[Fetched]]]
Past = Callable[[Http, FeedSpec], Awaitable[Sequence[Quote | Fault]]]


def quotes_of(found: Iterable[Fetched]) -> list[Quote]:
    """Return what is worth what, of all that a provider brought."""
    return [item for item in found if isinstance(item, Quote)]


def faults_of(found: Iterable[Fetched]) -> list[Fault]:
    """Return what could not be read, of all that a provider brought."""
    return [item for item in found if isinstance(item, Fault)]


def notices_of(found: Iterable[Fetched]) -> list[Notice]:
    """Return what happened, of all that a provider brought."""
    return [item for item in found if isinstance(item, Notice)]


@dataclass(frozen=True, slots=True)
class Feed:
    """A provider: its declaration and its one call.

    `fetch` is called with a spec narrowed to the instruments wanted now (`batch` of them at most)
    and answers all of them or raises; of an answer about several it may return a `Fault` for each
    that it could not read. It never returns a value it could not verify. A figure of
    an instrument that comes along (`RIOT.previous_close_usd`) may be among the quotes. A feed that
    `notices` brings what happened about its instruments (tickers), all that its answer still
    lists: what was told before is told apart behind it.
    `single`, where there is one, asks another endpoint for one instrument, so that a list that stands
    still is found out; what it gives is compared, not stored.
    `past`, where there is one, asks the provider's history endpoint for up to two years of what the
    spec names, each value with the time that it is of; of what has no history it gives nothing.
    """

    spec: FeedSpec
    fetch: Fetch
    single: Fetch | None = None
    past: Past | None = None

    def quoting(self, tickers: Iterable[str]) -> Feed:
        """Return this feed with `tickers` among its instruments, if it quotes shares."""
        if not self.spec.shares:
            return self
        shares = {ticker: ticker for ticker in tickers} | dict(self.spec.instruments)
        return replace(self, spec=replace(self.spec, instruments=shares))

    def filing(self, ciks: Mapping[str, str]) -> Feed:
        """Return this feed with the CIKs of tickers among its symbols, if it follows companies."""
        if not self.spec.filings:
            return self
        followed = dict(self.spec.instruments) | dict(ciks)
        return replace(self, spec=replace(self.spec, instruments=followed))

    def overridden(
        self,
        *,
        base_url: str | None = None,
        interval_s: float | None = None,
        fresh_s: float | None = None,
        enabled: bool | None = None,
        delay_s: float | None = None,
        instruments: Mapping[str, str] | None = None,
    ) -> Feed:
        """Return this feed with what a book says in place of the declared values; None keeps.

        `instruments` adds to the declared ones, or gives them another symbol.
        """
        spec = self.spec
        return replace(
            self,
            spec=replace(
                spec,
                base_url=spec.base_url if base_url is None else base_url.rstrip("/"),
                interval_s=spec.interval_s if interval_s is None else interval_s,
                fresh_s=spec.fresh_s if fresh_s is None else fresh_s,
                enabled=spec.enabled if enabled is None else enabled,
                delay_s=spec.delay_s if delay_s is None else delay_s,
                instruments=dict(spec.instruments) | dict(instruments or {}),
            ),
        )
