"""The one HTTP client: bounded in time, size and reach, for every polled feed. Hop 2.

A provider's answer is a stranger's input. So: only declared hosts are reached, redirects included;
one time limit for each hop; the body is counted while it streams, packed and unpacked, so a gzip
bomb stops early; the keys go out to the feed's own origin only, as a header or a query parameter
that no URL of ours ever shows, and are taken out of whatever the provider prints back.
It is also a polite client: within the account's budget, slower when the provider says that little
is left, silent for as long as a 429 asks, and asking only for what has changed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp

from monitor import __version__
from monitor.core.clock import SECOND, Clock
from monitor.core.errors import ConfigError, FeedError, FeedRejected, FeedUnavailable
from monitor.feeds.accounts import Account, Accounts
from monitor.feeds.addresses import origin, without_parameters
from monitor.feeds.base import Answer, FeedSpec
from monitor.feeds.body import read_text
from monitor.feeds.budget import read_budget
from monitor.feeds.credentials import Keyring, read_keys
from monitor.feeds.lanes import provider_wait_s
from monitor.feeds.question import Question, posted
from monitor.feeds.reasons import Reason
from monitor.feeds.status import status_error
from monitor.feeds.validators import Validators, conditions, unchanged

MAX_REDIRECTS = 3
CHUNK_BYTES = 16_384
MAX_QUEUE_S = 1.0
"""A provider's wish to wait longer than this fails the fetch at once, and the lane waits instead."""
USER_AGENT = f"hashhedge/{__version__}"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})


class HttpClient:
    """One connection pool and the accounts' budgets for all feeds; an async context manager."""

    def __init__(
        self,
        clock: Clock,
        environ: Mapping[str, str] | None = None,
        *,
        accounts: Accounts | None = None,
    ) -> None:
        """Make a client; `accounts` are those of an earlier one, whose budgets go on."""
        self._clock = clock
        self._environ = os.environ if environ is None else environ
        self._session: aiohttp.ClientSession | None = None
        self._accounts = Accounts() if accounts is None else accounts
        self._validators = Validators()

    async def __aenter__(self) -> Self:
        # auto_decompress off: aiohttp would unpack a whole chunk before we can count it.
        # The time limit is ours, over all hops; no cookies, so no state between two polls.
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
            cookie_jar=aiohttp.DummyCookieJar(),
            raise_for_status=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    def bind(self, spec: FeedSpec) -> FeedHttp:
        """Return the client of one feed; feeds of one account share its budget.

        Raises:
            ConfigError: the feed needs a key that is nowhere to be found.
            RuntimeError: the client is not open.

        """
        if self._session is None:
            raise RuntimeError("open the client with `async with` before binding a feed")
        keys = read_keys(spec.credentials, self._environ)
        account = self._accounts.of(spec)
        return FeedHttp(
            spec, self._session, self._clock, self._environ, account, self._validators, keys
        )


@dataclass(slots=True)
class FeedHttp:
    """What one feed may ask of the network: the `Http` of its `fetch`."""

    spec: FeedSpec
    _session: aiohttp.ClientSession = field(repr=False)
    _clock: Clock = field(repr=False)
    _environ: Mapping[str, str] = field(repr=False)
    _account: Account = field(repr=False)
    _validators: Validators = field(repr=False)
    _keys: Keyring = field(repr=False)

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        weight: float = 1.0,
    ) -> Answer:
        """Fetch `url` within the declared limits; see `Http.get` for the errors."""
        question = Question("GET", url, params or {}, headers or {}, weight=weight)
        return await self._ask(question)

    async def post_json(
        self,
        url: str,
        body: object,
        *,
        headers: Mapping[str, str] | None = None,
        weight: float = 1.0,
    ) -> Answer:
        """Send `body` as JSON within the declared limits; see `Http.post_json` for the errors."""
        return await self._ask(posted(url, body, headers or {}, weight))

    async def _ask(self, question: Question) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            self._refuse_stranger(question.url)
            await self._wait_for_budget(question.weight)
            answer = await self._changed(question)
            if answer.status not in _REDIRECTS:
                break
            question = self._redirected_to(question, answer)
        else:
            raise self._refused(f"more than {MAX_REDIRECTS} redirects")
        error = status_error(
            self.spec.name, str(question), answer.status, answer.headers, answer.received_at
        )
        if error is not None:
            self._obey(error)
            raise error
        return answer

    async def _wait_for_budget(self, weight: float) -> None:
        """Wait until the account has room for `weight`.

        Raises:
            FeedUnavailable: the provider wants more patience than a request can have.

        """
        self._refuse_if_held(weight)
        wait_s = self._account.take(self._clock.now(), weight)
        if wait_s > 0:
            await self._clock.sleep(wait_s)
        # another feed of this account may have been told to slow down meanwhile
        hold_s = self._refuse_if_held(weight)
        if hold_s > 0:
            await self._clock.sleep(hold_s)
        self._account.asked(self._clock.now(), weight)

    def _refuse_if_held(self, weight: float) -> float:
        hold_s = self._account.hold_s(self._clock.now(), weight)
        if hold_s > MAX_QUEUE_S:
            message = f"{self.spec.name}: not asked for {hold_s:.0f} s, so that the budget lasts"
            raise FeedUnavailable(message, reason=Reason.HELD_BACK, retry_after_s=hold_s)
        return hold_s

    def _obey(self, error: FeedError) -> None:
        """Keep the whole account silent for as long as a 429 asks."""
        if isinstance(error, FeedUnavailable) and error.reason == Reason.THROTTLED:
            pause = round(provider_wait_s(error) * SECOND)
            self._account.hold(self._clock.now() + pause)

    async def _changed(self, question: Question) -> Answer:
        """Ask for a page only if it has changed; what has not is the answer kept, received now."""
        page, now = question.page(self.spec.name), self._clock.now()
        kept = None if page is None else self._validators.find(page, now)
        if kept is not None:
            question = replace(question, headers={**conditions(kept), **question.headers})
        answer = await self._hop(question)
        if kept is not None and answer.status == HTTPStatus.NOT_MODIFIED:
            return unchanged(kept, answer.received_at)
        if page is not None:
            self._validators.keep(page, answer)
        return answer

    async def _hop(self, question: Question) -> Answer:
        name, limit_s = self.spec.name, self.spec.timeout_s
        own = origin(question.url) == origin(self.spec.base_url)
        # A redirect target is declared, but the keys belong to the feed's own origin alone.
        keys = self._present_keys() if own else Keyring()
        try:
            async with (
                asyncio.timeout(limit_s),
                self._session.request(
                    question.method,
                    question.url,
                    params={**question.params, **keys.query()},
                    headers={**self._headers(question), **keys.headers()},
                    data=question.body,
                    allow_redirects=False,
                ) as response,
            ):
                usable = response.status < min(_REDIRECTS)
                body = await self._body(response) if usable else ""
                answered = {
                    key.lower(): keys.redact(value) for key, value in response.headers.items()
                }
        except TimeoutError as error:
            message = f"{name}: {question} gave no complete answer within {limit_s:g} s"
            raise FeedUnavailable(message, reason=Reason.TIMEOUT) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # ValueError: the library's word for an answer or a URL that is no HTTP
            message = f"{name}: {question} failed: {type(error).__name__}"
            # the library's own words may quote the URL as sent, with its key
            cause = error if keys.redact(str(error)) == str(error) else None
            raise FeedUnavailable(message, reason=Reason.CONNECTION) from cause
        now = self._clock.now()
        budget = read_budget(answered, self._account.per_minute, now) if own else None
        if budget is not None:
            self._account.told(budget, now)
        return Answer(response.status, keys.redact(body), answered, now)

    def _present_keys(self) -> Keyring:
        """Return the keys as they are now; a file that is away or broken leaves the last ones."""
        # a secret being rotated, a node that restarts: the provider will say if it matters
        with suppress(ConfigError):
            self._keys = read_keys(self.spec.credentials, self._environ)
        return self._keys

    def _headers(self, question: Question) -> dict[str, str]:
        standard = {
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
        }
        return {**standard, **self.spec.headers, **question.headers}

    def _refuse_stranger(self, url: str) -> None:
        try:
            scheme, authority = origin(url)
        except ValueError as error:
            raise self._refused("the address is no URL") from error
        own_scheme, own_authority = origin(self.spec.base_url)
        if scheme == own_scheme and authority in {own_authority, *self.spec.hosts}:
            return
        raise self._refused(f"{scheme}://{authority.rpartition('@')[2]} is no declared host")

    def _redirected_to(self, question: Question, answer: Answer) -> Question:
        """Return the question to put next; a key in the address of a redirect is dropped there."""
        if question.body is not None and answer.status not in _KEEP_METHOD:
            raise self._refused(
                f"{question} is redirected by {answer.status}, which drops the body"
            )
        named = [key.query for key in self.spec.credentials if key.query]
        try:
            target = urljoin(question.url, answer.headers.get("location", ""))
            target = without_parameters(target, named)
        except ValueError as error:
            raise self._refused("a redirect leads to no URL") from error
        return replace(question, url=target, params={})

    def _refused(self, cause: str) -> FeedRejected:
        mend = "if the provider has moved, change the feed's base_url"
        return FeedRejected(f"{self.spec.name}: {cause}; {mend}", reason=Reason.REDIRECTED)

    async def _body(self, response: aiohttp.ClientResponse) -> str:
        return await read_text(
            response.content.iter_chunked(CHUNK_BYTES),
            provider=self.spec.name,
            limit=self.spec.max_bytes,
            stated=response.content_length,
            encoding=response.headers.get("content-encoding", "identity"),
        )
