"""Finding a running service: the URL that is set, else the private servers of this directory."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from monitor.app.servers import running
from monitor.cli.output import talk
from monitor.compute.plan import MARKET_INPUTS
from monitor.compute.saved import Saved, read_cells
from monitor.core.errors import ConfigError, StoreUnavailable
from monitor.domain.events import Quality, Quote
from monitor.settings import Settings, load_settings
from monitor.store.client import RedisClient, connected
from monitor.store.commit import Committer
from monitor.store.keys import Keys
from monitor.store.url import RedisUrl
from monitor.store.views import ViewStore

T = TypeVar("T")

_USABLE = frozenset(quality.word for quality in Quality if quality.usable)

LiveOption = Annotated[
    str | None,
    typer.Option(
        "--redis-url",
        help="Redis of the running service; else HASHHEDGE_REDIS_URL, else the private one here.",
    ),
]


def redis_url(option: str | None) -> str | None:
    """Return where a running service keeps its state, None if nothing says so.

    Raises:
        ConfigError: the URL cannot be used.

    """
    settings = settings_with(redis_url=option)
    if settings.redis_url is not None:
        return RedisUrl.parse(settings.redis_url, where=settings.place_of("redis_url")).text
    found = running(settings.state_dir)
    return None if found is None else found.redis_url


def settings_with(**options: object) -> Settings:
    """Return the settings of the environment with `options` over them."""
    return load_settings(os.environ, options)


def apart(settings: Settings, name: str) -> Settings:
    """Return the settings of a job whose private servers are its own, not the live service's."""
    return msgspec.structs.replace(settings, state_dir=settings.state_dir / name)


def ask(url: str, question: Callable[[RedisClient, Keys], Awaitable[T]]) -> T:
    """Put one question to the service's Redis.

    Raises:
        StoreUnavailable: Redis did not answer.

    """

    async def answer() -> T:
        async with connected(url) as client:
            return await question(client, Keys())

    return asyncio.run(answer())


def required_url(option: str | None) -> str:
    """Return where a running service keeps its state.

    Raises:
        ConfigError: nothing says where.

    """
    url = redis_url(option)
    if url is None:
        raise ConfigError(
            "no running service found",
            where="--redis-url",
            hint="start `hashhedge run` in this directory, or say where its Redis is",
        )
    return url


def committed(url: str) -> Saved:
    """Return the memory of the service at `url` as it was last committed.

    Raises:
        StoreUnavailable: Redis did not answer.

    """
    return read_cells(ask(url, lambda client, keys: Committer(client, keys).load()))


def live_of(option: str | None, ticker: str = "") -> tuple[dict[str, float], list[Quote]]:
    """Return the market inputs of a running service and the last quotes; of none, nothing.

    With a `ticker` its share's price is among the inputs.

    A private service of this directory that was killed is as none, and is told.

    Raises:
        StoreUnavailable: the Redis that was named did not answer.

    """
    url = redis_url(option)
    if url is None:
        return {}, []
    try:
        market, cells = ask(url, _view_and_cells)
    except StoreUnavailable as error:
        if settings_with(redis_url=option).redis_url is not None:
            raise
        talk.print(f"the market is unknown: the service here is away: {error}", soft_wrap=True)
        return {}, []
    return market_inputs(market, ticker), read_cells(cells).quotes


def market_inputs(view: Mapping[str, Mapping[str, Any]], ticker: str = "") -> dict[str, float]:
    """Return the inputs that the market's view knows, and the share's price of `ticker`, USD.

    A share's price that no rule may fire on is left out: a card has no place to say that it is old.
    """
    values = {
        name: view.get(instrument, {}).get("value") for name, instrument in MARKET_INPUTS.items()
    }
    share = view.get(ticker, {})
    if share.get("quality") in _USABLE:
        values["stock_usd"] = share.get("value")
    return {name: value for name, value in values.items() if value is not None}


async def _view_and_cells(
    client: RedisClient, keys: Keys
) -> tuple[dict[str, Any], dict[str, bytes]]:
    market, _ = await ViewStore(client, keys).read()
    return market, await Committer(client, keys).load()
